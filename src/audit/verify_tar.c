#include "audit/verify_inside.h"

#include "base/beneath.h"
#include "base/descriptor.h"
#include "store/tarfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PATH_SIZE = 400, BLOCK = 512, TAR_END = 2 * BLOCK /* ustar */ };

struct scan {
    struct verify_shard *shard;
    int fd;
    int64_t end; /* of the last member so far */
};

static bool is_nul(const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (bytes[i])
            return false;
    return true;
}

static void look_at_sidecar(
    struct scan *s, const struct tarfile_member *m, const struct verify_file *file)
{
    struct buf text = {0};
    bool fits = m->size <= file->bytes && buf_reserve(&text, (size_t)m->size + 1);
    ssize_t n =
        fits ? descriptor_read_at(s->fd, text.data, (size_t)m->size, m->offset + BLOCK) : -1;
    bool good = n == m->size;
    if (good) {
        text.data[n] = '\0';
        good = !memchr(text.data, '\0', (size_t)n) &&
               manifest_is_sidecar((const char *)text.data, file->sidecar);
    }
    buf_fini(&text);
    if (!good)
        verify_fault(s->shard, file->path, "differs from its row");
}

static void look_at_member(struct scan *s, const struct tarfile_member *m, struct verify_file *file)
{
    uint8_t rest[BLOCK];
    int64_t after = m->offset + BLOCK + m->size;
    const struct manifest_file said = {file->path, file->bytes, file->sha256};
    if (file->sidecar) {
        look_at_sidecar(s, m, file);
    } else if (m->size != file->bytes) {
        verify_file_status(s->shard, file->path, &said, MANIFEST_WRONG_SIZE);
        return;
    } else if (said.sha256) {
        enum manifest_status status = manifest_check_piece(s->fd, m->offset + BLOCK, &said);
        if (status != MANIFEST_GOOD)
            verify_file_status(s->shard, file->path, &said, status);
    }
    ssize_t len = (ssize_t)(m->end - after);
    if (descriptor_read_at(s->fd, rest, (size_t)len, after) != len || !is_nul(rest, (size_t)len))
        verify_fault(s->shard, file->path, "not padded with NUL bytes");
    s->shard->counts.bytes += (uint64_t)m->size;
}

static bool check_member(void *arg, const struct tarfile_member *m)
{
    struct scan *s = arg;
    struct verify_file *file = NULL;
    char path[PATH_SIZE];
    s->end = m->end;
    s->shard->counts.files++;
    snprintf(path, sizeof path, SHARDFILES_OF_TAR "%s", (int)s->shard->digits, s->shard->number,
        m->name);
    HASH_FIND_STR(s->shard->files, path, file);
    if (!file)
        verify_fault(s->shard, path, "no row names it");
    else if (file->seen++ && verify_is_closed(s->shard))
        verify_fault(s->shard, path, "occurs twice");
    else
        look_at_member(s, m, file);
    return true;
}

/* Checks that the end of a tar follows the last readable member. */
static void look_at_end(const struct scan *s, const char *name)
{
    uint8_t piece[32 * BLOCK];
    int64_t at = s->end;
    ssize_t n;
    while ((n = descriptor_read_at(s->fd, piece, sizeof piece, at)) > 0 && is_nul(piece, (size_t)n))
        at += n;
    if (n)
        verify_fault(s->shard, name, "damaged after byte %lld", (long long)s->end);
    else if (at - s->end < TAR_END)
        verify_fault(s->shard, name, "the end of the tar is missing");
}

static void read_tar(struct verify_shard *s, enum shardfiles_kind kind, bool whole)
{
    char name[SHARDFILES_NAME_SIZE];
    shardfiles_name(s->number, s->digits, kind, name);
    struct scan scan = {.shard = s};
    scan.fd = beneath_open(s->dir, name, O_RDONLY);
    int err = scan.fd < 0 ? scan.fd : tarfile_scan(scan.fd, check_member, &scan);
    if (err)
        verify_fault(s, name, "%s", err == -ENOENT ? "missing" : beneath_why(err));
    else if (whole)
        look_at_end(&scan, name);
    if (scan.fd >= 0)
        close(scan.fd);
}

void verify_tar(struct verify_shard *s)
{
    struct verify_file *file, *next;
    bool is_closed = verify_is_closed(s);
    if (!(s->parts & SHARDFILES_TAR) && verify_may_miss(s))
        return;
    if (is_closed || (s->parts & SHARDFILES_TAR))
        read_tar(s, SHARDFILES_TAR, is_closed);
    if (!is_closed && (s->parts & SHARDFILES_SPOOL))
        read_tar(s, SHARDFILES_SPOOL, false);
    if (!is_closed && (s->parts & SHARDFILES_TAR_PART))
        read_tar(s, SHARDFILES_TAR_PART, false);
    HASH_ITER (hh, s->files, file, next)
        if (!file->seen)
            verify_fault(s, file->path, "missing");
}
