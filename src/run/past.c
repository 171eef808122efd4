#include "run/past.h"

#include "base/buf.h"
#include "base/mem.h"
#include "input/job.h"
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

void past_manifest_name(uint32_t shard, char *out)
{
    snprintf(out, PAST_NAME_SIZE, "manifest/%05u.jsonl", shard);
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

/* Is the file there that a row names, with that size? */
static bool is_kept(int dir, yajl_val file)
{
    yajl_val path = get(file, "path", yajl_t_string), bytes = get(file, "bytes", yajl_t_number);
    struct stat st;
    if (!path)
        return true; /* it names none */
    return bytes && YAJL_IS_INTEGER(bytes) &&
           !fstatat(dir, path->u.string, &st, AT_SYMLINK_NOFOLLOW) &&
           st.st_size == YAJL_GET_INTEGER(bytes);
}

static bool is_believed(int dir, yajl_val row)
{
    yajl_val thumbs = get(row, "thumbs", yajl_t_array);
    if (!thumbs || !is_kept(dir, row))
        return false;
    for (size_t i = 0; i < thumbs->u.array.len; i++)
        if (!is_kept(dir, thumbs->u.array.values[i]))
            return false;
    return true;
}

/* What a row says; read from its line. */
struct past_row {
    bool is_done;  /* false: it makes no sense, or its files are gone */
    int64_t index; /* -1: it says none */
    enum err code;
    uint64_t bytes;
    char *url;
};

static struct past_row read_row(int dir, const char *line)
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
    ret.is_done = code >= 0 && url && is_believed(dir, row);
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
    ret->places = n;
    for (uint32_t pos = 0; pos < n; pos++) {
        ret->done[pos] = rows[pos].url;
        rows[pos].url = NULL;
        if (!rows[pos].is_done)
            continue;
        ret->tally.by_code[rows[pos].code]++;
        ret->bytes += rows[pos].bytes;
        ret->rows++;
    }
}

/*
 * Reads whole lines; *ret_end is where the last good one ends. A power cut can leave a hole
 * of NULs, and what follows it is not believed; any other line that is not of this shard means
 * that the file is not what we take it for.
 */
static int read_rows(int dir, uint32_t shard, uint32_t shard_size, struct buf *text,
    struct past_row *rows, size_t *ret_end)
{
    unsigned width = job_key_width(shard_size);
    char *line = (char *)text->data, *end = line + text->len, *newline;
    for (; (newline = memchr(line, '\n', (size_t)(end - line))); line = newline + 1) {
        size_t len = (size_t)(newline - line);
        int64_t pos = row_pos(line, len, shard, width);
        if (memchr(line, '\0', len))
            break;
        if (pos < 0 || pos >= shard_size)
            return BAD_FILE;
        *newline = '\0';
        free(rows[pos].url); /* the last row of a key counts */
        rows[pos] = read_row(dir, line);
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

static int load_manifest(
    int dir, uint32_t shard, uint32_t shard_size, const char *name, struct past *ret)
{
    struct buf text = {0};
    int err = read_file(dir, name, &text);
    if (err)
        return err == -ENOENT ? 0 : err;
    struct past_row *rows = mem_array(shard_size, sizeof *rows);
    size_t end;
    err = read_rows(dir, shard, shard_size, &text, rows, &end);
    if (!err && end < text.len)
        err = cut_off(dir, name, end);
    if (!err)
        count_rows(rows, shard_size, ret);
    for (uint32_t i = 0; i < shard_size; i++)
        free(rows[i].url);
    free(rows);
    buf_fini(&text);
    return err;
}

int past_load(int dir, uint32_t shard, uint32_t shard_size, struct past *ret, char *message)
{
    char name[PAST_NAME_SIZE];
    struct buf text = {0};
    *ret = (struct past){0};
    past_stats_name(shard, name);
    int err = read_file(dir, name, &text);
    if (!err) {
        err = read_stats(&text, ret);
        buf_fini(&text);
    } else if (err == -ENOENT) {
        past_manifest_name(shard, name);
        err = load_manifest(dir, shard, shard_size, name, ret);
    }
    if (err) {
        const char *why =
            err == BAD_FILE ? "not a file of imgfetch with this --shard-size" : strerror(-err);
        snprintf(message, PAST_MESSAGE_SIZE, "%s: %s", name, why);
        past_fini(ret);
    }
    return err;
}
