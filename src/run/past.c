#include "run/past.h"

#include "base/buf.h"
#include "base/mem.h"
#include "input/job.h"
#include "run/layout.h"
#include "run/row.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yajl/yajl_tree.h>

enum { BAD_FILE = -EBADMSG };

void past_stats_name(uint32_t shard, char *out)
{
    snprintf(out, PAST_NAME_SIZE, "%05u_stats.json", shard);
}

void past_manifest_name(const struct output *output, uint32_t shard, char *out)
{
    snprintf(out, PAST_NAME_SIZE, "%s%05u.jsonl", output->layout->manifests, shard);
}

bool past_is_done(const struct past *p, uint32_t pos)
{
    return p->closed || (pos < p->places && p->done[pos]);
}

bool past_differs(const struct past *p, uint32_t pos, const char *url)
{
    return pos < p->places && p->done[pos] && strcmp(p->done[pos], url) != 0;
}

bool past_reaches(const struct past *p, uint32_t pos)
{
    for (; pos < p->places; pos++)
        if (p->done[pos])
            return true;
    return false;
}

void past_fini(struct past *p)
{
    for (uint32_t i = 0; i < p->places; i++)
        free(p->done[i]);
    free(p->done);
    free(p->kept);
    if (p->samples)
        samples_free(p->samples, NULL);
    *p = (struct past){0};
}

/* The whole file with a NUL behind it. -ENOENT: it is not there. */
static int read_file(int dir, const char *name, struct buf *ret)
{
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    struct stat st;
    int err = fstat(fd, &st) ? -errno : 0;
    if (!err && !buf_reserve(ret, (size_t)st.st_size + 1))
        err = -ENOMEM;
    while (!err && ret->len < (size_t)st.st_size) {
        ssize_t n = read(fd, ret->data + ret->len, (size_t)st.st_size - ret->len);
        if (n < 0 && errno != EINTR)
            err = -errno;
        if (n == 0)
            break;
        if (n > 0)
            ret->len += (size_t)n;
    }
    close(fd);
    if (err)
        buf_fini(ret);
    else
        ret->data[ret->len] = '\0';
    return err;
}

static yajl_val get(yajl_val tree, const char *name, yajl_type type)
{
    return yajl_tree_get(tree, (const char *[]){name, NULL}, type);
}

static int read_stats(const struct buf *text, struct past *ret)
{
    struct statsfile stats;
    if (!statsfile_parse((const char *)text->data, &stats))
        return BAD_FILE;
    memcpy(ret->fingerprint, stats.fingerprint, sizeof ret->fingerprint);
    ret->tally = stats.tally;
    ret->rows = (uint32_t)tally_rows(&stats.tally);
    ret->closed = true;
    return 0;
}

/* Is the file there that a row names? *ret_named: it names one. */
static bool has_file(struct samples *samples, yajl_val file, bool *ret_named)
{
    yajl_val path = get(file, "path", yajl_t_string), bytes = get(file, "bytes", yajl_t_number);
    if (!path)
        return true;
    *ret_named = true;
    return bytes && YAJL_IS_INTEGER(bytes) &&
           samples->output->layout->has(samples, path->u.string, YAJL_GET_INTEGER(bytes));
}

static bool is_believed(struct samples *samples, yajl_val row, bool *ret_kept)
{
    yajl_val thumbs = get(row, "thumbs", yajl_t_array);
    if (!thumbs || !has_file(samples, row, ret_kept))
        return false;
    for (size_t i = 0; i < thumbs->u.array.len; i++)
        if (!has_file(samples, thumbs->u.array.values[i], ret_kept))
            return false;
    return true;
}

/* What a row says; read from its line. */
struct past_row {
    bool is_done;  /* false: it makes no sense, or its files are gone */
    bool is_kept;  /* it names files */
    int64_t index; /* -1: it says none */
    enum err code;
    uint64_t bytes;
    char *url;
};

static struct past_row read_row(struct samples *samples, const char *line)
{
    struct past_row ret = {.index = -1};
    yajl_val row = yajl_tree_parse(line, NULL, 0);
    yajl_val error = get(row, "error", yajl_t_any), size = get(row, "bytes", yajl_t_number);
    yajl_val url = get(row, "url", yajl_t_string), index = get(row, "index", yajl_t_number);
    int code = -1;
    if (YAJL_IS_NULL(error))
        code = ERR_OK;
    else if (YAJL_IS_STRING(error))
        code = err_from_name(error->u.string);
    ret.is_done = code >= 0 && url && is_believed(samples, row, &ret.is_kept);
    if (ret.is_done) {
        ret.code = (enum err)code;
        ret.url = mem_dup(url->u.string);
    }
    if (size && YAJL_IS_INTEGER(size))
        ret.bytes = (uint64_t)YAJL_GET_INTEGER(size);
    if (index && YAJL_IS_INTEGER(index))
        ret.index = YAJL_GET_INTEGER(index);
    yajl_tree_free(row);
    return ret;
}

/* The URLs go over to ret. */
static void count_rows(struct past_row *rows, uint32_t n, struct past *ret)
{
    ret->done = mem_array(n, sizeof *ret->done);
    ret->kept = mem_array(n, sizeof *ret->kept);
    ret->places = n;
    for (uint32_t pos = 0; pos < n; pos++) {
        ret->done[pos] = rows[pos].url;
        rows[pos].url = NULL;
        if (!rows[pos].is_done)
            continue;
        ret->tally.by_code[rows[pos].code]++;
        ret->bytes += rows[pos].bytes;
        ret->rows++;
        ret->kept[pos] = rows[pos].is_kept;
    }
}

/*
 * Reads whole lines; *ret_end is where the last good one ends. A power cut can leave a hole
 * of NULs, and what follows it is not believed; any other line that is not of this shard means
 * that the file is not what we take it for.
 */
static int read_rows(
    struct samples *samples, struct buf *text, struct past_row *rows, size_t *ret_end)
{
    const struct output *output = samples->output;
    uint32_t shard = samples->shard, shard_size = output->shard_size;
    char *line = (char *)text->data, *end = line + text->len, *newline;
    for (; (newline = memchr(line, '\n', (size_t)(end - line))); line = newline + 1) {
        size_t len = (size_t)(newline - line);
        int64_t pos = row_pos(line, len, shard, output->key_width);
        if (memchr(line, '\0', len))
            break;
        if (pos < 0 || pos >= shard_size)
            return BAD_FILE;
        *newline = '\0';
        free(rows[pos].url); /* the last row of a key counts */
        rows[pos] = read_row(samples, line);
        if (rows[pos].is_done && rows[pos].index != (int64_t)shard * shard_size + pos)
            return BAD_FILE; /* of another --shard-size */
    }
    *ret_end = (size_t)(line - (char *)text->data);
    return 0;
}

static int cut_off(int dir, const char *name, size_t size)
{
    int fd = openat(dir, name, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int err = ftruncate(fd, (off_t)size) ? -errno : 0;
    close(fd);
    return err;
}

static int load_manifest(const struct output *output, const char *name, struct past *ret)
{
    uint32_t shard_size = output->shard_size;
    struct buf text = {0};
    int err = read_file(output->dir, name, &text);
    if (err)
        return err == -ENOENT ? 0 : err;
    struct past_row *rows = mem_array(shard_size, sizeof *rows);
    size_t end;
    err = read_rows(ret->samples, &text, rows, &end);
    if (!err && end < text.len)
        err = cut_off(output->dir, name, end);
    if (!err)
        count_rows(rows, shard_size, ret);
    for (uint32_t i = 0; i < shard_size; i++)
        free(rows[i].url);
    free(rows);
    buf_fini(&text);
    return err;
}

int past_load(const struct output *output, uint32_t shard, struct past *ret, char *message)
{
    char name[PAST_NAME_SIZE];
    struct buf text = {0};
    *ret = (struct past){0};
    past_stats_name(shard, name);
    int err = read_file(output->dir, name, &text);
    if (!err) {
        err = read_stats(&text, ret);
        buf_fini(&text);
    } else if (err == -ENOENT) {
        past_manifest_name(output, shard, name);
        err = output->layout->open(output, shard, &ret->samples);
        if (!err)
            err = load_manifest(output, name, ret);
    }
    if (err) {
        const char *why =
            err == BAD_FILE ? "not a file of imgfetch with this --shard-size" : strerror(-err);
        snprintf(message, PAST_MESSAGE_SIZE, "%s: %s", name, why);
        past_fini(ret);
    }
    return err;
}
