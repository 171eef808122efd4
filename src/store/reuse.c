#include "store/reuse.h"

#include "base/beneath.h"
#include "base/mem.h"
#include "base/thread.h"
#include "exec/mailbox.h"
#include "store/outdir.h"
#include "store/reuse_body.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    READERS = 4, /* threads: disks like several requests at a time, and SHA-256 takes time */
    ROOM = 64,   /* jobs inside */
};

struct reuse {
    struct stage stage;
    struct reuse_conf conf;
    struct reuse_index *index;
    struct reuse_counts *counts; /* for each directory */
    struct mailbox todo, done;   /* jobs: to the threads, to the loop; NULL: the index is ready */
    unsigned inside;             /* jobs; the loop's */
    bool is_ready;               /* the loop's */
    atomic_bool stop;
    unsigned n_started; /* threads */
    pthread_t indexer, readers[READERS];
};

/* ---- directories ---- */

static bool is_output(int fd, const char *output)
{
    struct stat a, b;
    int other = beneath_root(output, false);
    bool is_same = other >= 0 && !fstat(fd, &a) && !fstat(other, &b) && a.st_dev == b.st_dev &&
                   a.st_ino == b.st_ino;
    if (other >= 0)
        close(other);
    return is_same;
}

/* Returns what is wrong with it, or NULL. */
static const char *open_dir(struct reuse_dir *d, const char *path, const char *output)
{
    *d = (struct reuse_dir){.path = path, .fd = beneath_root(path, false)};
    if (d->fd < 0)
        return beneath_why(d->fd);
    int err = outdir_look(d->fd);
    d->is_written = err == -EBUSY;
    if (err == -ENOENT)
        return "not an output directory of imgfetch";
    if (err && err != -EBUSY)
        return beneath_why(err);
    return is_output(d->fd, output) ? "that is --output; rows that are there are kept anyway"
                                    : NULL;
}

struct reuse_dirs *reuse_dirs_open(
    const char *const *paths, unsigned n, const char *output, char *message)
{
    struct reuse_dirs *dirs = mem_new(sizeof *dirs + n * sizeof *dirs->at);
    for (; dirs->n < n; dirs->n++) {
        const char *wrong = open_dir(&dirs->at[dirs->n], paths[dirs->n], output);
        if (!wrong)
            continue;
        snprintf(message, REUSE_MESSAGE_SIZE, "--reuse: %.400s: %s", paths[dirs->n], wrong);
        if (dirs->at[dirs->n].fd >= 0)
            dirs->n++; /* it is to be closed */
        reuse_dirs_close(dirs);
        return NULL;
    }
    return dirs;
}

void reuse_dirs_close(struct reuse_dirs *dirs)
{
    for (unsigned i = 0; dirs && i < dirs->n; i++)
        close(dirs->at[i].fd);
    free(dirs);
}

/* ---- threads ---- */

static void make_index(void *arg)
{
    struct reuse *r = arg;
    const struct reuse_dirs *dirs = r->conf.dirs;
    for (unsigned i = 0; i < dirs->n && !atomic_load(&r->stop); i++)
        if (reuse_index_add(r->index, dirs->at[i].fd, i, &r->stop, &r->counts[i]))
            r->counts[i].unreadable++;
    if (!atomic_load(&r->stop))
        reuse_index_finish(r->index);
    mailbox_put(&r->done, NULL);
}

/* Tries what the directories have of the URL, one after another. */
static void take_body(struct reuse *r, struct job *j, struct buf *line)
{
    struct reuse_place places[REUSE_PLACES];
    char why[JOB_MESSAGE_SIZE] = "";
    unsigned n = reuse_index_find(r->index, j->request.url.text, places);
    for (unsigned i = 0; i < n; i++) {
        if (atomic_load(&r->stop)) {
            job_fail(j, ERR_CANCELLED, "cancelled");
            return;
        }
        if (reuse_body_take(&r->conf, &places[i], line, j, why) == REUSE_BODY_TAKEN)
            return;
    }
    if (why[0])
        job_fail(j, ERR_IO_ERROR, "%s", why);
}

static void read_bodies(void *arg)
{
    struct reuse *r = arg;
    struct buf line = {0};
    void *job;
    int n;
    while ((n = mailbox_wait(&r->todo, 0, &job, 1)) >= 0) {
        if (!n)
            continue;
        take_body(r, job, &line);
        mailbox_put(&r->done, job);
    }
    buf_fini(&line);
}

/* ---- the loop ---- */

static void on_done(void *arg, void *job)
{
    struct reuse *r = arg;
    if (job) {
        r->inside--;
        r->stage.done(r->stage.done_arg, job);
    } else {
        r->is_ready = true;
    }
}

static enum stage_status submit(struct stage *stage, struct job *j)
{
    struct reuse *r = (struct reuse *)stage;
    if (r->inside == ROOM)
        return STAGE_AGAIN;
    r->inside++;
    mailbox_put(&r->todo, j);
    return STAGE_OK;
}

static void stop(struct stage *stage)
{
    atomic_store(&((struct reuse *)stage)->stop, true);
}

static void free_reuse(void *arg)
{
    struct reuse *r = arg;
    mailbox_fini(&r->todo);
    reuse_index_free(r->index);
    free(r->counts);
    free(r);
}

static void end(struct stage *stage)
{
    struct reuse *r = (struct reuse *)stage;
    atomic_store(&r->stop, true);
    mailbox_close(&r->todo);
    for (unsigned i = 0; i < r->n_started; i++)
        pthread_join(i ? r->readers[i - 1] : r->indexer, NULL);
    mailbox_end(&r->done, free_reuse);
}

static const struct stage_ops ops = {.submit = submit, .stop = stop, .free = end};

static int start_threads(struct reuse *r)
{
    int err = thread_start(&r->indexer, "index", 0, make_index, r);
    for (unsigned i = 0; i < READERS && !err; i++) {
        r->n_started++;
        err = thread_start(&r->readers[i], "reuse", 0, read_bodies, r);
    }
    r->n_started += !err;
    return err;
}

struct reuse *reuse_open(const struct reuse_conf *conf, uv_loop_t *loop, char *message)
{
    struct reuse *r = mem_new(sizeof *r);
    r->stage = (struct stage){&ops, conf->done, conf->done_arg};
    r->conf = *conf;
    r->index = reuse_index_new();
    r->counts = mem_array(conf->dirs->n + 1, sizeof *r->counts);
    mailbox_init(&r->todo);
    int err = mailbox_open(&r->done, loop, on_done, r);
    if (!err)
        err = start_threads(r);
    if (!err)
        return r;
    snprintf(message, REUSE_MESSAGE_SIZE, "the threads of --reuse: %s", strerror(-err));
    end(&r->stage);
    return NULL;
}

struct stage *reuse_stage(struct reuse *r)
{
    return &r->stage;
}

bool reuse_is_ready(const struct reuse *r)
{
    return r->is_ready;
}

bool reuse_may_have(const struct reuse *r, const struct job *j)
{
    struct reuse_place places[REUSE_PLACES];
    return reuse_index_find(r->index, j->request.url.text, places) > 0;
}

const struct reuse_counts *reuse_counts(const struct reuse *r, unsigned dir)
{
    return &r->counts[dir];
}

size_t reuse_index_size(const struct reuse *r)
{
    return reuse_index_bytes(r->index);
}
