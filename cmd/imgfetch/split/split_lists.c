#include "cmd/imgfetch/split/split_lists.h"

#include "base/beneath.h"
#include "base/beneath_place.h"
#include "base/filelock.h"
#include "base/mem.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

enum {
    NAME_SIZE = 32,
    CHUNK_MAX = 1 << 20,
    LEVEL = 3, /* zstd's own default */
};

static const char lock_name[] = "lock";

struct split_lists {
    struct beneath_place place; /* of the final directory */
    char *part;                 /* the name of the one beside it */
    int dir;                    /* that one, open */
    int lock;
    unsigned n;
    size_t chunk;   /* bytes of rows that make a frame */
    struct buf *at; /* n: rows of each list that are not written yet */
    ZSTD_CCtx *zstd;
    struct buf packed;
    bool finished;
    char message[SPLIT_LISTS_MESSAGE_SIZE];
};

/* ---- the directories ---- */

static bool fail(struct split_lists *l, const char *name, int err)
{
    snprintf(l->message, sizeof l->message, "%.200s%s%s: %.100s", l->place.path, name ? "/" : "",
        name ? name : "", beneath_why(err));
    return false;
}

static int found(void *arg, const char *name)
{
    (void)arg;
    (void)name;
    return -ENOTEMPTY;
}

/* 0: nothing has the name, or an empty folder. */
static int check_free(const struct beneath_place *place)
{
    struct stat st;
    int err = beneath_stat(place->parent, place->name, &st);
    if (err)
        return err == -ENOENT ? 0 : err;
    int folder = beneath_open_folder(place->parent, place->name);
    if (folder < 0)
        return folder;
    err = beneath_list(folder, ".", found, NULL);
    close(folder);
    return err;
}

/* True for the names that are given here. */
static bool is_our_name(const char *name)
{
    size_t digits = strspn(name, "0123456789");
    return !strcmp(name, lock_name) ||
           (digits == 4 && (!strcmp(name + digits, ".zst") || !strcmp(name + digits, ".conf")));
}

static int remove_entry(void *arg, const char *name)
{
    const struct split_lists *l = arg;
    return !is_our_name(name)         ? -EEXIST
           : !strcmp(name, lock_name) ? 0
                                      : beneath_remove(l->dir, name);
}

/* Removes what an interrupted run has left. */
static bool clean(struct split_lists *l)
{
    int err = beneath_list(l->dir, ".", remove_entry, l);
    if (!err)
        return true;
    snprintf(l->message, sizeof l->message, "%.200s.part: %s", l->place.path,
        err == -EEXIST ? "it has files that --split did not write: remove it, or name another "
                         "--output"
                       : beneath_why(err));
    return false;
}

static bool take_lock(struct split_lists *l)
{
    l->lock = beneath_open(l->dir, lock_name, O_RDWR | O_CREAT);
    if (l->lock < 0)
        return fail(l, NULL, l->lock);
    if (filelock_try(l->lock, FILELOCK_EXCLUSIVE, 0) != -EAGAIN)
        return true;
    snprintf(l->message, sizeof l->message, "%.200s: another imgfetch is writing lists there",
        l->place.path);
    return false;
}

static bool open_part(struct split_lists *l)
{
    size_t size = strlen(l->place.name) + sizeof ".part";
    l->part = mem_new(size);
    snprintf(l->part, size, "%s.part", l->place.name);
    int err = beneath_make_folder(l->place.parent, l->part);
    if (!err)
        l->dir = beneath_open_folder(l->place.parent, l->part);
    if (err || l->dir < 0)
        return fail(l, NULL, err ? err : l->dir);
    return take_lock(l) && clean(l);
}

/* Half of the memory, as a buffer may be twice as large as what is in it. */
static size_t chunk_of(unsigned n)
{
    size_t chunk = SPLIT_LISTS_MEMORY / 2 / n;
    return chunk < CHUNK_MAX ? chunk : CHUNK_MAX;
}

struct split_lists *split_lists_new(
    const char *path, unsigned n, char message[SPLIT_LISTS_MESSAGE_SIZE], bool *ret_misuse)
{
    struct beneath_place place;
    int err = beneath_place_find(path, &place);
    *ret_misuse = true;
    if (!err && (err = check_free(&place)))
        beneath_place_fini(&place);
    if (err) {
        snprintf(message, SPLIT_LISTS_MESSAGE_SIZE, "%.200s: %s", path,
            err == -ENOTEMPTY ? "it is not empty: name a new directory for the lists"
                              : beneath_why(err));
        return NULL;
    }
    struct split_lists *l = mem_new(sizeof *l);
    l->place = place;
    l->dir = l->lock = -1;
    l->n = n;
    l->chunk = chunk_of(n);
    l->at = mem_array(n, sizeof *l->at);
    l->zstd = ZSTD_createCCtx();
    mem_must(l->zstd != NULL);
    ZSTD_CCtx_setParameter(l->zstd, ZSTD_c_compressionLevel, LEVEL);
    ZSTD_CCtx_setParameter(l->zstd, ZSTD_c_checksumFlag, 1);
    *ret_misuse = false;
    if (open_part(l))
        return l;
    snprintf(message, SPLIT_LISTS_MESSAGE_SIZE, "%s", l->message);
    l->finished = true; /* what is there is not ours */
    split_lists_free(l);
    return NULL;
}

/* ---- files ---- */

static int write_all(int fd, const void *bytes, size_t len)
{
    for (const char *at = bytes; len;) {
        ssize_t n = write(fd, at, len);
        if (n < 0 && errno != EINTR)
            return -errno;
        at += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
    return 0;
}

static bool append_file(struct split_lists *l, const char *name, const void *bytes, size_t len)
{
    int fd = beneath_open(l->dir, name, O_WRONLY | O_CREAT | O_APPEND);
    if (fd < 0)
        return fail(l, name, fd);
    int err = write_all(fd, bytes, len);
    close(fd);
    return !err || fail(l, name, err);
}

/* Writes the rows as one frame. */
static bool write_frame(struct split_lists *l, unsigned list)
{
    struct buf *rows = &l->at[list];
    char name[NAME_SIZE];
    snprintf(name, sizeof name, "%04u.zst", list);
    if (!buf_reserve(&l->packed, ZSTD_compressBound(rows->len)))
        return fail(l, name, -ENOMEM);
    size_t len = ZSTD_compress2(l->zstd, l->packed.data, l->packed.cap, rows->data, rows->len);
    if (ZSTD_isError(len))
        return fail(l, name, -ENOMEM); /* the room suffices */
    bool good = append_file(l, name, l->packed.data, len);
    if (rows->cap > 2 * l->chunk) /* a long row made it so large */
        buf_fini(rows);
    rows->len = 0;
    return good;
}

static bool put(struct split_lists *l, unsigned list, const char *text, size_t len)
{
    return buf_append(&l->at[list], text, len) || fail(l, NULL, -ENOMEM);
}

static bool end_row(struct split_lists *l, unsigned list)
{
    return put(l, list, "\n", 1) && (l->at[list].len < l->chunk || write_frame(l, list));
}

bool split_lists_add(struct split_lists *l, unsigned list, struct span row)
{
    return put(l, list, row.at, row.len) && end_row(l, list);
}

bool split_lists_add_torn(struct split_lists *l, unsigned list, struct span row)
{
    struct span rest = row;
    bool good = put(l, list, "\"\"\"", 3); /* no URL begins with a quote */
    while (good && rest.len) {
        bool has_quote = memchr(rest.at, '"', rest.len);
        struct span part = span_cut(&rest, '"');
        good = put(l, list, part.at, part.len) && (!has_quote || put(l, list, "\"\"", 2));
    }
    return good && put(l, list, "\"", 1) && end_row(l, list);
}

bool split_lists_flush(struct split_lists *l)
{
    for (unsigned i = 0; i < l->n; i++)
        if (!write_frame(l, i)) /* an empty one makes the file of a list without rows */
            return false;
    return true;
}

bool split_lists_write_conf(struct split_lists *l, unsigned list, const struct buf *conf)
{
    char name[NAME_SIZE];
    snprintf(name, sizeof name, "%04u.conf", list);
    return append_file(l, name, conf->data, conf->len);
}

/* ---- the end ---- */

bool split_lists_finish(struct split_lists *l)
{
    int err = syncfs(l->dir) ? -errno : 0;
    if (!err)
        err = beneath_remove_folder(l->place.parent, l->place.name);
    if (!err || err == -ENOENT)
        err = beneath_rename(l->place.parent, l->part, l->place.name, true);
    if (err)
        return fail(l, NULL, err);
    l->finished = true;
    (void)beneath_remove(l->dir, lock_name); /* not before: it kept others out */
    return !fsync(l->place.parent) || fail(l, NULL, -errno);
}

const char *split_lists_error(const struct split_lists *l)
{
    return l->message;
}

void split_lists_free(struct split_lists *l)
{
    if (!l)
        return;
    if (!l->finished) {
        (void)beneath_list(l->dir, ".", remove_entry, l);
        (void)beneath_remove(l->dir, lock_name);
        (void)beneath_remove_folder(l->place.parent, l->part);
    }
    if (l->lock >= 0)
        close(l->lock);
    if (l->dir >= 0)
        close(l->dir);
    for (unsigned i = 0; i < l->n; i++)
        buf_fini(&l->at[i]);
    free(l->at);
    buf_fini(&l->packed);
    ZSTD_freeCCtx(l->zstd);
    beneath_place_fini(&l->place);
    free(l->part);
    free(l);
}
