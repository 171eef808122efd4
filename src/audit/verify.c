#include "audit/verify_inside.h"

#include "base/beneath.h"
#include "base/mem.h"
#include "base/thread.h"
#include "exec/mailbox.h"
#include "store/diroptions.h"
#include "store/metadata.h"
#include "store/outdir.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { WHAT_SIZE = 400, THREADS_MAX = 64 };

struct entry {
    struct verify_shard shard;
    bool done;
};

struct verify {
    const struct verify_conf *conf;
    struct verify_counts *counts; /* of all shards */
    struct verify_shard rest;     /* files that belong to no shard */
    struct entry *entries;        /* sorted by number */
    size_t n;
    struct mailbox todo, done; /* entries: to the threads, and back */
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
        verify_fault(s, where, "not a file of %lld bytes, as its row says", (long long)file->bytes);
        break;
    case MANIFEST_WRONG_HASH:
        verify_fault(s, where, "its SHA-256 differs from its row");
        break;
    case MANIFEST_UNREADABLE:
        verify_fault(s, where, "cannot be read: %s", beneath_why(-errno));
        break;
    }
}

/* Passes the faults to on_fault and adds up the counts. */
static void tell(struct verify *v, struct verify_shard *s)
{
    for (size_t at = 0; at < s->faults.len;) {
        const char *where = (const char *)s->faults.data + at, *what = where + strlen(where) + 1;
        v->conf->on_fault(v->conf->arg, where, what);
        at += strlen(where) + 1 + strlen(what) + 1;
    }
    v->counts->rows += s->counts.rows;
    v->counts->files += s->counts.files;
    v->counts->bytes += s->counts.bytes;
    v->counts->faults += s->counts.faults;
    buf_fini(&s->faults);
}

/* ---- finding the shards ---- */

void verify_add_loose(struct verify_shard *s, const char *path, const char *what)
{
    size_t len = strlen(path);
    struct verify_loose *loose = mem_new(sizeof *loose + len + 1);
    memcpy(loose->path, path, len + 1);
    loose->what = what;
    HASH_ADD_KEYPTR(hh, s->loose, loose->path, len, loose);
}

/* Reports the files that no row has named, and frees all. */
static void tell_loose(struct verify_shard *s)
{
    struct verify_loose *loose, *next;
    HASH_ITER (hh, s->loose, loose, next) {
        if (!atomic_load(&loose->is_named))
            verify_fault(s, loose->path, "%s", loose->what);
        HASH_DEL(s->loose, loose);
        free(loose);
    }
}

/* True for the index of a tar, as NVIDIA's DALI and Megatron Energon make it. */
static bool is_index(const char *path)
{
    uint32_t shard;
    const char *ending = shardfiles_number(path, &shard);
    return ending && (!strcmp(ending, ".idx") || !strcmp(ending, ".tar.idx"));
}

/* Notes a file that belongs to no shard, unless it is one of the directory's own, or what loaders
 * of tars lay beside these. */
static void note_other(void *arg, const char *path)
{
    static const char *const known[] = {SHARDFILES_OWN, SHARDFILES_IMAGES, SHARDFILES_THUMBS,
        SHARDFILES_MANIFESTS, "report.html", "sizes.json", "__len__" /* both of open_clip */,
        ".nv-meta" /* of Energon */};
    struct verify *v = arg;
    if (is_index(path))
        return;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!strcmp(path, known[i]))
            return;
    if (strncmp(path, SHARDFILES_OWN "/", sizeof SHARDFILES_OWN) != 0)
        verify_add_loose(&v->rest, path, "not written by imgfetch");
}

/* What a run has noted about its files. */
static void read_note(struct verify *v)
{
    struct diroptions note;
    if (outdir_read_note(v->conf->path, &note))
        return;
    const char *sidecars = diroptions_text(&note, "sidecars");
    v->rest.has_metadata = sidecars && strstr(sidecars, METADATA_NAME);
    const char *manifest = diroptions_text(&note, "manifest");
    v->rest.has_parquet = manifest && !strcmp(manifest, "parquet");
    diroptions_fini(&note);
}

static int find_shards(struct verify *v, char *message)
{
    struct shardfiles *shards;
    const char *where;
    int err = shardfiles_find(v->rest.dir, note_other, v, &shards, &v->n, &where);
    if (err) {
        snprintf(message, VERIFY_MESSAGE_SIZE, "%s/%s: %s", v->conf->path, where, beneath_why(err));
        return err;
    }
    v->entries = mem_array(v->n, sizeof *v->entries);
    for (size_t i = 0; i < v->n; i++) {
        struct verify_shard *s = &v->entries[i].shard;
        *s = (struct verify_shard){.dir = v->rest.dir, .number = shards[i].number};
        s->has_metadata = v->rest.has_metadata;
        s->parts = shards[i].kinds;
        s->digits = shards[i].digits;
        s->has_parquet = v->rest.has_parquet;
    }
    free(shards);
    return 0;
}

/* ---- checking the shards ---- */

static void look_at_parts(struct verify_shard *s)
{
    static const enum shardfiles_kind left[] = {SHARDFILES_TAR_PART, SHARDFILES_SPOOL};
    char name[SHARDFILES_NAME_SIZE];
    if (!verify_is_closed(s)) {
        snprintf(name, sizeof name, "shard %0*u", (int)s->digits, s->number);
        verify_fault(s, name,
            "not complete: %llu rows so far; run the same command again to continue",
            (unsigned long long)s->counts.rows);
    }
    for (size_t i = 0; i < sizeof left / sizeof *left; i++)
        if (verify_is_closed(s) && (s->parts & left[i])) {
            shardfiles_name(s->number, s->digits, left[i], name);
            verify_fault(s, name, "left over from a run that was interrupted");
        }
    if ((s->parts & SHARDFILES_MANIFEST) && (s->parts & SHARDFILES_ROOT_MANIFEST)) {
        shardfiles_name(s->number, s->digits, SHARDFILES_MANIFEST, name);
        verify_fault(s, name, "a second manifest of the shard");
    }
    if ((s->parts & SHARDFILES_TAR) && !verify_is_tarred(s)) {
        shardfiles_name(s->number, s->digits, SHARDFILES_TAR, name);
        verify_fault(s, name, "no row names it");
    }
}

static void forget_faults(struct verify_shard *s)
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
    bool has_rows = s->parts & (SHARDFILES_MANIFEST | SHARDFILES_ROOT_MANIFEST);
    verify_rows(s);
    bool has_left = !has_rows && s->is_gone; /* nothing says what should be here */
    if (verify_is_tarred(s) && !has_left)
        verify_tar(s);
    if (!has_left) {
        verify_parquet(s);
        verify_extra(s);
    }
    look_at_parts(s);
    forget_faults(s);
}

static void look_at_some(void *arg)
{
    struct verify *v = arg;
    void *entry;
    while (mailbox_take(&v->todo, &entry, 1)) {
        ((struct entry *)entry)->shard.loose = v->rest.loose;
        look_at_shard(&((struct entry *)entry)->shard);
        mailbox_put(&v->done, entry);
    }
}

/* Reports in the order of the shards, whichever is checked first. */
static void tell_all(struct verify *v)
{
    void *entry;
    for (struct entry *e = v->entries; e < v->entries + v->n; e++) {
        while (!e->done && mailbox_wait(&v->done, 0, &entry, 1) > 0)
            ((struct entry *)entry)->done = true;
        v->counts->shards++;
        v->counts->gone += e->shard.is_gone;
        tell(v, &e->shard);
    }
}

static void look_at_shards(struct verify *v)
{
    pthread_t threads[THREADS_MAX];
    unsigned most = v->conf->threads < THREADS_MAX ? v->conf->threads : THREADS_MAX, n = 0;
    for (struct entry *e = v->entries; e < v->entries + v->n; e++)
        mailbox_add(&v->todo, e);
    while (n < most && !thread_start(&threads[n], "verify", 0, look_at_some, v))
        n++;
    if (!n)
        look_at_some(v); /* no thread could be started */
    tell_all(v);
    for (unsigned i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
}

static int compare_number(const void *number, const void *entry)
{
    uint32_t a = *(const uint32_t *)number, b = ((const struct entry *)entry)->shard.number;
    return a < b ? -1 : a > b;
}

static bool is_shard(void *arg, uint32_t number)
{
    const struct verify *v = arg;
    return bsearch(&number, v->entries, v->n, sizeof *v->entries, compare_number) != NULL;
}

static int open_dir(const char *path, int *ret, char *message)
{
    int dir = beneath_root(path, false);
    int err = dir < 0 ? dir : outdir_look(dir);
    const char *why = dir >= 0 && err == -ENOENT ? "not an imgfetch output directory"
                      : err == -EBUSY            ? "another imgfetch is writing there"
                                                 : beneath_why(err);
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
    read_note(&v);
    mailbox_init(&v.todo);
    mailbox_init(&v.done);
    err = find_shards(&v, message);
    if (!err) {
        verify_extra_folders(&v.rest, is_shard, &v);
        look_at_shards(&v);
    }
    tell_loose(&v.rest);
    tell(&v, &v.rest);
    free(v.entries);
    mailbox_fini(&v.todo);
    mailbox_fini(&v.done);
    close(v.rest.dir);
    return err;
}
