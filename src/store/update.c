#include "store/update.h"

#include "base/beneath.h"
#include "base/beneath_place.h"
#include "base/mem.h"
#include "manifest/shardfiles.h"
#include "store/commit.h"
#include "store/fresh.h"
#include "store/outdir.h"
#include "store/update_lost.h"
#include "store/update_mark.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char mark_path[] = SHARDFILES_OWN "/" FRESH_MARK, suffix[] = ".update";

enum { TOLD_MAX = 3 /* files that are named */ };

struct update {
    struct beneath_place place; /* of DIR */
    char *new_path, *parent;
    const char *new_name;         /* within new_path */
    int old_dir, new_dir;         /* -1: not open */
    int lock;                     /* of the old one; -1: not locked */
    struct update_mark was, next; /* DIR, DIR.update */
};

static enum update_status fail(enum update_status status, char *message, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static enum update_status fail(enum update_status status, char *message, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(message, UPDATE_MESSAGE_SIZE, format, args);
    va_end(args);
    return status;
}

/* ---- removing the old one ---- */

struct named {
    char text[400];
    unsigned n;
};

static void name_other(void *arg, const char *path)
{
    struct named *s = arg;
    size_t len = strlen(s->text);
    if (s->n++ < TOLD_MAX)
        snprintf(s->text + len, sizeof s->text - len, "%s%.100s", len ? ", " : "", path);
}

static const char *and_more(const struct named *s)
{
    return s->n > TOLD_MAX ? ", ..." : "";
}

static int remove_if_there(int dir, const char *path)
{
    int err = beneath_remove(dir, path);
    return err == -ENOENT ? 0 : err;
}

/* Removes what is left when only .imgfetch is of ours; the mark at last. -ENOTEMPTY: there are
 * files of others. */
static int remove_rest(int parent, const char *name, int dir)
{
    static const char *const rest[] = {SHARDFILES_OWN "/options.json",
        SHARDFILES_OWN "/" FRESH_LIST, SHARDFILES_OWN "/lock",
        SHARDFILES_OWN "/" FRESH_MARK COMMIT_PART, mark_path};
    int err = 0;
    for (size_t i = 0; i < sizeof rest / sizeof *rest && !err; i++)
        err = remove_if_there(dir, rest[i]);
    if (!err)
        err = beneath_remove_folder(dir, SHARDFILES_OWN);
    if (!err || err == -ENOENT)
        err = beneath_remove_folder(parent, name);
    return err;
}

static int is_not_own(void *arg, const char *name)
{
    (void)arg;
    return strcmp(name, SHARDFILES_OWN) != 0;
}

/* After fresh_remove(). *ret_named: what is left is of others, so our own can go. -ENOTEMPTY: it is
 * ours, because a folder could not be removed. */
static int look_at_rest(int dir, struct named *ret_named)
{
    char what[FRESH_NAME_SIZE];
    int left = beneath_list(dir, ".", is_not_own, NULL);
    if (left <= 0)
        return left;
    int err = fresh_others(dir, what, name_other, ret_named);
    return err ? err : ret_named->n ? 0 : -ENOTEMPTY;
}

/* The directory of that descriptor is at DIR.update. */
static enum update_status remove_old(struct update *u, int dir, char *message)
{
    char what[FRESH_NAME_SIZE] = "";
    struct named named = {"", 0};
    int err = fresh_remove(dir, what);
    if (!err)
        err = look_at_rest(dir, &named);
    if (!err)
        err = remove_rest(u->place.parent, u->new_name, dir);
    if (named.n && (err == -ENOTEMPTY || err == -EEXIST))
        return fail(UPDATE_FAILED, message,
            "%s is up to date; files that no row names have stayed in %s: %s%s; move them away",
            u->place.path, u->new_path, named.text, and_more(&named));
    if (err)
        return fail(UPDATE_FAILED, message,
            "%s is up to date, but the one before it cannot be removed: %s%s%s: %s; run the same "
            "command again",
            u->place.path, u->new_path, *what ? "/" : "", what, beneath_why(err));
    return UPDATE_OK;
}

/* DIR is the new one; its mark goes when the old one has gone. */
static enum update_status forget_mark(struct update *u, int dir, char *message)
{
    int err = fsync(u->place.parent) ? -errno : remove_if_there(dir, mark_path);
    if (err)
        return fail(
            UPDATE_FAILED, message, "%s/%s: %s", u->place.path, mark_path, beneath_why(err));
    return UPDATE_OK;
}

/* ---- opening ---- */

/* After a kill between the exchange and the end. */
static enum update_status finish_earlier(struct update *u, char *message)
{
    enum update_status status = UPDATE_OK;
    bool is_ours = u->next.kind == UPDATE_MARK_EMPTY ||
                   (u->next.kind == UPDATE_MARK_OLD && !strcmp(u->next.id, u->was.id));
    int lock = is_ours ? outdir_seize(u->new_dir) : -1;
    if (lock == -EAGAIN)
        return fail(UPDATE_FAILED, message, "%s: another imgfetch is removing it", u->new_path);
    if (is_ours)
        status = remove_old(u, u->new_dir, message);
    if (lock >= 0)
        close(lock);
    if (is_ours && status == UPDATE_OK) {
        close(u->new_dir);
        u->new_dir = -1;
        u->next.kind = UPDATE_MARK_MISSING;
    }
    if (status == UPDATE_OK && u->next.kind != UPDATE_MARK_NEW)
        status = forget_mark(u, u->old_dir, message);
    return status;
}

static void set_paths(struct update *u)
{
    size_t size = strlen(u->place.path) + sizeof suffix;
    u->new_path = mem_new(size);
    snprintf(u->new_path, size, "%s%s", u->place.path, suffix);
    u->new_name = u->new_path + (u->place.name - u->place.path);
    size_t len = (size_t)(u->place.name - u->place.path);
    u->parent = len ? mem_dup_n(u->place.path, len) : mem_dup(".");
}

/* DIR may be a link: then it cannot be replaced, but the run may have nothing to replace. */
static int open_both(struct update *u, const char *path)
{
    u->old_dir = beneath_root(path, false);
    int err = u->old_dir < 0 ? u->old_dir : update_mark_read(u->old_dir, &u->was);
    return err ? err : update_mark_open(u->place.parent, u->new_name, &u->new_dir, &u->next);
}

enum update_status update_open(const char *path, struct update **ret, char *message)
{
    struct update *u = mem_new(sizeof *u);
    *u = (struct update){.old_dir = -1, .new_dir = -1, .lock = -1};
    enum update_status status = UPDATE_OK;
    int err = beneath_place_find(path, &u->place);
    if (!err) {
        set_paths(u);
        err = open_both(u, path);
    }
    bool is_none = u->was.kind == UPDATE_MARK_EMPTY || u->was.kind == UPDATE_MARK_OTHER;
    if (err == -ENOENT || (!err && is_none))
        status = UPDATE_NONE;
    else if (err == -EBUSY)
        status = fail(UPDATE_IMPOSSIBLE, message, "%s: it is a mount point", path);
    else if (err)
        status = fail(UPDATE_FAILED, message, "%s: %s", path, beneath_why(err));
    else if (u->was.kind == UPDATE_MARK_NEW)
        status = finish_earlier(u, message);
    if (status == UPDATE_OK)
        *ret = u;
    else
        update_close(u);
    return status;
}

void update_close(struct update *u)
{
    if (!u)
        return;
    const int fds[] = {u->old_dir, u->new_dir, u->lock};
    for (int i = 0; i < 3; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    beneath_place_fini(&u->place);
    free(u->new_path);
    free(u->parent);
    free(u);
}

const char *update_old(const struct update *u)
{
    return u->place.path;
}

const char *update_new(const struct update *u)
{
    return u->new_path;
}

const char *update_parent(const struct update *u)
{
    return u->parent;
}

int update_old_dir(const struct update *u)
{
    return u->old_dir;
}

int update_new_dir(const struct update *u)
{
    return u->new_dir;
}

bool update_is_begun(const struct update *u)
{
    return u->next.kind == UPDATE_MARK_NEW;
}

/* ---- beginning ---- */

static bool is_same(int a, int b)
{
    struct stat x, y;
    return !fstat(a, &x) && !fstat(b, &y) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static enum update_status lock_old(struct update *u, char *message)
{
    u->lock = outdir_seize(u->old_dir);
    if (u->lock < 0 && u->lock != -EAGAIN)
        return fail(UPDATE_FAILED, message, "%s: %s", u->place.path, beneath_why(u->lock));
    int now = beneath_open_folder(u->place.parent, u->place.name);
    bool is_there = u->lock >= 0 && now >= 0 && is_same(now, u->old_dir);
    if (now >= 0)
        close(now);
    return is_there ? UPDATE_OK
                    : fail(UPDATE_FAILED, message,
                          "%s: another imgfetch is at work there; --update needs the directory to "
                          "itself",
                          u->place.path);
}

static enum update_status check_others(struct update *u, char *message)
{
    struct named named = {"", 0};
    char what[FRESH_NAME_SIZE];
    int err = fresh_others(u->old_dir, what, name_other, &named);
    if (err)
        return fail(UPDATE_FAILED, message, "%s/%s: %s", u->place.path, what, beneath_why(err));
    if (!named.n)
        return UPDATE_OK;
    return fail(UPDATE_IMPOSSIBLE, message,
        "%s cannot be replaced: files there that no row names: %u: %s%s; move them away",
        u->place.path, named.n, named.text, and_more(&named));
}

/* Exchanges two folders of its own. */
static int try_exchange(int dir)
{
    static const char a[] = SHARDFILES_OWN "/a", b[] = SHARDFILES_OWN "/b";
    int err = beneath_make_folder(dir, a);
    if (!err)
        err = beneath_make_folder(dir, b);
    int folder = err ? err : beneath_open_folder(dir, SHARDFILES_OWN);
    err = folder < 0 ? folder : beneath_place_exchange(folder, "a", "b");
    if (folder >= 0)
        close(folder);
    (void)beneath_remove_folder(dir, a);
    (void)beneath_remove_folder(dir, b);
    return err;
}

static enum update_status fail_new(const struct update *u, int err, char *message)
{
    if (err == -EINVAL || err == -ENOSYS || err == -EOPNOTSUPP)
        return fail(UPDATE_IMPOSSIBLE, message,
            "%s cannot be replaced: its file system cannot exchange two directories",
            u->place.path);
    if (err == -EACCES || err == -EPERM || err == -EROFS || err == -ENAMETOOLONG)
        return fail(UPDATE_IMPOSSIBLE, message, "%s cannot be replaced: %s: %s", u->place.path,
            u->new_path, beneath_why(err));
    return fail(UPDATE_FAILED, message, "%s: %s", u->new_path, beneath_why(err));
}

/* The mark comes before anything else, so that whatever has it is ours. */
static int make_new(struct update *u)
{
    int err = beneath_make_folder(u->place.parent, u->new_name);
    if (!err && u->new_dir < 0)
        u->new_dir = beneath_open_folder(u->place.parent, u->new_name);
    if (!err && u->new_dir < 0)
        err = u->new_dir;
    if (!err)
        err = beneath_make_folder(u->new_dir, SHARDFILES_OWN);
    if (err)
        return err;
    update_mark_id(u->next.id);
    err = update_mark_write(u->new_dir, "new", u->next.id);
    if (!err && fsync(u->place.parent))
        err = -errno;
    return err ? err : try_exchange(u->new_dir);
}

enum update_status update_begin(struct update *u, char *message)
{
    const char *why = beneath_place_why_fixed(&u->place);
    if (why)
        return fail(UPDATE_IMPOSSIBLE, message, "%s cannot be replaced: %s", u->place.path, why);
    enum update_status status = lock_old(u, message);
    if (status == UPDATE_OK)
        status = check_others(u, message);
    if (status != UPDATE_OK || u->next.kind == UPDATE_MARK_NEW)
        return status;
    if (u->next.kind != UPDATE_MARK_MISSING && u->next.kind != UPDATE_MARK_EMPTY)
        return fail(UPDATE_IMPOSSIBLE, message,
            "%s: it is there, and no --update has made it: move it away", u->new_path);
    int err = make_new(u);
    if (!err)
        return UPDATE_OK;
    if (u->new_dir >= 0)
        (void)remove_rest(u->place.parent, u->new_name, u->new_dir);
    return fail_new(u, err, message);
}

/* ---- the end ---- */

int update_count_lost(struct update *u, uint64_t *ret)
{
    return update_lost_count(u->old_dir, u->new_dir, ret);
}

enum update_status update_exchange(struct update *u, char *message)
{
    int err = update_mark_write(u->old_dir, "old", u->next.id);
    if (!err && syncfs(u->new_dir))
        err = -errno;
    if (!err)
        err = beneath_place_exchange(u->place.parent, u->place.name, u->new_name);
    if (!err && fsync(u->place.parent))
        err = -errno;
    if (err)
        return fail(UPDATE_FAILED, message, "%s and %s cannot be exchanged: %s", u->place.path,
            u->new_path, beneath_why(err));
    return UPDATE_OK;
}

enum update_status update_remove_old(struct update *u, char *message)
{
    enum update_status status = remove_old(u, u->old_dir, message);
    enum update_status forgotten =
        status == UPDATE_OK ? forget_mark(u, u->new_dir, message) : UPDATE_OK;
    return status == UPDATE_OK ? forgotten : status;
}
