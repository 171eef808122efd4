/*
 * Resolves host names to addresses on the loop: DNS with a cache, single flight (callers that want
 * the same name share a lookup), and the special names.
 *
 * Sources, in this order:
 *   literals        "192.0.2.1", "[2001:db8::1]" answer themselves
 *   --resolve       HOST:PORT:ADDR[,ADDR] given by the user
 *   special names   "localhost" and below are loopback, "invalid" and below do not
 *                   exist (RFC 6761, sections 6.3 and 6.4); loopback are also
 *                   "localhost.localdomain", "ip6-localhost" and "ip6-loopback", as in many
 *                   hosts files; never asked over the network
 *   /etc/hosts      read once, when the resolver is made
 *   cache           TTL clamped to [60 s, 1 h]; "does not exist" 60 s; failures 5 s
 *   DNS             A and AAAA apart; A answers the waiting callers, and so does AAAA if A
 *                   does not come within RESOLVER_WAIT_FOR_A_MS of it; the other one joins the
 *                   cache when it comes; which server is asked, and how often: resolver_asker.h
 *
 * Always true:
 * - There is at most one lookup of a name at a time, however many callers wait for it.
 * - A lookup is queued until a server has room; domains take turns. Once sent, it takes at most
 *   conf.timeout_ms.
 * - Callbacks come from the loop, never from inside resolver_get().
 *
 * All calls from the loop's thread.
 */
#ifndef NET_RESOLVER_H
#define NET_RESOLVER_H

#include "base/addr.h"
#include "base/err.h"

#include <uv.h>

struct resolver;

enum { RESOLVER_MESSAGE_SIZE = 120 };
enum {
    RESOLVER_TTL_FAILURE = 5,    /* seconds for which a failure is cached */
    RESOLVER_WAIT_FOR_A_MS = 50, /* the "resolution delay" of RFC 8305, section 3 */
};

struct resolver_conf {
    /* "A[:PORT],...", IPv6 in brackets when a port follows; NULL: resolv.conf */
    const char *servers;
    /* "HOST:PORT:ADDR[,ADDR]..." as curl --resolve; ends with NULL; may be NULL */
    const char *const *pins;
    const char *hosts_file; /* NULL: /etc/hosts */
    /* Networks that the guard lets through (base/addr.h). A family without an address that may be
     * reached is not taken for the answer while the other one may come. */
    const struct addr_net *allow;
    size_t n_allow;
    int family;          /* 0: both, 4 or 6: only that family is asked and returned */
    uint64_t timeout_ms; /* of a whole lookup; 0: 60000 */
};

/* Text is borrowed for the call. NULL: a server or pin is malformed;
 * `message` (RESOLVER_MESSAGE_SIZE) says why. */
struct resolver *resolver_new(uv_loop_t *, const struct resolver_conf *, char *message);

/* Checks that servers and pins are well-formed; sends nothing. False: `message`
 * (RESOLVER_MESSAGE_SIZE) says what is wrong. Any thread. */
bool resolver_check(const struct resolver_conf *, char *message);

struct resolver_answer {
    enum err err;          /* ERR_OK, ERR_DNS_NOT_FOUND or ERR_DNS_FAILURE */
    struct addr_set addrs; /* at least one when ERR_OK; IPv4 and IPv6 as they came, never sorted */
    const char *message;   /* for an error; valid during the callback or until the next call */
    uint64_t lookup_ns;    /* duration of the lookup; 0 when nothing was sent */
};

typedef void resolver_done(void *arg, const struct resolver_answer *);

/*
 * host: lower case, no trailing dot needed, IPv6 literals with or without
 * brackets. True: *ret is the answer, `done` will not be called. False: `done` comes
 * later from the loop, exactly once.
 */
bool resolver_get(struct resolver *, const char *host, uint16_t port, struct resolver_answer *ret,
    resolver_done *done, void *arg);

/* This address of the host answered, and the first one did not: for RESOLVER_PREFERRED_MS it is the
 * first one. host: as resolver_get() got it. */
void resolver_prefer(struct resolver *, const char *host, const struct addr *);

struct resolver_stats {
    uint64_t lookups;           /* names looked up over the network */
    uint64_t hits;              /* answers from the cache, /etc/hosts included */
    uint64_t retried;           /* names asked again, after a bad answer or none */
    uint64_t not_found, failed; /* of `lookups` */
    unsigned in_flight, queued;
};
struct resolver_stats resolver_stats(const struct resolver *);

/* Waiting callers get ERR_CANCELLED from inside this call. The loop must run once more
 * afterwards to finish closing handles. */
void resolver_free(struct resolver *);

#endif
