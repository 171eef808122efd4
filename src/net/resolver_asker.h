/*
 * Questions to the DNS servers: which server is asked, how many at once, and what follows
 * from a bad answer or none.
 *
 * Always true:
 *   - a question is answered exactly once, from the loop or from resolver_asker_free()
 *   - no server has more than RESOLVER_PER_SERVER of them open
 *   - addresses, "no address" and NXDOMAIN are the last word, whoever says so
 *   - SERVFAIL, REFUSED and other bad answers: once more, RESOLVER_RETRY_MS later
 *   - silence, and a server out of reach: up to RESOLVER_ASKED_MAX times in all
 *   - the next time it is another server, where one answers and has room
 *   - a server that was silent since it was asked is passed over while others answer, but
 *     for one question every RESOLVER_PROBE_MS; so is one that is out of reach
 * Among servers that answer the one with the fewest open questions is asked: a slow one gets
 * less to do. All calls from the loop's thread.
 */
#ifndef NET_RESOLVER_ASKER_H
#define NET_RESOLVER_ASKER_H

#include "net/resolver_udp.h"

#include <sys/queue.h>

enum {
    /* A server's socket holds some 270 questions by default (net.core.rmem_default), and reads
     * while we still send; what does not fit is lost, and asked again only later. 400 are 20000
     * a second where an answer takes 20 ms: with 250, 10,000 names took 1.3 times as long as
     * hosts whose addresses are known, now 1.16 times, and none is lost. */
    RESOLVER_PER_SERVER = 400,
    RESOLVER_RETRY_MS = 1000,
    RESOLVER_ASKED_MAX = 4, /* each of them up to RESOLVER_SILENCE_MS long */
    RESOLVER_PROBE_MS = 5000,
};

struct resolver_asker;

/* servers: as resolver_conf.servers. has_room: see resolver_asker_want_room(). NULL: malformed;
 * `message` (RESOLVER_MESSAGE_SIZE) says why. */
struct resolver_asker *resolver_asker_new(
    uv_loop_t *, const char *servers, void (*has_room)(void *arg), void *arg, char *message);

/* Open questions are answered with a failure. The loop must run once more afterwards. */
void resolver_asker_free(struct resolver_asker *);

/* sent: how often, repeats for silence included. */
typedef void resolver_asker_done(
    void *arg, int family, unsigned sent, const struct resolver_reply *);

/* The caller's memory, name included, untouched but for is_optional until it is answered. */
struct resolver_question {
    const char *name;
    int family; /* 4: A, 6: AAAA */
    resolver_asker_done *done;
    void *arg;
    /* The caller may set it at any time: he knows enough, and an answer is welcome but not
     * worth asking again. */
    bool is_optional;
    /* resolver_asker.c's */
    TAILQ_ENTRY(resolver_question) link;
    struct resolver_asker *asker;
    struct resolver_server *server; /* asked last; NULL: none yet */
    struct resolver_query query;
    unsigned asked, sent, bad_answers;
    uint64_t at_ms;                /* asked, or to be asked again */
    enum resolver_outcome outcome; /* of the last time, and what it said */
    const char *message;
};

/* The fields before asker's own are set. Taken whether there is room or not. */
void resolver_asker_ask(struct resolver_asker *, struct resolver_question *);

/* has_room() will be called once, when a question would be sent at once. */
void resolver_asker_want_room(struct resolver_asker *);

#endif
