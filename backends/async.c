/*
 * An event loop: one thread, every socket non-blocking, and a callback for each
 * transfer that has ended (net/curlloop.h). A request in flight costs a few kilobytes
 * and no thread, so this suits many small waits.
 *
 * Compare coro.c: the same machinery, written as straight-line code.
 */
#include "backends/async_loops.h"
#include "backends/table.h"
#include "base/mem.h"
#include "fetch/window.h"
#include "net/curlloop.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct async {
    struct stage stage;
    const struct transfer_conf *conf;
    struct curlloop *curl;
    struct transfer_pins *pins;
    struct transfer **idle; /* transfers that have no job */
    unsigned n_idle, n_busy, concurrency;
};

/* A transfer has ended: returns its job and keeps the transfer for the next one. */
static void on_async_done(void *arg, struct transfer *t, CURLcode code)
{
    struct async *a = arg;
    struct job *j = transfer_finish(t, code);
    a->idle[a->n_idle++] = t;
    a->n_busy--;
    a->stage.done(a->stage.done_arg, j);
}

static enum stage_status async_submit(struct stage *s, struct job *j)
{
    struct async *a = (struct async *)s;
    if (a->n_busy == a->concurrency)
        return STAGE_AGAIN;
    struct transfer *t = a->n_idle ? a->idle[--a->n_idle] : transfer_new(a->conf, a->pins, a);
    a->n_busy++;
    transfer_start(t, j);
    curlloop_start(a->curl, t);
    return STAGE_OK;
}

static void async_stop(struct stage *s)
{
    curlloop_stop(((struct async *)s)->curl);
}

static void async_free(struct stage *s)
{
    struct async *a = (struct async *)s;
    while (a->n_idle)
        transfer_free(a->idle[--a->n_idle]);
    curlloop_free(a->curl);
    transfer_pins_free(a->pins);
    free(a->idle);
    free(a);
}

static const struct stage_ops async_ops = {
    .submit = async_submit, .stop = async_stop, .free = async_free};

static struct stage *open_one(const struct backend_conf *conf, uv_loop_t *loop, char *message)
{
    struct async *a = mem_new(sizeof *a);
    struct curlloop_conf curl = {.loop = loop, .budget = conf->transfer->budget};
    curl.max_transfers = conf->concurrency;
    curl.loops = conf->loops;
    curl.done = on_async_done;
    curl.arg = a;
    a->curl = curlloop_new(&curl);
    if (!a->curl) {
        snprintf(message, BACKEND_MESSAGE_SIZE, "async: %s", strerror(errno));
        free(a);
        return NULL;
    }
    a->stage = (struct stage){&async_ops, conf->done, conf->done_arg};
    a->conf = conf->transfer;
    a->concurrency = conf->concurrency;
    a->pins = transfer_pins_new();
    a->idle = mem_array(conf->concurrency, sizeof(struct transfer *));
    return &a->stage;
}

static struct stage *async_open(const struct backend_conf *conf, uv_loop_t *loop, char *message)
{
    return conf->loops > 1 ? async_loops_open(conf, loop, message, open_one)
                           : open_one(conf, loop, message);
}

const struct backend backend_async = {
    .name = "async",
    .summary = "event loop: curl-multi on libuv, thousands of requests on one thread",
    .kind = BACKEND_EVENT_LOOP,
    .concurrency = WINDOW_MOST,
    .adapts = true,
    .descriptors = 1,
    .needs_address = true,
    .open = async_open,
};
