/* Addresses that the user pins to HOST:PORT (--resolve). One thread. */
#ifndef NET_RESOLVER_PINS_H
#define NET_RESOLVER_PINS_H

#include "net/resolver.h"

struct resolver_pins;

/* As resolver_conf.pins and .family. HOST is a name, or "*" for every name without a pin of its
 * own at that port. A leading "+" is ignored. Of two pins for one HOST:PORT the later counts.
 * NULL: one is malformed, `message` (RESOLVER_MESSAGE_SIZE) says which. */
struct resolver_pins *resolver_pins_new(const char *const *pins, int family, char *message);
void resolver_pins_free(struct resolver_pins *);

/* True: *ret is filled. The name is lower case, without the trailing dot. */
bool resolver_pins_answer(const struct resolver_pins *, const char *name, size_t len, uint16_t port,
    struct resolver_answer *ret);

#endif
