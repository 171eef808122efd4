#include "store/store.h"

#include "base/beneath.h"
#include "base/fairqueue.h"
#include "base/mem.h"
#include "base/thread.h"
#include "exec/mailbox.h"
#include "net/httpdate.h"
#include "store/layout.h"
#include "store/store_shards.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    /* Jobs are handed back after so many jobs or bytes, so that their memory is freed soon. */
    BATCH = 64,
    BATCH_BYTES = 4 << 20,
    /* The thread is woken for every WAKE_JOBS jobs, or else once in so many ms. Waking it for each
     * job costs as much as writing a small image, half of it on the loop. */
    WAKE_JOBS = 32,
    WAKE_MS = 2,
    SLICE = 1 << 20,     /* bytes; see base/fairqueue.h */
    ROW_COST = 16 << 10, /* a file and a row take as long as writing so many bytes, roughly */
};

/* A shard's beginning or end, for the store's thread. */
struct mark {
    bool is_end;
    uint32_t shard, rows;
    struct resume resume; /* of a beginning: from resume_hand_over() */
    char fingerprint[STATSFILE_FINGERPRINT_SIZE];
};

struct store {
    struct stage stage;
    struct store_conf conf;
    struct output output;
    uv_timer_t soon; /* set: the thread will be woken */
    uint64_t woken;  /* when the thread was last woken, in the loop's time */
    pthread_t thread;

    struct mailbox todo, done; /* jobs: to the thread, to the loop */
    struct mailbox marks;      /* to the thread; `todo` wakes it */
    atomic_bool hasty; /* stopped: jobs no longer wait for earlier rows, which may never come */

    struct fairqueue order;      /* jobs that the thread has taken from `todo` */
    struct store_shards *shards; /* this and the last are the thread's */
    unsigned begun;              /* number of shards begun; the loop's */
};

/* False: there are none. */
static bool take_marks(struct store *s)
{
    void *item;
    bool any = false;
    for (; mailbox_take(&s->marks, &item, 1); any = true) {
        struct mark *m = item;
        if (m->is_end)
            store_shards_end(s->shards, m->shard, m->rows, m->fingerprint);
        else
            store_shards_begin(s->shards, m->shard, &m->resume);
        free(m);
    }
    return any;
}

/* Waits for work if there is none, or until it is time to flush, and puts all jobs that have come
 * into their order. False: no more will come. */
static bool collect_jobs(struct store *s)
{
    void *jobs[BATCH];
    bool waits = !s->order.n && !(atomic_load(&s->hasty) && store_shards_hold(s->shards));
    int n = waits ? mailbox_wait(&s->todo, store_shards_due(s->shards), jobs, BATCH)
                  : (int)mailbox_take(&s->todo, jobs, BATCH);
    bool is_open = n >= 0;
    for (; n > 0; n = (int)mailbox_take(&s->todo, jobs, BATCH))
        for (int i = 0; i < n; i++) {
            struct job *j = jobs[i];
            fairqueue_add(&s->order, j->memory.host, j, s->order.seen);
        }
    return is_open;
}

/* Takes the jobs whose turn it is. */
static int take_batch(struct store *s, void *ret[BATCH])
{
    struct job *j;
    size_t bytes = 0;
    int n = 0;
    for (; n < BATCH && bytes < BATCH_BYTES && (j = fairqueue_first(&s->order)); n++) {
        bytes += j->response.body.len;
        fairqueue_take(&s->order, j->response.body.len + ROW_COST);
        ret[n] = j;
    }
    return n;
}

static void write_batch(struct store *s, struct job_queue *back)
{
    void *jobs[BATCH];
    int n = take_batch(s, jobs);
    store_shards_announce(s->shards, jobs, n);
    for (int i = 0; i < n; i++) {
        struct job *j = jobs[i];
        size_t len = j->response.body.len; /* now: what is not kept is freed */
        store_shards_put(s->shards, j, back);
        budget_sub_unwritten(s->conf.budget, j->memory.host, len);
    }
}

static void write_jobs(void *arg)
{
    struct store *s = arg;
    struct job_queue back = TAILQ_HEAD_INITIALIZER(back);
    struct job *j;
    bool is_open;
    /* Marks are taken after the jobs, so the beginning of a job's shard is among them. */
    while (is_open = collect_jobs(s), take_marks(s) || is_open) {
        write_batch(s, &back);
        store_shards_flush(s->shards, atomic_load(&s->hasty), &back);
        while ((j = TAILQ_FIRST(&back))) {
            TAILQ_REMOVE(&back, j, link);
            mailbox_add(&s->done, j);
        }
        mailbox_wake(&s->done);
    }
}

static void on_written(void *arg, void *job)
{
    struct store *s = arg;
    s->stage.done(s->stage.done_arg, job);
}

static void wake_thread(struct store *s)
{
    uv_timer_stop(&s->soon);
    s->woken = uv_now(s->soon.loop);
    mailbox_wake(&s->todo);
}

static void on_soon(uv_timer_t *soon)
{
    wake_thread(soon->data);
}

static enum stage_status store_submit(struct stage *stage, struct job *j)
{
    struct store *s = (struct store *)stage;
    budget_add_unwritten(s->conf.budget, j->memory.host, j->response.body.len);
    size_t waiting = mailbox_add(&s->todo, j);
    if (waiting >= WAKE_JOBS || (waiting && uv_now(s->soon.loop) - s->woken >= WAKE_MS))
        wake_thread(s);
    else if (waiting && !uv_is_active((uv_handle_t *)&s->soon))
        uv_timer_start(&s->soon, on_soon, WAKE_MS, 0);
    return STAGE_OK;
}

/* The jobs inside are finished work: they are written, not cancelled, and wait for no other row. */
static void store_stop(struct stage *stage)
{
    struct store *s = (struct store *)stage;
    atomic_store(&s->hasty, true);
    wake_thread(s);
}

static void post_mark(struct store *s, struct mark *m)
{
    mailbox_add(&s->marks, m);
    wake_thread(s);
}

void store_shard_begin(struct store *s, uint32_t shard, struct resume *resume)
{
    struct mark *m = mem_new(sizeof *m);
    m->shard = shard;
    m->resume = resume_hand_over(resume);
    s->begun++;
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

static void free_store(void *arg)
{
    struct store *s = arg;
    store_shards_free(s->shards);
    fairqueue_fini(&s->order);
    mailbox_fini(&s->todo);
    mailbox_fini(&s->marks);
    output_close(&s->output);
    free(s);
}

static void on_soon_closed(uv_handle_t *soon)
{
    struct store *s = soon->data;
    mailbox_end(&s->done, free_store);
}

static void store_free(struct stage *stage)
{
    struct store *s = (struct store *)stage;
    mailbox_close(&s->todo);
    pthread_join(s->thread, NULL);
    uv_close((uv_handle_t *)&s->soon, on_soon_closed);
}

static const struct stage_ops store_ops = {
    .submit = store_submit, .stop = store_stop, .free = store_free};

struct store *store_open(const struct store_conf *conf, uv_loop_t *loop, char *message)
{
    struct output output = {0};
    int err = output_open(conf, &output);
    if (err) {
        snprintf(message, STORE_MESSAGE_SIZE, "%s: %s", conf->dir, beneath_why(err));
        return NULL;
    }
    struct store *s = mem_new(sizeof *s);
    s->stage = (struct stage){&store_ops, conf->done, conf->done_arg};
    s->conf = *conf;
    s->output = output;
    s->output.conf = &s->conf;
    s->order.slice = SLICE;
    mailbox_init(&s->todo);
    mailbox_init(&s->marks);
    uv_timer_init(loop, &s->soon);
    s->soon.data = s;
    err = mailbox_open(&s->done, loop, on_written, s);
    if (!err)
        s->shards = store_shards_new(&s->conf, &s->output, &err);
    if (!err)
        err = thread_start(&s->thread, "store", 0, write_jobs, s);
    if (!err)
        return s;
    snprintf(message, STORE_MESSAGE_SIZE, "the store's threads: %s", strerror(-err));
    uv_close((uv_handle_t *)&s->soon, on_soon_closed);
    return NULL;
}

struct stage *store_stage(struct store *s)
{
    return &s->stage;
}

int64_t store_modified(const struct store_conf *conf, const struct job *j)
{
    return conf->remote_time ? httpdate_parse(j->response.last_modified) : -1;
}

const struct output *store_output(const struct store *s)
{
    return &s->output;
}

unsigned store_open_shards(const struct store *s)
{
    return s->begun - store_shards_closed(s->shards);
}

unsigned store_closed_shards(const struct store *s)
{
    return store_shards_closed(s->shards);
}

uint64_t store_shared(const struct store *s)
{
    return store_shards_shared(s->shards);
}

const char *store_error(const struct store *s)
{
    return store_shards_error(s->shards);
}
