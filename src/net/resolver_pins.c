#include "net/resolver_pins.h"

#include "base/mem.h"
#include "net/resolver_names.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define uthash_fatal(msg) abort()
#include <uthash.h>

struct pin {
    UT_hash_handle hh;
    struct pin *next; /* same name, another port */
    uint16_t port;
    struct addr_set addrs; /* of the wanted family; none: the name has no address */
    char name[];
};

struct resolver_pins {
    struct pin *by_name;
};

static struct pin *find_pin(
    const struct resolver_pins *p, const char *name, size_t len, uint16_t port)
{
    struct pin *pin;
    HASH_FIND(hh, p->by_name, name, len, pin);
    while (pin && pin->port != port)
        pin = pin->next;
    return pin;
}

static struct pin *find_or_add(struct resolver_pins *p, const char *name, size_t len, uint16_t port)
{
    struct pin *pin = find_pin(p, name, len, port);
    if (pin)
        return pin;
    pin = mem_new(sizeof *pin + len + 1);
    memcpy(pin->name, name, len);
    pin->port = port;
    struct pin *first;
    HASH_FIND(hh, p->by_name, name, len, first);
    if (first) {
        pin->next = first->next;
        first->next = pin;
    } else {
        HASH_ADD_KEYPTR(hh, p->by_name, pin->name, len, pin);
    }
    return pin;
}

/* "1" to "65535", then the colon before the addresses. */
static bool read_port(char *text, uint16_t *port, char **rest)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);
    if (!isdigit((unsigned char)*text) || *end != ':' || n < 1 || n > UINT16_MAX)
        return false;
    *port = (uint16_t)n;
    *rest = end + 1;
    return true;
}

static bool read_addrs(char *text, int family, struct addr_set *ret)
{
    for (char *next; text; text = next) {
        next = strchr(text, ',');
        if (next)
            *next++ = '\0';
        struct addr a;
        if (!addr_parse(text, &a))
            return false;
        if (resolver_names_wants(family, &a))
            addr_set_add(ret, &a);
    }
    return true;
}

/* Parses a pin. Modifies `text`, which is a copy. */
static bool add_pin(struct resolver_pins *p, char *text, int family)
{
    if (*text == '+')
        text++;
    for (char *c = text; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    size_t len = strcspn(text, ":");
    if (text[len] == '\0')
        return false;
    uint16_t port;
    char *addrs_text;
    if (!read_port(text + len + 1, &port, &addrs_text))
        return false;

    bool any = len == 1 && *text == '*';
    if (len > 1 && text[len - 1] == '.')
        len--;
    struct addr_set addrs = {0};
    if ((!any && !resolver_names_is_valid(text, len)) || !read_addrs(addrs_text, family, &addrs))
        return false;
    find_or_add(p, text, len, port)->addrs = addrs;
    return true;
}

struct resolver_pins *resolver_pins_new(const char *const *pins, int family, char *message)
{
    struct resolver_pins *p = mem_new(sizeof *p);
    for (; pins && *pins; pins++) {
        char *copy = mem_dup(*pins);
        bool ok = add_pin(p, copy, family);
        free(copy);
        if (!ok) {
            snprintf(message, RESOLVER_MESSAGE_SIZE, "not HOST:PORT:ADDRESS[,ADDRESS]: \"%.70s\"",
                *pins);
            resolver_pins_free(p);
            return NULL;
        }
    }
    return p;
}

void resolver_pins_free(struct resolver_pins *p)
{
    if (!p)
        return;
    struct pin *first, *other;
    HASH_ITER (hh, p->by_name, first, other) {
        HASH_DEL(p->by_name, first);
        while (first) {
            struct pin *next = first->next;
            free(first);
            first = next;
        }
    }
    free(p);
}

bool resolver_pins_answer(const struct resolver_pins *p, const char *name, size_t len,
    uint16_t port, struct resolver_answer *ret)
{
    if (!p->by_name)
        return false;
    const struct pin *pin = find_pin(p, name, len, port);
    if (!pin)
        pin = find_pin(p, "*", 1, port);
    if (!pin)
        return false;
    *ret = (struct resolver_answer){.addrs = pin->addrs};
    if (pin->addrs.n == 0) {
        ret->err = ERR_DNS_NOT_FOUND;
        ret->message = "the addresses of --resolve are not of the requested family (-4, -6)";
    }
    return true;
}
