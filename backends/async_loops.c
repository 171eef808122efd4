/*
 * Several event loops, for when one core is not enough (mostly because of TLS handshakes). A hash
 * of the host's name chooses the loop, so that all connections to a host are on one loop. Jobs go
 * there and back in mailboxes.
 */
#include "backends/async_loops.h"

#include "base/mem.h"
#include "base/thread.h"
#include "exec/mailbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct inner {
    pthread_t thread;
    uv_loop_t loop;
    struct mailbox todo; /* to this loop: jobs, and the two signs below */
    struct stage *stage; /* on this loop */
};

struct loops {
    struct stage stage;
    unsigned n, n_inside, concurrency;
    struct inner *inner; /* n of them */
    struct mailbox done; /* to the main loop */
};

/* Items of `todo` that are not jobs: stop the stage; free it and end the loop. */
static char stop_sign, end_sign;

/* ---- on an inner loop ---- */

static void on_fetched(void *arg, struct job *j)
{
    struct loops *l = arg;
    mailbox_put(&l->done, j);
}

static void on_todo(void *arg, void *item)
{
    struct inner *in = arg;
    if (item == &stop_sign) {
        stage_stop(in->stage);
    } else if (item == &end_sign) {
        stage_free(in->stage);
        mailbox_end(&in->todo, NULL);
    } else {
        stage_submit(in->stage, item); /* each loop has room for all jobs */
    }
}

static void run_inner(void *arg)
{
    struct inner *in = arg;
    uv_run(&in->loop, UV_RUN_DEFAULT);
}

/* ---- on the main loop ---- */

static void on_back(void *arg, void *job)
{
    struct loops *l = arg;
    l->n_inside--;
    l->stage.done(l->stage.done_arg, job);
}

static enum stage_status loops_submit(struct stage *s, struct job *j)
{
    struct loops *l = (struct loops *)s;
    if (l->n_inside == l->concurrency)
        return STAGE_AGAIN;
    l->n_inside++;
    mailbox_put(&l->inner[url_host_hash(&j->request.url) % l->n].todo, j);
    return STAGE_OK;
}

static void loops_stop(struct stage *s)
{
    struct loops *l = (struct loops *)s;
    for (unsigned i = 0; i < l->n; i++)
        mailbox_put(&l->inner[i].todo, &stop_sign);
}

static void free_loops(void *arg)
{
    struct loops *l = arg;
    free(l->inner);
    free(l);
}

/* Ends the first n inner loops, which are running, and frees everything. */
static void end_loops(struct loops *l, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        struct inner *in = &l->inner[i];
        mailbox_put(&in->todo, &end_sign);
        pthread_join(in->thread, NULL);
        uv_loop_close(&in->loop);
    }
    mailbox_end(&l->done, free_loops);
}

static void loops_free(struct stage *s)
{
    struct loops *l = (struct loops *)s;
    end_loops(l, l->n);
}

static const struct stage_ops loops_ops = {
    .submit = loops_submit, .stop = loops_stop, .free = loops_free};

static bool open_inner(struct inner *in, const struct backend_conf *conf, char *message,
    struct stage *(*open_one)(const struct backend_conf *, uv_loop_t *, char *message))
{
    int err = uv_loop_init(&in->loop);
    if (err) {
        snprintf(message, BACKEND_MESSAGE_SIZE, "async: event loop: %s", uv_strerror(err));
        return false;
    }
    in->stage = open_one(conf, &in->loop, message);
    if (!in->stage) {
        uv_loop_close(&in->loop);
        return false;
    }
    err = mailbox_open(&in->todo, &in->loop, on_todo, in);
    if (!err)
        err = thread_start(&in->thread, "loop", 0, run_inner, in);
    if (!err)
        return true;
    snprintf(message, BACKEND_MESSAGE_SIZE, "async: thread of an event loop: %s", strerror(-err));
    stage_free(in->stage);
    mailbox_end(&in->todo, NULL);
    uv_run(&in->loop, UV_RUN_DEFAULT); /* runs the close callbacks */
    uv_loop_close(&in->loop);
    return false;
}

struct stage *async_loops_open(const struct backend_conf *conf, uv_loop_t *loop, char *message,
    struct stage *(*open_one)(const struct backend_conf *, uv_loop_t *, char *message))
{
    struct loops *l = mem_new(sizeof *l);
    struct backend_conf one = *conf;
    one.done = on_fetched;
    one.done_arg = l;
    l->stage = (struct stage){&loops_ops, conf->done, conf->done_arg};
    l->n = conf->loops;
    l->concurrency = conf->concurrency;
    l->inner = mem_array(l->n, sizeof *l->inner);
    int err = mailbox_open(&l->done, loop, on_back, l);
    if (err)
        snprintf(message, BACKEND_MESSAGE_SIZE, "async: %s", strerror(-err));
    unsigned n = 0;
    while (!err && n < l->n && open_inner(&l->inner[n], &one, message, open_one))
        n++;
    if (n == l->n)
        return &l->stage;
    end_loops(l, n);
    return NULL;
}
