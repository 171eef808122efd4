/*
 * IP addresses, networks, and the guard: which addresses may be reached. Plain values: no call
 * allocates or blocks. Any thread.
 */
#ifndef BASE_ADDR_H
#define BASE_ADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct addr {
    uint8_t family;    /* 4 or 6; 0: none */
    uint8_t bytes[16]; /* network order; 4 of them for family 4 */
};

enum { ADDR_TEXT_SIZE = 46 }; /* INET6_ADDRSTRLEN */

/* "192.0.2.1", "2001:db8::1" or "[2001:db8::1]"; no scope, no port. */
bool addr_parse(const char *text, struct addr *ret);

bool addr_is_same(const struct addr *, const struct addr *);

/* Reads a port, 1 to 65535. Returns the text behind it; NULL: there is none. */
char *addr_read_port(char *text, uint16_t *ret);

/* The usual text form, without brackets. Family 0 gives "". */
void addr_format(const struct addr *, char out[ADDR_TEXT_SIZE]);

/* False for families other than AF_INET and AF_INET6. */
bool addr_from_sockaddr(const struct sockaddr *, struct addr *ret);

/* A name has at most this many addresses; more are left out. */
enum { ADDR_SET_MAX = 8 };
struct addr_set {
    unsigned n;
    struct addr at[ADDR_SET_MAX];
};

/* Adds the address, unless the set is full or has it already. */
void addr_set_add(struct addr_set *, const struct addr *);

/* Moves the first n addresses to the end, n modulo the size of the set. */
void addr_set_rotate(struct addr_set *, unsigned n);

/* Moves the address to the front; the others keep their order. Nothing happens if it is not there.
 */
void addr_set_begin_with(struct addr_set *, const struct addr *);

struct addr_net {
    struct addr base;
    unsigned bits; /* 0..32 or 0..128 */
};

/* Parses "10.0.0.0/8", "::1/128", or a single address (all bits count). Bits after the prefix
 * are ignored. False: not a network. */
bool addr_net_parse(const char *text, struct addr_net *ret);
bool addr_net_contains(const struct addr_net *, const struct addr *);

/*
 * The guard: true if the program may connect to that address. It refuses all special-purpose blocks
 * of the IANA registries (RFC 6890 and its updates): this host, private, shared, loopback,
 * link-local, documentation, benchmarking, multicast, reserved, and all of IPv6 outside 2000::/3;
 * and IPv6 forms that carry an IPv4 address (mapped, NAT64, 6to4, ISATAP) whose inner address is
 * refused. An address inside one of the n `allow` networks is always let through (an IPv6 form of
 * an IPv4 address also where the inner address is allowed).
 */
bool addr_is_allowed(const struct addr *, const struct addr_net *allow, size_t n);

#endif
