#include "store/store_shards.h"

#include "base/clock.h"
#include "base/beneath.h"
#include "base/mem.h"
#include "store/bodyhash.h"
#include "store/checkpoint.h"
#include "store/duplicates.h"
#include "store/handover.h"
#include "store/shard.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Between two flushes of waiting jobs. A job waits for earlier rows through at most two of them. */
enum { FLUSH_NS = 1000000000 };

struct store_shards {
    const struct store_conf *conf;
    const struct output *output;
    struct shard *open;
    struct row_writer *rows;
    struct bodyhash *hash;
    struct duplicates *duplicates;
    struct checkpoint *checkpoint;
    bool rows_wanted; /* conf->on_rows is still to be called */
    bool has_begun;   /* conf->on_begin was called */
    unsigned inside;  /* jobs held by layouts */
    uint64_t flushed; /* the time of the last flush of waiting jobs, ns */
    /* for any thread */
    atomic_uint closed;
    _Atomic uint64_t shared;
    atomic_bool failed; /* set after `error`, which never changes then */
    char error[STORE_MESSAGE_SIZE];
};

struct store_shards *store_shards_new(
    const struct store_conf *conf, const struct output *output, int *ret_err)
{
    struct checkpoint *checkpoint = checkpoint_new(output->dir, conf->checkpoint_ms, ret_err);
    if (!checkpoint)
        return NULL;
    struct store_shards *s = mem_new(sizeof *s);
    s->conf = conf;
    s->output = output;
    s->rows = output_row_writer(output);
    s->hash = bodyhash_new(conf->hash, conf->reject);
    s->duplicates = duplicates_new(output);
    s->checkpoint = checkpoint;
    s->rows_wanted = conf->on_rows != NULL;
    return s;
}

static void fail_with(struct store_shards *s, const char *what, int err)
{
    if (atomic_load(&s->failed))
        return;
    snprintf(s->error, sizeof s->error, "%s: %s: %s", s->conf->dir, what, beneath_why(err));
    atomic_store(&s->failed, true);
}

static void fail_parquet(struct store_shards *s, const struct shard *shard)
{
    if (atomic_load(&s->failed))
        return;
    snprintf(s->error, sizeof s->error, "%s: the Parquet of shard %05u: %s", s->conf->dir,
        shard->number, shard->why);
    atomic_store(&s->failed, true);
}

static void fail_shard(struct store_shards *s, uint32_t shard, int err)
{
    char what[32];
    snprintf(what, sizeof what, "shard %05u", shard);
    fail_with(s, what, err);
}

static struct shard *find_shard(struct store_shards *s, uint32_t number)
{
    struct shard *shard;
    HASH_FIND(hh, s->open, &number, sizeof number, shard);
    return shard;
}

static void forget_shard(struct store_shards *s, struct shard *shard, struct job_queue *back)
{
    uint32_t number = shard->number;
    bool is_closed = shard->is_closed;
    HASH_DEL(s->open, shard);
    shard_free(shard, back);
    if (is_closed && s->conf->on_closed)
        s->conf->on_closed(s->conf->on_closed_arg, number);
    atomic_fetch_add(&s->closed, 1);
}

/* Writes the pending rows to the manifest, then passes them to conf->on_rows. */
static int flush(struct store_shards *s, struct shard *shard)
{
    size_t len = shard->pending.len;
    const char *rows = (const char *)shard->pending.data;
    int err = shard_flush(shard);
    if (!err && len && s->rows_wanted)
        s->rows_wanted = s->conf->on_rows(s->conf->on_rows_arg, rows, len);
    return err;
}

static void close_if_whole(struct store_shards *s, struct shard *shard)
{
    if (shard->rows != shard->expected || atomic_load(&s->failed))
        return;
    int err = flush(s, shard);
    if (!err)
        err = shard_close(shard);
    if (err == -EREMOTEIO)
        fail_parquet(s, shard);
    else if (err)
        fail_shard(s, shard->number, err);
    atomic_fetch_add(&s->shared, shard->shared);
    forget_shard(s, shard, NULL); /* all rows are written: no job is left in it */
}

void store_shards_begin(struct store_shards *s, uint32_t number, struct resume *resume)
{
    struct shard *shard;
    int err = shard_open(s->output, number, resume, &shard);
    if (err) {
        resume_fini(resume);
        fail_shard(s, number, err);
        atomic_fetch_add(&s->closed, 1);
        return;
    }
    HASH_ADD(hh, s->open, number, sizeof shard->number, shard);
    if (s->conf->on_begin && !s->has_begun)
        s->conf->on_begin(s->conf->on_begin_arg);
    s->has_begun = true;
}

void store_shards_end(
    struct store_shards *s, uint32_t number, uint32_t rows, const char *fingerprint)
{
    struct shard *shard = find_shard(s, number);
    if (!shard)
        return; /* it could not be opened */
    shard->expected = rows;
    snprintf(shard->fingerprint, sizeof shard->fingerprint, "%s", fingerprint);
    close_if_whole(s, shard);
}

/* Frees the job's large buffers before its row is in the manifest: a batch may have many jobs. */
static void drop_bytes(struct job *j)
{
    for (unsigned i = 0; i < j->n_thumbs; i++) {
        free(j->thumbs[i].data);
        j->thumbs[i].data = NULL;
    }
}

static int add_row(struct store_shards *s, struct shard *shard, const struct job *j)
{
    size_t len;
    const char *row = row_write(s->rows, j, &len);
    return shard_add_row(shard, j, row, len);
}

/* Adds the rows of jobs that are ready, unless there was an error. */
static void finish_turn(struct store_shards *s, struct shard *shard, struct job_queue *ready,
    int err, struct job_queue *back)
{
    struct job *j;
    TAILQ_FOREACH (j, ready, link) {
        if (!err)
            err = add_row(s, shard, j);
        drop_bytes(j);
        s->inside--;
    }
    TAILQ_CONCAT(back, ready, link);
    if (err)
        fail_shard(s, shard->number, err);
}

/* Writes nothing for this job: the old row and sample stay. */
static void keep_job(
    struct store_shards *s, struct shard *shard, struct job *j, struct job_queue *back)
{
    struct job_queue ready = TAILQ_HEAD_INITIALIZER(ready);
    const struct layout *layout = s->output->layout;
    int err = layout->keep ? layout->keep(shard->samples, j->pos, &ready) : 0;
    shard_keep_row(shard, j);
    TAILQ_INSERT_TAIL(back, j, link);
    finish_turn(s, shard, &ready, err, back);
}

void store_shards_announce(struct store_shards *s, void *const *jobs, int n)
{
    const struct layout *layout = s->output->layout;
    struct shard *shard, *next;
    if (!layout->announce)
        return;
    for (int i = 0; i < n; i++) {
        const struct job *j = jobs[i];
        shard = find_shard(s, j->shard);
        int err = shard && !j->first && !j->keeps_before ? layout->announce(shard->samples, j) : 0;
        if (err)
            fail_shard(s, j->shard, err);
    }
    HASH_ITER (hh, s->open, shard, next) {
        int err = layout->announce(shard->samples, NULL);
        if (err)
            fail_shard(s, shard->number, err);
    }
}

/* Before the files of a row are replaced that other rows share. */
static int hand_over(struct store_shards *s, struct shard *shard, struct job *j)
{
    int err = 0;
    if (handover_is_due(shard, j))
        err = flush(s, shard);
    if (!err && handover_is_due(shard, j))
        err = handover_pass(shard, s->rows, j);
    handover_note(shard, j);
    return err;
}

/* Stores the sample first, then the rows that are ready now. If either fails, the store fails, and
 * so do the jobs in `back`, even if their samples were written. */
void store_shards_put(struct store_shards *s, struct job *j, struct job_queue *back)
{
    struct job_queue ready = TAILQ_HEAD_INITIALIZER(ready);
    struct shard *shard = find_shard(s, j->shard);
    if (!shard || atomic_load(&s->failed)) {
        TAILQ_INSERT_TAIL(back, j, link);
        return;
    }
    if (j->keeps_before) {
        keep_job(s, shard, j, back);
        return;
    }
    int err = j->first ? duplicates_fill(s->duplicates, find_shard(s, j->first->shard), j) : 0;
    if (err) {
        j->first->is_lost = err == -ENOENT;
        TAILQ_INSERT_TAIL(back, j, link);
        if (err != -ENOENT)
            fail_shard(s, j->first->shard, err);
        return;
    }
    if (!j->first)
        bodyhash_take(s->hash, j);
    if (!j->first && j->err && job_next_url(j)) { /* it is no end yet: the row has other URLs */
        TAILQ_INSERT_TAIL(back, j, link);
        return;
    }
    checkpoint_wrote(s->checkpoint, j);
    err = hand_over(s, shard, j);
    if (err) {
        TAILQ_INSERT_TAIL(back, j, link);
        fail_shard(s, shard->number, err);
        return;
    }
    s->inside++;
    err = s->output->layout->put(shard->samples, j, &ready);
    finish_turn(s, shard, &ready, err, back);
}

/* Makes jobs ready that have waited for earlier rows long enough. */
static void ready_waiting(struct store_shards *s, bool all, struct job_queue *back)
{
    struct job_queue ready = TAILQ_HEAD_INITIALIZER(ready);
    struct shard *shard, *next;
    if (!s->inside || (!all && clock_ns() - s->flushed < FLUSH_NS))
        return;
    s->flushed = clock_ns();
    HASH_ITER (hh, s->open, shard, next) {
        int err = s->output->layout->flush(shard->samples, all, &ready);
        finish_turn(s, shard, &ready, err, back);
    }
}

static void flush_all(struct store_shards *s)
{
    struct shard *shard, *next;
    HASH_ITER (hh, s->open, shard, next) {
        int err = flush(s, shard);
        if (err)
            fail_shard(s, shard->number, err);
        close_if_whole(s, shard);
    }
    int err = checkpoint_turn(s->checkpoint, s->open);
    if (err)
        fail_with(s, "syncing", err);
}

/* Fails all jobs. A row that is not in its manifest is not done, even if its sample is written.
 * Jobs that wait in the shards come back, too. */
static void give_up_jobs(struct store_shards *s, struct job_queue *back)
{
    struct shard *shard, *next;
    HASH_ITER (hh, s->open, shard, next)
        forget_shard(s, shard, back);
    s->inside = 0;
    struct job *j;
    TAILQ_FOREACH (j, back, link) {
        drop_bytes(j);
        job_fail(j, ERR_IO_ERROR, "not written: the output failed");
    }
}

void store_shards_flush(struct store_shards *s, bool hasty, struct job_queue *back)
{
    ready_waiting(s, hasty, back);
    flush_all(s);
    if (atomic_load(&s->failed))
        give_up_jobs(s, back);
}

uint64_t store_shards_due(struct store_shards *s)
{
    uint64_t checkpoint = checkpoint_due(s->checkpoint);
    uint64_t waiting = s->inside ? s->flushed + FLUSH_NS : 0;
    if (!waiting || (checkpoint && checkpoint < waiting))
        return checkpoint;
    return waiting;
}

bool store_shards_hold(const struct store_shards *s)
{
    return s->inside > 0;
}

unsigned store_shards_closed(const struct store_shards *s)
{
    return atomic_load(&s->closed);
}

uint64_t store_shards_shared(const struct store_shards *s)
{
    return atomic_load(&s->shared);
}

const char *store_shards_error(const struct store_shards *s)
{
    return atomic_load(&s->failed) ? s->error : NULL;
}

void store_shards_free(struct store_shards *s)
{
    struct job_queue none = TAILQ_HEAD_INITIALIZER(none); /* no job may be inside */
    struct shard *shard, *next;
    if (!s)
        return;
    HASH_ITER (hh, s->open, shard, next)
        forget_shard(s, shard, &none);
    row_writer_free(s->rows);
    bodyhash_free(s->hash);
    duplicates_free(s->duplicates);
    checkpoint_free(s->checkpoint);
    free(s);
}
