#include "input/url.h"

#include "base/addr.h"
#include "base/mem.h"

#include <curl/curl.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The length of the scheme (RFC 3986, section 3.1); 0: no scheme. */
static size_t scheme_len(const char *text, size_t len)
{
    size_t n = 0;
    while (n < len && (isalnum((unsigned char)text[n]) || strchr("+-.", text[n])))
        n++;
    return n > 0 && n < len && text[n] == ':' && isalpha((unsigned char)text[0]) ? n : 0;
}

/* Returns the authority, after "http://" or "https://". NULL: neither. */
static const char *after_scheme(const char *text, size_t len, const char **message)
{
    size_t n = scheme_len(text, len);
    bool http = n == 4 && !strncasecmp(text, "http", 4);
    bool https = n == 5 && !strncasecmp(text, "https", 5);
    if (n == 0) {
        *message = "no scheme: a URL begins with http:// or https://";
        return NULL;
    }
    if (!http && !https) {
        *message = "only http and https are fetched";
        return NULL;
    }
    if (len < n + 3 || memcmp(text + n, "://", 3)) {
        *message = "no // after the scheme";
        return NULL;
    }
    return text + n + 3;
}

static bool must_be_encoded(unsigned char c)
{
    return c <= ' ' || c >= 0x7f || c == '"' || c == '<' || c == '>' || c == '`';
}

static size_t dot_len(const char *at, const char *end)
{
    if (at < end && *at == '.')
        return 1;
    return end - at >= 3 && !strncasecmp(at, "%2e", 3) ? 3 : 0;
}

/* The length of a path segment that is "." or "..", including "%2e" forms (WHATWG URL,
 * "double-dot URL path segment"): curl 8.14 removes these too, 7.88 does not. 0: another
 * segment. */
static size_t dots_len(const char *name, const char *end, unsigned *dots)
{
    const char *at = name;
    size_t n;
    for (*dots = 0; *dots < 2 && (n = dot_len(at, end)); ++*dots)
        at += n;
    return *dots && (at == end || *at == '/' || *at == '?') ? (size_t)(at - name) : 0;
}

/*
 * Copies scheme and authority as they are and the rest percent-encoded, without
 * the fragment. curl could encode too, but writes a space in a query as '+'.
 */
static char *encoded(const char *text, size_t len, const char *authority)
{
    static const char hex[] = "0123456789ABCDEF";
    const char *end = memchr(text, '#', len);
    if (!end)
        end = text + len;
    const char *path = authority;
    while (path < end && *path != '/' && *path != '?')
        path++;
    size_t head = (size_t)(path - text);
    char *out = mem_grow(NULL, head + 3 * (size_t)(end - path) + 1);
    memcpy(out, text, head);
    char *at = out + head;
    const char *query = memchr(path, '?', (size_t)(end - path));
    for (const char *p = path; p < end; p++) {
        unsigned char c = (unsigned char)*p;
        unsigned dots;
        size_t n = p > path && p[-1] == '/' && !(query && p > query) ? dots_len(p, end, &dots) : 0;
        if (n) {
            memcpy(at, "..", dots);
            at += dots;
            p += n - 1;
        } else if (must_be_encoded(c)) {
            *at++ = '%';
            *at++ = hex[c >> 4];
            *at++ = hex[c & 15];
        } else {
            *at++ = (char)c;
        }
    }
    *at = '\0';
    return out;
}

/* The host within a URL in curl's normal form. */
struct host {
    const char *at;
    size_t len;
};

static struct host find_host(const char *normal)
{
    const char *at = strstr(normal, "://") + 3;
    return (struct host){at, *at == '[' ? strcspn(at, "]") + 1 : strcspn(at, ":/?#")};
}

/* True for letters, digits and "-._": the DNS has no other host names. */
static bool is_name(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!isalnum((unsigned char)text[i]) && !strchr("-._", text[i]))
            return false;
    return len > 0;
}

/* "ends in a number" (WHATWG URL, 3.5): such a host is an IPv4 address or invalid. A trailing
 * dot is ignored. */
static bool ends_in_number(struct host h)
{
    if (h.len && h.at[h.len - 1] == '.')
        h.len--;
    const char *dot = memrchr(h.at, '.', h.len);
    const char *label = dot ? dot + 1 : h.at;
    size_t len = (size_t)(h.at + h.len - label);
    bool is_hex = len >= 2 && label[0] == '0' && tolower((unsigned char)label[1]) == 'x';
    for (size_t i = is_hex ? 2 : 0; i < len; i++)
        if (is_hex ? !isxdigit((unsigned char)label[i]) : !isdigit((unsigned char)label[i]))
            return false;
    return len > 0;
}

static bool is_ipv4(struct host h)
{
    char text[ADDR_TEXT_SIZE];
    struct addr ignored;
    if (h.len >= sizeof text)
        return false;
    memcpy(text, h.at, h.len);
    text[h.len] = '\0';
    return addr_parse(text, &ignored);
}

/* Copies host and port from curl's normal form into ret. */
static enum err take_apart(const char *normal, struct url *ret, const char **message)
{
    size_t len = strlen(normal);
    struct host host = find_host(normal);
    unsigned long port = !strncmp(normal, "https", 5) ? 443 : 80;
    if (host.at[host.len] == ':')
        port = strtoul(host.at + host.len + 1, NULL, 10);
    if (*host.at == '[' && memchr(host.at, '%', host.len))
        *message = "an address with a zone cannot be fetched";
    else if (*host.at != '[' && !is_name(host.at, host.len))
        *message = "bad host name";
    else if (ends_in_number(host) && !is_ipv4(host))
        *message = "the host ends in a number, but is not a valid IPv4 address";
    else if (port == 0)
        *message = "port 0";
    if (*message)
        return ERR_BAD_URL;

    ret->text = mem_grow(NULL, len + 1 + host.len + 1);
    memcpy(ret->text, normal, len + 1);
    for (size_t i = 0; i < host.len; i++)
        ret->text[host.at - normal + (ptrdiff_t)i] = (char)tolower((unsigned char)host.at[i]);
    ret->host = ret->text + len + 1;
    memcpy(ret->host, ret->text + (host.at - normal), host.len);
    ret->host[host.len] = '\0';
    ret->port = (uint16_t)port;
    ret->tls = !strncmp(normal, "https", 5);
    return ERR_OK;
}

/* IDNA may map a non-ASCII name to any ASCII text: U+2100 becomes "a/c", and the rest of the
 * name would become a path. So the mapped name must consist of host name characters. */
static bool is_mapped_to_name(CURLU *u)
{
    char *host = NULL;
    bool ok = !curl_url_get(u, CURLUPART_HOST, &host, CURLU_PUNYCODE) &&
              (*host == '[' || is_name(host, strlen(host)));
    curl_free(host);
    return ok;
}

static bool needs_mapping(const char *text)
{
    const char *at = strstr(text, "://") + 3;
    for (size_t len = strcspn(at, "/?#"); len; len--, at++)
        if (*at == '%' || (unsigned char)*at >= 0x80)
            return true;
    return false;
}

/* Returns curl's normal form; curl_free() it. NULL: *message says why. */
static char *normalise(const char *text, const char **message)
{
    CURLU *u = curl_url();
    if (!u)
        abort();
    char *normal = NULL;
    CURLUcode code = curl_url_set(u, CURLUPART_URL, text, CURLU_DISALLOW_USER);
    if (code == CURLUE_OK)
        code = curl_url_get(u, CURLUPART_URL, &normal, CURLU_PUNYCODE | CURLU_NO_DEFAULT_PORT);
    /* When IDNA refuses a name, 7.88 returns OUT_OF_MEMORY, and 8.14 BAD_HOSTNAME. */
    if (code == CURLUE_OUT_OF_MEMORY || code == CURLUE_BAD_HOSTNAME ||
        (code == CURLUE_OK && needs_mapping(text) && !is_mapped_to_name(u)))
        *message = "bad host name";
    else if (code == CURLUE_USER_NOT_ALLOWED)
        *message = "a URL with a user name or password is not fetched";
    else if (code != CURLUE_OK)
        *message = curl_url_strerror(code);
    curl_url_cleanup(u);
    if (!*message)
        return normal;
    curl_free(normal);
    return NULL;
}

/* curl reads "0x7f.1" as an address, but not "0x7f.1.", nor digits that IDNA has mapped, nor
 * (8.14) "0X7F.1". It would read each of them if given its own result in lower case, so that is
 * normalised once more. */
static char *normalise_number(char *normal, const char **message)
{
    struct host host = find_host(normal);
    if (!ends_in_number(host) || is_ipv4(host))
        return normal;
    size_t begin = (size_t)(host.at - normal), end = begin + host.len;
    for (size_t i = begin; i < end; i++)
        normal[i] = (char)tolower((unsigned char)normal[i]);
    if (normal[end - 1] == '.')
        memmove(normal + end - 1, normal + end, strlen(normal + end) + 1);
    char *again = normalise(normal, message);
    curl_free(normal);
    return again;
}

static enum err parse_encoded(const char *text, struct url *ret, const char **message)
{
    char *normal = normalise(text, message);
    if (normal)
        normal = normalise_number(normal, message);
    if (!normal)
        return ERR_BAD_URL;
    enum err err = take_apart(normal, ret, message);
    curl_free(normal);
    return err;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f';
}

enum err url_parse(const char *text, size_t len, struct url *ret, const char **message)
{
    while (len && is_space(text[0]))
        text++, len--;
    while (len && is_space(text[len - 1]))
        len--;
    *message = NULL;
    if (len == 0)
        *message = "empty";
    else if (len > URL_MAX)
        *message = "longer than 8 KiB";
    for (size_t i = 0; i < len && !*message; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
            *message = "control character in the URL";
    if (*message)
        return ERR_BAD_URL;
    const char *authority = after_scheme(text, len, message);
    if (!authority)
        return ERR_BAD_URL;
    if (authority == text + len || strchr("/?#", *authority))
        *message = "no host";
    for (const char *c = authority; c < text + len && !strchr("/?#", *c); c++)
        if (*c == ' ')
            *message = "bad host name";
    if (*message)
        return ERR_BAD_URL;
    char *copy = encoded(text, len, authority);
    enum err err = parse_encoded(copy, ret, message);
    free(copy);
    return err;
}

/* The length of the part of the base that is kept. */
static size_t kept_of(const char *base, const char *reference, size_t len)
{
    const char *authority = strstr(base, "://") + 3;
    const char *path = authority + strcspn(authority, "/?");
    const char *query = path + strcspn(path, "?");
    const char *name = query;
    while (name > path && name[-1] != '/')
        name--;
    if (scheme_len(reference, len))
        return 0;
    if (len > 1 && reference[0] == '/' && reference[1] == '/')
        return (size_t)(authority - 2 - base);
    if (reference[0] == '/')
        return (size_t)(path - base);
    if (reference[0] == '#')
        return strlen(base);
    return (size_t)((reference[0] == '?' ? query : name) - base);
}

char *url_resolve(const char *base, const char *reference)
{
    size_t len = strlen(reference);
    while (len && is_space(reference[0]))
        reference++, len--;
    while (len && is_space(reference[len - 1]))
        len--;
    if (len == 0)
        return NULL;
    while (!strncmp(reference, "///", 3)) /* browsers read "///host" as "//host" */
        reference++, len--;
    size_t kept = kept_of(base, reference, len);
    char *text = mem_grow(NULL, kept + len + 1);
    memcpy(text, base, kept);
    memcpy(text + kept, reference, len);
    text[kept + len] = '\0';
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
