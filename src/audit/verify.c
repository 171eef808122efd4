#include "audit/verify_inside.h"

#include "base/descriptor.h"
#include "base/mem.h"
#include "store/commit.h"
#include "store/outdir.h"
#include "store/resume.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { WHAT_SIZE = 400, THREADS_MAX = 64 };

struct entry {
    UT_hash_handle hh; /* by the shard's number */
    struct verify_shard shard;
    bool done; /* under the lock */
};

struct verify {
    const struct verify_conf *conf;
    struct verify_counts *counts; /* of all */
    struct verify_shard rest;     /* what is no shard's */
    struct entry *entries;        /* in the order of their numbers, once all are found */

    pthread_mutex_t lock; /* for the next one, and `done` */
    struct entry *next;   /* that nobody has looked at */
    pthread_cond_t changed;
};

/* ---- faults ---- */

void verify_fault(struct verify_shard *s, const char *where, const char *format, ...)
{
    char what[WHAT_SIZE];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    s->counts.faults++;
    if (!buf_append(&s->faults, where, strlen(where) + 1) ||
        !buf_append(&s->faults, what, strlen(what) + 1))
        abort();
}

void verify_file_status(struct verify_shard *s, const char *where, const struct manifest_file *file,
    enum manifest_status status)
{
    switch (status) {
    case MANIFEST_GOOD:
        break;
    case MANIFEST_MISSING:
        verify_fault(s, where, "missing");
        break;
    case MANIFEST_WRONG_SIZE:
        verify_fault(s, where, "not a file of %lld bytes", (long long)file->bytes);
        break;
    case MANIFEST_WRONG_HASH:
        verify_fault(s, where, "other bytes than its row says: SHA-256");
        break;
    case MANIFEST_UNREADABLE:
        verify_fault(s, where, "cannot be read: %s", strerror(errno));
        break;
    }
}

/* Hands the faults on, and counts. */
static void tell(struct verify *v, struct verify_shard *s)
{
    const char *at = (const char *)s->faults.data, *end = at + s->faults.len;
    while (at < end) {
        const char *what = at + strlen(at) + 1;
        v->conf->on_fault(v->conf->arg, at, what);
        at = what + strlen(what) + 1;
    }
    v->counts->rows += s->counts.rows;
    v->counts->files += s->counts.files;
    v->counts->bytes += s->counts.bytes;
    v->counts->faults += s->counts.faults;
    buf_fini(&s->faults);
}

/* ---- which shards are there ---- */

static struct entry *find(struct verify *v, uint32_t number)
{
    struct entry *e;
    HASH_FIND(hh, v->entries, &number, sizeof number, e);
    return e;
}

static void note(struct verify *v, uint32_t number, enum verify_part part)
{
    struct entry *e = find(v, number);
    if (!e) {
        e = mem_new(sizeof *e);
        e->shard.dir = v->rest.dir;
        e->shard.number = number;
        HASH_ADD(hh, v->entries, shard.number, sizeof e->shard.number, e);
    }
    e->shard.parts |= part;
}

struct ending {
    const char *text;
    enum verify_part part;
};

/* Notes what in a folder is a part of a shard; the rest is a fault, but for the names in `known`
 * and where that is NULL. */
static int look_through(
    struct verify *v, const char *path, const struct ending *endings, const char *const *known)
{
    char where[512];
    uint32_t number;
    DIR *folder = descriptor_opendirat(v->rest.dir, path, 0);
    if (!folder)
        return errno == ENOENT ? 0 : -errno;
    for (struct dirent *d; (d = readdir(folder));) {
        const char *end = resume_shard_number(d->d_name, &number);
        const struct ending *e = endings;
        while (e->text && (!end || strcmp(end, e->text) != 0))
            e++;
        if (e->text)
            note(v, number, e->part);
        bool is_known = e->text || !known || !strcmp(d->d_name, ".") || !strcmp(d->d_name, "..");
        for (const char *const *name = known; !is_known && *name; name++)
            is_known = !strcmp(d->d_name, *name);
        snprintf(where, sizeof where, "%s%s%s", path, *path == '.' ? "" : "/", d->d_name);
        if (!is_known)
            verify_fault(&v->rest, where + (*path == '.'), "no file of imgfetch");
    }
    closedir(folder);
    return 0;
}

static int by_number(const struct entry *a, const struct entry *b)
{
    return a->shard.number < b->shard.number ? -1 : a->shard.number > b->shard.number;
}

static int find_shards(struct verify *v)
{
    static const struct ending in_root[] = {{"_stats.json", VERIFY_STATS},
        {".jsonl", VERIFY_TARRED}, {".tar", VERIFY_TAR}, {".tar" COMMIT_PART, VERIFY_TAR_PART},
        {".spool", VERIFY_SPOOL}, {NULL, 0}};
    static const struct ending in_manifest[] = {{".jsonl", VERIFY_MANIFEST}, {NULL, 0}};
    static const struct ending in_folder[] = {{".open", VERIFY_SHARDLOCK}, {NULL, 0}};
    static const char *const known[] = {
        OUTDIR_FOLDER, "images", "thumbs", "manifest", "report.html", NULL};
    static const char *const none[] = {NULL};
    int err = look_through(v, ".", in_root, known);
    if (!err)
        err = look_through(v, "manifest", in_manifest, none);
    if (!err)
        err = look_through(v, OUTDIR_FOLDER, in_folder, NULL);
    HASH_SORT(v->entries, by_number);
    return err;
}

/* ---- one shard after the other ---- */

static void look_at_parts(struct verify_shard *s)
{
    static const struct ending left[] = {
        {"tar" COMMIT_PART, VERIFY_TAR_PART}, {"spool", VERIFY_SPOOL}, {NULL, 0}};
    char name[64];
    if (!verify_is_closed(s)) {
        snprintf(name, sizeof name, "shard %05u", s->number);
        verify_fault(s, name, "not complete, with %llu rows so far; the command of the run goes on",
            (unsigned long long)s->counts.rows);
    }
    for (const struct ending *l = left; l->text; l++)
        if (verify_is_closed(s) && (s->parts & l->part)) {
            snprintf(name, sizeof name, "%05u.%s", s->number, l->text);
            verify_fault(s, name, "left behind");
        }
    if ((s->parts & VERIFY_MANIFEST) && (s->parts & VERIFY_TARRED)) {
        snprintf(name, sizeof name, "manifest/%05u.jsonl", s->number);
        verify_fault(s, name, "a second manifest of the shard");
    }
    if ((s->parts & VERIFY_TAR) && !verify_is_tarred(s)) {
        snprintf(name, sizeof name, "%05u.tar", s->number);
        verify_fault(s, name, "no row names it");
    }
}

static void forget(struct verify_shard *s)
{
    struct verify_row *row, *next_row;
    struct verify_file *file, *next_file;
    HASH_ITER (hh, s->rows, row, next_row) {
        HASH_DEL(s->rows, row);
        free(row);
    }
    HASH_ITER (hh, s->files, file, next_file) {
        HASH_DEL(s->files, file);
        free(file->sha256);
        free(file);
    }
    buf_fini(&s->manifest);
}

static void look_at_shard(struct verify_shard *s)
{
    verify_rows(s);
    if (verify_is_tarred(s))
        verify_tar(s);
    verify_extra(s);
    look_at_parts(s);
    forget(s);
}

static void *work(void *arg)
{
    struct verify *v = arg;
    struct entry *e;
    pthread_mutex_lock(&v->lock);
    while ((e = v->next)) {
        v->next = e->hh.next;
        pthread_mutex_unlock(&v->lock);
        look_at_shard(&e->shard);
        pthread_mutex_lock(&v->lock);
        e->done = true;
        pthread_cond_signal(&v->changed);
    }
    pthread_mutex_unlock(&v->lock);
    return NULL;
}

/* In the order of the shards, whatever is done first. */
static void tell_all(struct verify *v)
{
    for (struct entry *e = v->entries; e; e = e->hh.next) {
        pthread_mutex_lock(&v->lock);
        while (!e->done)
            pthread_cond_wait(&v->changed, &v->lock);
        pthread_mutex_unlock(&v->lock);
        v->counts->shards++;
        tell(v, &e->shard);
    }
}

static void look_at_shards(struct verify *v)
{
    pthread_t threads[THREADS_MAX];
    unsigned n = v->conf->threads < THREADS_MAX ? v->conf->threads : THREADS_MAX;
    v->next = v->entries;
    for (unsigned i = 0; i < n; i++)
        if (pthread_create(&threads[i], NULL, work, v))
            abort();
    tell_all(v);
    for (unsigned i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
}

static bool is_shard(void *arg, uint32_t number)
{
    return find(arg, number) != NULL;
}

static int open_dir(const char *path, int *ret, char *message)
{
    int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int err = dir < 0 ? -errno : outdir_look(dir);
    const char *why = dir >= 0 && err == -ENOENT ? "not an output directory of imgfetch"
                      : err == -EBUSY            ? "another imgfetch is writing there"
                                                 : strerror(-err);
    if (err) {
        snprintf(message, VERIFY_MESSAGE_SIZE, "%s: %s", path, why);
        if (dir >= 0)
            close(dir);
        return err;
    }
    *ret = dir;
    return 0;
}

int verify_dir(const struct verify_conf *conf, struct verify_counts *ret, char *message)
{
    *ret = (struct verify_counts){0};
    struct verify v = {.conf = conf, .counts = ret};
    int err = open_dir(conf->path, &v.rest.dir, message);
    if (err)
        return err;
    pthread_mutex_init(&v.lock, NULL);
    pthread_cond_init(&v.changed, NULL);
    err = find_shards(&v);
    if (err)
        snprintf(message, VERIFY_MESSAGE_SIZE, "%s: %s", conf->path, strerror(-err));
    else
        look_at_shards(&v);
    if (!err)
        verify_extra_folders(&v.rest, is_shard, &v);
    tell(&v, &v.rest);
    struct entry *e, *next;
    HASH_ITER (hh, v.entries, e, next) {
        HASH_DEL(v.entries, e);
        buf_fini(&e->shard.faults);
        free(e);
    }
    pthread_mutex_destroy(&v.lock);
    pthread_cond_destroy(&v.changed);
    close(v.rest.dir);
    return err;
}
