/*
 * One DNS server behind c-ares, on a libuv loop: a question is sent, and its answer, silence or
 * refusal handed over. Which server, how many at once and what then is the caller's.
 * c-ares sends it once more after RESOLVER_RESEND_MS, for packets get lost, and takes the answer
 * to either; and it fetches over TCP what is cut off.
 *
 * Always true: each question is answered exactly once, within RESOLVER_SILENCE_MS (twice that
 * when it goes on over TCP): from the loop, from resolver_ares_free(), or (when it cannot even be
 * sent) from inside resolver_ares_ask(). The loop is kept alive only while questions are open. One
 * thread.
 *
 * Against forged answers: c-ares 1.18 numbers questions from a generator that is seeded by
 * /dev/urandom for each channel; the kernel picks the source port at random for each
 * socket; the socket is connected; and an answer has to repeat the question. But a channel
 * keeps its socket while questions are open, with ARES_FLAG_STAYOPEN for ever, and
 * ARES_OPT_UDP_MAX_QUERIES came with 1.20. So that flag is not set, and after
 * PORT_QUESTIONS questions a new channel takes over: another port, and another seed.
 */
#ifndef NET_RESOLVER_ARES_H
#define NET_RESOLVER_ARES_H

#include "net/resolver_reply.h"

#include <uv.h>

struct ares_addr_port_node;
struct resolver_ares;

/* c-ares doubles the time for the second sending. */
enum { RESOLVER_RESEND_MS = 700, RESOLVER_SILENCE_MS = 3 * RESOLVER_RESEND_MS };

/* NULL: c-ares fails; `message` (RESOLVER_MESSAGE_SIZE) says why. */
struct resolver_ares *resolver_ares_new(
    uv_loop_t *, const struct ares_addr_port_node *server, char *message);

/* Open questions are answered with a failure. The loop must run once more afterwards. */
void resolver_ares_free(struct resolver_ares *);

typedef void resolver_ares_done(void *arg, const struct resolver_reply *);

/* The caller's memory, untouched by the caller until it is answered. */
struct resolver_query {
    int family; /* 4: A, 6: AAAA */
    resolver_ares_done *done;
    void *arg;
    void *channel; /* resolver_ares.c's */
};

/* family, done and arg are set. The name is borrowed for the call. Not from inside `done`. */
void resolver_ares_ask(struct resolver_ares *, struct resolver_query *, const char *name);

#endif
