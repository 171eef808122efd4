#include "net/resolver_asker.h"

#include "base/mem.h"
#include "net/resolver_servers.h"

#include <stdlib.h>

enum {
    PLACE_LEAST_MS = 200,
    PLACE_MOST_MS = 400,
    NEW_FOR_UNHEARD = 8, /* new names, for each question that met silence */
};

TAILQ_HEAD(questions, resolver_question);

struct resolver_server {
    struct resolver_udp *udp;
    struct questions fresh; /* questions that hold a place, in the order of `at_ms` */
    unsigned n_fresh, open; /* open: all questions */
    uint64_t usual_ms;      /* until an answer: a moving average */
    uint64_t answered_ms;   /* when it last answered */
    bool is_lost;           /* silent or unreachable, and no answer since */
    uint64_t probe_ms;      /* if lost: not asked before this while others answer */
};

struct resolver_asker {
    uv_loop_t *loop;
    struct resolver_server *servers;
    size_t n_servers;
    size_t turn; /* the server after the one asked last: first among equals */
    void (*has_room)(void *arg);
    void *arg;
    bool is_wanted;           /* has_room() is owed */
    struct questions waiting; /* for a server with room */
    struct questions unheard; /* likewise, but they met silence: they come after new names */
    struct questions delayed; /* in the order of their times: all wait equally long */
    uv_timer_t timer;         /* the first of the delayed, or something to be sent now */
    bool closing;
};

static void arm(struct resolver_asker *);

/* How long a question holds a place. Later the server has read it, and waits itself. */
static uint64_t place_ms(const struct resolver_server *s)
{
    uint64_t ms = 4 * s->usual_ms;
    return ms < PLACE_LEAST_MS ? PLACE_LEAST_MS : ms < PLACE_MOST_MS ? ms : PLACE_MOST_MS;
}

static void take_place(struct resolver_server *s, struct resolver_question *q)
{
    q->has_place = true;
    TAILQ_INSERT_TAIL(&s->fresh, q, fresh);
    s->n_fresh++;
}

static void leave_place(struct resolver_server *s, struct resolver_question *q)
{
    if (!q->has_place)
        return;
    q->has_place = false;
    TAILQ_REMOVE(&s->fresh, q, fresh);
    s->n_fresh--;
}

static void free_places(const struct resolver_asker *a, struct resolver_server *s)
{
    struct resolver_question *q;
    while ((q = TAILQ_FIRST(&s->fresh)) && q->at_ms + place_ms(s) <= uv_now(a->loop))
        leave_place(s, q);
}

static bool is_full(const struct resolver_server *s)
{
    return s->n_fresh >= RESOLVER_PER_SERVER || s->open >= RESOLVER_OPEN_MAX;
}

/* When the next place will be free, at a server that has none; UINT64_MAX: none is full. */
static uint64_t next_place(const struct resolver_asker *a)
{
    uint64_t due = UINT64_MAX;
    for (size_t i = 0; i < a->n_servers; i++) {
        const struct resolver_server *s = &a->servers[i];
        const struct resolver_question *first = TAILQ_FIRST(&s->fresh);
        if (first && s->open < RESOLVER_OPEN_MAX && first->at_ms + place_ms(s) < due)
            due = first->at_ms + place_ms(s);
    }
    return due;
}

static bool is_passed_over(const struct resolver_asker *a, const struct resolver_server *s)
{
    return s->is_lost && s->probe_ms > uv_now(a->loop);
}

/* `last`: the server that this question asked last, or NULL. */
static bool is_better(const struct resolver_asker *a, const struct resolver_server *s,
    const struct resolver_server *than, const struct resolver_server *last)
{
    bool s_passed = is_passed_over(a, s), than_passed = is_passed_over(a, than);
    if (s_passed != than_passed)
        return than_passed;
    if ((s == last) != (than == last))
        return than == last;
    return s->open < than->open;
}

/* NULL: no server that answers has room; the question waits. */
static struct resolver_server *choose(struct resolver_asker *a, const struct resolver_server *last)
{
    struct resolver_server *best = NULL;
    bool any_answers = false;
    for (size_t i = 0; i < a->n_servers; i++) {
        struct resolver_server *s = &a->servers[(a->turn + i) % a->n_servers];
        any_answers |= !is_passed_over(a, s);
        free_places(a, s);
        if (!is_full(s) && (!best || is_better(a, s, best, last)))
            best = s;
    }
    return best && is_passed_over(a, best) && any_answers ? NULL : best;
}

static bool has_other(const struct resolver_asker *a, const struct resolver_server *than)
{
    for (size_t i = 0; i < a->n_servers; i++)
        if (&a->servers[i] != than && !is_passed_over(a, &a->servers[i]))
            return true;
    return false;
}

static void finish_question(struct resolver_question *q, const struct resolver_reply *reply)
{
    q->done(q->arg, q->family, q->sent, reply);
}

static void lose(struct resolver_asker *a, struct resolver_server *s)
{
    if (!s->is_lost)
        s->probe_ms = uv_now(a->loop) + RESOLVER_PROBE_MS;
    s->is_lost = true;
}

/* Updates the server's state from the outcome. A few lost packets do not make it lost. */
static void judge_server(const struct resolver_question *q, enum resolver_outcome outcome)
{
    struct resolver_server *s = q->server;
    if (outcome == RESOLVER_UNREACHABLE ||
        (outcome == RESOLVER_SILENCE && s->answered_ms < q->at_ms)) {
        lose(q->asker, s);
    } else if (outcome != RESOLVER_SILENCE) {
        s->answered_ms = uv_now(q->asker->loop);
        s->usual_ms = (7 * s->usual_ms + (s->answered_ms - q->at_ms)) / 8;
        s->is_lost = false;
    }
}

static bool is_final(struct resolver_question *q, enum resolver_outcome outcome)
{
    if (outcome < RESOLVER_BAD_ANSWER || q->is_optional || q->asker->closing ||
        q->asked >= RESOLVER_ASKED_MAX)
        return true;
    return outcome == RESOLVER_BAD_ANSWER && ++q->bad_answers == 2;
}

/* After a bad answer the next one may be good a little later. Silence has cost enough time
 * already. An unreachable server needs no delay if another server can be asked. */
static bool needs_delay(const struct resolver_question *q, enum resolver_outcome outcome)
{
    if (outcome == RESOLVER_UNREACHABLE)
        return !has_other(q->asker, q->server);
    return outcome == RESOLVER_BAD_ANSWER;
}

static void on_reply(void *arg, const struct resolver_reply *reply)
{
    struct resolver_question *q = arg;
    struct resolver_asker *a = q->asker;
    q->server->open--;
    leave_place(q->server, q);
    q->sent += reply->sent;
    q->outcome = reply->outcome;
    q->message = reply->message;
    judge_server(q, reply->outcome);
    if (is_final(q, reply->outcome)) {
        finish_question(q, reply);
    } else if (needs_delay(q, reply->outcome)) {
        q->at_ms = uv_now(a->loop) + RESOLVER_RETRY_MS;
        TAILQ_INSERT_TAIL(&a->delayed, q, link);
    } else if (reply->outcome == RESOLVER_SILENCE) {
        TAILQ_INSERT_TAIL(&a->unheard, q, link);
    } else {
        TAILQ_INSERT_HEAD(&a->waiting, q, link);
    }
    if (!a->closing)
        arm(a);
}

static void send_to(struct resolver_question *q, struct resolver_server *s)
{
    struct resolver_asker *a = q->asker;
    a->turn = (size_t)(s - a->servers + 1) % a->n_servers;
    s->open++;
    if (s->is_lost)
        s->probe_ms = uv_now(a->loop) + RESOLVER_PROBE_MS;
    q->server = s;
    q->asked++;
    q->at_ms = uv_now(a->loop);
    take_place(s, q);
    q->query = (struct resolver_query){.family = q->family,
        .name = q->name,
        .done = on_reply,
        .arg = q,
        .without_edns = q->asked > 1, /* it may be what the server, or the way, cannot stand */
        .is_last = q->asked == RESOLVER_ASKED_MAX};
    resolver_udp_ask(s->udp, &q->query);
}

static void send_waiting(struct resolver_asker *a)
{
    struct resolver_question *q;
    while ((q = TAILQ_FIRST(&a->waiting))) {
        if (q->is_optional && q->asked > 0) {
            TAILQ_REMOVE(&a->waiting, q, link);
            finish_question(
                q, &(struct resolver_reply){.outcome = q->outcome, .message = q->message});
            continue;
        }
        struct resolver_server *s = choose(a, q->server);
        if (!s)
            return;
        TAILQ_REMOVE(&a->waiting, q, link);
        send_to(q, s);
    }
}

static void let_unheard_wait(struct resolver_asker *a)
{
    struct resolver_question *q = TAILQ_FIRST(&a->unheard);
    if (!q)
        return;
    TAILQ_REMOVE(&a->unheard, q, link);
    TAILQ_INSERT_TAIL(&a->waiting, q, link);
}

static bool may_send(struct resolver_asker *a)
{
    return TAILQ_EMPTY(&a->waiting) && choose(a, NULL);
}

static void on_asker_timer(uv_timer_t *timer)
{
    struct resolver_asker *a = timer->data;
    uint64_t now = uv_now(a->loop);
    struct resolver_question *q;
    while ((q = TAILQ_FIRST(&a->delayed)) && q->at_ms <= now) {
        TAILQ_REMOVE(&a->delayed, q, link);
        TAILQ_INSERT_TAIL(&a->waiting, q, link);
    }
    send_waiting(a);
    /* Bounded, because a server that cannot be sent to is never full: the loop must continue. */
    for (int i = 0; i < RESOLVER_PER_SERVER && a->is_wanted && may_send(a); i++) {
        if (i % NEW_FOR_UNHEARD == 0)
            let_unheard_wait(a);
        a->is_wanted = false;
        a->has_room(a->arg); /* it asks, and may want more room */
        send_waiting(a);
    }
    for (int i = 0; i < RESOLVER_PER_SERVER && !TAILQ_EMPTY(&a->unheard) && may_send(a); i++) {
        let_unheard_wait(a);
        send_waiting(a);
    }
    arm(a);
}

static bool wants_place(const struct resolver_asker *a)
{
    return !TAILQ_EMPTY(&a->waiting) || !TAILQ_EMPTY(&a->unheard) || a->is_wanted;
}

/* True if a question waits, or room is wanted, and a server has room. */
static bool has_work(struct resolver_asker *a)
{
    const struct resolver_question *first = TAILQ_FIRST(&a->waiting);
    return wants_place(a) && choose(a, first ? first->server : NULL);
}

static void arm(struct resolver_asker *a)
{
    const struct resolver_question *delayed = TAILQ_FIRST(&a->delayed);
    uint64_t now = uv_now(a->loop), due = delayed ? delayed->at_ms : UINT64_MAX;
    if (has_work(a))
        due = now;
    else if (wants_place(a) && next_place(a) < due)
        due = next_place(a);
    if (due == UINT64_MAX)
        uv_timer_stop(&a->timer);
    else
        uv_timer_start(&a->timer, on_asker_timer, due > now ? due - now : 0, 0);
}

void resolver_asker_want_room(struct resolver_asker *a)
{
    a->is_wanted = true;
    arm(a);
}

void resolver_asker_ask(struct resolver_asker *a, struct resolver_question *q)
{
    q->asker = a;
    TAILQ_INSERT_TAIL(&a->waiting, q, link);
    arm(a);
}

struct resolver_asker *resolver_asker_new(
    uv_loop_t *loop, const char *servers, void (*has_room)(void *arg), void *arg, char *message)
{
    struct resolver_servers list;
    if (!resolver_servers_init(&list, servers, message))
        return NULL;
    struct resolver_asker *a = mem_new(sizeof *a);
    a->loop = loop;
    a->has_room = has_room;
    a->arg = arg;
    TAILQ_INIT(&a->waiting);
    TAILQ_INIT(&a->unheard);
    TAILQ_INIT(&a->delayed);
    a->servers = mem_new(list.n * sizeof *a->servers);
    uv_timer_init(loop, &a->timer);
    a->timer.data = a;
    a->n_servers = list.n;
    for (size_t i = 0; i < list.n; i++) {
        a->servers[i].udp = resolver_udp_new(loop, &list.at[i]);
        a->servers[i].usual_ms = PLACE_MOST_MS / 4;
        TAILQ_INIT(&a->servers[i].fresh);
    }
    resolver_servers_fini(&list);
    return a;
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct resolver_asker *a = handle->data;
    free(a->servers);
    free(a);
}

static void abort_questions(struct questions *questions)
{
    static const struct resolver_reply stopped = {
        .outcome = RESOLVER_BAD_ANSWER, .message = "stopped"};
    struct resolver_question *q;
    while ((q = TAILQ_FIRST(questions))) {
        TAILQ_REMOVE(questions, q, link);
        finish_question(q, &stopped);
    }
}

void resolver_asker_free(struct resolver_asker *a)
{
    if (!a)
        return;
    a->closing = true;
    for (size_t i = 0; i < a->n_servers; i++)
        resolver_udp_free(a->servers[i].udp); /* the open questions end */
    abort_questions(&a->waiting);
    abort_questions(&a->unheard);
    abort_questions(&a->delayed);
    uv_close((uv_handle_t *)&a->timer, on_timer_closed);
}
