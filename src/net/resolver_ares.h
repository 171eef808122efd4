/*
 * One c-ares channel on a libuv loop: a question to the DNS servers, and its
 * answer in our words. Time-outs, repeats, other servers and TCP are c-ares's.
 *
 * Always true: each question is answered exactly once, from the loop, from
 * resolver_ares_free(), or (when it cannot even be sent) from inside
 * resolver_ares_ask(). The loop is kept alive only while questions are open. One thread.
 */
#ifndef NET_RESOLVER_ARES_H
#define NET_RESOLVER_ARES_H

#include "base/addr.h"

#include <uv.h>

struct resolver_ares;

/* As resolver_conf.servers. NULL: malformed or c-ares fails; `message`
 * (RESOLVER_MESSAGE_SIZE) says why. */
struct resolver_ares *resolver_ares_new(uv_loop_t *, const char *servers, char *message);

/* Open questions are answered RESOLVER_FAILED. The loop must run once more afterwards. */
void resolver_ares_free(struct resolver_ares *);

enum resolver_outcome {
    RESOLVER_ADDRESSES,
    RESOLVER_NO_ADDRESS, /* the name may exist, without an address of this family */
    RESOLVER_NO_NAME,    /* NXDOMAIN */
    RESOLVER_FAILED,     /* no server could say */
};

struct resolver_reply {
    enum resolver_outcome outcome;
    struct addr_set addrs;
    uint32_t ttl;        /* seconds; the smallest of the addresses and the aliases before them */
    const char *message; /* for RESOLVER_FAILED: static text */
};

typedef void resolver_ares_done(void *arg, int family, const struct resolver_reply *);

/* The caller's memory, untouched by the caller until it is answered. */
struct resolver_question {
    struct resolver_ares *to;
    int family; /* 4: A, 6: AAAA */
    resolver_ares_done *done;
    void *arg;
};

/* family, done and arg are set. The name is borrowed for the call. */
void resolver_ares_ask(struct resolver_ares *, struct resolver_question *, const char *name);

#endif
