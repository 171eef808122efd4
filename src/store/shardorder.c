#include "store/shardorder.h"

#include "base/beneath.h"
#include "base/mem.h"
#include "manifest/manifest.h"
#include "manifest/sharing.h"
#include "store/name.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- sorting ---- */

/* The last row of this key; at NULL: there is none. */
static struct rowtext line_of(const struct shard *s, const struct buf *text, uint32_t pos)
{
    int64_t at = rowindex_offset(s->index, pos);
    if (at < 0)
        return (struct rowtext){0};
    const char *line = (const char *)text->data + at;
    const char *end = memchr(line, '\n', text->len - (size_t)at);
    return (struct rowtext){line, (size_t)(end - line)};
}

/* Lists the last row of each key, sorted. Rows that are adjacent in `text` make one part. */
static size_t order_rows(const struct shard *s, const struct buf *text, struct commit_part *parts)
{
    size_t n = 0;
    const char *end = NULL; /* of the last part */
    for (uint32_t pos = 0; pos < s->expected; pos++) {
        struct rowtext line = line_of(s, text, pos);
        if (!line.at)
            continue;
        if (line.at != end)
            parts[n++] = (struct commit_part){.bytes = line.at};
        parts[n - 1].len += line.len + 1;
        end = line.at + line.len + 1;
    }
    return n;
}

static int replace_manifest(const struct shard *s, const struct commit_part *parts, size_t n)
{
    char name[SHARDFILES_NAME_SIZE];
    shardfiles_name(s->number, s->output->digits.shard, s->output->layout->manifest, name);
    return commit_file(s->output->way, s->output->dir, name, parts, n, true);
}

int shardorder_sort(struct shard *s)
{
    struct buf text = {0};
    struct commit_part *parts = mem_array(s->expected, sizeof *parts);
    int err = shard_text(s, &text);
    if (!err)
        err = replace_manifest(s, parts, order_rows(s, &text, parts));
    free(parts);
    buf_fini(&text);
    return err;
}

/* ---- sharing ---- */

/* Adds the rows, and returns their number. */
static uint32_t add_rows(const struct shard *s, const struct buf *text, struct sharing *sharing)
{
    uint32_t n = 0;
    for (uint32_t pos = 0; pos < s->expected; pos++) {
        struct rowtext line = line_of(s, text, pos);
        if (line.at)
            sharing_add(sharing, pos, line.at, line.len);
        n += line.at != NULL;
    }
    return n;
}

/* Rewrites the manifest with the rows that share. */
static int write_rows(const struct shard *s, const struct sharing *sharing, uint32_t n)
{
    struct commit_part *parts = mem_array(n, sizeof *parts);
    struct buf *changed = mem_array(n, sizeof *changed);
    int err = 0;
    for (uint32_t i = 0; i < n && !err; i++) {
        struct sharing_row row = sharing_row(sharing, i);
        parts[i] = (struct commit_part){row.line.at, row.line.len + 1};
        if (!row.first.at)
            continue;
        bool made = rowtext_share(row.line.at, row.line.len, row.first, &changed[i]) &&
                    buf_append(&changed[i], "\n", 1);
        err = made ? 0 : -ENOMEM;
        parts[i] = (struct commit_part){changed[i].data, changed[i].len};
    }
    if (!err)
        err = replace_manifest(s, parts, n);
    for (uint32_t i = 0; i < n; i++)
        buf_fini(&changed[i]);
    free(changed);
    free(parts);
    return err;
}

/* Removes the files that a row has had. */
static int remove_files(const struct shard *s, struct rowtext line)
{
    struct manifest_row row;
    char *text = mem_dup_n(line.at, line.len);
    int err = 0;
    if (!manifest_row_parse(text, &row)) {
        err = -ENOMEM;
    } else {
        for (unsigned i = 0; i < row.n_files && !err; i++) {
            err = beneath_remove(s->output->dir, row.files[i].path);
            err = err == -ENOENT || err == -ENOTDIR ? 0 : err;
        }
        manifest_row_fini(&row);
    }
    free(text);
    return err;
}

static int drop_files(struct shard *s, const struct sharing *sharing, uint32_t n)
{
    const struct layout *layout = s->output->layout;
    int err = 0;
    if (name_is_shared(s->output->conf->name))
        return 0; /* they are those of the first row */
    for (uint32_t i = 0; i < n && !err; i++) {
        struct sharing_row row = sharing_row(sharing, i);
        if (row.drops && layout->drop)
            layout->drop(s->samples, row.pos);
        else if (row.drops)
            err = remove_files(s, row.line);
    }
    return err;
}

/* Before: see shard_close(). After: a power cut that keeps the old manifest must not take files
 * that it names. */
static int write_synced(struct shard *s, const struct sharing *sharing, uint32_t n)
{
    int err = syncfs(s->output->dir) ? -errno : write_rows(s, sharing, n);
    s->in_order = s->in_order || !err;
    return !err && syncfs(s->output->dir) ? -errno : err;
}

int shardorder_share(struct shard *s)
{
    struct buf text = {0};
    struct sharing *sharing = sharing_new(s->expected);
    int err = shard_text(s, &text);
    uint32_t n = err ? 0 : add_rows(s, &text, sharing);
    if (!err && !sharing_find(sharing, s->output->layout->may_drop, s->samples, &s->shared))
        err = -ENOMEM;
    if (!err && s->shared)
        err = write_synced(s, sharing, n);
    if (!err && s->shared)
        err = drop_files(s, sharing, n);
    s->shared = err ? 0 : s->shared;
    sharing_free(sharing);
    buf_fini(&text);
    return err;
}
