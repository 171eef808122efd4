#include "manifest/shardfiles.h"
#include "pipeline/inside.h"
#include "store/layout.h"

#include <stdio.h>

static void take_row(struct pipeline *p, struct job *j)
{
    p->stats.outstanding++;
    p->columns_size += j->columns ? j->columns->size : 0;
    if (j->first && singleflight_wait(&p->in_flight, j))
        return;
    if (j->err || j->first) { /* bad_url; or a duplicate whose first row is written */
        finishing_settle(p, j);
        return;
    }
    if (p->conf.dedupe != DEDUPE_OFF)
        singleflight_add(&p->in_flight, j);
    if (reusing_take(p, j))
        return;
    if (p->conf.shuffle)
        j = shuffle_swap(&p->shuffle, j);
    if (j)
        frontier_add(p->frontier, j);
}

/* The list has ended: no row is left to swap with. */
static void take_rest(struct pipeline *p)
{
    struct job_queue rest = TAILQ_HEAD_INITIALIZER(rest);
    struct job *j;
    shuffle_drain(&p->shuffle, &rest);
    while ((j = TAILQ_FIRST(&rest))) {
        TAILQ_REMOVE(&rest, j, link);
        frontier_add(p->frontier, j);
    }
}

static void say_waiting(const struct pipeline *p, uint32_t shard)
{
    char text[100];
    snprintf(text, sizeof text, "waiting for shard %05u: another imgfetch is writing it", shard);
    if (p->conf.on_say)
        p->conf.on_say(p->conf.arg, text);
}

static void warn_of_torn(const struct pipeline *p, uint32_t shard)
{
    char name[SHARDFILES_NAME_SIZE], text[100];
    shardfiles_name(shard, store_output(p->store)->digits.shard, SHARDFILES_STATS, name);
    snprintf(text, sizeof text, "%s is torn: it is made anew from the shard's rows", name);
    if (p->conf.on_warn)
        p->conf.on_warn(p->conf.arg, text);
}

static void take_item(struct pipeline *p, struct feeder_item *item)
{
    switch (item->kind) {
    case FEEDER_SHARD_BEGIN:
        tally_add(&p->stats.resume, &item->resume.tally);
        if (!item->resume.closed)
            store_shard_begin(p->store, item->shard, &item->resume);
        else if (p->delivery && (!item->resume.is_sent || p->conf.removes_delivered))
            delivery_found(p->delivery, item->shard);
        break;
    case FEEDER_WAITS:
        say_waiting(p, item->shard);
        break;
    case FEEDER_TORN:
        warn_of_torn(p, item->shard);
        break;
    case FEEDER_ROW:
        take_row(p, item->job);
        break;
    case FEEDER_SHARD_END:
        store_shard_end(p->store, item->shard, item->rows, item->fingerprint);
        break;
    case FEEDER_END:
        p->stats.list_ended = true;
        p->stats.list_rows = item->index;
        take_rest(p);
        break;
    case FEEDER_MISMATCH:
    case FEEDER_MISUSE:
        p->is_misuse = true;
        pipeline_fail(p, item->message);
        break;
    case FEEDER_ERROR:
        pipeline_fail(p, item->message);
        break;
    case FEEDER_NOTHING:
        break;
    }
}

static bool has_room(const struct pipeline *p)
{
    /* Otherwise the shuffle could wait for rows that there is no room for. */
    _Static_assert(PIPELINE_COLUMNS_MAX / URLLIST_COLUMNS_MAX > SHUFFLE_ROOM, "shuffle");
    return p->stats.outstanding < PIPELINE_WINDOW && p->columns_size < PIPELINE_COLUMNS_MAX;
}

void intake_take_rows(struct pipeline *p)
{
    struct feeder_item item;
    if (!reusing_is_ready(p))
        return;
    while (!p->stopping && !p->stats.list_ended && has_room(p) && !delivering_is_behind(p)) {
        feeder_next(p->feeder, &item);
        if (item.kind == FEEDER_NOTHING)
            return;
        take_item(p, &item);
    }
}
