#include "store/sent.h"

#include "base/beneath.h"
#include "base/buf.h"
#include "base/mem.h"
#include "manifest/manifest.h"
#include "store/metadata.h"
#include "store/parquetfile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The parts of a shard, in the order of the words. */
enum part { TAR, IMAGES, THUMBS, MANIFEST = THUMBS + JOB_MAX_THUMBS, PARQUET, STATS, PARTS };
_Static_assert(PARTS <= 32, "parts are bits of 32");

#define BIT(part) ((uint32_t)1 << (part))

/* ---- the note ---- */

static int look_for(int dir, const char *path)
{
    struct stat st;
    int err = beneath_stat(dir, path, &st);
    return !err ? 1 : err == -ENOENT || err == -ENOTDIR ? 0 : err;
}

int sent_is_noted(int dir, uint32_t shard)
{
    char name[SHARDFILES_NAME_SIZE];
    shardfiles_name(shard, JOB_SHARD_DIGITS, SHARDFILES_SENT, name);
    return look_for(dir, name);
}

int sent_note(const struct output *o, uint32_t shard)
{
    char name[SHARDFILES_NAME_SIZE];
    shardfiles_name(shard, JOB_SHARD_DIGITS, SHARDFILES_SENT, name);
    int err = commit_file(o->way, o->dir, name, NULL, 0, true);
    return err ? err : beneath_sync_folder(o->dir, SHARDFILES_OWN);
}

int sent_forget(int dir, uint32_t shard)
{
    char name[SHARDFILES_NAME_SIZE];
    int noted = sent_is_noted(dir, shard);
    if (noted != 1)
        return noted;
    shardfiles_name(shard, JOB_SHARD_DIGITS, SHARDFILES_SENT, name);
    int err = beneath_remove(dir, name);
    return err ? err : beneath_sync_folder(dir, SHARDFILES_OWN);
}

/* ---- the files that rows name ---- */

/* How much of the path is the shard's own folder: "images/00042" or "thumbs/256/00042". 0: it is in
 * none of them. */
static size_t own_folder(const char *path, unsigned digits, uint32_t shard)
{
    char folder[16];
    size_t len = (size_t)snprintf(folder, sizeof folder, "/%0*u/", (int)digits, shard);
    const char *slash = strchr(path, '/');
    if (slash && !strncmp(path, SHARDFILES_THUMBS "/", sizeof SHARDFILES_THUMBS))
        slash = strchr(slash + 1, '/');
    return slash && !strncmp(slash, folder, len) ? (size_t)(slash - path) + len - 1 : 0;
}

/* Returns other than 0 to stop. */
typedef int take_file(void *arg, const struct manifest_file *);

static int each_of_row(
    const char *line, unsigned digits, uint32_t shard, take_file *take, void *arg)
{
    struct manifest_row row;
    int err = 0;
    if (!manifest_row_parse(line, &row))
        return 0;
    for (unsigned i = 0; i < row.n_files && !err; i++)
        if (own_folder(row.files[i].path, digits, shard))
            err = take(arg, &row.files[i]);
    manifest_row_fini(&row);
    return err;
}

/* Calls `take` for the files in the shard's own folders that its rows name. */
static int each_file(int dir, unsigned digits, uint32_t shard, take_file *take, void *arg)
{
    char name[SHARDFILES_NAME_SIZE], *line = NULL;
    size_t room = 0;
    int err = 0;
    shardfiles_name(shard, digits, SHARDFILES_MANIFEST, name);
    FILE *manifest = manifest_open_file(dir, name);
    if (!manifest)
        return -errno;
    for (ssize_t len; !err && (len = getline(&line, &room, manifest)) > 0;) {
        line[len - 1] = '\0';
        err = each_of_row(line, digits, shard, take, arg);
    }
    if (!err && ferror(manifest))
        err = -errno;
    free(line);
    fclose(manifest);
    return err;
}

/* ---- what is there ---- */

struct search {
    int dir;
    char *missing;
};

static int check_file(void *arg, const struct manifest_file *file)
{
    struct search *s = arg;
    enum manifest_status status = manifest_check(s->dir, file, false);
    if (status == MANIFEST_UNREADABLE)
        return -errno;
    if (status == MANIFEST_GOOD)
        return 0;
    snprintf(s->missing, SENT_PATH_SIZE, "%s", file->path);
    return 1;
}

static int check_name(
    int dir, unsigned digits, uint32_t shard, enum shardfiles_kind kind, char *ret_path)
{
    shardfiles_name(shard, digits, kind, ret_path);
    int found = look_for(dir, ret_path);
    return found < 0 ? found : !found;
}

int sent_missing(int dir, unsigned digits, enum shardfiles_kind manifest, uint32_t shard,
    char ret_path[SENT_PATH_SIZE])
{
    struct search s = {dir, ret_path};
    int err = check_name(dir, digits, shard, manifest, ret_path);
    if (!err && manifest == SHARDFILES_ROOT_MANIFEST)
        err = check_name(dir, digits, shard, SHARDFILES_TAR, ret_path);
    if (!err && manifest == SHARDFILES_MANIFEST)
        err = each_file(dir, digits, shard, check_file, &s);
    return err;
}

int sent_any_gone(int dir, uint32_t *ret_shard, char ret_path[SENT_PATH_SIZE])
{
    static const unsigned noted = SHARDFILES_SENT | SHARDFILES_STATS;
    enum shardfiles_kind manifest =
        look_for(dir, SHARDFILES_MANIFESTS) == 1 ? SHARDFILES_MANIFEST : SHARDFILES_ROOT_MANIFEST;
    struct shardfiles *shards = NULL;
    const char *where;
    size_t n = 0;
    int err = shardfiles_find(dir, NULL, NULL, &shards, &n, &where);
    for (size_t i = 0; i < n && !err; i++) {
        *ret_shard = shards[i].number;
        if ((shards[i].kinds & noted) == noted)
            err = sent_missing(dir, shards[i].digits, manifest, shards[i].number, ret_path);
    }
    free(shards);
    return err;
}

void sent_print_gone(uint32_t shard, const char *missing, char *out, size_t size)
{
    snprintf(out, size,
        "shard %05u was delivered, and %.200s is not here any more: fetch the shard's files back "
        "to "
        "do rows of it again or to add some",
        shard, missing);
}

/* ---- what is delivered ---- */

static int digits_of(const struct store_conf *conf)
{
    return conf->shard_digits ? (int)conf->shard_digits : JOB_SHARD_DIGITS;
}

/* False: the layout has no such part. */
static bool part_path(
    const struct store_conf *conf, enum part part, uint32_t shard, char ret[SENT_PATH_SIZE])
{
    bool is_tar = conf->layout->manifest == SHARDFILES_ROOT_MANIFEST;
    int digits = digits_of(conf);
    if (part >= MANIFEST || (part == TAR && is_tar))
        shardfiles_name(shard, (unsigned)digits,
            part == TAR       ? SHARDFILES_TAR
            : part == STATS   ? SHARDFILES_STATS
            : part == PARQUET ? parquetfile_kind(conf->layout->manifest)
                              : conf->layout->manifest,
            ret);
    else if (is_tar || part == TAR || part >= THUMBS + conf->n_specs)
        return false;
    else if (part == IMAGES)
        snprintf(ret, SENT_PATH_SIZE, SHARDFILES_OF_IMAGES, digits, shard);
    else
        snprintf(ret, SENT_PATH_SIZE, SHARDFILES_OF_THUMBS, conf->spec_names[part - THUMBS], digits,
            shard);
    return true;
}

int sent_parts(const struct output *o, uint32_t shard, uint32_t *ret)
{
    char path[SENT_PATH_SIZE];
    uint32_t parts = 0;
    for (int part = 0; part < PARTS; part++) {
        if (!part_path(o->conf, (enum part)part, shard, path))
            continue;
        int found = look_for(o->dir, path);
        if (found < 0)
            return found;
        parts |= found ? BIT(part) : 0;
    }
    *ret = parts;
    return 0;
}

char **sent_words(const struct store_conf *conf, const char *dir, uint32_t shard, uint32_t parts)
{
    char path[SENT_PATH_SIZE], number[16];
    size_t n = 0;
    if (parts >> PARTS)
        return NULL;
    char **words = mem_array(PARTS + 3, sizeof *words);
    snprintf(number, sizeof number, "%0*u", digits_of(conf), shard);
    words[n++] = mem_dup(number);
    words[n++] = mem_dup(dir);
    for (int part = 0; part < PARTS; part++) {
        if (!(parts & BIT(part)) || !part_path(conf, (enum part)part, shard, path))
            continue;
        size_t size = strlen(dir) + strlen(path) + 2;
        words[n] = mem_new(size);
        snprintf(words[n++], size, "%s/%s", dir, path);
    }
    return words;
}

/* ---- what is removed ---- */

static int remove_if_there(int dir, const char *path)
{
    int err = beneath_remove(dir, path);
    return err == -ENOENT || err == -ENOTDIR ? 0 : err;
}

struct removal {
    int dir;
    unsigned digits;
    uint32_t shard;
};

/* The file, and the folders of the shard that are empty then. Those above are other shards', too.
 */
static int discard_file(void *arg, const struct manifest_file *file)
{
    const struct removal *r = arg;
    char path[SENT_PATH_SIZE];
    size_t own = own_folder(file->path, r->digits, r->shard);
    int err = remove_if_there(r->dir, file->path);
    snprintf(path, sizeof path, "%s", file->path);
    for (char *slash; !err && (slash = strrchr(path, '/')) && slash >= path + own;) {
        *slash = '\0';
        if (beneath_remove_folder(r->dir, path))
            break;
    }
    return err;
}

/* What no row names in the folders of a shard (store/metadata.h), and the folders. */
static int discard_folders(const struct output *o, uint32_t shard)
{
    char folder[SENT_PATH_SIZE], path[SENT_PATH_SIZE + sizeof METADATA_NAME];
    int err = 0;
    for (int part = IMAGES; part < MANIFEST && !err; part++) {
        if (!part_path(o->conf, (enum part)part, shard, folder))
            continue;
        snprintf(path, sizeof path, "%s/" METADATA_NAME, folder);
        err = remove_if_there(o->dir, path);
        (void)beneath_remove_folder(o->dir, folder); /* fails if it is not empty */
    }
    return err;
}

int sent_discard(const struct output *o, uint32_t shard)
{
    char name[SHARDFILES_NAME_SIZE];
    enum shardfiles_kind manifest = o->layout->manifest;
    struct removal r = {o->dir, (unsigned)digits_of(o->conf), shard};
    int err = 0;
    if (manifest == SHARDFILES_ROOT_MANIFEST) {
        shardfiles_name(shard, r.digits, SHARDFILES_TAR, name);
        err = remove_if_there(o->dir, name);
    } else {
        err = each_file(o->dir, r.digits, shard, discard_file, &r);
        if (!err)
            err = discard_folders(o, shard);
    }
    if (!err || err == -ENOENT) {
        shardfiles_name(shard, r.digits, parquetfile_kind(manifest), name);
        err = remove_if_there(o->dir, name);
    }
    shardfiles_name(shard, r.digits, manifest, name);
    return err ? err : remove_if_there(o->dir, name);
}
