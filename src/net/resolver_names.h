/*
 * Names that need no DNS: literals, the special names of RFC 6761 and their like, invalid names,
 * and the hosts file.
 *
 * `family` is resolver_conf.family: 0, 4 or 6. A name is text and length, lower
 * case, without the trailing dot, and need not end in a NUL. One thread.
 */
#ifndef NET_RESOLVER_NAMES_H
#define NET_RESOLVER_NAMES_H

#include "net/resolver_cache.h"

bool resolver_names_wants(int family, const struct addr *);

/* True if the labels have 1 to 63 bytes, 253 in all (RFC 1035, 2.3.4), and consist of letters,
 * digits, '-' and '_'. */
bool resolver_names_is_valid(const char *name, size_t len);

/* True: an address literal, or one of the special names; *ret is filled. */
bool resolver_names_answer_literal(
    const char *name, size_t len, int family, struct resolver_answer *ret);
bool resolver_names_answer_special(
    const char *name, size_t len, int family, struct resolver_answer *ret);

/* Adds the file's names to the cache permanently. A file that cannot be read counts as empty. */
void resolver_names_read_hosts(const char *path, int family, struct resolver_cache *);

#endif
