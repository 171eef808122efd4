#include "store/checkpoint.h"

#include "base/clock.h"
#include "base/mem.h"
#include "store/shardlock.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    POLL_NS = 100000000, /* how often a sync that is under way is looked at */
    ROW_SIZE = 1000,     /* about, of a row in bytes */
};

enum sync_state { IDLE, WANTED, DONE };

struct checkpoint {
    int dir;
    uint64_t every_ns;
    uint64_t bytes; /* written since the last sync began */
    uint64_t first; /* when the first of them was */
    pthread_t thread;

    pthread_mutex_t lock; /* for the next four; its holder may wait on `change` */
    pthread_cond_t change;
    enum sync_state state;
    int err;
    bool ending;
};

static void *run(void *arg)
{
    struct checkpoint *c = arg;
    pthread_setname_np(pthread_self(), "syncer"); /* for top, perf and gdb */
    pthread_mutex_lock(&c->lock);
    while (!c->ending) {
        if (c->state != WANTED) {
            pthread_cond_wait(&c->change, &c->lock);
            continue;
        }
        pthread_mutex_unlock(&c->lock);
        int err = syncfs(c->dir) ? -errno : 0;
        pthread_mutex_lock(&c->lock);
        c->err = err;
        c->state = DONE;
    }
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

struct checkpoint *checkpoint_new(int dir, uint64_t every_ms)
{
    struct checkpoint *c = mem_new(sizeof *c);
    c->dir = dir;
    c->every_ns = every_ms * 1000000;
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->change, NULL);
    if (pthread_create(&c->thread, NULL, run, c))
        abort();
    return c;
}

void checkpoint_free(struct checkpoint *c)
{
    if (!c)
        return;
    pthread_mutex_lock(&c->lock);
    c->ending = true;
    pthread_cond_signal(&c->change);
    pthread_mutex_unlock(&c->lock);
    pthread_join(c->thread, NULL);
    pthread_mutex_destroy(&c->lock);
    pthread_cond_destroy(&c->change);
    free(c);
}

void checkpoint_wrote(struct checkpoint *c, const struct job *j)
{
    if (!c->bytes)
        c->first = clock_ns();
    c->bytes += ROW_SIZE + j->response.body.len;
    for (unsigned i = 0; i < j->n_thumbs; i++)
        c->bytes += j->thumbs[i].size;
}

/* Of the sync; a DONE is seen once. */
static enum sync_state look(struct checkpoint *c, int *ret_err)
{
    pthread_mutex_lock(&c->lock);
    enum sync_state state = c->state;
    *ret_err = c->err;
    if (state == DONE)
        c->state = IDLE;
    pthread_mutex_unlock(&c->lock);
    return state;
}

static void begin(struct checkpoint *c, struct shard *shards)
{
    struct shard *s, *next;
    HASH_ITER (hh, shards, s, next)
        s->syncing = s->size;
    c->bytes = 0;
    pthread_mutex_lock(&c->lock);
    c->state = WANTED;
    pthread_cond_signal(&c->change);
    pthread_mutex_unlock(&c->lock);
}

static int note(struct shard *shards)
{
    struct shard *s, *next;
    HASH_ITER (hh, shards, s, next) {
        /* One that was opened meanwhile has nothing to note yet. */
        int err = s->lock && !s->replaces && s->syncing ? shardlock_note(s->lock, s->syncing) : 0;
        if (err)
            return err;
    }
    return 0;
}

int checkpoint_turn(struct checkpoint *c, struct shard *shards)
{
    int err;
    enum sync_state state = look(c, &err);
    if (state == DONE && !err)
        err = note(shards);
    if (state == WANTED || err)
        return state == WANTED ? 0 : err;
    if (c->bytes && (c->bytes >= CHECKPOINT_BYTES || clock_ns() - c->first >= c->every_ns))
        begin(c, shards);
    return 0;
}

uint64_t checkpoint_due(struct checkpoint *c)
{
    pthread_mutex_lock(&c->lock);
    bool is_busy = c->state != IDLE;
    pthread_mutex_unlock(&c->lock);
    if (is_busy)
        return clock_ns() + POLL_NS;
    return c->bytes ? c->first + c->every_ns : 0;
}
