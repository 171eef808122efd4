#include "store/fresh.h"

#include "base/beneath.h"
#include "base/buf.h"
#include "base/descriptor.h"
#include "base/textset.h"
#include "manifest/manifest.h"
#include "manifest/row.h"
#include "manifest/sample.h"
#include "manifest/shardfiles.h"
#include "manifest/statsfile.h"
#include "store/commit.h"
#include "store/intents.h"
#include "store/metadata.h"
#include "store/parquetfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { KEY_DIGITS_MIN = 9 };

/* When what is removed: see store/fresh.h. */
enum turn { NOTES, STATS, FILES, MANIFESTS, TURNS };

struct fresh {
    int dir;
    char *what;
    struct buf paths[TURNS]; /* to be removed, each ended by a NUL; a folder's ends with a slash */
    const char *folder;      /* being listed */
};

static int tell(struct fresh *f, const char *path, int err)
{
    if (err && !*f->what)
        snprintf(f->what, FRESH_NAME_SIZE, "%s", path);
    return err;
}

static int plan_path(struct fresh *f, enum turn turn, const char *path)
{
    return buf_append(&f->paths[turn], path, strlen(path) + 1) ? 0 : tell(f, path, -ENOMEM);
}

/* Calls `entry` for the names in the folder. What is missing or is not a folder has none. */
static int list_folder(struct fresh *f, const char *path, beneath_entry *entry)
{
    const char *above = f->folder;
    f->folder = path;
    int err = beneath_list(f->dir, path, entry, f);
    f->folder = above;
    return err == -ENOENT || err == -ENOTDIR ? 0 : tell(f, path, err);
}

/* True for a name like one of ours, beginning with a key of the shard whose folder it is in. */
static bool is_key_name(const char *folder, const char *name)
{
    const char *shard = strrchr(folder, '/') + 1;
    size_t len = strcspn(shard, "/"), digits = strspn(name, "0123456789");
    return !strncmp(name, shard, len) && digits >= KEY_DIGITS_MIN && name[digits] == '.';
}

static bool is_shard_name(const char *name)
{
    uint32_t shard;
    const char *end = shardfiles_number(name, &shard);
    return end && !*end;
}

/* True for a metadata.jsonl of ours (store/metadata.h), by its beginning. */
static bool is_metadata(struct fresh *f, const char *path)
{
    static const char first[] = "{\"file_name\":\"";
    char begin[SAMPLE_PATH_SIZE], second[32];
    int fd = beneath_open(f->dir, path, O_RDONLY);
    if (fd < 0)
        return false;
    ssize_t n = descriptor_read_at(fd, begin, sizeof begin, 0);
    size_t len = n > 0 ? (size_t)n : 0;
    close(fd);
    snprintf(second, sizeof second, "\",\"key\":\"%s", strrchr(f->folder, '/') + 1);
    return len >= sizeof first && !memcmp(begin, first, sizeof first - 1) &&
           memmem(begin, len, second, strlen(second));
}

/* A file in a folder of the shard, whether a row names it or not: a run may have been killed before
 * it wrote the row. */
static int plan_file(void *arg, const char *name)
{
    struct fresh *f = arg;
    char path[FRESH_NAME_SIZE];
    bool is_named = is_key_name(f->folder, name);
    bool may_be = !strcmp(name, METADATA_NAME) || !strcmp(name, METADATA_NAME COMMIT_PART);
    if (snprintf(path, sizeof path, "%s/%s", f->folder, name) >= (int)sizeof path)
        return 0;
    if (!is_named && !(may_be && is_metadata(f, path)))
        return 0;
    return plan_path(f, FILES, path);
}

/* Plans to remove a folder, if it is empty then, after what `entry` plans for the names in it. */
static int plan_folder(struct fresh *f, const char *name, beneath_entry *entry)
{
    char path[FRESH_NAME_SIZE], folder[FRESH_NAME_SIZE + 1];
    if (name[0] == '.' || snprintf(path, sizeof path, "%s/%s", f->folder, name) >= (int)sizeof path)
        return 0; /* not one of ours */
    int err = list_folder(f, path, entry);
    snprintf(folder, sizeof folder, "%s/", path);
    return err ? err : plan_path(f, FILES, folder);
}

static int plan_shard_folder(void *arg, const char *name)
{
    return is_shard_name(name) ? plan_folder(arg, name, plan_file) : 0;
}

static int plan_spec(void *arg, const char *name)
{
    return plan_folder(arg, name, plan_shard_folder);
}

/* True if the file is found in a shard's folder anyway. */
static bool is_listed(const char *path)
{
    char folder[FRESH_NAME_SIZE];
    const char *slash = strrchr(path, '/');
    if (!slash)
        return false; /* of the flat layout */
    int len = snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
    const char *shard = len < (int)sizeof folder ? strrchr(folder, '/') : NULL;
    if (!shard || !is_shard_name(shard + 1) || !is_key_name(folder, slash + 1))
        return false;
    *strrchr(folder, '/') = '\0';
    const char *spec = folder + sizeof SHARDFILES_THUMBS;
    return !strcmp(folder, SHARDFILES_IMAGES) ||
           (!strncmp(folder, SHARDFILES_THUMBS "/", sizeof SHARDFILES_THUMBS) && *spec != '.' &&
               !strchr(spec, '/'));
}

static int plan_files_of(struct fresh *f, const struct manifest_row *row)
{
    struct stat st;
    for (unsigned i = 0; i < row->n_files; i++) {
        const char *path = row->files[i].path;
        if (is_listed(path))
            continue;
        int err = beneath_stat(f->dir, path, &st);
        if (!err)
            err = plan_path(f, FILES, path);
        else if (err == -ENOENT || err == -ENOTDIR)
            err = 0;
        if (err)
            return tell(f, path, err);
    }
    return 0;
}

static int plan_rows(struct fresh *f, struct buf *text)
{
    char *line = (char *)text->data, *end = line + text->len, *newline;
    int err = 0;
    for (; !err && (newline = memchr(line, '\n', (size_t)(end - line))); line = newline + 1) {
        struct manifest_row row;
        *newline = '\0';
        if (!manifest_row_parse(line, &row))
            continue;
        err = plan_files_of(f, &row);
        manifest_row_fini(&row);
    }
    return err;
}

/* True if it begins with a row of that shard, or is empty and the shard has a lock file. */
static bool is_our_manifest(const struct buf *text, const struct shardfiles *s)
{
    char expected[32];
    size_t len =
        (size_t)snprintf(expected, sizeof expected, ROW_BEGIN "%0*u", (int)s->digits, s->number);
    return text->len ? text->len >= len && !memcmp(text->data, expected, len)
                     : (s->kinds & SHARDFILES_LOCK) != 0;
}

/* Plans to remove the shard's file of this kind, if it has one. */
static int plan_kind(
    struct fresh *f, const struct shardfiles *s, enum turn turn, enum shardfiles_kind kind)
{
    char name[SHARDFILES_NAME_SIZE];
    shardfiles_name(s->number, s->digits, kind, name);
    return s->kinds & kind ? plan_path(f, turn, name) : 0;
}

/* A manifest or its .part. In the webdataset layout the manifest is in the root, and the tar, its
 * .part and the spool go with it. */
static int plan_manifest(
    struct fresh *f, const struct shardfiles *s, enum shardfiles_kind kind, const char *part)
{
    static const enum shardfiles_kind tars[] = {
        SHARDFILES_TAR, SHARDFILES_TAR_PART, SHARDFILES_SPOOL};
    char name[SHARDFILES_NAME_SIZE], path[FRESH_NAME_SIZE];
    struct buf text = {0};
    shardfiles_name(s->number, s->digits, kind, name);
    snprintf(path, sizeof path, "%s%s", name, part);
    int err = manifest_read_file(f->dir, path, &text);
    if (err)
        return err == -ENOENT ? 0 : tell(f, path, err);
    if (is_our_manifest(&text, s)) {
        err = plan_kind(f, s, STATS, SHARDFILES_STATS);
        if (!err && kind == SHARDFILES_MANIFEST)
            err = plan_rows(f, &text);
        if (!err)
            err = plan_kind(f, s, FILES, parquetfile_kind(kind));
        for (size_t i = 0; i < 3 && !err && kind == SHARDFILES_ROOT_MANIFEST; i++)
            err = plan_kind(f, s, FILES, tars[i]);
        if (!err)
            err = plan_path(f, MANIFESTS, path);
    }
    buf_fini(&text);
    return err;
}

/* A stats file of ours without a manifest: the shard was delivered. */
static int plan_stats(struct fresh *f, const struct shardfiles *s)
{
    char name[SHARDFILES_NAME_SIZE];
    struct statsfile stats;
    struct buf text = {0};
    shardfiles_name(s->number, s->digits, SHARDFILES_STATS, name);
    int err = manifest_read_file(f->dir, name, &text);
    bool is_ours = !err && statsfile_parse((const char *)text.data, &stats);
    buf_fini(&text);
    return err == -ENOENT ? 0 : err ? tell(f, name, err) : is_ours ? plan_path(f, STATS, name) : 0;
}

static int plan_shards(struct fresh *f)
{
    static const enum shardfiles_kind manifests[] = {SHARDFILES_MANIFEST, SHARDFILES_ROOT_MANIFEST};
    struct shardfiles *shards = NULL;
    const char *where;
    size_t n = 0;
    int err = shardfiles_find(f->dir, NULL, NULL, &shards, &n, &where);
    if (err)
        return tell(f, where, err);
    for (size_t i = 0; i < n && !err; i++)
        if (!(shards[i].kinds & (SHARDFILES_MANIFEST | SHARDFILES_ROOT_MANIFEST)))
            err = plan_stats(f, &shards[i]);
    for (size_t i = 0; i < 2 * n && !err; i++) {
        const struct shardfiles *s = &shards[i / 2];
        enum shardfiles_kind kind = manifests[i % 2];
        if (s->kinds & kind)
            err = plan_manifest(f, s, kind, COMMIT_PART);
        if (s->kinds & kind && !err)
            err = plan_manifest(f, s, kind, "");
    }
    free(shards);
    return err;
}

/* A file of the flat layout that a killed run may have left without a row. */
static int plan_intent(void *arg, uint32_t pos, const char *path)
{
    struct fresh *f = arg;
    struct stat st;
    (void)pos;
    int err = beneath_stat(f->dir, path, &st);
    if (err)
        return err == -ENOENT || err == -ENOTDIR ? 0 : tell(f, path, err);
    return plan_path(f, FILES, path);
}

static int plan_note(void *arg, const char *name)
{
    struct fresh *f = arg;
    char path[FRESH_NAME_SIZE];
    uint32_t shard;
    const char *ending = shardfiles_number(name, &shard);
    bool has_intents = ending && !strcmp(ending, ".files");
    bool is_delivered = ending && !strcmp(ending, ".sent");
    bool stays = !strcmp(name, "lock") || !strcmp(name, "options.json") ||
                 !strcmp(name, FRESH_MARK) || !strcmp(name, FRESH_LIST);
    if (name[0] == '.' || stays)
        return 0;
    snprintf(path, sizeof path, "%s/%s", f->folder, name);
    int err = has_intents ? intents_read(f->dir, shard, plan_intent, f) : 0;
    return err ? tell(f, path, err) : plan_path(f, is_delivered ? NOTES : MANIFESTS, path);
}

static int plan_all(struct fresh *f)
{
    static const char *const folders[] = {
        SHARDFILES_IMAGES "/", SHARDFILES_THUMBS "/", SHARDFILES_MANIFESTS "/"};
    int err = plan_shards(f);
    if (!err)
        err = list_folder(f, SHARDFILES_IMAGES, plan_shard_folder);
    if (!err)
        err = list_folder(f, SHARDFILES_THUMBS, plan_spec);
    if (!err)
        err = list_folder(f, SHARDFILES_OWN, plan_note);
    for (int i = 0; i < 3 && !err; i++)
        err = plan_path(f, MANIFESTS, folders[i]);
    return err;
}

/* ---- what would stay ---- */

struct others {
    struct fresh *plan;
    struct textset *planned;
    const char *folder; /* being listed; "" for the root */
    size_t entries;     /* in it, so far */
    fresh_other *take;
    void *arg;
};

static void note_planned(struct others *o)
{
    for (int turn = 0; turn < TURNS; turn++) {
        const struct buf *paths = &o->plan->paths[turn];
        const char *path = (const char *)paths->data, *end = path + paths->len;
        for (; path < end; path += strlen(path) + 1)
            textset_add(o->planned, path, strlen(path));
    }
    textset_finish(o->planned);
}

static bool is_planned(const struct others *o, const char *path)
{
    return textset_has(o->planned, path, strlen(path));
}

static int look_at(void *arg, const char *name);

/* A folder goes with the last file in it, so one that is empty stays unless it is planned. The path
 * has room for a slash. */
static int look_into(struct others *o, char *path)
{
    const char *above = o->folder;
    size_t entries = o->entries;
    o->folder = path;
    o->entries = 0;
    int err = beneath_list(o->plan->dir, path, look_at, o);
    bool is_empty = !o->entries;
    o->folder = above;
    o->entries = entries;
    size_t len = strlen(path);
    path[len] = '/';
    path[len + 1] = '\0';
    if (!err && is_empty && !is_planned(o, path))
        o->take(o->arg, path);
    path[len] = '\0';
    return err;
}

static int look_at(void *arg, const char *name)
{
    struct others *o = arg;
    char path[FRESH_NAME_SIZE + 1]; /* and a slash */
    struct stat st;
    o->entries++;
    if (!*o->folder && !strcmp(name, SHARDFILES_OWN))
        return 0;
    int len = snprintf(path, FRESH_NAME_SIZE, "%s%s%s", o->folder, *o->folder ? "/" : "", name);
    if (len >= FRESH_NAME_SIZE) { /* none of ours is that long */
        o->take(o->arg, path);
        return 0;
    }
    if (is_planned(o, path))
        return 0;
    int err = beneath_stat(o->plan->dir, path, &st);
    if (!err && S_ISDIR(st.st_mode))
        err = look_into(o, path);
    else if (!err)
        o->take(o->arg, path);
    return err ? tell(o->plan, path, err) : 0;
}

int fresh_others(int dir, char *what, fresh_other *take, void *arg)
{
    struct fresh f = {.dir = dir, .what = what};
    struct others o = {.plan = &f, .folder = "", .take = take, .arg = arg};
    *what = '\0';
    int err = plan_all(&f);
    if (!err) {
        o.planned = textset_new();
        note_planned(&o);
        err = beneath_list(dir, ".", look_at, &o);
    }
    textset_free(o.planned);
    for (int turn = 0; turn < TURNS; turn++)
        buf_fini(&f.paths[turn]);
    return err;
}

/* ---- removing ---- */

/* Removes the folders on the path, from the last one up, as far as they are empty. Changes the
 * path. */
static void remove_folders_of(struct fresh *f, char *path)
{
    for (char *slash; (slash = strrchr(path, '/'));) {
        *slash = '\0';
        if (beneath_remove_folder(f->dir, path))
            return;
    }
}

static size_t folder_length(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? (size_t)(slash - path) : 0;
}

/* The folders of a file go with the last one of the files in them that were planned in a row. */
static int remove_planned(struct fresh *f, enum turn turn)
{
    struct buf *paths = &f->paths[turn];
    char *end = (char *)paths->data + paths->len, *next;
    for (char *path = (char *)paths->data; path < end; path = next) {
        size_t len = folder_length(path);
        next = path + strlen(path) + 1;
        if (next[-2] == '/') {
            next[-2] = '\0';
            (void)beneath_remove_folder(f->dir, path); /* fails if it is not empty */
            continue;
        }
        int err = beneath_remove(f->dir, path);
        if (err && err != -ENOENT && err != -ENOTDIR)
            return tell(f, path, err);
        bool is_last = next >= end || folder_length(next) != len || strncmp(path, next, len) != 0;
        if (turn == FILES && is_last)
            remove_folders_of(f, path);
    }
    bool has_notes = turn == NOTES && paths->len;
    return has_notes ? tell(f, SHARDFILES_OWN, beneath_sync_folder(f->dir, SHARDFILES_OWN)) : 0;
}

int fresh_remove(int dir, char *what)
{
    struct fresh f = {.dir = dir, .what = what};
    *what = '\0';
    int err = plan_all(&f);
    for (int turn = 0; turn < TURNS && !err; turn++)
        err = remove_planned(&f, (enum turn)turn);
    for (int turn = 0; turn < TURNS; turn++)
        buf_fini(&f.paths[turn]);
    return err;
}
