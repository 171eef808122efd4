#include "pipeline/delivery_inside.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/thread.h"
#include "exec/mailbox.h"
#include "store/shardlock.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/wait.h>

enum {
    FIRST_WAIT_MS = 2000, /* after a failure; then four times as long after each */
    LOCK_POLL_MS = 200,
    HEARD_PER_TURN = 64, /* messages, so that a program that prints much holds nothing up */
};

TAILQ_HEAD(parcels, parcel);

struct delivery {
    struct delivery_conf conf;
    struct parcels parcels;
    unsigned n_running;
    uint64_t n_done, n_left;
    atomic_uint n_inside;        /* parcels, and shards in `closed` */
    bool is_stopping, has_ended; /* has_ended: the helper is gone */
    struct mailbox closed;       /* shards that this run has closed, to the loop */
    struct mailbox todo, done;   /* parcels to the thread, and back to the loop */
    pthread_t thread;
    uv_poll_t heard;
    unsigned n_open; /* handles */
};

/* ---- the thread ---- */

static void do_tasks(void *arg)
{
    struct delivery *d = arg;
    void *item;
    while (mailbox_wait(&d->todo, 0, &item, 1) > 0) {
        struct parcel *p = item;
        delivery_do_task(&d->conf, p);
        mailbox_put(&d->done, p);
    }
}

/* ---- the loop ---- */

static void give_to_thread(struct delivery *d, struct parcel *p, enum task task)
{
    p->task = task;
    p->state = IN_THREAD;
    mailbox_put(&d->todo, p);
}

static void forget(struct delivery *d, struct parcel *p)
{
    TAILQ_REMOVE(&d->parcels, p, link);
    atomic_fetch_sub(&d->n_inside, 1);
    free(p);
}

static void add_parcel(struct delivery *d, uint32_t shard)
{
    struct parcel *p = mem_new(sizeof *p);
    p->shard = shard;
    TAILQ_INSERT_TAIL(&d->parcels, p, link);
    give_to_thread(d, p, d->is_stopping ? RELEASE : PREPARE);
}

static void wait_ms(struct parcel *p, uint64_t ms)
{
    p->state = WAITS;
    p->due = clock_ns() + ms * 1000000;
}

static void fail(struct delivery *d, const struct parcel *p)
{
    char why[DELIVERY_MESSAGE_SIZE];
    if (p->is_missing)
        snprintf(why, sizeof why,
            "shard %05u is complete and not noted as delivered, but %.150s is not here: put its "
            "files back; or if it was delivered, make an empty file .imgfetch/%05u.sent",
            p->shard, p->text, p->shard);
    else
        snprintf(why, sizeof why, "delivering shard %05u: %.300s", p->shard, p->text);
    d->conf.on_fail(d->conf.arg, why, p->is_missing);
}

static void on_answer(void *arg, void *item)
{
    struct delivery *d = arg;
    struct parcel *p = item;
    if (p->err == -EAGAIN && !d->is_stopping) { /* another run has the shard */
        wait_ms(p, LOCK_POLL_MS);
    } else if (p->err || p->is_over) {
        d->n_done += p->task == CONCLUDE && !p->err;
        d->n_left += p->task == RELEASE || p->err;
        if (p->err && p->err != -EAGAIN)
            fail(d, p);
        forget(d, p);
    } else if (d->is_stopping) {
        give_to_thread(d, p, RELEASE);
    } else {
        wait_ms(p, 0);
    }
}

static void on_closed(void *arg, void *shard)
{
    add_parcel(arg, (uint32_t)(uintptr_t)shard);
}

void delivery_found(struct delivery *d, uint32_t shard)
{
    atomic_fetch_add(&d->n_inside, 1);
    add_parcel(d, shard);
}

void delivery_closed(void *arg, uint32_t shard)
{
    struct delivery *d = arg;
    atomic_fetch_add(&d->n_inside, 1);
    mailbox_put(&d->closed, (void *)(uintptr_t)shard);
}

/* ---- programs ---- */

static void on_gone(struct delivery *d)
{
    struct parcel *p;
    d->has_ended = true;
    uv_poll_stop(&d->heard);
    TAILQ_FOREACH (p, &d->parcels, link)
        if (p->state == RUNNING)
            give_to_thread(d, p, RELEASE);
    d->n_running = 0;
    d->conf.on_fail(d->conf.arg, "the helper process that starts programs has ended", false);
}

static void begin(struct delivery *d, struct parcel *p)
{
    if (!p->lock) {
        give_to_thread(d, p, PREPARE);
    } else if (!launcher_ask(d->conf.launcher, (uint32_t[]){p->shard, p->parts})) {
        on_gone(d);
    } else {
        p->state = RUNNING;
        p->text[0] = '\0';
        d->n_running++;
    }
}

/* "exit status 1", and so on. */
static void print_end(const struct launcher_message *m, char *out, size_t size)
{
    if (m->says == LAUNCHER_FAILED)
        snprintf(out, size, "it could not be started: %s", strerror(m->status));
    else if (m->is_late)
        snprintf(out, size, "killed after %d s", DELIVERY_TIMEOUT_S);
    else if (WIFSIGNALED(m->status))
        snprintf(out, size, "killed by signal %d", WTERMSIG(m->status));
    else
        snprintf(out, size, "exit status %d", WEXITSTATUS(m->status));
}

static void on_failure(struct delivery *d, struct parcel *p, const struct launcher_message *m)
{
    char how[100], text[DELIVERY_MESSAGE_SIZE];
    uint64_t ms = FIRST_WAIT_MS;
    if (d->is_stopping) { /* and it may have been killed therefore */
        give_to_thread(d, p, RELEASE);
        return;
    }
    for (unsigned i = 0; i < p->failures && ms < d->conf.max_wait_ms; i++)
        ms *= 4;
    ms = ms < d->conf.max_wait_ms ? ms : d->conf.max_wait_ms;
    p->failures++;
    print_end(m, how, sizeof how);
    int len = snprintf(text, sizeof text, "--on-shard: shard %05u: %s%s%.200s", p->shard, how,
        *p->text ? ": " : "", p->text);
    if (p->failures == DELIVERY_TRIES) {
        snprintf(text + len, sizeof text - (size_t)len, " (failure %d, the last)", DELIVERY_TRIES);
        give_to_thread(d, p, RELEASE);
        d->conf.on_fail(d->conf.arg, text, false);
        return;
    }
    snprintf(text + len, sizeof text - (size_t)len, " (failure %u of %d; again in %.3g s)",
        p->failures, DELIVERY_TRIES, (double)ms / 1000);
    if (d->conf.on_warn)
        d->conf.on_warn(d->conf.arg, text);
    wait_ms(p, ms);
}

static void take_line(struct delivery *d, struct parcel *p, const struct launcher_message *m)
{
    char text[LAUNCHER_LINE_SIZE + 32];
    snprintf(p->text, sizeof p->text, "%s", m->text);
    snprintf(text, sizeof text, "shard %05u: %s", p->shard, m->text);
    if (d->conf.on_line)
        d->conf.on_line(d->conf.arg, text);
}

static struct parcel *running_parcel(struct delivery *d, uint32_t shard)
{
    struct parcel *p;
    TAILQ_FOREACH (p, &d->parcels, link)
        if (p->shard == shard && p->state == RUNNING)
            return p;
    return NULL;
}

static void take_message(struct delivery *d, const struct launcher_message *m)
{
    struct parcel *p = running_parcel(d, m->numbers[0]);
    if (!p)
        return;
    if (m->says == LAUNCHER_LINE) {
        take_line(d, p, m);
        return;
    }
    d->n_running--;
    if (m->says == LAUNCHER_ENDED && m->status == 0 && !m->is_late)
        give_to_thread(d, p, CONCLUDE);
    else
        on_failure(d, p, m);
}

static void on_readable(uv_poll_t *heard, int status, int events)
{
    struct delivery *d = heard->data;
    struct launcher_message m;
    (void)status, (void)events;
    for (int i = 0; i < HEARD_PER_TURN && !d->has_ended; i++) {
        enum launcher_says says = launcher_hear(d->conf.launcher, &m);
        if (says == LAUNCHER_NOTHING)
            return;
        if (says == LAUNCHER_GONE)
            on_gone(d);
        else
            take_message(d, &m);
    }
}

/* ---- the whole ---- */

uint64_t delivery_turn(struct delivery *d)
{
    uint64_t now = clock_ns(), next = 0;
    struct parcel *p;
    TAILQ_FOREACH (p, &d->parcels, link) {
        if (p->state != WAITS || (p->lock && d->n_running == DELIVERY_AT_ONCE))
            continue;
        if (p->due <= now)
            begin(d, p);
        else if (!next || p->due < next)
            next = p->due;
    }
    return next;
}

void delivery_stop(struct delivery *d, bool abort)
{
    struct parcel *p;
    d->is_stopping = true;
    TAILQ_FOREACH (p, &d->parcels, link)
        if (p->state == WAITS)
            give_to_thread(d, p, RELEASE);
    if (abort && d->n_running)
        launcher_kill(d->conf.launcher);
}

bool delivery_runs(const struct delivery *d)
{
    return d->n_running > 0;
}

unsigned delivery_waiting(struct delivery *d)
{
    return atomic_load(&d->n_inside);
}

uint64_t delivery_done(const struct delivery *d)
{
    return d->n_done;
}

uint64_t delivery_left(const struct delivery *d)
{
    return d->n_left;
}

static void close_one(void *arg)
{
    struct delivery *d = arg;
    if (--d->n_open)
        return;
    mailbox_fini(&d->todo);
    free(d);
}

static void on_poll_closed(uv_handle_t *heard)
{
    close_one(heard->data);
}

static void free_parcels(struct delivery *d)
{
    struct parcel *p;
    while ((p = TAILQ_FIRST(&d->parcels))) {
        TAILQ_REMOVE(&d->parcels, p, link);
        shardlock_free(p->lock, true);
        free(p);
    }
}

void delivery_free(struct delivery *d)
{
    if (!d)
        return;
    mailbox_close(&d->todo);
    pthread_join(d->thread, NULL);
    free_parcels(d);
    d->n_open = 3;
    mailbox_end(&d->closed, close_one);
    mailbox_end(&d->done, close_one);
    uv_close((uv_handle_t *)&d->heard, on_poll_closed);
}

struct delivery *delivery_new(const struct delivery_conf *conf, uv_loop_t *loop, char *message)
{
    struct delivery *d = mem_new(sizeof *d);
    d->conf = *conf;
    TAILQ_INIT(&d->parcels);
    mailbox_init(&d->todo);
    d->n_open = 2;
    int err = mailbox_open(&d->closed, loop, on_closed, d);
    int other = mailbox_open(&d->done, loop, on_answer, d);
    int polled = uv_poll_init(loop, &d->heard, launcher_descriptor(conf->launcher));
    d->heard.data = d;
    d->n_open += !polled;
    err = err ? err : other ? other : polled;
    if (!err)
        err = uv_poll_start(&d->heard, UV_READABLE, on_readable);
    if (!err)
        err = thread_start(&d->thread, "delivery", 0, do_tasks, d);
    if (!err)
        return d;
    snprintf(message, DELIVERY_MESSAGE_SIZE, "--on-shard: %s", strerror(-err));
    if (!polled)
        uv_close((uv_handle_t *)&d->heard, on_poll_closed);
    mailbox_end(&d->closed, close_one);
    mailbox_end(&d->done, close_one);
    return NULL;
}
