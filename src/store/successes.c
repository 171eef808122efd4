#include "store/successes.h"

#include "manifest/manifest.h"
#include "manifest/shardfiles.h"
#include "manifest/statsfile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_failed_row(const char *line)
{
    struct manifest_row row;
    if (!manifest_row_parse(line, &row))
        return false;
    bool failed = row.code != ERR_OK;
    manifest_row_fini(&row);
    return failed;
}

/* The end of a manifest may be torn: an incomplete line, or a hole of NULs (store/resume.h). */
static bool has_success(int dir, const char *name, uint64_t *failed)
{
    FILE *manifest = manifest_open_file(dir, name);
    if (!manifest)
        return errno != ENOENT;
    char *line = NULL;
    size_t room = 0;
    bool found = false;
    for (ssize_t len; !found && (len = getline(&line, &room, manifest)) > 0; ++*failed) {
        if (line[len - 1] != '\n' || memchr(line, '\0', (size_t)len))
            break;
        line[len - 1] = '\0';
        found = !is_failed_row(line);
    }
    found = found || ferror(manifest);
    free(line);
    fclose(manifest);
    return found;
}

/* A closed shard: its rows are counted already. False: read its manifest. */
static bool read_counts(int dir, const struct shardfiles *s, struct tally *ret)
{
    char name[SHARDFILES_NAME_SIZE];
    struct statsfile stats;
    struct buf text = {0};
    shardfiles_name(s->number, s->digits, SHARDFILES_STATS, name);
    bool good =
        !manifest_read_file(dir, name, &text) && statsfile_parse((const char *)text.data, &stats);
    buf_fini(&text);
    if (good)
        *ret = stats.tally;
    return good;
}

static bool shard_has_success(int dir, const struct shardfiles *s, uint64_t *failed)
{
    static const enum shardfiles_kind manifests[] = {SHARDFILES_MANIFEST, SHARDFILES_ROOT_MANIFEST};
    struct tally counts;
    if (s->kinds & SHARDFILES_STATS && read_counts(dir, s, &counts)) {
        *failed += tally_rows(&counts);
        return counts.by_code[ERR_OK] > 0;
    }
    for (int i = 0; i < 2; i++) {
        char name[SHARDFILES_NAME_SIZE];
        shardfiles_name(s->number, s->digits, manifests[i], name);
        if (s->kinds & manifests[i] && has_success(dir, name, failed))
            return true;
    }
    return false;
}

bool successes_any(int dir, uint64_t *ret_failed)
{
    struct shardfiles *shards = NULL;
    const char *where;
    size_t n = 0;
    uint64_t failed = 0;
    bool found = shardfiles_find(dir, NULL, NULL, &shards, &n, &where) != 0;
    for (size_t i = 0; i < n && !found; i++)
        found = shard_has_success(dir, &shards[i], &failed);
    free(shards);
    if (!found)
        *ret_failed = failed;
    return found;
}
