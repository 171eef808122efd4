/*
 * Writes a tar that grows on disk, and reads one that was left unfinished. By libarchive.
 *
 * The format is plain ustar. A member's header has only its name, its size and an mtime (mode 0444,
 * uid and gid 0, no owner names), so the same members make the same tar.
 *
 * Members are buffered, and written by tarfile_flush() at the latest. Errors are negative errno
 * values; after an error the file may end in half a member, and nothing can be added. One thread at
 * a time. Blocks.
 */
#ifndef STORE_TARFILE_H
#define STORE_TARFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tarfile;

/* Loads libarchive (store/libarchive.h). False: it is missing, and tarfile_new() must not be
 * called; tarfile_scan() and tarfile_read() return -ELIBACC. */
bool tarfile_ready(void);

/* Members are added after the first `size` bytes of the file; what follows these is overwritten.
 * Takes ownership of fd, which is open for reading and writing. */
struct tarfile *tarfile_new(int fd, int64_t size);
void tarfile_free(struct tarfile *); /* closes; buffered bytes are lost */

/* modified: the mtime, s since 1970, at most 2^33 - 1. */
int tarfile_add(
    struct tarfile *, const char *name, const void *bytes, size_t len, int64_t modified);

/* Copies members from another file, byte for byte. */
int tarfile_copy(struct tarfile *, int fd, int64_t offset, int64_t len);

int tarfile_end(struct tarfile *); /* adds the end of a tar */

int tarfile_flush(struct tarfile *);
int64_t tarfile_size(const struct tarfile *); /* in bytes, including buffered ones */
int tarfile_fd(const struct tarfile *);       /* for fsync(2) and tarfile_copy() */

/* Truncates the file to `size` bytes; nothing may be buffered. */
int tarfile_cut(struct tarfile *, int64_t size);

/* A complete member. Its header of 512 bytes begins at `offset`, its `size` bytes follow, and the
 * next header begins at `end`. */
struct tarfile_member {
    const char *name; /* valid until the next one */
    int64_t offset, size, end;
};

/* Calls `take` for each member from the beginning of the file. Stops at the end of the file, at
 * anything but a complete plain member, or when `take` returns false. */
int tarfile_scan(int fd, bool (*take)(void *arg, const struct tarfile_member *), void *arg);

/* Calls `take` for each member in a piece of the file, with its bytes, until it returns false. 0;
 * -EBADMSG: the piece is not made of members; or another negative errno. */
typedef bool tarfile_take(void *arg, const char *name, const uint8_t *bytes, size_t len);
int tarfile_read(int fd, int64_t offset, int64_t len, tarfile_take *take, void *arg);

#endif
