/*
 * Coroutines: one thread and non-blocking sockets, as in async.c, but each download is
 * written as if it blocked: take a job, fetch it, give it back, from top to bottom. What
 * async.c keeps in a struct between two callbacks is here in local variables, on a small
 * stack of its own.
 *
 * download() does the awaiting: there a coroutine yields to the loop, and it is resumed
 * when the event it waits for has happened.
 */
#include "backends/table.h"
#include "base/mem.h"
#include "exec/coro.h"
#include "fetch/window.h"
#include "net/curlloop.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct downloader {
    struct coro_backend *owner;
    struct coro *coro;
    struct job *job;    /* the next one; NULL: it shall end */
    CURLcode code;      /* what await_transfer() returns */
    struct job *result; /* what await_job() gives back */
};

struct coro_backend {
    struct stage stage;
    const struct transfer_conf *conf;
    struct curlloop *curl;
    struct transfer_pins *pins;
    struct downloader **idle; /* those that await a job */
    unsigned n_idle, n_busy, concurrency;
};

/* ---- what a download can await ---- */

/* Gives `done` back (unless NULL) and waits for the next job. NULL: there will be none. */
static struct job *await_job(struct downloader *d, struct job *done)
{
    d->result = done;
    coro_yield();
    return d->job;
}

/* Waits until the transfer is over. */
static CURLcode await_transfer(struct downloader *d, struct transfer *t)
{
    curlloop_start(d->owner->curl, t);
    coro_yield();
    return d->code;
}

/* ---- a downloader, from beginning to end ---- */

static void download(void *arg)
{
    struct downloader *d = arg;
    struct transfer *t = transfer_new(d->owner->conf, d->owner->pins, d);
    struct job *j = d->job;
    while (j) {
        transfer_start(t, j);
        CURLcode code = await_transfer(d, t);
        j = await_job(d, transfer_finish(t, code));
    }
    transfer_free(t);
}

/* ---- what resumes it ---- */

static void on_coro_done(void *arg, struct transfer *t, CURLcode code)
{
    struct coro_backend *b = arg;
    struct downloader *d = transfer_owner(t);
    d->code = code;
    coro_resume(d->coro); /* up to its await_job() */
    b->idle[b->n_idle++] = d;
    b->n_busy--;
    b->stage.done(b->stage.done_arg, d->result);
}

static void hand_over(struct downloader *d, struct job *j)
{
    d->job = j;
    coro_resume(d->coro); /* up to its await_transfer(), or to its end */
}

static struct downloader *new_downloader(struct coro_backend *b)
{
    struct downloader *d = mem_new(sizeof *d);
    d->owner = b;
    d->coro = coro_new(download, d);
    if (d->coro)
        return d;
    free(d);
    return NULL;
}

static enum stage_status coro_submit(struct stage *s, struct job *j)
{
    struct coro_backend *b = (struct coro_backend *)s;
    if (b->n_busy == b->concurrency)
        return STAGE_AGAIN;
    struct downloader *d = b->n_idle ? b->idle[--b->n_idle] : new_downloader(b);
    if (!d) {
        /* No memory for a stack: the present number is the limit from now on. */
        b->concurrency = b->n_busy;
        return STAGE_AGAIN;
    }
    b->n_busy++;
    hand_over(d, j);
    return STAGE_OK;
}

static void coro_stop(struct stage *s)
{
    curlloop_stop(((struct coro_backend *)s)->curl);
}

static void coro_backend_free(struct stage *s)
{
    struct coro_backend *b = (struct coro_backend *)s;
    while (b->n_idle) {
        struct downloader *d = b->idle[--b->n_idle];
        hand_over(d, NULL);
        coro_free(d->coro);
        free(d);
    }
    curlloop_free(b->curl);
    transfer_pins_free(b->pins);
    free(b->idle);
    free(b);
}

static const struct stage_ops coro_ops = {
    .submit = coro_submit, .stop = coro_stop, .free = coro_backend_free};

static struct stage *coro_open(const struct backend_conf *conf, uv_loop_t *loop, char *message)
{
    struct coro_backend *b = mem_new(sizeof *b);
    struct curlloop_conf curl = {.loop = loop, .budget = conf->transfer->budget};
    curl.max_transfers = conf->concurrency;
    curl.done = on_coro_done;
    curl.arg = b;
    b->curl = curlloop_new(&curl);
    if (!b->curl) {
        snprintf(message, BACKEND_MESSAGE_SIZE, "coro: %s", strerror(errno));
        free(b);
        return NULL;
    }
    b->stage = (struct stage){&coro_ops, conf->done, conf->done_arg};
    b->conf = conf->transfer;
    b->concurrency = conf->concurrency;
    b->pins = transfer_pins_new();
    b->idle = mem_array(conf->concurrency, sizeof(struct downloader *));
    b->idle[0] = new_downloader(b); /* at least one */
    if (!b->idle[0]) {
        snprintf(message, BACKEND_MESSAGE_SIZE, "coro: no memory for a stack");
        coro_backend_free(&b->stage);
        return NULL;
    }
    b->n_idle = 1;
    return &b->stage;
}

const struct backend backend_coro = {
    .name = "coro",
    .summary = "coroutines: straight-line downloads that yield to the loop, on one thread",
    .kind = BACKEND_EVENT_LOOP,
    .concurrency = WINDOW_MOST,
    .adapts = true,
    .descriptors = 1,
    .needs_address = true,
    .open = coro_open,
};
