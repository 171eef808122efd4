/*
 * One DNS server, over UDP on a libuv loop: sends questions and reports the answer, silence or
 * refusal. The caller chooses the server, limits the open questions and retries. A question is sent
 * once more after RESOLVER_RESEND_MS, because packets get lost, and the answer to either is
 * accepted. Truncated answers are fetched over TCP (resolver_tcp.h). A server that does not
 * understand EDNS is asked without it.
 *
 * Always true:
 * - Each question is answered exactly once, within RESOLVER_SILENCE_MS (RESOLVER_PATIENCE_MS for
 *   the last try; over TCP RESOLVER_SILENCE_MS more): from the loop, from resolver_udp_free(), or,
 * if it cannot be sent, from inside resolver_udp_ask().
 * - The answer to one question does not affect another; an ICMP error ends all questions of its
 *   port.
 * - The loop is kept alive only while questions are open.
 *
 * One thread.
 *
 * Against forged answers: each question has a random ID (arc4random(3)); the kernel picks a random
 * source port for each socket; the socket is connected; and an answer must repeat the question. A
 * socket is closed when no question is open on it, and takes no more after PORT_QUESTIONS.
 *
 * c-ares would do nearly all of this, but its versions differ. 1.34 (Debian 13) resends after five
 * times the average answer time, which becomes 250 ms and cannot be configured, and gives up on a
 * slow name after 750 ms; one malformed answer makes it resend all open questions, and a second one
 * fails them all. 1.18 (Debian 12) keeps its port while questions are open.
 */
#ifndef NET_RESOLVER_UDP_H
#define NET_RESOLVER_UDP_H

#include "net/resolver_wire.h"

#include <sys/queue.h>
#include <uv.h>

struct resolver_udp;

enum {
    RESOLVER_RESEND_MS = 700,
    RESOLVER_SILENCE_MS = 3 * RESOLVER_RESEND_MS,
    RESOLVER_PATIENCE_MS = 5000, /* what resolv.conf(5) gives every try */
};

struct resolver_udp *resolver_udp_new(uv_loop_t *, const struct sockaddr_storage *server);

/* Open questions are answered with a failure. The loop must run once more afterwards. */
void resolver_udp_free(struct resolver_udp *);

typedef void resolver_udp_done(void *arg, const struct resolver_reply *);

/* Owned by the caller, who does not touch it until it is answered. */
struct resolver_query {
    int family;        /* 4: A, 6: AAAA */
    const char *name;  /* as resolver_names_is_valid(); borrowed until it is answered */
    bool without_edns; /* from the first packet on */
    bool is_last;      /* no other try will come: this one waits for RESOLVER_PATIENCE_MS */
    resolver_udp_done *done;
    void *arg;
    /* resolver_udp.c's */
    TAILQ_ENTRY(resolver_query) link;
    LIST_ENTRY(resolver_query) same_bucket;
    struct resolver_udp *server;
    struct resolver_port *port; /* NULL: over TCP, or no socket */
    struct resolver_tcp *tcp;
    uint64_t due_ms;
    unsigned sent;
    uint16_t id;
    uint8_t stage;
};

/* Asks the question; family, name, done and arg are set. Not from inside `done`. */
void resolver_udp_ask(struct resolver_udp *, struct resolver_query *);

#endif
