#include "pipeline/delivery_inside.h"

#include "base/beneath.h"
#include "store/shardlock.h"

#include <errno.h>
#include <stdio.h>

/* What is noted as delivered needs nothing more, but for what is to be removed. */
static int take_noted(const struct delivery_conf *conf, struct parcel *p)
{
    uint32_t parts, rest;
    int err = sent_parts(conf->output, p->shard, &parts);
    rest = parts & (parts - 1); /* more than one: the stats file stays */
    p->is_over = !err && (!conf->removes || !rest);
    return err;
}

/* With the lock. */
static int prepare_locked(const struct delivery_conf *conf, struct parcel *p)
{
    const struct output *o = conf->output;
    char stats[SHARDFILES_NAME_SIZE];
    struct stat st;
    int noted = sent_is_noted(o->dir, p->shard);
    if (noted == 1) {
        p->is_over = true;
        return conf->removes ? sent_discard(o, p->shard) : 0;
    }
    shardfiles_name(p->shard, o->digits.shard, SHARDFILES_STATS, stats);
    int err = noted < 0 ? noted : beneath_stat(o->dir, stats, &st);
    if (err == -ENOENT) { /* another run has opened it again, and closes it */
        p->is_over = true;
        return 0;
    }
    int missing =
        err ? err : sent_missing(o->dir, o->digits.shard, o->layout->manifest, p->shard, p->text);
    p->is_missing = missing == 1;
    if (p->is_missing)
        return -ENOENT;
    return missing ? missing : sent_parts(o, p->shard, &p->parts);
}

static int prepare(const struct delivery_conf *conf, struct parcel *p)
{
    int noted = sent_is_noted(conf->output->dir, p->shard);
    int err = noted == 1 ? take_noted(conf, p) : noted;
    if (!err && !p->is_over)
        err = shardlock_take(conf->output->dir, p->shard, &p->lock);
    return err || p->is_over ? err : prepare_locked(conf, p);
}

/* The program has delivered the shard. */
static int conclude(const struct delivery_conf *conf, struct parcel *p)
{
    int err = sent_note(conf->output, p->shard);
    if (!err && conf->removes)
        err = sent_discard(conf->output, p->shard);
    p->is_over = !err;
    return err;
}

void delivery_do_task(const struct delivery_conf *conf, struct parcel *p)
{
    p->err = p->task == PREPARE ? prepare(conf, p) : p->task == CONCLUDE ? conclude(conf, p) : 0;
    p->is_over = p->is_over || p->task == RELEASE;
    if (p->err && !p->is_missing) /* of a link, only this thread knows the name */
        snprintf(p->text, sizeof p->text, "%s", beneath_why(p->err));
    if (!p->is_over && !p->err)
        return;
    shardlock_free(p->lock, true); /* it has a file no longer than it is held */
    p->lock = NULL;
}
