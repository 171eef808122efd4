#include "store/checkpoint.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/thread.h"
#include "exec/mailbox.h"
#include "store/shardlock.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    POLL_NS = 100000000, /* between two looks whether the sync has ended */
    ROW_SIZE = 1000,     /* bytes of a row, roughly */
};

struct checkpoint {
    int dir;
    uint64_t every_ns;
    uint64_t bytes; /* written since the last sync began */
    uint64_t first; /* when the first of these bytes were written */
    pthread_t thread;
    struct mailbox wanted, done; /* to the thread and back; the message is the checkpoint */
    bool is_busy;                /* a sync is under way, and its thread owns the next field */
    int err;                     /* of the sync */
};

static void sync_when_wanted(void *arg)
{
    struct checkpoint *c = arg;
    void *item;
    while (mailbox_wait(&c->wanted, 0, &item, 1) > 0) {
        c->err = syncfs(c->dir) ? -errno : 0;
        mailbox_put(&c->done, c);
    }
}

static void free_checkpoint(struct checkpoint *c)
{
    mailbox_fini(&c->wanted);
    mailbox_fini(&c->done);
    free(c);
}

struct checkpoint *checkpoint_new(int dir, uint64_t every_ms, int *ret_err)
{
    struct checkpoint *c = mem_new(sizeof *c);
    c->dir = dir;
    c->every_ns = every_ms * 1000000;
    mailbox_init(&c->wanted);
    mailbox_init(&c->done);
    *ret_err = thread_start(&c->thread, "syncer", 0, sync_when_wanted, c);
    if (!*ret_err)
        return c;
    free_checkpoint(c);
    return NULL;
}

void checkpoint_free(struct checkpoint *c)
{
    if (!c)
        return;
    mailbox_close(&c->wanted);
    pthread_join(c->thread, NULL);
    free_checkpoint(c);
}

void checkpoint_wrote(struct checkpoint *c, const struct job *j)
{
    if (!c->bytes)
        c->first = clock_ns();
    c->bytes += ROW_SIZE + j->response.body.len;
    for (unsigned i = 0; i < j->n_thumbs; i++)
        c->bytes += j->thumbs[i].size;
}

static void begin_sync(struct checkpoint *c, struct shard *shards)
{
    struct shard *s, *next;
    HASH_ITER (hh, shards, s, next)
        s->syncing = s->size;
    c->bytes = 0;
    c->is_busy = true;
    mailbox_put(&c->wanted, c);
}

static int note(struct shard *shards)
{
    struct shard *s, *next;
    HASH_ITER (hh, shards, s, next) {
        /* A shard that was opened after the sync began has nothing to note yet (syncing is 0). */
        int err = s->lock && !s->replaces && s->syncing ? shardlock_note(s->lock, s->syncing) : 0;
        if (err)
            return err;
    }
    return 0;
}

int checkpoint_turn(struct checkpoint *c, struct shard *shards)
{
    void *item;
    int err = 0;
    if (mailbox_take(&c->done, &item, 1)) {
        c->is_busy = false;
        err = c->err ? c->err : note(shards);
    }
    if (c->is_busy || err)
        return err;
    if (c->bytes && (c->bytes >= CHECKPOINT_BYTES || clock_ns() - c->first >= c->every_ns))
        begin_sync(c, shards);
    return 0;
}

uint64_t checkpoint_due(struct checkpoint *c)
{
    if (c->is_busy)
        return clock_ns() + POLL_NS;
    return c->bytes ? c->first + c->every_ns : 0;
}
