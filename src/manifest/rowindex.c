#include "manifest/rowindex.h"

#include "base/descriptor.h"
#include "base/mem.h"
#include "input/job.h"
#include "manifest/row.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    FIRST_READ = 4096,         /* bytes; more than most rows have */
    LINE_MAX_BYTES = 64 << 20, /* far more than any row has */
};

struct rowindex {
    uint32_t shard, shard_size;
    struct job_digits digits;
    int64_t *offsets; /* by position, plus 1; 0: none */
};

struct rowindex *rowindex_new(uint32_t shard, uint32_t shard_size, struct job_digits digits)
{
    struct rowindex *r = mem_new(sizeof *r);
    r->shard = shard;
    r->shard_size = shard_size;
    r->digits = digits;
    r->offsets = mem_array(shard_size, sizeof *r->offsets);
    return r;
}

void rowindex_free(struct rowindex *r)
{
    if (!r)
        return;
    free(r->offsets);
    free(r);
}

void rowindex_add(struct rowindex *r, int64_t offset, const char *lines, size_t len)
{
    const char *at = lines, *end = lines + len, *newline;
    for (; (newline = memchr(at, '\n', (size_t)(end - at))); at = newline + 1) {
        int64_t pos = row_pos(at, (size_t)(newline - at), r->shard, r->digits);
        if (pos >= 0 && pos < r->shard_size)
            r->offsets[pos] = offset + (at - lines) + 1;
    }
}

int64_t rowindex_offset(const struct rowindex *r, uint32_t pos)
{
    return pos < r->shard_size && r->offsets[pos] ? r->offsets[pos] - 1 : -ENOENT;
}

int rowindex_line(int fd, int64_t offset, struct buf *ret)
{
    ret->len = 0;
    for (size_t want = FIRST_READ; want <= LINE_MAX_BYTES; want *= 4) {
        if (!buf_reserve(ret, want))
            return -ENOMEM;
        size_t had = ret->len;
        ssize_t n = descriptor_read_at(fd, ret->data + had, want - had, offset + (int64_t)had);
        if (n < 0)
            return (int)n;
        ret->len += (size_t)n;
        uint8_t *end = memchr(ret->data + had, '\n', (size_t)n);
        if (end) {
            *end = '\0';
            ret->len = (size_t)(end - ret->data);
            return 0;
        }
        if (ret->len < want)
            break; /* end of the file */
    }
    return -ENOENT;
}

/* The offset of the first line that begins at or after `from`; `end` if there is none before
 * it. */
static int64_t next_line(int fd, int64_t from, int64_t end, struct buf *line)
{
    if (from == 0)
        return 0;
    /* Read from the byte before: if that is a line feed, a line begins at `from`. */
    int err = rowindex_line(fd, from - 1, line);
    int64_t at = from + (int64_t)line->len;
    return err == -ENOENT || at > end ? end : err ? err : at;
}

int64_t rowindex_ordered(int fd, uint32_t shard, struct job_digits digits, uint32_t pos)
{
    struct buf line = {0};
    struct stat st;
    if (fstat(fd, &st))
        return -errno;
    int64_t low = 0, high = st.st_size, ret = -ENOENT;
    /* A line begins at `low`. The row, if it is there, begins in [low, high). */
    while (low < high && ret == -ENOENT) {
        int64_t middle = low + (high - low) / 2, at = next_line(fd, middle, high, &line);
        if (at >= high) {
            high = middle;
            continue;
        }
        int err = at < 0 ? (int)at : rowindex_line(fd, at, &line);
        int64_t found = err ? -1 : row_pos((const char *)line.data, line.len, shard, digits);
        if (found == pos)
            ret = at;
        else if (found < 0) { /* not a manifest of this shard, or it cannot be read */
            ret = err ? err : -ENOENT;
            break;
        } else if (found < pos)
            low = at + (int64_t)line.len + 1;
        else
            high = middle;
    }
    buf_fini(&line);
    return ret;
}
