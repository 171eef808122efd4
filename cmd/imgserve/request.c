#include "cmd/imgserve/request.h"

#include <string.h>

/* Fields that are collected while reading and checked when all have been read. */
struct seen {
    unsigned hosts;
    bool close, keep_alive;
    bool has_body, has_coding;
};

size_t request_head_len(struct span bytes)
{
    const char *at = bytes.at, *end = bytes.at + bytes.len;
    bool in_head = false; /* empty lines before a request are skipped (RFC 9112, section 2.2) */
    while (at < end) {
        const char *lf = memchr(at, '\n', (size_t)(end - at));
        if (!lf)
            return 0;
        bool is_empty = lf == at || (lf == at + 1 && *at == '\r');
        at = lf + 1;
        if (is_empty && in_head)
            return (size_t)(at - bytes.at);
        if (!is_empty)
            in_head = true;
    }
    return 0;
}

static struct span next_line(struct span *rest)
{
    struct span line = span_cut(rest, '\n');
    if (line.len && line.at[line.len - 1] == '\r')
        line.len--;
    return line;
}

/* "token" of RFC 9110, section 5.6.2. */
static bool is_token(struct span s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.at[i];
        if (c <= ' ' || c >= 0x7f || strchr("\"(),/:;<=>?@[\\]{}", c))
            return false;
    }
    return s.len > 0;
}

/* Visible bytes only; with `blanks`, also spaces and tabs. Bytes over 0x7f are
 * allowed: file names are bytes. */
static bool is_visible(struct span s, bool blanks)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.at[i];
        if (c == 0x7f || (c <= ' ' && !(blanks && (c == ' ' || c == '\t'))))
            return false;
    }
    return true;
}

/* Strict enough that a host needs no escaping in JSON or in a URL. */
static bool parse_host(struct span value, struct request *ret)
{
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.at[i];
        if (c <= ' ' || c >= 0x7f || strchr("\"\\/<>?#@^`{|}", c))
            return false;
    }
    struct span host = value;
    if (span_starts(value, "[")) {
        const char *end = memchr(value.at, ']', value.len);
        if (!end)
            return false;
        host.len = (size_t)(end - value.at) + 1;
    } else {
        host = span_cut(&(struct span){value.at, value.len}, ':');
    }
    struct span port = {value.at + host.len, value.len - host.len};
    uint64_t number;
    if (port.len > 1 && (port.at[0] != ':' ||
                            !span_number((struct span){port.at + 1, port.len - 1}, 65535, &number)))
        return false;
    ret->host = host;
    return true;
}

static int parse_target(struct span target, struct request *ret)
{
    if (target.len > REQUEST_TARGET_MAX)
        return 414;
    if (!is_visible(target, false) || memchr(target.at, '#', target.len))
        return 400;
    if (target.len > 7 && span_is_nocase((struct span){target.at, 7}, "http://")) {
        /* absolute-form: its authority counts, not the Host field (RFC 9112, section 3.2.2) */
        struct span rest = {target.at + 7, target.len - 7};
        const char *slash = memchr(rest.at, '/', rest.len);
        if (!slash || !parse_host((struct span){rest.at, (size_t)(slash - rest.at)}, ret) ||
            !ret->host.len)
            return 400;
        target = (struct span){slash, (size_t)(rest.at + rest.len - slash)};
    }
    if (!span_starts(target, "/"))
        return 400;
    ret->target = target;
    ret->query = target;
    ret->path = span_cut(&ret->query, '?');
    return 0;
}

static int parse_line(struct span line, struct request *ret)
{
    struct span rest = line;
    struct span method = span_cut(&rest, ' ');
    struct span target = span_cut(&rest, ' ');
    if (!is_token(method) || !target.len)
        return 400;
    if (!span_starts(rest, "HTTP/") || rest.len != 8 || rest.at[6] != '.')
        return 400;
    if (rest.at[5] != '1')
        return 505;
    if (rest.at[7] < '0' || rest.at[7] > '9')
        return 400;
    ret->is_http10 = rest.at[7] == '0';
    ret->is_head = span_is(method, "HEAD");
    if (!ret->is_head && !span_is(method, "GET"))
        return 405;
    return parse_target(target, ret);
}

static void parse_connection(struct span value, struct seen *seen)
{
    while (value.len) {
        struct span option = span_trim(span_cut(&value, ','));
        if (span_is_nocase(option, "close"))
            seen->close = true;
        else if (span_is_nocase(option, "keep-alive"))
            seen->keep_alive = true;
    }
}

static int parse_field(struct span line, struct request *ret, struct seen *seen)
{
    struct span value = line;
    struct span name = span_cut(&value, ':');
    /* no token: also a folded line, or a blank before the colon */
    if (name.len == line.len || !is_token(name))
        return 400;
    value = span_trim(value);
    if (!is_visible(value, true))
        return 400;

    uint64_t length;
    if (span_is_nocase(name, "host")) {
        struct span of_target = ret->host;
        if (!parse_host(value, ret) || ++seen->hosts > 1)
            return 400;
        if (of_target.len)
            ret->host = of_target;
    } else if (span_is_nocase(name, "connection")) {
        parse_connection(value, seen);
    } else if (span_is_nocase(name, "if-none-match")) {
        ret->if_none_match = value;
    } else if (span_is_nocase(name, "transfer-encoding")) {
        seen->has_coding = true;
    } else if (span_is_nocase(name, "content-length")) {
        if (!span_number(value, UINT64_MAX, &length))
            return 400;
        seen->has_body |= length > 0;
    }
    return 0;
}

int request_parse(struct span head, struct request *ret)
{
    struct request r = {.head = head};
    struct seen seen = {0};
    struct span rest = head, line;
    do
        line = next_line(&rest);
    while (!line.len && rest.len);

    int status = parse_line(line, &r);
    while (!status && (line = next_line(&rest)).len)
        status = parse_field(line, &r, &seen);
    if (status)
        return status;
    if (!seen.hosts && !r.is_http10)
        return 400;
    if (seen.has_coding)
        return 411;
    if (seen.has_body)
        return 413;
    r.keep_alive = !seen.close && (!r.is_http10 || seen.keep_alive);
    *ret = r;
    return 0;
}

bool request_is_internal(const struct request *r)
{
    return span_starts(r->path, "/-/");
}
