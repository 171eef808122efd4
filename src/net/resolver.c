#include "net/resolver.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/mem.h"
#include "net/resolver_asker.h"
#include "net/resolver_cache.h"
#include "net/resolver_names.h"
#include "net/resolver_pins.h"
#include "net/resolver_preferred.h"
#include "net/resolver_servers.h"
#include "net/resolver_verdict.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

enum {
    TIMEOUT_MS = 60000,
    FAMILIES = 2,
};

struct waiter {
    STAILQ_ENTRY(waiter) link;
    resolver_done *done;
    void *arg;
};

STAILQ_HEAD(waiters, waiter);

/*
 * The lookup of a name, from its first caller until all its questions are answered. The waiters may
 * get their answer long before.
 */
struct lookup {
    UT_hash_handle hh;
    TAILQ_ENTRY(lookup) a_link; /* in `awaits_a`, if a_ms is set */
    uint64_t a_ms;              /* until then it waits for A, though it has AAAA; 0: it does not */
    TAILQ_ENTRY(lookup) link;   /* in its domain's queue, or in `awaited` while it has waiters */
    struct resolver *resolver;
    struct waiters waiters;
    struct resolver_question questions[FAMILIES];
    unsigned open; /* questions asked and not answered; 0: still queued */
    bool counted;  /* in stats.not_found or .failed */
    bool retried;  /* counted in stats.retried */
    uint64_t asked_ns, deadline_ms;
    struct resolver_verdict verdict; /* so far */
    size_t len;
    char name[];
};

TAILQ_HEAD(lookups, lookup);

/* A domain of which names are queued. */
struct domain {
    UT_hash_handle hh;
    TAILQ_ENTRY(domain) link; /* the domains take turns */
    struct lookups queued;    /* in the order they came */
    char name[];
};

TAILQ_HEAD(domains, domain);

struct resolver {
    uv_loop_t *loop;
    struct resolver_asker *asker;
    struct resolver_cache *cache;
    struct resolver_pins *pins;
    struct resolver_preferred *preferred;
    struct lookup *by_name;
    struct domain *domains; /* those of queued names */
    struct domains turns;
    struct lookups awaited;  /* asked, with waiters; in the order of their deadlines */
    struct lookups awaits_a; /* in the order of a_ms */
    uv_timer_t timer;        /* the first deadline */
    struct resolver_stats stats;
    struct resolver_conf conf; /* only allow, n_allow and family */
    uint64_t timeout_ms;
    char too_late[40]; /* the message for it */
    bool reaches_v6;
    bool closing;
};

static void ask_next(void *resolver);

/* connect() on a UDP socket sends nothing; it fails if there is no route. */
static bool has_v6_route(void)
{
    struct sockaddr_in6 global = {.sin6_family = AF_INET6,
        .sin6_port = htons(53),
        .sin6_addr = {{{0x20}}}}; /* 2000::, the first of the global unicast addresses */
    int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    bool ok = connect(fd, (struct sockaddr *)&global, sizeof global) == 0;
    close(fd);
    return ok;
}

static void free_parts(struct resolver *r)
{
    resolver_asker_free(r->asker);
    resolver_cache_free(r->cache);
    resolver_pins_free(r->pins);
    resolver_preferred_free(r->preferred);
}

struct resolver *resolver_new(uv_loop_t *loop, const struct resolver_conf *conf, char *message)
{
    struct resolver *r = mem_new(sizeof *r);
    r->loop = loop;
    r->conf = (struct resolver_conf){
        .allow = conf->allow, .n_allow = conf->n_allow, .family = conf->family};
    r->timeout_ms = conf->timeout_ms ? conf->timeout_ms : TIMEOUT_MS;
    snprintf(
        r->too_late, sizeof r->too_late, "no DNS answer within %g s", (double)r->timeout_ms / 1000);
    TAILQ_INIT(&r->turns);
    TAILQ_INIT(&r->awaited);
    TAILQ_INIT(&r->awaits_a);
    r->pins = resolver_pins_new(conf->pins, conf->family, message);
    r->asker = r->pins ? resolver_asker_new(loop, conf->servers, ask_next, r, message) : NULL;
    if (!r->asker) {
        free_parts(r);
        free(r);
        return NULL;
    }
    r->cache = resolver_cache_new();
    resolver_names_read_hosts(
        conf->hosts_file ? conf->hosts_file : "/etc/hosts", conf->family, r->cache);
    r->reaches_v6 = has_v6_route();
    uv_timer_init(loop, &r->timer);
    r->timer.data = r;
    return r;
}

bool resolver_check(const struct resolver_conf *conf, char *message)
{
    struct resolver_servers servers;
    struct resolver_pins *pins = resolver_pins_new(conf->pins, conf->family, message);
    bool good = pins && (!conf->servers || resolver_servers_init(&servers, conf->servers, message));
    if (good && conf->servers)
        resolver_servers_fini(&servers);
    resolver_pins_free(pins);
    return good;
}

static void answer_waiters(struct waiters *waiters, const struct resolver_answer *answer)
{
    struct waiter *w;
    while ((w = STAILQ_FIRST(waiters))) {
        STAILQ_REMOVE_HEAD(waiters, link);
        w->done(w->arg, answer);
        free(w);
    }
}

static void wait_for_a(struct resolver *r, struct lookup *l)
{
    if (l->a_ms || STAILQ_EMPTY(&l->waiters))
        return;
    l->a_ms = uv_now(r->loop) + RESOLVER_WAIT_FOR_A_MS;
    TAILQ_INSERT_TAIL(&r->awaits_a, l, a_link);
}

static void stop_waiting_for_a(struct resolver *r, struct lookup *l)
{
    if (l->a_ms)
        TAILQ_REMOVE(&r->awaits_a, l, a_link);
    l->a_ms = 0;
}

/* Puts the answer into the cache and gives it to the waiters. `done` may call resolver_get(). */
static void settle(struct lookup *l, struct resolver_answer *answer)
{
    struct resolver *r = l->resolver;
    stop_waiting_for_a(r, l);
    resolver_cache_put(r->cache, l->name, l->len, answer, l->verdict.ttl, uv_now(r->loop));
    if (!l->counted && answer->err != ERR_OK) {
        l->counted = true;
        if (answer->err == ERR_DNS_NOT_FOUND)
            r->stats.not_found++;
        else
            r->stats.failed++;
    }
    if (STAILQ_EMPTY(&l->waiters))
        return;
    TAILQ_REMOVE(&r->awaited, l, link);
    struct waiters waiters = STAILQ_HEAD_INITIALIZER(waiters);
    STAILQ_CONCAT(&waiters, &l->waiters);
    answer->lookup_ns = clock_ns() - l->asked_ns;
    answer_waiters(&waiters, answer);
}

static void on_lookup_deadline(uv_timer_t *);

static void arm(struct resolver *r)
{
    const struct lookup *first = TAILQ_FIRST(&r->awaited), *a = TAILQ_FIRST(&r->awaits_a);
    uint64_t now = uv_now(r->loop), due = first ? first->deadline_ms : UINT64_MAX;
    if (a && a->a_ms < due)
        due = a->a_ms;
    if (due == UINT64_MAX)
        uv_timer_stop(&r->timer);
    else
        uv_timer_start(&r->timer, on_lookup_deadline, due > now ? due - now : 0, 0);
}

/* What there is now is the answer. */
static void settle_now(struct lookup *l)
{
    struct resolver_answer answer;
    resolver_verdict_read(&l->verdict, &answer);
    settle(l, &answer);
    for (int i = 0; i < FAMILIES; i++)
        l->questions[i].is_optional = true;
}

static void on_reply(void *arg, int family, unsigned sent, const struct resolver_reply *reply)
{
    struct lookup *l = arg;
    struct resolver *r = l->resolver;
    bool is_last = --l->open == 0;
    if (is_last) {
        HASH_DEL(r->by_name, l);
        r->stats.in_flight--;
    }
    if (!r->closing) {
        if (sent > 1 && !l->retried) {
            l->retried = true;
            r->stats.retried++;
        }
        resolver_verdict_add(&l->verdict, family, reply, &r->conf);
        enum resolver_wait wait = resolver_verdict_wait(&l->verdict, r->reaches_v6);
        if (is_last || wait == RESOLVER_WAIT_NOT)
            settle_now(l);
        else if (wait == RESOLVER_WAIT_A_LITTLE)
            wait_for_a(r, l);
        arm(r);
    }
    if (is_last)
        free(l);
}

/* Starts the deadline. Time in the queue does not count, since it says nothing about the name. */
static void await(struct resolver *r, struct lookup *l)
{
    l->deadline_ms = uv_now(r->loop) + r->timeout_ms;
    TAILQ_INSERT_TAIL(&r->awaited, l, link);
}

/* The last two labels of a name. */
static const char *domain_of(const char *name, size_t len)
{
    unsigned dots = 0;
    for (const char *at = name + len; at > name; at--)
        if (at[-1] == '.' && ++dots == 2)
            return at;
    return name;
}

/* So a domain with thousands of names whose servers are slow or silent does not keep others
 * waiting. */
static void queue_by_domain(struct resolver *r, struct lookup *l)
{
    const char *name = domain_of(l->name, l->len);
    size_t len = l->len - (size_t)(name - l->name);
    struct domain *d;
    HASH_FIND(hh, r->domains, name, len, d);
    if (!d) {
        d = mem_new(sizeof *d + len + 1);
        memcpy(d->name, name, len);
        TAILQ_INIT(&d->queued);
        HASH_ADD_KEYPTR(hh, r->domains, d->name, len, d);
        TAILQ_INSERT_TAIL(&r->turns, d, link);
    }
    TAILQ_INSERT_TAIL(&d->queued, l, link);
    r->stats.queued++;
}

/* The next in turn, no longer queued; NULL: none is. */
static struct lookup *take_queued(struct resolver *r)
{
    struct domain *d = TAILQ_FIRST(&r->turns);
    if (!d)
        return NULL;
    struct lookup *l = TAILQ_FIRST(&d->queued);
    TAILQ_REMOVE(&d->queued, l, link);
    TAILQ_REMOVE(&r->turns, d, link);
    if (TAILQ_EMPTY(&d->queued)) {
        HASH_DEL(r->domains, d);
        free(d);
    } else {
        TAILQ_INSERT_TAIL(&r->turns, d, link);
    }
    r->stats.queued--;
    return l;
}

static void ask(struct resolver *r, struct lookup *l)
{
    static const int families[FAMILIES] = {4, 6};
    r->stats.in_flight++;
    r->stats.lookups++;
    await(r, l);
    l->asked_ns = clock_ns();
    unsigned n = 0;
    for (int i = 0; i < FAMILIES; i++)
        if (r->conf.family == 0 || r->conf.family == families[i])
            l->questions[n++] = (struct resolver_question){
                .name = l->name, .family = families[i], .done = on_reply, .arg = l};
    l->open = n;
    for (unsigned i = 0; i < n; i++)
        resolver_asker_ask(r->asker, &l->questions[i]);
    arm(r);
}

static void ask_next(void *arg)
{
    struct resolver *r = arg;
    struct lookup *l = take_queued(r);
    if (l)
        ask(r, l);
    if (r->stats.queued)
        resolver_asker_want_room(r->asker);
}

static void on_lookup_deadline(uv_timer_t *timer)
{
    struct resolver *r = timer->data;
    struct lookup *l;
    while ((l = TAILQ_FIRST(&r->awaits_a)) && l->a_ms <= uv_now(r->loop))
        settle_now(l);
    while ((l = TAILQ_FIRST(&r->awaited)) && l->deadline_ms <= uv_now(r->loop)) {
        struct resolver_answer answer;
        resolver_verdict_read(&l->verdict, &answer);
        if (answer.err != ERR_OK) {
            answer.err = ERR_DNS_FAILURE;
            answer.message = r->too_late;
        }
        settle(l, &answer);
    }
    arm(r);
}

/* Answers without DNS: cheap sources and the user's own entries come first. */
static bool answer_at_once(
    struct resolver *r, const char *name, size_t len, uint16_t port, struct resolver_answer *ret)
{
    if (r->closing) {
        *ret = (struct resolver_answer){.err = ERR_CANCELLED, .message = "stopped"};
        return true;
    }
    if (resolver_names_answer_literal(name, len, r->conf.family, ret) ||
        resolver_pins_answer(r->pins, name, len, port, ret) ||
        resolver_names_answer_special(name, len, r->conf.family, ret))
        return true;
    const struct resolver_answer *known = resolver_cache_find(r->cache, name, len, uv_now(r->loop));
    if (known) {
        r->stats.hits++;
        *ret = *known;
        return true;
    }
    if (!resolver_names_is_valid(name, len)) {
        *ret = (struct resolver_answer){.err = ERR_DNS_NOT_FOUND, .message = "not a host name"};
        return true;
    }
    return false;
}

static struct lookup *find_or_queue(struct resolver *r, const char *name, size_t len)
{
    struct lookup *l;
    HASH_FIND(hh, r->by_name, name, len, l);
    if (l)
        return l;
    l = mem_new(sizeof *l + len + 1);
    l->resolver = r;
    l->verdict = RESOLVER_VERDICT_NONE;
    l->len = len;
    memcpy(l->name, name, len);
    STAILQ_INIT(&l->waiters);
    HASH_ADD_KEYPTR(hh, r->by_name, l->name, len, l);
    queue_by_domain(r, l);
    resolver_asker_want_room(r->asker);
    return l;
}

bool resolver_get(struct resolver *r, const char *host, uint16_t port, struct resolver_answer *ret,
    resolver_done *done, void *arg)
{
    size_t len = strlen(host);
    if (len > 0 && host[len - 1] == '.')
        len--;
    if (answer_at_once(r, host, len, port, ret)) {
        resolver_preferred_apply(r->preferred, host, &ret->addrs, uv_now(r->loop));
        return true;
    }
    struct lookup *l = find_or_queue(r, host, len);
    if (l->open > 0 && STAILQ_EMPTY(&l->waiters)) {
        /* Answered before, and the cache entry has expired, but a question is still open. */
        await(r, l);
        arm(r);
    }
    struct waiter *w = mem_new(sizeof *w);
    w->done = done;
    w->arg = arg;
    STAILQ_INSERT_TAIL(&l->waiters, w, link);
    return false;
}

void resolver_prefer(struct resolver *r, const char *host, const struct addr *addr)
{
    resolver_preferred_note(&r->preferred, host, addr, uv_now(r->loop));
}

struct resolver_stats resolver_stats(const struct resolver *r)
{
    return r->stats;
}

static void on_resolver_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void resolver_free(struct resolver *r)
{
    if (!r)
        return;
    r->closing = true;
    while (take_queued(r))
        ;
    const struct resolver_answer cancelled = {.err = ERR_CANCELLED, .message = "stopped"};
    struct lookup *l, *next;
    HASH_ITER (hh, r->by_name, l, next) {
        answer_waiters(&l->waiters, &cancelled);
        if (l->open == 0) { /* queued: not asked yet */
            HASH_DEL(r->by_name, l);
            free(l);
        }
    }
    free_parts(r); /* the open questions end, and free their look-ups */
    uv_close((uv_handle_t *)&r->timer, on_resolver_closed);
}
