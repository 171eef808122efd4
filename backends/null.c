/*
 * Fetches nothing: every job comes back at the loop's next turn, as a success
 * without a body. A run with it measures the pipeline alone. It is also a test
 * double, and the shortest example of a backend.
 */
#include "backends/table.h"
#include "base/mem.h"

#include <stdlib.h>

struct null {
    struct stage stage;
    uv_idle_t turn; /* runs while a job waits */
    struct job_queue waiting;
    unsigned n_waiting, max_waiting;
    bool stopped;
};

static void finish_all(uv_idle_t *turn)
{
    struct null *n = turn->data;
    struct job_queue finished = TAILQ_HEAD_INITIALIZER(finished);
    TAILQ_CONCAT(&finished, &n->waiting, link); /* `done` may submit new ones */
    n->n_waiting = 0;
    uv_idle_stop(turn);
    struct job *j;
    while ((j = TAILQ_FIRST(&finished))) {
        TAILQ_REMOVE(&finished, j, link);
        if (n->stopped)
            job_fail(j, ERR_CANCELLED, "cancelled");
        n->stage.done(n->stage.done_arg, j);
    }
}

static enum stage_status null_submit(struct stage *s, struct job *j)
{
    struct null *n = (struct null *)s;
    if (n->n_waiting == n->max_waiting)
        return STAGE_AGAIN;
    n->n_waiting++;
    TAILQ_INSERT_TAIL(&n->waiting, j, link);
    uv_idle_start(&n->turn, finish_all);
    return STAGE_OK;
}

static void null_stop(struct stage *s)
{
    ((struct null *)s)->stopped = true;
}

static void on_null_closed(uv_handle_t *h)
{
    free(h->data);
}

static void null_free(struct stage *s)
{
    uv_close((uv_handle_t *)&((struct null *)s)->turn, on_null_closed);
}

static const struct stage_ops null_ops = {
    .submit = null_submit, .stop = null_stop, .free = null_free};

static struct stage *null_open(const struct backend_conf *conf, uv_loop_t *loop, char *message)
{
    (void)message;
    struct null *n = mem_new(sizeof *n);
    n->stage = (struct stage){&null_ops, conf->done, conf->done_arg};
    n->max_waiting = conf->concurrency;
    TAILQ_INIT(&n->waiting);
    uv_idle_init(loop, &n->turn);
    n->turn.data = n;
    return &n->stage;
}

const struct backend backend_null = {
    .name = "null",
    .summary = "fetches nothing and succeeds at once: measures the pipeline",
    .kind = BACKEND_FETCHES_NOTHING,
    .only_if_named = true,
    .concurrency = 1024,
    .needs_address = false,
    .open = null_open,
};
