#include "store/outdir.h"

#include "base/beneath.h"
#include "base/filelock.h"
#include "base/mem.h"
#include "manifest/shardfiles.h"
#include "store/diroptions.h"
#include "store/fresh.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Bytes of the lock file that are locked. */
enum {
    BEGINNING, /* exclusive, while a run compares and writes options.json */
    WORKING,   /* shared, by every run; exclusive, while a run starts over */
};

struct outdir {
    int dir, folder, lock;
    bool has_no_locks;
};

static enum outdir_status fail_opening(char *message, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static enum outdir_status fail_opening(char *message, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(message, OUTDIR_MESSAGE_SIZE, format, args);
    va_end(args);
    return OUTDIR_FAILED;
}

static const char lock_path[] = SHARDFILES_OWN "/lock";

static enum outdir_status open_all(struct outdir *d, const char *path, char *message)
{
    d->dir = beneath_root(path, true);
    if (d->dir < 0)
        return fail_opening(message, "%s: %s", path, beneath_why(d->dir));
    int err = beneath_make_folder(d->dir, SHARDFILES_OWN);
    d->folder = err ? err : beneath_open_folder(d->dir, SHARDFILES_OWN);
    if (d->folder < 0)
        return fail_opening(message, "%s/%s: %s", path, SHARDFILES_OWN, beneath_why(d->folder));
    d->lock = beneath_open(d->dir, lock_path, O_RDWR | O_CREAT);
    if (d->lock < 0)
        return fail_opening(message, "%s/%s: %s", path, lock_path, beneath_why(d->lock));
    return OUTDIR_OPEN;
}

static enum outdir_status lock(struct outdir *d, const struct outdir_conf *conf, char *message)
{
    int err = filelock_wait(d->lock, FILELOCK_EXCLUSIVE, BEGINNING);
    if (!err)
        err = filelock_try(d->lock, conf->fresh ? FILELOCK_EXCLUSIVE : FILELOCK_SHARED, WORKING);
    if (err == -EAGAIN)
        return fail_opening(message,
            "%s: another imgfetch is writing there; --fresh needs the directory to itself",
            conf->path);
    if (err && err != -ENOLCK)
        return fail_opening(message, "%s/%s: %s", conf->path, lock_path, strerror(-err));
    d->has_no_locks = err == -ENOLCK;
    return OUTDIR_OPEN;
}

static enum outdir_status start_over(struct outdir *d, const char *path, char *message)
{
    char what[FRESH_NAME_SIZE];
    int err = fresh_remove(d->dir, what);
    if (err)
        return fail_opening(message, "%s/%s: cannot start over: %s", path, what, beneath_why(err));
    filelock_try(d->lock, FILELOCK_SHARED, WORKING);
    return OUTDIR_OPEN;
}

static enum outdir_status check_note(struct outdir *d, const struct outdir_conf *c, char *message)
{
    char differences[OUTDIR_MESSAGE_SIZE];
    int err = diroptions_compare(d->folder, c->options, c->n_options, c->redo, differences);
    if (err > 0) {
        fail_opening(message,
            "%.300s was made with %.700s. To continue, give the options of the first run; or use "
            "another --output, or --fresh to start over",
            c->path, differences);
        return OUTDIR_DIFFERS;
    }
    if (err == -EBADMSG) {
        fail_opening(
            message, "%s/%s/options.json: not written by imgfetch", c->path, SHARDFILES_OWN);
        return OUTDIR_DIFFERS;
    }
    if (!err)
        err = diroptions_write(d->folder, c->options, c->n_options, c->redo);
    if (err)
        return fail_opening(
            message, "%s/%s/options.json: %s", c->path, SHARDFILES_OWN, beneath_why(err));
    return OUTDIR_OPEN;
}

enum outdir_status outdir_open(const struct outdir_conf *conf, struct outdir **ret, char *message)
{
    struct outdir *d = mem_new(sizeof *d);
    *d = (struct outdir){-1, -1, -1, false};
    enum outdir_status status = open_all(d, conf->path, message);
    if (status == OUTDIR_OPEN)
        status = lock(d, conf, message);
    if (status == OUTDIR_OPEN && conf->fresh)
        status = start_over(d, conf->path, message);
    if (status == OUTDIR_OPEN)
        status = check_note(d, conf, message);
    if (status == OUTDIR_OPEN) {
        filelock_try(d->lock, FILELOCK_NONE, BEGINNING);
        *ret = d;
    } else {
        outdir_close(d);
    }
    return status;
}

bool outdir_has_no_locks(const struct outdir *d)
{
    return d->has_no_locks;
}

void outdir_close(struct outdir *d)
{
    if (!d)
        return;
    int fds[] = {d->lock, d->folder, d->dir};
    for (int i = 0; i < 3; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    free(d);
}

int outdir_look(int dir)
{
    int fd = beneath_open(dir, lock_path, O_RDONLY);
    if (fd < 0)
        return fd;
    bool is_taken = filelock_is_taken(fd, WORKING);
    close(fd);
    return is_taken ? -EBUSY : 0;
}
