#include "pipeline/inside.h"

#include <stdio.h>

static void on_line(void *arg, const char *text)
{
    const struct pipeline *p = arg;
    if (p->conf.on_log)
        p->conf.on_log(p->conf.arg, text);
}

static void on_warn(void *arg, const char *text)
{
    const struct pipeline *p = arg;
    if (p->conf.on_warn)
        p->conf.on_warn(p->conf.arg, text);
}

static void on_fail(void *arg, const char *why, bool is_misuse)
{
    struct pipeline *p = arg;
    p->is_misuse = p->is_misuse || (is_misuse && !p->error[0]);
    pipeline_fail(p, why);
}

bool delivering_open(struct pipeline *p, uv_loop_t *loop, char *message)
{
    struct delivery_conf conf = {.launcher = p->conf.launcher, .output = store_output(p->store)};
    if (!conf.launcher)
        return true;
    conf.removes = p->conf.removes_delivered;
    conf.max_wait_ms = p->conf.retry_max_wait_ms;
    conf.on_line = on_line;
    conf.on_warn = on_warn;
    conf.on_fail = on_fail;
    conf.arg = p;
    p->delivery = delivery_new(&conf, loop, message);
    return p->delivery != NULL;
}

void delivering_closed(void *arg, uint32_t shard)
{
    const struct pipeline *p = arg;
    delivery_closed(p->delivery, shard);
}

bool delivering_any(const struct pipeline *p)
{
    return p->delivery && delivery_waiting(p->delivery);
}

/* Closed shards pile up: the list waits, so that they do not fill the disk. */
bool delivering_is_behind(struct pipeline *p)
{
    char text[100];
    unsigned waiting = p->delivery ? delivery_waiting(p->delivery) : 0;
    if (waiting <= DELIVERY_BEHIND)
        return false;
    snprintf(text, sizeof text, "%u complete shards wait for --on-shard, and the list for them",
        waiting);
    if (p->has_told_behind || !p->conf.on_say || !delivery_runs(p->delivery))
        return true;
    p->conf.on_say(p->conf.arg, text);
    p->has_told_behind = true;
    return true;
}
