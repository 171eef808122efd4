#include "cmd/imgfetch/split/split_domain.h"

#include "base/mem.h"
#include "base/siphash.h"
#include "input/url.h"

#include <libpsl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { REMEMBERED = 1 << 16, AUTHORITY_MAX = 260 /* a name, and a port */ };

/* A host of which the domain is known. */
struct known {
    uint64_t key; /* the hash of the URL up to its path */
    uint64_t hash;
    char *name; /* NULL: the place is free */
};

struct split_domains {
    psl_ctx_t *suffixes;         /* owned */
    const psl_ctx_t *list;       /* the same, or libpsl's own */
    uint8_t secret[SIPHASH_KEY]; /* so that a list cannot have URLs that are taken for each other */
    struct known known[REMEMBERED];
    char *name; /* of a domain that is not remembered */
};

struct split_domains *split_domain_new(void)
{
    psl_ctx_t *suffixes = psl_latest(NULL);
    const psl_ctx_t *list = suffixes ? suffixes : psl_builtin();
    if (!list)
        return NULL;
    struct split_domains *d = mem_new(sizeof *d);
    d->suffixes = suffixes;
    d->list = list;
    arc4random_buf(d->secret, sizeof d->secret);
    return d;
}

void split_domain_free(struct split_domains *d)
{
    if (!d)
        return;
    for (size_t i = 0; i < REMEMBERED; i++)
        free(d->known[i].name);
    psl_free(d->suffixes);
    free(d->name);
    free(d);
}

uint64_t split_domain_hash(const char *text, size_t len)
{
    static const uint8_t key[SIPHASH_KEY] = "imgfetch --split";
    return siphash(key, text, len);
}

bool split_domain_is_address(const char *host)
{
    const char *dot = strrchr(host, '.'), *last = dot ? dot + 1 : host;
    return *host == '[' || (*last && strspn(last, "0123456789") == strlen(last));
}

/* free() it. */
static char *domain_of_host(const struct split_domains *d, const char *host)
{
    const char *domain =
        split_domain_is_address(host) ? NULL : psl_registrable_domain(d->list, host);
    return mem_dup(domain ? domain : host);
}

/* The domain of a URL; "" if it is none. free() it. */
static char *domain_of_url(const struct split_domains *d, const char *text, size_t len)
{
    struct url url;
    const char *why;
    if (url_parse(text, len, &url, &why) != ERR_OK)
        return mem_dup("");
    char *name = domain_of_host(d, url.host);
    url_fini(&url);
    return name;
}

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == ':';
}

/* The length of "http://host:port" at the beginning of a URL where nothing else can change the
 * host; 0: the URL is to be parsed as a whole. */
static size_t plain_origin(const char *text, size_t len)
{
    size_t at = len > 7 && !strncasecmp(text, "http://", 7)    ? 7
                : len > 8 && !strncasecmp(text, "https://", 8) ? 8
                                                               : 0;
    size_t end = at, most = len < at + AUTHORITY_MAX ? len : at + AUTHORITY_MAX;
    while (at && end < most && is_plain(text[end]))
        end++;
    bool is_end = end == len || text[end] == '/' || text[end] == '?' || text[end] == '#';
    return end > at && is_end ? end : 0;
}

void split_domain_of(
    struct split_domains *d, const struct urllist_value *url, struct split_domain *ret)
{
    size_t len = plain_origin(url->text, url->len);
    if (!len) {
        free(d->name);
        d->name = domain_of_url(d, url->text, url->len);
        *ret = (struct split_domain){d->name, split_domain_hash(d->name, strlen(d->name))};
        return;
    }
    uint64_t key = siphash(d->secret, url->text, len);
    struct known *known = &d->known[key % REMEMBERED];
    if (!known->name || known->key != key) {
        free(known->name);
        known->name = domain_of_url(d, url->text, len);
        known->key = key;
        known->hash = split_domain_hash(known->name, strlen(known->name));
    }
    *ret = (struct split_domain){known->name, known->hash};
}
