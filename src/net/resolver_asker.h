/*
 * Sends questions to the DNS servers: chooses the server, limits the open questions, and retries
 * after a bad answer or none.
 *
 * Always true:
 *   - a question is answered exactly once, from the loop or from resolver_asker_free()
 *   - no server is asked while it has RESOLVER_PER_SERVER of them to read. A question counts for
 *     four times as long as answers usually take, so names whose own servers are silent do not keep
 *     others waiting; and no server has more than RESOLVER_OPEN_MAX of them open
 *   - addresses, "no address" and NXDOMAIN are final, from any server
 *   - SERVFAIL, REFUSED and other bad answers: one retry, RESOLVER_RETRY_MS later
 *   - silence, or an unreachable server: up to RESOLVER_ASKED_MAX tries in all; new
 *     names come before a question that met silence
 *   - a retry has no EDNS: some servers answer it with an error, and some middleboxes drop it (RFC
 *     6891, section 7)
 *   - a retry goes to another server, if one answers and has room
 *   - a server that has been silent since it was asked, or is unreachable, is skipped while
 *     others answer, except for one question every RESOLVER_PROBE_MS
 * Among servers that answer, the one with the fewest open questions is asked, so a slow one gets
 * fewer. All calls from the loop's thread.
 */
#ifndef NET_RESOLVER_ASKER_H
#define NET_RESOLVER_ASKER_H

#include "net/resolver_udp.h"

#include <sys/queue.h>

enum {
    /* A server's socket buffers some 270 questions by default (net.core.rmem_default), and the
     * server reads while we still send. Questions that do not fit are lost, and sent again only
     * later. 400 allow 20,000 a second where an answer takes 20 ms. Fetching from 10,000 names
     * took 1.3 times as long as from known addresses with a limit of 250; with 400 it takes 1.16
     * times as long, and no question is lost. */
    RESOLVER_PER_SERVER = 400,
    RESOLVER_OPEN_MAX = 12000, /* on 24 sockets */
    RESOLVER_RETRY_MS = 1000,
    RESOLVER_ASKED_MAX = 4, /* each waits up to RESOLVER_SILENCE_MS, the last one longer */
    RESOLVER_PROBE_MS = 5000,
};

struct resolver_asker;

/* servers: as resolver_conf.servers. has_room: called as resolver_asker_want_room() says. NULL:
 * malformed; `message` (RESOLVER_MESSAGE_SIZE) says why. */
struct resolver_asker *resolver_asker_new(
    uv_loop_t *, const char *servers, void (*has_room)(void *arg), void *arg, char *message);

/* Open questions are answered with a failure. The loop must run once more afterwards. */
void resolver_asker_free(struct resolver_asker *);

/* sent: how often the question was sent, including repeats after silence. */
typedef void resolver_asker_done(
    void *arg, int family, unsigned sent, const struct resolver_reply *);

/* Owned by the caller, like the name. Until it is answered, the caller may change only
 * is_optional. */
struct resolver_question {
    const char *name;
    int family; /* 4: A, 6: AAAA */
    resolver_asker_done *done;
    void *arg;
    /* The caller may set it at any time: the answer is still useful, but not worth a retry. */
    bool is_optional;
    /* resolver_asker.c's */
    TAILQ_ENTRY(resolver_question) link, fresh;
    bool has_place; /* at its server: it is in the list by `fresh` */
    struct resolver_asker *asker;
    struct resolver_server *server; /* asked last; NULL: none so far */
    struct resolver_query query;
    unsigned asked, sent, bad_answers;
    uint64_t at_ms;                /* when it was asked, or will be asked again */
    enum resolver_outcome outcome; /* of the last try, and its message */
    const char *message;
};

/* Asks the question; all fields above those of resolver_asker.c are set. Accepted even without
 * room; then it waits. */
void resolver_asker_ask(struct resolver_asker *, struct resolver_question *);

/* Requests one call of has_room(), when a question could be sent at once. */
void resolver_asker_want_room(struct resolver_asker *);

#endif
