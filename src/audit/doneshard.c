#include "audit/doneshard.h"

#include "base/mem.h"
#include "input/job.h"
#include "manifest/manifest.h"
#include "manifest/row.h"
#include "store/sent.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct doneshard_row {
    uint64_t url; /* a hash; 0: the row is not done */
    int code;
};

/* FNV-1a, 64 bit (draft-eastlake-fnv), never 0. */
static uint64_t hash_url(const char *url)
{
    uint64_t hash = 0xcbf29ce484222325;
    for (; *url; url++)
        hash = (hash ^ (unsigned char)*url) * 0x100000001b3;
    return hash ? hash : 1;
}

static int read_stats(const struct doneshard_conf *conf, uint32_t shard, struct doneshard *ret)
{
    char name[SHARDFILES_NAME_SIZE];
    struct statsfile stats;
    struct buf text = {0};
    shardfiles_name(shard, conf->digits.shard, SHARDFILES_STATS, name);
    int err = manifest_read_file(conf->dir, name, &text);
    if (err)
        return err == -ENOENT ? 0 : err;
    ret->closed = statsfile_parse((const char *)text.data, &stats);
    bool is_torn = !ret->closed && statsfile_is_torn(&text);
    buf_fini(&text);
    if (!ret->closed)
        return is_torn ? 0 : -EBADMSG;
    ret->tally = stats.tally;
    memcpy(ret->fingerprint, stats.fingerprint, sizeof ret->fingerprint);
    return 0;
}

/* True if its files are there; those of a closed shard are not looked at, nor those in a tar. */
static bool is_believed(
    const struct doneshard_conf *conf, const struct doneshard *d, const struct manifest_row *row)
{
    bool good = row->code >= 0 && manifest_text(row, ROW_URL) && !row->has_files_elsewhere;
    bool looks = !d->closed && conf->manifest == SHARDFILES_MANIFEST;
    for (unsigned i = 0; i < row->n_files && good && looks; i++)
        good = manifest_check(conf->dir, &row->files[i], false) == MANIFEST_GOOD;
    return good;
}

static void read_row(const struct doneshard_conf *conf, struct doneshard *d, const char *line,
    struct doneshard_row *ret)
{
    struct manifest_row row;
    *ret = (struct doneshard_row){0};
    if (!manifest_row_parse(line, &row))
        return;
    if (is_believed(conf, d, &row))
        *ret = (struct doneshard_row){hash_url(manifest_text(&row, ROW_URL)), row.code};
    manifest_row_fini(&row);
}

/* Reads whole lines; the last one of a key counts, and a hole of NULs ends the reading. */
static int read_rows(
    const struct doneshard_conf *conf, uint32_t shard, FILE *manifest, struct doneshard *ret)
{
    char *line = NULL;
    size_t room = 0;
    int err = 0;
    for (ssize_t len; !err && (len = getline(&line, &room, manifest)) > 0;) {
        if (line[len - 1] != '\n' || memchr(line, '\0', (size_t)len))
            break;
        line[len - 1] = '\0';
        int64_t pos = row_pos(line, (size_t)len - 1, shard, conf->digits);
        if (pos < 0 || pos >= conf->shard_size)
            err = -EBADMSG;
        else
            read_row(conf, ret, line, &ret->at[pos]);
    }
    if (!err && ferror(manifest))
        err = -EIO;
    free(line);
    return err;
}

static int read_manifest(const struct doneshard_conf *conf, uint32_t shard, struct doneshard *ret)
{
    char name[SHARDFILES_NAME_SIZE];
    shardfiles_name(shard, conf->digits.shard, conf->manifest, name);
    FILE *manifest = manifest_open_file(conf->dir, name);
    if (!manifest)
        return errno == ENOENT ? 0 : -errno;
    ret->n = conf->shard_size;
    ret->at = mem_array(ret->n, sizeof *ret->at);
    int err = read_rows(conf, shard, manifest, ret);
    fclose(manifest);
    return err;
}

int doneshard_load(const struct doneshard_conf *conf, uint32_t shard, struct doneshard *ret)
{
    *ret = (struct doneshard){0};
    if (conf->dir < 0)
        return 0;
    int err = read_stats(conf, shard, ret);
    ret->is_sent = ret->closed && sent_is_noted(conf->dir, shard) == 1;
    if (!err)
        err = read_manifest(conf, shard, ret);
    if (err)
        doneshard_fini(ret);
    return err;
}

void doneshard_fini(struct doneshard *d)
{
    free(d->at);
    *d = (struct doneshard){0};
}

/* One of the outcomes that the stats file counts. */
static int counted_code(const struct tally *tally, uint64_t pos)
{
    for (int e = 0; e < ERR_COUNT; pos -= tally->by_code[e], e++)
        if (pos < tally->by_code[e])
            return e;
    return -1;
}

int doneshard_code(const struct doneshard *d, uint32_t pos)
{
    if (pos < d->n && d->at[pos].url)
        return d->at[pos].code;
    if (d->closed && !d->at)
        return counted_code(&d->tally, pos);
    return d->closed && pos < tally_rows(&d->tally) ? ERR_OK : -1;
}

bool doneshard_differs(const struct doneshard *d, uint32_t pos, const char *url)
{
    return pos < d->n && d->at[pos].url && d->at[pos].url != hash_url(url);
}
