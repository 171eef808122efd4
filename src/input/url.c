#include "input/url.h"

#include "base/mem.h"

#include <curl/curl.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Where the authority begins: behind "http://" or "https://". NULL: neither. */
static const char *after_scheme(const char *text, size_t len, const char **message)
{
    size_t n = 0;
    while (n < len && (isalnum((unsigned char)text[n]) || strchr("+-.", text[n])))
        n++;
    bool has_scheme = n > 0 && n < len && text[n] == ':';
    bool http = n == 4 && !strncasecmp(text, "http", 4);
    bool https = n == 5 && !strncasecmp(text, "https", 5);
    if (!has_scheme) {
        *message = "no scheme: a URL begins with http:// or https://";
        return NULL;
    }
    if (!http && !https) {
        *message = "only http and https are fetched";
        return NULL;
    }
    if (len < n + 3 || memcmp(text + n, "://", 3)) {
        *message = "no // behind the scheme";
        return NULL;
    }
    return text + n + 3;
}

static bool must_be_encoded(unsigned char c)
{
    return c <= ' ' || c >= 0x7f || c == '"' || c == '<' || c == '>' || c == '`';
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
    for (const char *p = path; p < end; p++) {
        unsigned char c = (unsigned char)*p;
        if (must_be_encoded(c)) {
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

/* Cuts host and port out of curl's normal form and puts them into ret. */
static enum err take_apart(const char *normal, struct url *ret, const char **message)
{
    size_t len = strlen(normal);
    ret->tls = !strncmp(normal, "https", 5);
    ret->port = ret->tls ? 443 : 80;
    const char *host = strstr(normal, "://") + 3;
    size_t host_len = *host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/?");
    if (memchr(host, '%', host_len)) {
        *message = *host == '[' ? "an address with a zone cannot be fetched" : "bad host name";
        return ERR_BAD_URL;
    }
    if (host[host_len] == ':')
        ret->port = (uint16_t)atoi(host + host_len + 1);
    if (ret->port == 0) {
        *message = "port 0";
        return ERR_BAD_URL;
    }
    ret->text = mem_grow(NULL, len + 1 + host_len + 1);
    memcpy(ret->text, normal, len + 1);
    for (size_t i = (size_t)(host - normal); i < (size_t)(host - normal) + host_len; i++)
        ret->text[i] = (char)tolower((unsigned char)ret->text[i]);
    ret->host = ret->text + len + 1;
    memcpy(ret->host, ret->text + (host - normal), host_len);
    ret->host[host_len] = '\0';
    return ERR_OK;
}

static enum err parse_encoded(const char *text, struct url *ret, const char **message)
{
    CURLU *u = curl_url();
    if (!u)
        abort();
    char *normal = NULL;
    CURLUcode code = curl_url_set(u, CURLUPART_URL, text, CURLU_DISALLOW_USER);
    if (code == CURLUE_OK)
        code = curl_url_get(u, CURLUPART_URL, &normal, CURLU_PUNYCODE | CURLU_NO_DEFAULT_PORT);
    curl_url_cleanup(u);
    enum err err = ERR_BAD_URL;
    if (code == CURLUE_OK)
        err = take_apart(normal, ret, message);
    else if (code == CURLUE_OUT_OF_MEMORY) /* what curl 7.88 says when IDNA refuses a name */
        *message = "not a valid international host name";
    else if (code == CURLUE_USER_NOT_ALLOWED)
        *message = "a URL with a user name or password is not fetched";
    else
        *message = curl_url_strerror(code);
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
    if (authority == text + len || strchr("/?#", *authority)) {
        *message = "no host";
        return ERR_BAD_URL;
    }
    char *copy = encoded(text, len, authority);
    enum err err = parse_encoded(copy, ret, message);
    free(copy);
    return err;
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
