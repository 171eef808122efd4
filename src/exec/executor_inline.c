#include "exec/executor_inline.h"

#include "base/clock.h"
#include "base/mem.h"
#include "exec/outbuf.h"

#include <errno.h>
#include <stdlib.h>

struct inplace {
    struct executor executor; /* first */
    struct executor_inline_conf conf;
    uv_idle_t turn; /* active while there is a task, so that the loop does not wait */
    struct task *task;
    struct outbuf out;
    bool stopped;
};

static void finish_task(struct inplace *p, enum task_result result, size_t out_len)
{
    const uint8_t *out = result == TASK_DONE ? p->out.data : NULL;
    uv_idle_stop(&p->turn);
    p->task->done(p->task, result, out, out_len, 0);
    p->task = NULL;
    outbuf_release(&p->out);
}

static void on_turn(uv_idle_t *turn)
{
    struct inplace *p = turn->data;
    const struct task *task = p->task;
    if (p->stopped) {
        finish_task(p, TASK_CANCELLED, 0);
        return;
    }
    uint64_t begun = clock_ns();
    size_t len = p->conf.work(p->conf.arg, task->in, task->in_len, p->out.data, p->out.size);
    if (task->timeout_ns && clock_ns() - begun > task->timeout_ns)
        finish_task(p, TASK_TIMED_OUT, 0);
    else
        finish_task(p, TASK_DONE, len);
}

static bool inline_submit(struct executor *e, struct task *task)
{
    struct inplace *p = (struct inplace *)e;
    if (p->task)
        return false;
    p->task = task;
    uv_idle_start(&p->turn, on_turn);
    return true;
}

static void inline_stop(struct executor *e)
{
    ((struct inplace *)e)->stopped = true;
}

static void on_inline_closed(uv_handle_t *turn)
{
    struct inplace *p = turn->data;
    outbuf_fini(&p->out);
    free(p);
}

static void inline_free(struct executor *e)
{
    uv_close((uv_handle_t *)&((struct inplace *)e)->turn, on_inline_closed);
}

static const struct executor_ops inline_ops = {
    .submit = inline_submit, .stop = inline_stop, .free = inline_free};

struct executor *executor_inline_new(
    const struct executor_inline_conf *conf, uv_loop_t *loop, int *ret_err)
{
    struct inplace *p = mem_new(sizeof *p);
    p->executor.ops = &inline_ops;
    p->conf = *conf;
    if (!outbuf_init(&p->out, conf->max_out)) {
        *ret_err = -errno;
        free(p);
        return NULL;
    }
    uv_idle_init(loop, &p->turn);
    p->turn.data = p;
    return &p->executor;
}
