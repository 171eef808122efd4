#include "store/outdir.h"

#include "base/beneath.h"
#include "base/filelock.h"
#include "base/mem.h"
#include "manifest/shardfiles.h"
#include "store/diroptions.h"
#include "store/fresh.h"
#include "store/runnote.h"
#include "store/successes.h"

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

/* False: the lock came too late, as another directory has the path now. */
static bool is_in_place(const struct outdir *d, const char *path)
{
    struct stat is, was;
    int now = beneath_root(path, false);
    bool same = now >= 0 && !fstat(now, &is) && !fstat(d->dir, &was) && is.st_ino == was.st_ino &&
                is.st_dev == was.st_dev;
    if (now >= 0)
        close(now);
    return same;
}

static enum outdir_status lock(struct outdir *d, const struct outdir_conf *conf, char *message)
{
    int err = filelock_wait(d->lock, FILELOCK_EXCLUSIVE, BEGINNING);
    if (!err)
        err = filelock_try(d->lock, conf->fresh ? FILELOCK_EXCLUSIVE : FILELOCK_SHARED, WORKING);
    if (err == -EAGAIN)
        return fail_opening(message,
            conf->fresh
                ? "%s: another imgfetch is writing there; --fresh needs the directory to itself"
                : "%s: another imgfetch is replacing the directory (--update); wait for its end",
            conf->path);
    if (err && err != -ENOLCK)
        return fail_opening(message, "%s/%s: %s", conf->path, lock_path, strerror(-err));
    if (!is_in_place(d, conf->path))
        return fail_opening(message,
            "%s: another imgfetch has just replaced the directory (--update): run it again",
            conf->path);
    d->has_no_locks = err == -ENOLCK;
    return OUTDIR_OPEN;
}

/* A run that starts over, or anew. The old note stays until nothing is left that it is about, also
 * on disk. */
static enum outdir_status start_over(struct outdir *d, const char *path, char *message)
{
    char what[FRESH_NAME_SIZE];
    int err = fresh_remove(d->dir, what);
    if (err)
        return fail_opening(message, "%s/%s: cannot start over: %s", path, what, beneath_why(err));
    if (syncfs(d->dir))
        return fail_opening(message, "%s: cannot start over: %s", path, strerror(errno));
    return OUTDIR_OPEN;
}

static enum outdir_status refuse_others(
    const struct outdir_conf *c, const char *differences, struct outdir_told *told)
{
    fail_opening(told->message, "%.300s was made with %.700s", c->path, differences);
    told->other_options = true;
    return OUTDIR_DIFFERS;
}

static enum outdir_status fail_note(const struct outdir_conf *c, int err, char *message)
{
    if (err == -EBADMSG)
        fail_opening(
            message, "%s/%s/options.json: not written by imgfetch", c->path, SHARDFILES_OWN);
    else
        fail_opening(message, "%s/%s/options.json: %s", c->path, SHARDFILES_OWN, beneath_why(err));
    return err == -EBADMSG ? OUTDIR_DIFFERS : OUTDIR_FAILED;
}

static enum outdir_status write_note(
    struct outdir *d, const struct outdir_conf *c, const struct diroptions *old, char *message)
{
    bool keeps_lists = old && old->n_lists;
    int err = diroptions_write(d->folder, c->options, c->n_options,
        keeps_lists ? old->lists : c->lists, keeps_lists ? old->n_lists : c->n_lists);
    if (!err && (fsync(d->dir) || fsync(d->folder))) /* before there is a row */
        err = -errno;
    return err ? fail_note(c, err, message) : OUTDIR_OPEN;
}

static enum outdir_status fail_busy(
    const struct outdir_conf *c, const char *differences, char *message)
{
    return fail_opening(message,
        "%.300s: another imgfetch is writing there with %.700s; wait for its end, or use another "
        "--output",
        c->path, differences);
}

/* Nothing has succeeded: makes the directory that of this run, if no other one is at work there. */
static enum outdir_status start_anew(struct outdir *d, const struct outdir_conf *c,
    const struct diroptions_difference *differs, struct outdir_told *told)
{
    int err = filelock_try(d->lock, FILELOCK_EXCLUSIVE, WORKING);
    if (err && !differs->shape[0]) /* the rows are compared with the list */
        return OUTDIR_OPEN;
    if (err == -ENOLCK) /* there may be one */
        return refuse_others(c, differs->shape, told);
    if (err)
        return fail_busy(c, differs->shape, told->message);
    enum outdir_status status = start_over(d, c->path, told->message);
    if (status == OUTDIR_OPEN)
        status = write_note(d, c, NULL, told->message);
    filelock_try(d->lock, FILELOCK_SHARED, WORKING);
    told->anew = true;
    return status;
}

/* With the note. */
static enum outdir_status compare_note(struct outdir *d, const struct outdir_conf *c,
    const struct diroptions *note, struct outdir_told *told)
{
    struct diroptions_difference differs;
    diroptions_compare(note, c, &differs);
    if ((differs.shape[0] || differs.rows) && !successes_any(d->dir, &told->dropped))
        return start_anew(d, c, &differs, told);
    if (differs.shape[0])
        return refuse_others(c, differs.shape, told);
    return c->redo ? write_note(d, c, note, told->message) : OUTDIR_OPEN;
}

static enum outdir_status check_note(
    struct outdir *d, const struct outdir_conf *c, struct outdir_told *told)
{
    struct diroptions note;
    int err = c->fresh ? -ENOENT : diroptions_read(d->folder, &note);
    if (err == -ENOENT)
        return write_note(d, c, NULL, told->message);
    if (err)
        return fail_note(c, err, told->message);
    enum outdir_status status = compare_note(d, c, &note, told);
    diroptions_fini(&note);
    return status;
}

enum outdir_status outdir_open(
    const struct outdir_conf *conf, struct outdir **ret, struct outdir_told *told)
{
    struct outdir *d = mem_new(sizeof *d);
    *d = (struct outdir){-1, -1, -1, false};
    *told = (struct outdir_told){0};
    enum outdir_status status = open_all(d, conf->path, told->message);
    if (status == OUTDIR_OPEN)
        status = lock(d, conf, told->message);
    if (status == OUTDIR_OPEN && conf->fresh)
        status = start_over(d, conf->path, told->message);
    if (status == OUTDIR_OPEN)
        status = check_note(d, conf, told);
    if (status == OUTDIR_OPEN) {
        if (conf->fresh)
            filelock_try(d->lock, FILELOCK_SHARED, WORKING);
        filelock_try(d->lock, FILELOCK_NONE, BEGINNING);
        *ret = d;
    } else {
        outdir_close(d);
    }
    return status;
}

/* ---- without a run ---- */

/* The directory's folder, as far as there is one: -ENOENT. *ret_dir is to be closed in any case. */
static int open_to_read(const char *path, int *ret_dir)
{
    *ret_dir = beneath_root(path, false);
    return *ret_dir < 0 ? *ret_dir : beneath_open_folder(*ret_dir, SHARDFILES_OWN);
}

int outdir_read_note(const char *path, struct diroptions *ret)
{
    int dir, folder = open_to_read(path, &dir);
    int err = folder < 0 ? folder : diroptions_read(folder, ret);
    if (folder >= 0)
        close(folder);
    if (dir >= 0)
        close(dir);
    return err;
}

static enum outdir_status try_note(
    int dir, const struct outdir_conf *c, const struct diroptions *note, struct outdir_told *told)
{
    struct diroptions_difference differs;
    diroptions_compare(note, c, &differs);
    bool is_busy = outdir_look(dir) == -EBUSY;
    bool none = (differs.shape[0] || differs.rows) && !successes_any(dir, &told->dropped);
    told->anew = none && !is_busy;
    if (!differs.shape[0] || told->anew)
        return OUTDIR_OPEN;
    return none ? fail_busy(c, differs.shape, told->message)
                : refuse_others(c, differs.shape, told);
}

enum outdir_status outdir_try(const struct outdir_conf *c, struct outdir_told *told)
{
    struct diroptions note;
    *told = (struct outdir_told){0};
    int dir = beneath_root(c->path, false);
    if (dir < 0 && dir != -ENOENT)
        return fail_opening(told->message, "%s: %s", c->path, beneath_why(dir));
    int err = dir < 0 || c->fresh ? -ENOENT : outdir_read_note(c->path, &note);
    enum outdir_status status = OUTDIR_OPEN;
    if (!err) {
        status = try_note(dir, c, &note, told);
        diroptions_fini(&note);
    } else if (err != -ENOENT) {
        status = fail_note(c, err, told->message);
    }
    if (dir >= 0)
        close(dir);
    return status;
}

int outdir_note_lists(struct outdir *d, const struct outdir_conf *conf)
{
    struct diroptions note;
    int err = filelock_wait(d->lock, FILELOCK_EXCLUSIVE, BEGINNING);
    if (err && err != -ENOLCK)
        return err;
    err = diroptions_read(d->folder, &note);
    if (!err) {
        err = diroptions_update(d->folder, &note, conf);
        diroptions_fini(&note);
    }
    filelock_try(d->lock, FILELOCK_NONE, BEGINNING);
    return err;
}

/* ---- words ---- */

static void put_word(struct buf *out, const char *before, const char *name, const char *value)
{
    if (!buf_append(out, before, strlen(before)) || !buf_append(out, name, strlen(name)) ||
        (value && (!buf_append(out, "=", 1) || !buf_append(out, value, strlen(value)))) ||
        !buf_append(out, "", 1))
        abort();
}

/* Sizes are noted by their names: "256,64x64-cover" for --thumb=256 --thumb=64x64:cover. */
static void put_sizes(struct buf *out, const char *value)
{
    char *copy = mem_dup(value), *rest = NULL;
    for (char *size = strtok_r(copy, ",", &rest); size; size = strtok_r(NULL, ",", &rest)) {
        char *mode = strchr(size, '-');
        if (mode)
            *mode = ':';
        put_word(out, "--", "thumb", size);
    }
    free(copy);
}

void outdir_typed(const struct outdir_option *o, const char *value, struct buf *ret)
{
    bool is_on = !strcmp(o->initial, "yes"), is_switch = is_on || !strcmp(o->initial, "no");
    if (!strcmp(o->name, "thumb") && *value)
        put_sizes(ret, value);
    else if (!strcmp(o->name, "thumb"))
        put_word(ret, "--", "no-thumbs", NULL);
    else if (is_switch && !strcmp(value, "yes"))
        put_word(ret, "--", o->name, NULL);
    else if (is_on && !strcmp(value, "no"))
        put_word(ret, "--no-", o->name, NULL);
    else if (!is_switch && *value)
        put_word(ret, "--", o->name, value);
    if (!buf_append(ret, "", 1))
        abort();
}

bool outdir_has_no_locks(const struct outdir *d)
{
    return d->has_no_locks;
}

void outdir_note_run(struct outdir *d, const struct runnote *note)
{
    filelock_wait(d->lock, FILELOCK_EXCLUSIVE, BEGINNING);
    runnote_write(d->folder, note);
    filelock_try(d->lock, FILELOCK_NONE, BEGINNING);
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

int outdir_seize(int dir)
{
    int fd = beneath_open(dir, lock_path, O_RDWR);
    int err = fd < 0 ? fd : filelock_try(fd, FILELOCK_EXCLUSIVE, WORKING);
    if (!err || err == -ENOLCK)
        return fd;
    if (fd >= 0)
        close(fd);
    return err;
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
