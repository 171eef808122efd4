#include "cmd/imgserve/params.h"

#include "cmd/imgserve/body.h"
#include "cmd/imgserve/text.h"

#include <stddef.h>
#include <string.h>

enum kind { FLAG, NUMBER, TEXT, BYTES };

struct rule {
    const char *name;
    enum kind kind;
    size_t offset; /* in struct params, of a bool, uint64_t or struct span */
    uint64_t min, max;
    const char *wrong;
};

#define FIELD(name) offsetof(struct params, name)
static const struct rule rules[] = {
    {"delay", NUMBER, FIELD(delay_ms), 0, 86400000, "delay: milliseconds, at most a day"},
    {"rate", NUMBER, FIELD(rate), 1, 1000000000, "rate: bytes a second, 1 to 1000000000"},
    {"size", NUMBER, FIELD(size), 0, UINT64_C(1) << 40, "size: bytes, at most 2^40"},
    {"hops", NUMBER, FIELD(hops), 0, 1000000, "hops: a number, at most 1000000"},
    {"turn", NUMBER, FIELD(turn), 0, UINT32_MAX, "turn: a number"},
    {"status", NUMBER, FIELD(status), 200, 999, "status: 200 to 999"},
    {"fail_first", NUMBER, FIELD(fail_first), 1, 1000000, "fail_first: 1 to 1000000"},
    {"loop", FLAG, FIELD(loop), 0, 1, "loop: 0 or 1"},
    {"chunked", FLAG, FIELD(chunked), 0, 1, "chunked: 0 or 1"},
    {"close", FLAG, FIELD(close), 0, 1, "close: 0 or 1"},
    {"html", FLAG, FIELD(html), 0, 1, "html: 0 or 1"},
    {"redirect", TEXT, FIELD(redirect), 0, 0, "redirect: a URL, percent-encoded"},
    {"type", TEXT, FIELD(type), 0, 0, "type: a media type, or none"},
    {"retry_after", TEXT, FIELD(retry_after), 0, 0, "retry_after: a field value"},
    {"next", TEXT, FIELD(next), 0, 0, "next: close, reset or 408"},
    {"raw", BYTES, FIELD(raw), 0, 0, "raw: percent-encoded"},
    {"again", BYTES, FIELD(again), 0, 0, "again: percent-encoded"},
    {"after", BYTES, FIELD(after), 0, 0, "after: percent-encoded"},
    {"times", NUMBER, FIELD(times), 0, 10000000, "times: at most 10000000"},
};
#undef FIELD

static bool decode_value(struct span value, struct params *p, size_t *used, struct span *ret)
{
    char *at = p->decoded + *used;
    size_t len;
    if (value.len > sizeof p->decoded - *used || !span_decode(value, at, &len))
        return false;
    *used += len;
    *ret = (struct span){at, len};
    return true;
}

/* Texts become parts of our head, so they must not have a line end. */
static bool decode_text(struct span value, struct params *p, size_t *used, struct span *ret)
{
    if (!decode_value(value, p, used, ret))
        return false;
    for (size_t i = 0; i < ret->len; i++) {
        char c = ret->at[i];
        if (((unsigned char)c < ' ' && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

static bool add_header(struct span value, struct params *p, size_t *used)
{
    struct span line;
    if (p->n_headers == PARAMS_HEADERS_MAX || !decode_text(value, p, used, &line))
        return false;
    struct span rest = line;
    struct span name = span_cut(&rest, ':');
    if (!name.len || name.len == line.len || memchr(name.at, ' ', name.len))
        return false;
    p->headers[p->n_headers++] = line;
    return true;
}

static bool apply(const struct rule *rule, struct span value, struct params *p, size_t *used)
{
    char *field = (char *)p + rule->offset;
    uint64_t number;
    if (rule->kind == TEXT)
        return decode_text(value, p, used, (struct span *)(void *)field);
    if (rule->kind == BYTES)
        return decode_value(value, p, used, (struct span *)(void *)field);
    if (!span_number(value, rule->max, &number) || number < rule->min)
        return false;
    if (rule->kind == FLAG)
        *(bool *)field = number;
    else
        *(uint64_t *)(void *)field = number;
    return true;
}

static const char *apply_one(struct span name, struct span value, struct params *p, size_t *used)
{
    if (span_is(name, "header"))
        return add_header(value, p, used) ? NULL : "header: NAME:VALUE, at most 16 of them";
    if (span_is(name, "encoding")) {
        p->encoding = value;
        return body_encoding(value) ? NULL : "encoding: gzip or deflate";
    }
    if (span_is(name, "fault"))
        return (p->fault = faults_find(value)) ? NULL : "fault: there is no such fault";
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (span_is(name, rules[i].name))
            return apply(&rules[i], value, p, used) ? NULL : rules[i].wrong;
    return NULL;
}

const char *params_parse(struct span query, struct params *ret)
{
    /* All but the large array at the end, for speed: most requests have no query. */
    memset(ret, 0, offsetof(struct params, decoded));
    ret->size = ret->times = PARAMS_NONE;
    size_t used = 0;
    while (query.len) {
        struct span value = span_cut(&query, '&');
        struct span name = span_cut(&value, '=');
        const char *wrong = apply_one(name, value, ret, &used);
        if (wrong)
            return wrong;
    }
    return NULL;
}

void params_write(struct span query, const char *name, uint64_t value, struct buf *out)
{
    const char *sep = "";
    while (query.len) {
        struct span part = span_cut(&query, '&');
        struct span rest = part;
        if (span_is(span_cut(&rest, '='), name))
            continue;
        text_adds(out, sep);
        text_add(out, part);
        sep = "&";
    }
    text_adds(out, sep);
    text_adds(out, name);
    text_adds(out, "=");
    text_addu(out, value);
}
