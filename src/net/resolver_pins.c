#include "net/resolver_pins.h"

#include "base/hash.h"
#include "base/mem.h"
#include "net/resolver_names.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct pin {
    char *text; /* owned; the name is in it */
    const char *name;
    size_t len;
    uint16_t port;
    struct addr_set addrs; /* of the wanted family; none: the name has no address */
};

/* Few, since they come from the command line: a search looks at all of them. */
struct resolver_pins {
    size_t n;
    struct pin *at;
};

static const struct pin *find_pin(
    const struct resolver_pins *p, const char *name, size_t len, uint16_t port)
{
    for (size_t i = p->n; i-- > 0;) /* the later of two counts */
        if (p->at[i].port == port && p->at[i].len == len && !memcmp(p->at[i].name, name, len))
            return &p->at[i];
    return NULL;
}

static bool read_addrs(char *text, int family, struct addr_set *ret)
{
    for (char *part; (part = strsep(&text, ","));) {
        struct addr a;
        if (!addr_parse(part, &a))
            return false;
        if (resolver_names_wants(family, &a))
            addr_set_add(ret, &a);
    }
    return true;
}

/* Parses ret->text, which it modifies. */
static bool read_pin(int family, struct pin *ret)
{
    char *text = ret->text;
    if (*text == '+')
        text++;
    for (char *c = text; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    size_t len = strcspn(text, ":");
    char *rest = text[len] ? addr_read_port(text + len + 1, &ret->port) : NULL;
    if (!rest || *rest != ':')
        return false;
    bool any = len == 1 && *text == '*';
    if (len > 1 && text[len - 1] == '.')
        len--;
    ret->name = text;
    ret->len = len;
    return (any || resolver_names_is_valid(text, len)) && read_addrs(rest + 1, family, &ret->addrs);
}

struct resolver_pins *resolver_pins_new(const char *const *pins, int family, char *message)
{
    struct resolver_pins *p = mem_new(sizeof *p);
    for (; pins && *pins; pins++) {
        p->at = mem_grow(p->at, (p->n + 1) * sizeof *p->at);
        struct pin *pin = &p->at[p->n++];
        *pin = (struct pin){.text = mem_dup(*pins)};
        if (!read_pin(family, pin)) {
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
    for (size_t i = 0; p && i < p->n; i++)
        free(p->at[i].text);
    if (p)
        free(p->at);
    free(p);
}

bool resolver_pins_answer(const struct resolver_pins *p, const char *name, size_t len,
    uint16_t port, struct resolver_answer *ret)
{
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
