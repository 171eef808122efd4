#include "run/store.h"

#include "base/mem.h"
#include "run/bodyhash.h"
#include "run/shard.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    BATCH = 64, /* jobs are handed back after so many, so that their memory is free again soon */
    /* The thread is woken for so many jobs, or else once in so many ms: to wake it for each job
     * costs as much as to write a small image, half of it on the loop. */
    WAKE_JOBS = 32,
    WAKE_MS = 2,
    DIR_MODE = 0777,
};

/* A shard's beginning or end, for the store's thread. */
struct mark {
    STAILQ_ENTRY(mark) link;
    bool is_end;
    uint32_t shard, rows;
    struct past past; /* of the beginning; `done` is not kept */
    char fingerprint[STATSFILE_FINGERPRINT_SIZE];
};
STAILQ_HEAD(marks, mark);

struct store {
    struct stage stage;
    struct store_conf conf;
    struct output output;
    uv_async_t wake; /* jobs are ready to go back */
    uv_timer_t soon; /* the thread is to be woken */
    uint64_t woken;  /* when it last was, in the loop's time */
    pthread_t thread;

    pthread_mutex_t lock; /* for the next seven */
    pthread_cond_t work;
    struct job_queue todo, done;
    unsigned n_todo;
    struct marks marks;
    bool ending;
    bool waiting; /* the thread is, for `work` */

    atomic_uint open_shards;
    atomic_bool failed; /* set after `error` was written, which then never changes */
    char error[STORE_MESSAGE_SIZE];

    /* the thread's own */
    struct shard *shards;
    struct row_writer *rows;
    struct bodyhash *hash;
    bool rows_wanted; /* conf.on_rows still listens */
};

static void fail(struct store *s, uint32_t shard, int err)
{
    if (atomic_load(&s->failed))
        return;
    snprintf(s->error, sizeof s->error, "%s: shard %05u: %s", s->conf.dir, shard, strerror(-err));
    atomic_store(&s->failed, true);
}

static struct shard *find_shard(struct store *s, uint32_t number)
{
    struct shard *shard;
    HASH_FIND(hh, s->shards, &number, sizeof number, shard);
    return shard;
}

static void forget_shard(struct store *s, struct shard *shard, struct job_queue *back)
{
    HASH_DEL(s->shards, shard);
    shard_free(shard, back);
    atomic_fetch_sub(&s->open_shards, 1);
}

/* Writes the pending rows to the manifest, then shows them to who listens. */
static int flush(struct store *s, struct shard *shard)
{
    size_t len = shard->pending.len;
    const char *rows = (const char *)shard->pending.data;
    int err = shard_flush(shard);
    if (!err && len && s->rows_wanted)
        s->rows_wanted = s->conf.on_rows(s->conf.on_rows_arg, rows, len);
    return err;
}

static void close_if_whole(struct store *s, struct shard *shard)
{
    if (shard->rows != shard->expected || atomic_load(&s->failed))
        return;
    int err = flush(s, shard);
    if (!err)
        err = shard_close(shard);
    if (err)
        fail(s, shard->number, err);
    forget_shard(s, shard, NULL); /* all rows are written: no job is left in it */
}

static void begin_shard(struct store *s, struct mark *m)
{
    struct shard *shard;
    int err = shard_open(&s->output, m->shard, &m->past, &shard);
    if (err) {
        past_fini(&m->past);
        fail(s, m->shard, err);
        atomic_fetch_sub(&s->open_shards, 1);
        return;
    }
    HASH_ADD(hh, s->shards, number, sizeof shard->number, shard);
}

static void take_marks(struct store *s, struct marks *marks)
{
    struct mark *m;
    while ((m = STAILQ_FIRST(marks))) {
        STAILQ_REMOVE_HEAD(marks, link);
        struct shard *shard;
        if (!m->is_end) {
            begin_shard(s, m);
        } else if ((shard = find_shard(s, m->shard))) {
            shard->expected = m->rows;
            memcpy(shard->fingerprint, m->fingerprint, sizeof shard->fingerprint);
            close_if_whole(s, shard);
        }
        free(m);
    }
}

/* Its memory is free again before the row is in the manifest: a batch may have many. */
static void drop_bytes(struct job *j)
{
    for (unsigned i = 0; i < j->n_thumbs; i++) {
        free(j->thumbs[i].data);
        j->thumbs[i].data = NULL;
    }
}

static int add_row(struct store *s, struct shard *shard, const struct job *j)
{
    size_t len;
    const char *row = row_write(s->rows, j, &len);
    return shard_add_row(shard, j, row, len);
}

/* The sample first, then the rows of what is written now. Either may fail the store: then the
 * jobs of `back` are failed, whatever became of their samples. */
static void keep(struct store *s, struct job *j, struct job_queue *back)
{
    struct job_queue ready = TAILQ_HEAD_INITIALIZER(ready);
    struct shard *shard = find_shard(s, j->shard);
    if (!shard || atomic_load(&s->failed)) {
        TAILQ_INSERT_TAIL(back, j, link);
        return;
    }
    bodyhash_take(s->hash, j);
    int err = s->output.layout->put(shard->samples, j, &ready);
    TAILQ_FOREACH (j, &ready, link) {
        if (!err)
            err = add_row(s, shard, j);
        drop_bytes(j);
    }
    TAILQ_CONCAT(back, &ready, link);
    if (err)
        fail(s, shard->number, err);
}

static void flush_all(struct store *s)
{
    struct shard *shard, *next;
    HASH_ITER (hh, s->shards, shard, next) {
        int err = flush(s, shard);
        if (err)
            fail(s, shard->number, err);
        close_if_whole(s, shard);
    }
}

/* Waits for work and takes up to BATCH jobs. False: there will be no more. */
static bool take_work(struct store *s, struct job_queue *jobs, struct marks *marks)
{
    pthread_mutex_lock(&s->lock);
    while (TAILQ_EMPTY(&s->todo) && STAILQ_EMPTY(&s->marks) && !s->ending) {
        s->waiting = true;
        pthread_cond_wait(&s->work, &s->lock);
        s->waiting = false;
    }
    STAILQ_CONCAT(marks, &s->marks);
    struct job *j;
    for (int n = 0; n < BATCH && (j = TAILQ_FIRST(&s->todo)); n++) {
        TAILQ_REMOVE(&s->todo, j, link);
        TAILQ_INSERT_TAIL(jobs, j, link);
        s->n_todo--;
    }
    bool go_on = !TAILQ_EMPTY(jobs) || !STAILQ_EMPTY(marks) || !s->ending;
    pthread_mutex_unlock(&s->lock);
    return go_on;
}

/* A row that did not reach its manifest is not done, whatever became of its sample. What waits
 * in the shards comes back, too. */
static void give_up(struct store *s, struct job_queue *back)
{
    struct shard *shard, *next;
    HASH_ITER (hh, s->shards, shard, next)
        forget_shard(s, shard, back);
    struct job *j;
    TAILQ_FOREACH (j, back, link) {
        drop_bytes(j);
        job_fail(j, ERR_IO_ERROR, "not written: the output failed");
    }
}

static void *run(void *arg)
{
    struct store *s = arg;
    pthread_setname_np(pthread_self(), "store"); /* for top, perf and gdb */
    struct job_queue jobs = TAILQ_HEAD_INITIALIZER(jobs), back = TAILQ_HEAD_INITIALIZER(back);
    struct marks marks = STAILQ_HEAD_INITIALIZER(marks);
    while (take_work(s, &jobs, &marks)) {
        take_marks(s, &marks);
        struct job *j;
        while ((j = TAILQ_FIRST(&jobs))) {
            TAILQ_REMOVE(&jobs, j, link);
            keep(s, j, &back);
        }
        flush_all(s);
        if (atomic_load(&s->failed))
            give_up(s, &back);
        pthread_mutex_lock(&s->lock);
        TAILQ_CONCAT(&s->done, &back, link);
        pthread_mutex_unlock(&s->lock);
        uv_async_send(&s->wake);
    }
    return NULL;
}

static void on_wake(uv_async_t *wake)
{
    struct store *s = wake->data;
    struct job_queue done = TAILQ_HEAD_INITIALIZER(done);
    pthread_mutex_lock(&s->lock);
    TAILQ_CONCAT(&done, &s->done, link);
    pthread_mutex_unlock(&s->lock);
    struct job *j;
    while ((j = TAILQ_FIRST(&done))) {
        TAILQ_REMOVE(&done, j, link);
        s->stage.done(s->stage.done_arg, j);
    }
}

/* Call without the lock, which the thread needs as soon as it wakes. */
static void wake_thread(struct store *s)
{
    uv_timer_stop(&s->soon);
    s->woken = uv_now(s->soon.loop);
    pthread_cond_signal(&s->work);
}

static void on_soon(uv_timer_t *soon)
{
    wake_thread(soon->data);
}

static enum stage_answer store_submit(struct stage *stage, struct job *j)
{
    struct store *s = (struct store *)stage;
    pthread_mutex_lock(&s->lock);
    TAILQ_INSERT_TAIL(&s->todo, j, link);
    bool many = ++s->n_todo >= WAKE_JOBS, sleeps = s->waiting;
    pthread_mutex_unlock(&s->lock);
    if (sleeps && (many || uv_now(s->soon.loop) - s->woken >= WAKE_MS))
        wake_thread(s);
    else if (sleeps && !uv_is_active((uv_handle_t *)&s->soon))
        uv_timer_start(&s->soon, on_soon, WAKE_MS, 0);
    return STAGE_OK;
}

/* What is inside is finished work: it is written, not cancelled. */
static void store_stop(struct stage *stage)
{
    (void)stage;
}

static void post_mark(struct store *s, struct mark *m)
{
    pthread_mutex_lock(&s->lock);
    STAILQ_INSERT_TAIL(&s->marks, m, link);
    pthread_mutex_unlock(&s->lock);
    wake_thread(s);
}

void store_shard_begin(struct store *s, uint32_t shard, struct past *past)
{
    struct mark *m = mem_new(sizeof *m);
    m->shard = shard;
    m->past = *past;
    m->past.done = NULL;
    m->past.kept = NULL;
    m->past.places = 0;
    past->samples = NULL;
    atomic_fetch_add(&s->open_shards, 1);
    post_mark(s, m);
}

void store_shard_end(struct store *s, uint32_t shard, uint32_t rows, const char *fingerprint)
{
    struct mark *m = mem_new(sizeof *m);
    m->is_end = true;
    m->shard = shard;
    m->rows = rows;
    snprintf(m->fingerprint, sizeof m->fingerprint, "%s", fingerprint);
    post_mark(s, m);
}

static void on_closed(uv_handle_t *h)
{
    struct store *s = h->data;
    struct job_queue none = TAILQ_HEAD_INITIALIZER(none); /* no job may be inside */
    struct shard *shard, *next;
    HASH_ITER (hh, s->shards, shard, next)
        forget_shard(s, shard, &none);
    row_writer_free(s->rows);
    bodyhash_free(s->hash);
    pthread_mutex_destroy(&s->lock);
    pthread_cond_destroy(&s->work);
    close(s->output.dir);
    free(s);
}

static void on_soon_closed(uv_handle_t *h)
{
    struct store *s = h->data;
    uv_close((uv_handle_t *)&s->wake, on_closed);
}

static void store_free(struct stage *stage)
{
    struct store *s = (struct store *)stage;
    pthread_mutex_lock(&s->lock);
    s->ending = true;
    pthread_mutex_unlock(&s->lock);
    wake_thread(s);
    pthread_join(s->thread, NULL);
    uv_close((uv_handle_t *)&s->soon, on_soon_closed);
}

static const struct stage_ops store_ops = {
    .submit = store_submit, .stop = store_stop, .free = store_free};

/* Opens DIR and what every shard needs in it; finds out how files can be committed. */
static int open_output(const struct store_conf *conf, struct output *ret)
{
    if (mkdir(conf->dir, DIR_MODE) && errno != EEXIST)
        return -errno;
    int dir = open(conf->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return -errno;
    const char *manifests = conf->layout->manifests;
    int way = mkdirat(dir, manifests, DIR_MODE) && errno != EEXIST ? -errno : commit_probe(dir);
    if (way < 0) {
        close(dir);
        return way;
    }
    *ret = (struct output){.layout = conf->layout, .dir = dir, .way = (enum commit_way)way};
    ret->shard_size = conf->shard_size;
    ret->key_width = job_key_width(conf->shard_size);
    return 0;
}

struct store *store_open(const struct store_conf *conf, uv_loop_t *loop, char *message)
{
    struct output output = {0};
    int err = open_output(conf, &output);
    if (err) {
        snprintf(message, STORE_MESSAGE_SIZE, "%s: %s", conf->dir, strerror(-err));
        return NULL;
    }
    struct store *s = mem_new(sizeof *s);
    s->stage = (struct stage){&store_ops, conf->done, conf->done_arg};
    s->conf = *conf;
    s->output = output;
    s->output.conf = &s->conf;
    s->rows = row_writer_new(output.key_width, conf->spec_names, conf->columns);
    s->rows_wanted = conf->on_rows != NULL;
    s->hash = bodyhash_new();
    TAILQ_INIT(&s->todo);
    TAILQ_INIT(&s->done);
    STAILQ_INIT(&s->marks);
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->work, NULL);
    uv_async_init(loop, &s->wake, on_wake);
    uv_timer_init(loop, &s->soon);
    s->wake.data = s->soon.data = s;
    if (pthread_create(&s->thread, NULL, run, s))
        abort();
    return s;
}

struct stage *store_stage(struct store *s)
{
    return &s->stage;
}

const struct output *store_output(const struct store *s)
{
    return &s->output;
}

unsigned store_open_shards(const struct store *s)
{
    return atomic_load(&s->open_shards);
}

const char *store_error(const struct store *s)
{
    return atomic_load(&s->failed) ? s->error : NULL;
}
