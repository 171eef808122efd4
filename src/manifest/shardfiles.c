#include "manifest/shardfiles.h"

#include "base/beneath.h"
#include "base/mem.h"
#include "input/job.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_SIZE = 512 };

static const struct file_kind {
    enum shardfiles_kind kind;
    const char *folder, *ending; /* "": the root */
} file_kinds[] = {
    {SHARDFILES_STATS, "", "_stats.json"},
    {SHARDFILES_MANIFEST, SHARDFILES_MANIFESTS, ".jsonl"},
    {SHARDFILES_ROOT_MANIFEST, "", ".jsonl"},
    {SHARDFILES_TAR, "", ".tar"},
    {SHARDFILES_TAR_PART, "", ".tar.part"},
    {SHARDFILES_SPOOL, "", ".spool"},
    {SHARDFILES_LOCK, SHARDFILES_OWN, ".open"},
    {SHARDFILES_FILES, SHARDFILES_OWN, ".files"},
    {SHARDFILES_SENT, SHARDFILES_OWN, ".sent"},
    {SHARDFILES_PARQUET, SHARDFILES_MANIFESTS, ".parquet"},
    {SHARDFILES_ROOT_PARQUET, "", ".parquet"},
};

enum { N_KINDS = sizeof file_kinds / sizeof *file_kinds };

/* Of a shard, and not private to imgfetch. */
static bool is_shown(unsigned kinds)
{
    return kinds & ~(unsigned)(SHARDFILES_LOCK | SHARDFILES_FILES | SHARDFILES_SENT);
}

void shardfiles_name(
    uint32_t shard, unsigned digits, enum shardfiles_kind kind, char out[SHARDFILES_NAME_SIZE])
{
    const struct file_kind *k = file_kinds;
    while (k->kind != kind)
        k++;
    snprintf(out, SHARDFILES_NAME_SIZE, "%s%s%0*u%s", k->folder, *k->folder ? "/" : "",
        is_shown(kind) ? (int)digits : JOB_SHARD_DIGITS, shard, k->ending);
}

const char *shardfiles_number(const char *name, uint32_t *ret)
{
    size_t digits = strspn(name, "0123456789");
    unsigned long long number = strtoull(name, NULL, 10);
    if (digits < JOB_SHARD_DIGITS || digits > JOB_SHARD_DIGITS_MAX || number > UINT32_MAX)
        return NULL;
    *ret = (uint32_t)number;
    return name + digits;
}

struct search {
    shardfiles_other *other;
    void *arg;
    const char *folder;    /* being searched */
    struct shardfiles *at; /* one for each file, until join_shards() */
    size_t n, room;
};

static unsigned kind_of(const char *folder, const char *ending)
{
    for (int i = 0; i < N_KINDS; i++)
        if (!strcmp(file_kinds[i].folder, folder) && !strcmp(file_kinds[i].ending, ending))
            return file_kinds[i].kind;
    return 0;
}

bool shardfiles_is_flat(const char *path)
{
    uint32_t shard;
    const char *ending = shardfiles_number(path, &shard);
    return *path != '.' && strchr(path, '.') && !strchr(path, '/') &&
           !(ending && kind_of("", ending));
}

static int note_name(void *arg, const char *name)
{
    struct search *s = arg;
    const char *folder = s->folder;
    char path[PATH_SIZE];
    struct shardfiles found = {0};
    const char *ending = shardfiles_number(name, &found.number);
    found.kinds = ending ? kind_of(folder, ending) : 0;
    found.digits = ending ? (unsigned)(ending - name) : 0;
    if (found.kinds) {
        if (s->n == s->room) {
            s->room = s->room ? 2 * s->room : 64;
            s->at = mem_grow(s->at, s->room * sizeof *s->at);
        }
        s->at[s->n++] = found;
    } else if (s->other) {
        snprintf(path, sizeof path, "%s%s%s", folder, *folder ? "/" : "", name);
        s->other(s->arg, path);
    }
    return 0;
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = ((const struct shardfiles *)a)->number;
    uint32_t y = ((const struct shardfiles *)b)->number;
    return x < y ? -1 : x > y;
}

/* Names of one number with other digits are of another shard; only private files have no choice. */
static bool is_same(const struct shardfiles *a, const struct shardfiles *b)
{
    return a->number == b->number &&
           (a->digits == b->digits || !is_shown(a->kinds) || !is_shown(b->kinds));
}

/* Merges the entries of each shard into one. */
static void join_shards(struct search *s)
{
    size_t n = 0;
    if (s->n)
        qsort(s->at, s->n, sizeof *s->at, by_number);
    for (size_t i = 0; i < s->n; i++) {
        struct shardfiles found = s->at[i];
        struct shardfiles *last = n ? &s->at[n - 1] : NULL;
        if (last && is_same(last, &found)) {
            last->digits = is_shown(last->kinds) ? last->digits : found.digits;
            last->kinds |= found.kinds;
        } else {
            s->at[n++] = found;
        }
    }
    s->n = n;
}

/* Parquet in the root without anything of the shard is another file. */
static void drop_lists(struct search *s)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++) {
        char name[SHARDFILES_NAME_SIZE];
        if (s->at[i].kinds != SHARDFILES_ROOT_PARQUET) {
            s->at[n++] = s->at[i];
        } else if (s->other) {
            shardfiles_name(s->at[i].number, s->at[i].digits, SHARDFILES_ROOT_PARQUET, name);
            s->other(s->arg, name);
        }
    }
    s->n = n;
}

int shardfiles_find(int dir, shardfiles_other *other, void *arg, struct shardfiles **ret,
    size_t *ret_n, const char **ret_where)
{
    static const char *const folders[] = {"", SHARDFILES_MANIFESTS, SHARDFILES_OWN};
    struct search s = {.other = other, .arg = arg};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        s.folder = folders[i];
        const char *path = *s.folder ? s.folder : ".";
        int err = beneath_list(dir, path, note_name, &s);
        if (err && err != -ENOENT) {
            *ret_where = path;
            free(s.at);
            return err;
        }
    }
    join_shards(&s);
    drop_lists(&s);
    *ret = s.at;
    *ret_n = s.n;
    return 0;
}
