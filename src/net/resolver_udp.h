/*
 * One DNS server, over UDP on a libuv loop: a question is sent, and its answer, silence or
 * refusal handed over. Which server, how many at once and what then is the caller's.
 * A question is sent once more after RESOLVER_RESEND_MS, for packets get lost, and the answer
 * to either is taken. What is cut off is fetched over TCP (resolver_tcp.h), and a server that does
 * not understand EDNS is asked without.
 *
 * Always true: each question is answered exactly once, within RESOLVER_SILENCE_MS (twice that
 * when it goes on over TCP): from the loop, from resolver_udp_free(), or (when it cannot even be
 * sent) from inside resolver_udp_ask(). What comes for one question does nothing to another; an
 * ICMP error is all of a port's. The loop is kept alive only while questions are open. One thread.
 *
 * Against forged answers: each question has a number of arc4random(3); the kernel picks
 * the source port at random for each socket; the socket is connected; and an answer has to repeat
 * the question. A socket is closed when no question is open on it, and takes no more after
 * PORT_QUESTIONS.
 *
 * c-ares would do nearly all of this, each version in its own way. 1.34 (Debian 13) asks again when
 * five times the average of the answers has passed, which becomes 250 ms and cannot be set, and
 * gives a slow name up after 750; one malformed answer makes it send all open questions
 * again, and the second gives them all up. 1.18 (Debian 12) keeps its port while
 * questions are open.
 */
#ifndef NET_RESOLVER_UDP_H
#define NET_RESOLVER_UDP_H

#include "net/resolver_wire.h"

#include <sys/queue.h>
#include <uv.h>

struct resolver_udp;

enum { RESOLVER_RESEND_MS = 700, RESOLVER_SILENCE_MS = 3 * RESOLVER_RESEND_MS };

struct resolver_udp *resolver_udp_new(uv_loop_t *, const struct sockaddr_storage *server);

/* Open questions are answered with a failure. The loop must run once more afterwards. */
void resolver_udp_free(struct resolver_udp *);

typedef void resolver_udp_done(void *arg, const struct resolver_reply *);

/* The caller's memory, untouched by the caller until it is answered. */
struct resolver_query {
    int family;       /* 4: A, 6: AAAA */
    const char *name; /* as resolver_names_is_valid(); borrowed until it is answered */
    resolver_udp_done *done;
    void *arg;
    /* resolver_udp.c's */
    TAILQ_ENTRY(resolver_query) link;
    LIST_ENTRY(resolver_query) same_bucket;
    struct resolver_udp *server;
    struct resolver_port *port; /* NULL: it goes on over TCP, or has no socket */
    struct resolver_tcp *tcp;
    uint64_t due_ms;
    unsigned sent;
    uint16_t id;
    uint8_t stage;
    bool without_edns;
};

/* family, name, done and arg are set. Not from inside `done`. */
void resolver_udp_ask(struct resolver_udp *, struct resolver_query *);

#endif
