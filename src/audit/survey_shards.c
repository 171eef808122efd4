#include "audit/survey_inside.h"

#include "base/descriptor.h"
#include "base/mem.h"
#include "store/resume.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct found {
    struct survey_shard *at;
    size_t n, room;
};

static struct survey_shard *add(struct found *f, uint32_t number)
{
    if (f->n == f->room) {
        f->room = f->room ? 2 * f->room : 64;
        f->at = mem_grow(f->at, f->room * sizeof *f->at);
    }
    f->at[f->n] = (struct survey_shard){.number = number};
    return &f->at[f->n++];
}

/* Calls `note` for each name that begins with a shard's number. No folder is an empty one. */
static int look_through(int dir, const char *path, struct found *f,
    void (*note)(struct found *, uint32_t number, const char *ending))
{
    uint32_t number;
    const char *ending;
    DIR *folder = descriptor_opendirat(dir, path, 0);
    if (!folder)
        return errno == ENOENT ? 0 : -errno;
    for (struct dirent *d; (d = readdir(folder));)
        if ((ending = resume_shard_number(d->d_name, &number)))
            note(f, number, ending);
    closedir(folder);
    return 0;
}

static void note_in_root(struct found *f, uint32_t number, const char *ending)
{
    if (!strcmp(ending, "_stats.json"))
        add(f, number)->is_complete = true;
    else if (!strcmp(ending, ".jsonl"))
        add(f, number)->is_tarred = true;
}

static void note_manifest(struct found *f, uint32_t number, const char *ending)
{
    if (!strcmp(ending, ".jsonl"))
        add(f, number);
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = ((const struct survey_shard *)a)->number;
    uint32_t y = ((const struct survey_shard *)b)->number;
    return x < y ? -1 : x > y;
}

/* What was found of one shard becomes one. */
static void join(struct found *f)
{
    size_t n = 0;
    if (f->n)
        qsort(f->at, f->n, sizeof *f->at, by_number);
    for (size_t i = 0; i < f->n; i++) {
        struct survey_shard part = f->at[i];
        if (!n || f->at[n - 1].number != part.number) {
            f->at[n++] = part;
            continue;
        }
        f->at[n - 1].is_complete |= part.is_complete;
        f->at[n - 1].is_tarred |= part.is_tarred;
    }
    f->n = n;
}

int survey_find_shards(int dir, struct survey_shard **ret, size_t *ret_n)
{
    struct found f = {0};
    int err = look_through(dir, ".", &f, note_in_root);
    if (!err)
        err = look_through(dir, "manifest", &f, note_manifest);
    if (err) {
        free(f.at);
        return err;
    }
    join(&f);
    *ret = f.at;
    *ret_n = f.n;
    return 0;
}
