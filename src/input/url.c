#include "input/url.h"

#include "base/mem.h"
#include "input/url_host.h"

#include <ctype.h>
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { HOST_MAX = 253 /* RFC 1035, 2.3.4, as text */ };

static const char NO_SCHEME[] = "no scheme: a URL begins with http:// or https://";

/* Browsers read "\\" like "/" ("special" schemes). */
static bool is_slash(char c)
{
    return c == '/' || c == '\\';
}

/* The length of the scheme (RFC 3986, section 3.1); 0: no scheme. */
static size_t scheme_len(const char *text, size_t len)
{
    size_t n = 0;
    while (n < len && (isalnum((unsigned char)text[n]) || strchr("+-.", text[n])))
        n++;
    return n > 0 && n < len && text[n] == ':' && isalpha((unsigned char)text[0]) ? n : 0;
}

/* ---- cleaning ---- */

static bool is_trimmed(char c)
{
    return (unsigned char)c <= ' ';
}

/*
 * A copy without C0 controls and spaces at both ends, and without tabs and line ends anywhere ("URL
 * parser", steps 1 to 3). free() it.
 */
static char *clean(const char *text, size_t len, size_t *ret_len)
{
    while (len && is_trimmed(text[0]))
        text++, len--;
    while (len && is_trimmed(text[len - 1]))
        len--;
    char *out = mem_grow(NULL, len + 1), *at = out;
    for (size_t i = 0; i < len; i++)
        if (text[i] != '\t' && text[i] != '\n' && text[i] != '\r')
            *at++ = text[i];
    *at = '\0';
    *ret_len = (size_t)(at - out);
    return out;
}

/* True if the text begins or ends with a character that nobody sees and nobody meant: it came
 * along when the URL was copied. A browser would make it part of the URL. */
static bool has_invisible_end(const char *text, size_t len)
{
    /* NBSP, SHY, ZWSP, ZWNJ, ZWJ, LRM, RLM, WJ, ideographic space, BOM */
    static const char *const invisible[] = {"\u00a0", "\u00ad", "\u200b", "\u200c", "\u200d",
        "\u200e", "\u200f", "\u2060", "\u3000", "\ufeff"};
    for (size_t i = 0; i < sizeof invisible / sizeof *invisible; i++) {
        size_t n = strlen(invisible[i]);
        if (len >= n &&
            (!memcmp(text, invisible[i], n) || !memcmp(text + len - n, invisible[i], n)))
            return true;
    }
    return false;
}

/* ---- path and query ---- */

/* The "path percent-encode set" and, for the query of http, the "special-query percent-encode
 * set". A '%' stays as it is, whatever follows. */
static bool is_encoded(unsigned char c, bool in_query)
{
    return c <= ' ' || c >= 0x7f || strchr(in_query ? "\"#<>'" : "\"#<>?^`{}", c);
}

static char *encode(char *out, const char *at, const char *end, bool in_query)
{
    static const char hex[] = "0123456789ABCDEF";
    for (; at < end; at++) {
        unsigned char c = (unsigned char)*at;
        if (is_encoded(c, in_query)) {
            *out++ = '%';
            *out++ = hex[c >> 4];
            *out++ = hex[c & 15];
        } else {
            *out++ = (char)c;
        }
    }
    return out;
}

static size_t dot_len(const char *at, const char *end)
{
    if (at < end && *at == '.')
        return 1;
    return end - at >= 3 && *at == '%' && !strncasecmp(at, "%2e", 3) ? 3 : 0;
}

/* 1 for the segment "." and 2 for "..", including "%2e" forms; 0: another segment. */
static unsigned count_dots(const char *at, const char *end)
{
    unsigned dots = 0;
    size_t n;
    while (dots < 3 && (n = dot_len(at, end))) {
        at += n;
        dots++;
    }
    return at == end && dots < 3 ? dots : 0;
}

/* Adds the path, with "/" in front and dot segments removed. */
static char *add_path(char *out, const char *at, const char *end)
{
    char *root = out + 1;
    *out++ = '/';
    if (at < end && is_slash(*at))
        at++;
    for (;; at++) {
        const char *name = at;
        while (at < end && !is_slash(*at))
            at++;
        unsigned dots = count_dots(name, at);
        if (dots == 2 && out > root)
            for (out--; out > root && out[-1] != '/';)
                out--;
        if (!dots) {
            out = encode(out, name, at, false);
            if (at < end)
                *out++ = '/';
        }
        if (at == end)
            return out;
    }
}

/* ---- the whole ---- */

/* Returns where the authority begins. Browsers take any number of slashes before it. NULL: it is
 * no http URL. */
static const char *after_scheme(const char *text, size_t len, bool *ret_tls, const char **message)
{
    size_t n = scheme_len(text, len);
    *ret_tls = n == 5 && !strncasecmp(text, "https", 5);
    bool is_http = *ret_tls || (n == 4 && !strncasecmp(text, "http", 4));
    bool is_host = n && (memchr(text, '.', n) || isdigit((unsigned char)text[n + 1]));
    if (!n || (!is_http && is_host))
        *message = NO_SCHEME;
    else if (!is_http)
        *message = "only http and https are fetched";
    if (*message)
        return NULL;
    const char *at = text + n + 1;
    while (is_slash(*at))
        at++;
    return at;
}

static bool parse_port(
    const char *at, const char *end, bool tls, uint16_t *ret, const char **message)
{
    unsigned long port = 0;
    for (const char *c = at; c < end && !*message; c++) {
        port = port * 10 + (unsigned long)(*c - '0');
        if (!isdigit((unsigned char)*c) || port > UINT16_MAX)
            *message = "the port is not a number from 1 to 65535";
    }
    if (at == end)
        port = tls ? 443 : 80;
    else if (!port && !*message)
        *message = "port 0";
    *ret = (uint16_t)port;
    return !*message;
}

/* Skips a user name and password that are empty. False: they are not. */
static bool skip_credentials(const char **at, const char *end)
{
    const char *sign = memrchr(*at, '@', (size_t)(end - *at));
    if (sign && sign != *at && !(sign == *at + 1 && **at == ':'))
        return false;
    if (sign)
        *at = sign + 1;
    return true;
}

/* Reads host and port. On success the caller frees *ret_host. */
static bool parse_authority(const char *at, const char *end, bool tls, char **ret_host,
    uint16_t *ret_port, const char **message)
{
    if (!skip_credentials(&at, end)) {
        *message = "a URL with a user name or password is not fetched";
        return false;
    }
    const char *from = at < end && *at == '[' ? memchr(at, ']', (size_t)(end - at)) : at;
    const char *colon = from ? memchr(from, ':', (size_t)(end - from)) : NULL;
    const char *host_end = colon ? colon : end;
    if (host_end == at)
        *message = "no host";
    if (*message || !parse_port(colon ? colon + 1 : end, end, tls, ret_port, message))
        return false;
    *ret_host = url_host_parse(at, (size_t)(host_end - at), message);
    return *ret_host;
}

/* curl parses the text once more when it is requested. True if it finds the same host there. */
static bool curl_agrees(const char *text, const char *host)
{
    char *found = NULL;
    CURLU *u = curl_url();
    if (!u)
        abort();
    bool ok = !curl_url_set(u, CURLUPART_URL, text, CURLU_DISALLOW_USER) &&
              !curl_url_get(u, CURLUPART_HOST, &found, 0) &&
              (*host == '[' ? *found == '[' : !strcmp(found, host));
    curl_free(found);
    curl_url_cleanup(u);
    return ok;
}

/* Writes the normal form of what was parsed; takes the host. */
static void put_together(struct url *ret, char *host, const char *path, const char *end)
{
    const char *fragment = memchr(path, '#', (size_t)(end - path));
    if (fragment)
        end = fragment;
    const char *query = memchr(path, '?', (size_t)(end - path));
    size_t host_len = strlen(host);
    /* One block: the text, where each byte of path and query may become three, and the host. */
    ret->text =
        mem_grow(NULL, sizeof "https://:65535/" + 2 * host_len + 1 + 3 * (size_t)(end - path) + 1);
    char *at = ret->text + sprintf(ret->text, "http%s://%s", ret->tls ? "s" : "", host);
    if (ret->port != (ret->tls ? 443 : 80))
        at += sprintf(at, ":%u", ret->port);
    at = add_path(at, path, query ? query : end);
    if (query) {
        *at++ = '?';
        at = encode(at, query + 1, end, true);
    }
    *at++ = '\0';
    ret->host = at;
    memcpy(ret->host, host, host_len + 1);
    free(host);
}

static enum err parse_clean(const char *text, size_t len, struct url *ret, const char **message)
{
    char *host;
    uint16_t port;
    bool tls;
    *message = !len            ? "empty"
               : len > URL_MAX ? "longer than 8 KiB"
               : has_invisible_end(text, len)
                   ? "remove the invisible character before or after the URL"
                   : NULL;
    if (*message)
        return ERR_BAD_URL;
    const char *end = text + len, *authority = after_scheme(text, len, &tls, message);
    if (!authority)
        return ERR_BAD_URL;
    const char *path = authority;
    while (path < end && !is_slash(*path) && *path != '?' && *path != '#')
        path++;
    if (!parse_authority(authority, path, tls, &host, &port, message))
        return ERR_BAD_URL;
    *ret = (struct url){.port = port, .tls = tls};
    put_together(ret, host, path, end);
    if (curl_agrees(ret->text, ret->host))
        return ERR_OK;
    *message = "bad host name";
    url_fini(ret);
    return ERR_BAD_URL;
}

enum err url_parse(const char *text, size_t len, struct url *ret, const char **message)
{
    size_t clean_len;
    char *copy = clean(text, len, &clean_len);
    enum err err = parse_clean(copy, clean_len, ret, message);
    free(copy);
    return err;
}

/* ---- what is normal ---- */

/* Lower case, and no name that needs more than a look: no "--", as Punycode has, and no number for
 * its last label. Returns the end; NULL: another host. */
static const char *normal_host_end(const char *at, const char *end)
{
    bool is_letter = false; /* the present label begins with one */
    char before = '.';
    for (; at < end; before = *at++) {
        bool is_lower = *at >= 'a' && *at <= 'z';
        if (before == '.')
            is_letter = is_lower;
        if (is_lower || (*at >= '0' && *at <= '9'))
            continue;
        if (*at != '.' && *at != '-' && *at != '_')
            break;
        if (before == '.' || (*at == '-' && before == '-'))
            return NULL;
    }
    return is_letter && before != '.' ? at : NULL;
}

/* Skips a port that is written as sprintf(3) does and is not the default one. */
static const char *normal_port_end(const char *at, const char *end, bool tls)
{
    unsigned port = 0;
    if (at == end || *at != ':')
        return at;
    const char *digit = ++at;
    while (at < end && isdigit((unsigned char)*at) && port <= UINT16_MAX)
        port = port * 10 + (unsigned)(*at++ - '0');
    bool is_normal = port && port <= UINT16_MAX && port != (tls ? 443 : 80) && *digit != '0';
    return is_normal ? at : NULL;
}

/* What a byte means to path and query. */
enum {
    CHANGED = 1, /* they would not keep it */
    SLASH = 2,
    DOT = 4, /* behind a slash it may begin a dot segment */
};

static const uint8_t meanings[256] = {
    [0 ... ' '] = CHANGED,
    ['"'] = CHANGED,
    ['#'] = CHANGED,
    ['\''] = CHANGED,
    ['<'] = CHANGED,
    ['>'] = CHANGED,
    ['\\'] = CHANGED,
    ['^'] = CHANGED,
    ['`'] = CHANGED,
    ['{'] = CHANGED,
    ['}'] = CHANGED,
    [0x7f ... 0xff] = CHANGED,
    ['/'] = SLASH,
    ['.'] = DOT,
    ['%'] = DOT,
};

/* at: where the path begins. Without branches in the loop, as nearly all are normal. */
static bool is_normal_path(const char *at, const char *end)
{
    unsigned any = 0, before = 0, dots = 0;
    for (const char *c = at; c < end; c++) {
        unsigned meaning = meanings[(unsigned char)*c];
        any |= meaning;
        dots |= before & SLASH ? meaning & DOT : 0;
        before = meaning;
    }
    const char *query = dots ? memchr(at, '?', (size_t)(end - at)) : NULL;
    for (end = query ? query : end; dots && at;) {
        if (dot_len(++at, end))
            return false;
        at = memchr(at, '/', (size_t)(end - at));
    }
    return !(any & CHANGED);
}

bool url_is_normal(const char *text, size_t len)
{
    const char *end = text + len;
    bool tls = len > 8 && !memcmp(text, "https://", 8);
    if (len > URL_MAX || !(tls || (len > 7 && !memcmp(text, "http://", 7))))
        return false;
    const char *host = text + (tls ? 8 : 7), *at = normal_host_end(host, end);
    if (!at || at - host > HOST_MAX)
        return false;
    at = normal_port_end(at, end, tls);
    return at && at < end && *at == '/' && is_normal_path(at, end);
}

/* ---- references ---- */

/* How many bytes of the base stand before the reference. */
static size_t kept_of(const char *base, const char *reference)
{
    const char *authority = strstr(base, "://") + 3;
    const char *path = authority + strcspn(authority, "/?");
    const char *query = path + strcspn(path, "?");
    const char *name = query;
    while (name > path && name[-1] != '/')
        name--;
    if (is_slash(reference[0]) && is_slash(reference[1]))
        return (size_t)(authority - 2 - base);
    if (is_slash(reference[0]))
        return (size_t)(path - base);
    if (reference[0] == '#' || !reference[0])
        return strlen(base);
    return (size_t)((reference[0] == '?' ? query : name) - base);
}

char *url_resolve(const char *base, const char *reference)
{
    size_t len;
    char *copy = clean(reference, strlen(reference), &len), *at = copy;
    if (!len) {
        free(copy);
        return NULL;
    }
    size_t scheme = scheme_len(copy, len);
    /* "http:x" is relative to a base of the same scheme, but "http://x" is not. */
    bool is_relative = scheme && !strncasecmp(base, copy, scheme) && base[scheme] == ':' &&
                       !(is_slash(copy[scheme + 1]) && is_slash(copy[scheme + 2]));
    if (is_relative)
        at += scheme + 1;
    if (scheme && !is_relative)
        return copy;
    size_t kept = kept_of(base, at);
    len = strlen(at);
    char *text = mem_grow(NULL, kept + len + 1);
    memcpy(text, base, kept);
    memcpy(text + kept, at, len + 1);
    free(copy);
    return text;
}

bool url_is_same_site(const struct url *a, const struct url *b)
{
    return a->tls == b->tls && a->port == b->port && !strcmp(a->host, b->host);
}

unsigned url_host_hash(const struct url *u)
{
    uint32_t h = 2166136261u;
    for (const char *c = u->host; *c; c++)
        h = (h ^ (unsigned char)*c) * 16777619u;
    return h ? h : 1;
}

void url_fini(struct url *u)
{
    free(u->text);
    *u = (struct url){0};
}
