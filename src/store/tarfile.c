#include "store/tarfile.h"

#include "base/descriptor.h"
#include "base/mem.h"
#include "store/libarchive.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MEMBER_MODE = 0444, BLOCK = 512, ROOM = 256 * 1024 };

struct tarfile {
    int fd;
    int err;         /* of the last write */
    int64_t written; /* bytes of the file that are valid */
    struct archive *archive;
    struct archive_entry *entry;
    bool is_over; /* ignore what libarchive still writes */
    size_t len;   /* buffered bytes */
    uint8_t *buffer;
};

/* After tarfile_ready() returned true. */
static const struct libarchive *la(void)
{
    return libarchive();
}

bool tarfile_ready(void)
{
    return libarchive() != NULL;
}

static int write_at(int fd, const uint8_t *bytes, size_t len, int64_t offset)
{
    while (len) {
        ssize_t n = pwrite(fd, bytes, len, offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        bytes += n;
        len -= (size_t)n;
        offset += n;
    }
    return 0;
}

int tarfile_flush(struct tarfile *t)
{
    if (!t->err)
        t->err = write_at(t->fd, t->buffer, t->len, t->written);
    if (!t->err)
        t->written += (int64_t)t->len;
    t->len = 0;
    return t->err;
}

/* Buffers the bytes; a piece as large as the buffer is written directly. */
static int put(struct tarfile *t, const void *bytes, size_t len)
{
    if (len > ROOM - t->len && tarfile_flush(t))
        return t->err;
    if (len < ROOM) {
        memcpy(t->buffer + t->len, bytes, len);
        t->len += len;
    } else {
        t->err = write_at(t->fd, bytes, len, t->written);
        t->written += t->err ? 0 : (int64_t)len;
    }
    return t->err;
}

/* Hides write errors from libarchive and keeps them in t->err: version 3.6 leaks its buffer after
 * an error. */
static la_ssize_t on_bytes(struct archive *archive, void *arg, const void *bytes, size_t len)
{
    (void)archive;
    struct tarfile *t = arg;
    if (!t->is_over && !t->err)
        put(t, bytes, len);
    return (la_ssize_t)len;
}

struct tarfile *tarfile_new(int fd, int64_t size)
{
    struct tarfile *t = mem_new(sizeof *t);
    t->fd = fd;
    t->written = size;
    t->buffer = mem_array(ROOM, 1);
    t->archive = la()->archive_write_new();
    t->entry = la()->archive_entry_new();
    if (!t->archive || !t->entry)
        abort();
    la()->archive_write_set_format_ustar(t->archive);
    la()->archive_write_set_bytes_per_block(t->archive, 0); /* we do the buffering */
    la()->archive_write_open(t->archive, t, NULL, on_bytes, NULL);
    return t;
}

/* Closing libarchive makes it end the tar, which is not wanted here. */
void tarfile_free(struct tarfile *t)
{
    if (!t)
        return;
    t->is_over = true;
    la()->archive_write_free(t->archive);
    la()->archive_entry_free(t->entry);
    close(t->fd);
    free(t->buffer);
    free(t);
}

static int error_of(const struct tarfile *t)
{
    return t->err ? t->err : -EIO;
}

int tarfile_add(
    struct tarfile *t, const char *name, const void *bytes, size_t len, int64_t modified)
{
    la()->archive_entry_clear(t->entry);
    la()->archive_entry_set_pathname(t->entry, name);
    la()->archive_entry_set_filetype(t->entry, AE_IFREG);
    la()->archive_entry_set_perm(t->entry, MEMBER_MODE);
    la()->archive_entry_set_mtime(t->entry, modified, 0);
    la()->archive_entry_set_size(t->entry, (la_int64_t)len);
    bool good = la()->archive_write_header(t->archive, t->entry) == ARCHIVE_OK &&
                la()->archive_write_data(t->archive, bytes, len) == (la_ssize_t)len &&
                la()->archive_write_finish_entry(t->archive) == ARCHIVE_OK;
    return good && !t->err ? 0 : error_of(t);
}

int tarfile_copy(struct tarfile *t, int fd, int64_t offset, int64_t len)
{
    while (len && !t->err) {
        if (t->len == ROOM && tarfile_flush(t))
            break;
        size_t room = ROOM - t->len;
        ssize_t n = descriptor_read_at(
            fd, t->buffer + t->len, len < (int64_t)room ? (size_t)len : room, offset);
        if (n <= 0) {
            t->err = n < 0 ? (int)n : -EIO;
            break;
        }
        t->len += (size_t)n;
        offset += n;
        len -= n;
    }
    return t->err;
}

int tarfile_end(struct tarfile *t)
{
    return la()->archive_write_close(t->archive) == ARCHIVE_OK && !t->err ? 0 : error_of(t);
}

int64_t tarfile_size(const struct tarfile *t)
{
    return t->written + (int64_t)t->len;
}

int tarfile_fd(const struct tarfile *t)
{
    return t->fd;
}

int tarfile_cut(struct tarfile *t, int64_t size)
{
    if (ftruncate(t->fd, size))
        return -errno;
    t->written = size;
    return 0;
}

/* True for what tarfile_add() could have written: no links, no folders, no extra header. */
static bool is_plain(struct archive *archive, struct archive_entry *entry, int64_t expected)
{
    return la()->archive_read_header_position(archive) == expected &&
           la()->archive_entry_filetype(entry) == AE_IFREG &&
           !la()->archive_entry_hardlink(entry) && la()->archive_entry_pathname(entry) &&
           la()->archive_entry_size_is_set(entry) && la()->archive_entry_size(entry) >= 0;
}

/* After a fatal error: a negative errno if the file could not be read or there was no memory. 0: it
 * is no tar, or it is torn (archive_platform.h: EILSEQ, EINVAL or -1). */
static int reading_error(struct archive *archive)
{
    int err = la()->archive_errno(archive);
    return err == EILSEQ || err == EINVAL || err < 0 ? 0 : -err;
}

static int scan(struct archive *archive, int64_t size,
    bool (*take)(void *arg, const struct tarfile_member *), void *arg)
{
    struct archive_entry *entry;
    int64_t at = 0;
    int status;
    while ((status = la()->archive_read_next_header(archive, &entry)) == ARCHIVE_OK) {
        if (!is_plain(archive, entry, at))
            return 0;
        struct tarfile_member m = {.name = la()->archive_entry_pathname(entry), .offset = at};
        m.size = la()->archive_entry_size(entry);
        int64_t blocks =
            la()->archive_entry_size(entry) / BLOCK + (la()->archive_entry_size(entry) % BLOCK > 0);
        if (blocks > size / BLOCK - at / BLOCK - 1)
            return 0; /* torn */
        m.end = at + BLOCK + blocks * BLOCK;
        if (!take(arg, &m))
            return 0;
        at = m.end;
    }
    return status == ARCHIVE_FATAL ? reading_error(archive) : 0;
}

int tarfile_scan(int fd, bool (*take)(void *arg, const struct tarfile_member *), void *arg)
{
    struct stat st;
    if (!tarfile_ready())
        return -ELIBACC;
    if (fstat(fd, &st) || lseek(fd, 0, SEEK_SET) < 0)
        return -errno;
    struct archive *archive = la()->archive_read_new();
    if (!archive)
        return -ENOMEM;
    la()->archive_read_support_format_tar(archive);
    int err = la()->archive_read_open_fd(archive, fd, ROOM) == ARCHIVE_OK
                  ? scan(archive, st.st_size, take, arg)
                  : reading_error(archive);
    la()->archive_read_free(archive);
    return err;
}

static int read_members(struct archive *archive, size_t size, tarfile_take *take, void *arg)
{
    struct archive_entry *entry;
    uint8_t *bytes = malloc(size);
    int status, err = bytes ? 0 : -ENOMEM;
    while (!err && (status = la()->archive_read_next_header(archive, &entry)) != ARCHIVE_EOF) {
        int64_t len = status == ARCHIVE_OK ? la()->archive_entry_size(entry) : -1;
        if (len < 0 || len > (int64_t)size || !la()->archive_entry_pathname(entry) ||
            la()->archive_read_data(archive, bytes, (size_t)len) != len)
            err = -EBADMSG;
        else if (!take(arg, la()->archive_entry_pathname(entry), bytes, (size_t)len))
            break;
    }
    free(bytes);
    return err;
}

int tarfile_read(int fd, int64_t offset, int64_t len, tarfile_take *take, void *arg)
{
    if (!tarfile_ready())
        return -ELIBACC;
    uint8_t *piece = malloc((size_t)len);
    struct archive *archive = la()->archive_read_new();
    int err = piece && archive ? 0 : -ENOMEM;
    ssize_t n = err ? 0 : descriptor_read_at(fd, piece, (size_t)len, offset);
    if (!err && n != len)
        err = n < 0 ? (int)n : -EBADMSG;
    if (!err) {
        la()->archive_read_support_format_tar(archive);
        err = la()->archive_read_open_memory(archive, piece, (size_t)len) == ARCHIVE_OK
                  ? read_members(archive, (size_t)len, take, arg)
                  : -EBADMSG;
    }
    la()->archive_read_free(archive);
    free(piece);
    return err;
}
