#include "net/transfer_pins.h"

#include "base/hash.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_SIZE = 300 }; /* a host name has at most 253 bytes (RFC 1035), ":65535" */

struct pin {
    UT_hash_handle hh;
    unsigned users;
    char key[]; /* "host:port" */
};

struct transfer_pins {
    struct pin *by_key;
    struct curl_slist *due; /* "-host:port": still in curl's cache, but unused */
    CURLSH *share;
    unsigned transfers; /* that share them */
};

struct transfer_pins *transfer_pins_new(void)
{
    struct transfer_pins *p = mem_new(sizeof *p);
    p->share = curl_share_init();
    if (!p->share)
        abort();
    curl_share_setopt(p->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    return p;
}

CURLSH *transfer_pins_share(struct transfer_pins *p)
{
    return p->share;
}

void transfer_pins_free(struct transfer_pins *p)
{
    if (!p)
        return;
    struct pin *pin, *next;
    HASH_ITER (hh, p->by_key, pin, next) {
        HASH_DEL(p->by_key, pin);
        free(pin);
    }
    curl_slist_free_all(p->due);
    curl_share_cleanup(p->share);
    free(p);
}

unsigned transfer_pins_join(struct transfer_pins *p)
{
    return ++p->transfers;
}

size_t transfer_pins_count(const struct transfer_pins *p)
{
    return HASH_COUNT(p->by_key);
}

/* curl resolves literals without its cache (7.88, 8.14: lib/hostip.c, Curl_resolv). */
static bool is_literal(const char *host)
{
    struct addr ignored;
    return addr_parse(host, &ignored);
}

static bool make_key(const struct url *u, char key[KEY_SIZE])
{
    int n = snprintf(key, KEY_SIZE, "%s:%u", u->host, u->port);
    return n < KEY_SIZE && !is_literal(u->host);
}

static struct curl_slist *append(struct curl_slist *list, const char *text)
{
    struct curl_slist *longer = curl_slist_append(list, text);
    if (!longer)
        abort();
    return longer;
}

static void use(struct transfer_pins *p, const char *key)
{
    struct pin *pin;
    HASH_FIND_STR(p->by_key, key, pin);
    if (!pin) {
        size_t len = strlen(key);
        pin = mem_new(sizeof *pin + len + 1);
        memcpy(pin->key, key, len + 1);
        HASH_ADD_STR(p->by_key, key, pin);
    }
    pin->users++;
}

struct curl_slist *transfer_pins_add(
    struct transfer_pins *p, const struct url *u, const struct addr_set *addrs)
{
    char key[KEY_SIZE];
    if (!make_key(u, key) || addrs->n == 0)
        return NULL;
    use(p, key);
    char entry[KEY_SIZE + ADDR_SET_MAX * (ADDR_TEXT_SIZE + 1)];
    /* "-name:80" would be a removal. After a "+" curl reads what follows as a name, and would let
     * the entry expire, if CURLOPT_DNS_CACHE_TIMEOUT did not forbid it. */
    char *at = entry + sprintf(entry, "%s%s:", *key == '-' ? "+" : "", key);
    for (unsigned i = 0; i < addrs->n; i++) {
        if (i)
            *at++ = ',';
        addr_format(&addrs->at[i], at);
        at += strlen(at);
    }
    /* Removals come first: one of them may name the same host. */
    struct curl_slist *list = p->due;
    p->due = NULL;
    return append(list, entry);
}

void transfer_pins_drop(struct transfer_pins *p, const struct url *u)
{
    char key[KEY_SIZE];
    struct pin *pin = NULL;
    if (make_key(u, key))
        HASH_FIND_STR(p->by_key, key, pin);
    if (!pin || --pin->users)
        return;
    HASH_DEL(p->by_key, pin);
    free(pin);
    char removal[KEY_SIZE + 1];
    snprintf(removal, sizeof removal, "-%s", key);
    p->due = append(p->due, removal);
}
