#include "pipeline/inside.h"

#include <stdio.h>

enum { TOLD_MAX = 5 /* rows whose earlier body cannot be trusted, that are told one by one */ };

bool reusing_open(struct pipeline *p, uv_loop_t *loop, char *message)
{
    char why[REUSE_MESSAGE_SIZE];
    TAILQ_INIT(&p->to_reuse);
    if (!p->conf.reuse)
        return true;
    struct reuse_conf conf = {.dirs = p->conf.reuse, .budget = &p->budget};
    conf.max_size = p->conf.transfer.max_size;
    conf.done = reusing_done;
    conf.done_arg = p;
    p->reuse = reuse_open(&conf, loop, why);
    if (!p->reuse)
        snprintf(message, PIPELINE_MESSAGE_SIZE, "%.390s", why);
    p->reuse_host = p->reuse ? budget_host_new() : NULL;
    return p->reuse != NULL;
}

static void warn(const struct pipeline *p, const char *text)
{
    if (p->conf.on_warn)
        p->conf.on_warn(p->conf.arg, text);
}

/* Tells what of the directories could not be used. */
static void tell_counts(const struct pipeline *p)
{
    char text[PIPELINE_MESSAGE_SIZE];
    const struct reuse_dirs *dirs = p->conf.reuse;
    for (unsigned i = 0; i < dirs->n; i++) {
        const struct reuse_counts *c = reuse_counts(p->reuse, i);
        const char *path = dirs->at[i].path;
        snprintf(text, sizeof text,
            "--reuse: %.200s: another imgfetch is writing there; rows that it writes from now on "
            "are not seen",
            path);
        if (dirs->at[i].is_written)
            warn(p, text);
        snprintf(text, sizeof text,
            "--reuse: %.200s: lines of its manifests that are no rows: %llu; shards that cannot be "
            "read: %llu; their rows are fetched",
            path, (unsigned long long)c->not_rows, (unsigned long long)c->unreadable);
        if (c->not_rows || c->unreadable)
            warn(p, text);
        snprintf(text, sizeof text,
            "--reuse: %.200s: no row of it has a body that was kept (--originals); all are fetched",
            path);
        if (!c->rows)
            warn(p, text);
    }
}

bool reusing_is_ready(struct pipeline *p)
{
    bool is_ready = !p->reuse || reuse_is_ready(p->reuse);
    if (p->reuse && is_ready && !p->has_told_reuse) {
        p->has_told_reuse = true;
        tell_counts(p);
    }
    return is_ready;
}

/* The job holds no memory. */
static void set_account(struct job *j, struct budget_host *host)
{
    budget_host_unref(j->memory.host);
    j->memory.host = host;
}

bool reusing_take(struct pipeline *p, struct job *j)
{
    if (!p->reuse || !reuse_may_have(p->reuse, j))
        return false;
    set_account(j, budget_host_ref(p->reuse_host));
    TAILQ_INSERT_TAIL(&p->to_reuse, j, link);
    return true;
}

void reusing_start(struct pipeline *p)
{
    struct job *j;
    while (!p->stopping && (j = TAILQ_FIRST(&p->to_reuse)) && budget_has_room(&p->budget) &&
           !budget_host_is_behind(p->reuse_host)) {
        TAILQ_REMOVE(&p->to_reuse, j, link);
        if (stage_submit(reuse_stage(p->reuse), j) == STAGE_OK)
            continue;
        TAILQ_INSERT_HEAD(&p->to_reuse, j, link);
        return;
    }
}

static void tell_untrusted(struct pipeline *p, const struct job *j)
{
    char text[JOB_MESSAGE_SIZE + 100];
    snprintf(text, sizeof text, "--reuse: %s; it is fetched%s", j->message,
        p->stats.untrusted == TOLD_MAX ? " (others are only counted)" : "");
    if (p->stats.untrusted <= TOLD_MAX)
        warn(p, text);
}

void reusing_done(void *arg, struct job *j)
{
    struct pipeline *p = arg;
    if (j->err == ERR_CANCELLED || (p->stopping && !j->reused)) {
        finishing_drop(p, j);
        return;
    }
    if (j->reused) {
        finishing_settle(p, j);
        return;
    }
    p->stats.untrusted += j->err != ERR_OK;
    if (j->err)
        tell_untrusted(p, j);
    job_clear_response(j, &p->budget);
    set_account(j, NULL);
    frontier_add(p->frontier, j);
}

void reusing_stop(struct pipeline *p, bool abort, struct job_queue *waiting)
{
    TAILQ_CONCAT(waiting, &p->to_reuse, link);
    if (p->reuse && abort)
        stage_stop(reuse_stage(p->reuse));
}
