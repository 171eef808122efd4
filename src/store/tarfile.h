/*
 * A tar that grows on disk, and the reading of one that was left unfinished. By libarchive.
 *
 * Plain ustar, with nothing in a member's head but its name and size (mode 0444, uid, gid and
 * mtime 0, no names of owners), so that the same members make the same tar.
 *
 * What is added is gathered, and written by tarfile_flush() at the latest. Errors are negative
 * errno values; after one, what is on disk may end in half a member, and nothing can be added.
 * One thread at a time. Blocks.
 */
#ifndef STORE_TARFILE_H
#define STORE_TARFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tarfile;

/* Loads libarchive (store/libarchive.h). False: it is not there, and tarfile_new() must not be
 * called; the others answer -ELIBACC. */
bool tarfile_ready(void);

/* Members are added behind the first `size` bytes of the file; what follows them is overwritten.
 * Takes fd, which can be read and written. */
struct tarfile *tarfile_new(int fd, int64_t size);
void tarfile_free(struct tarfile *); /* closes; what is gathered is lost */

int tarfile_add(struct tarfile *, const char *name, const void *bytes, size_t len);

/* Adds members as they lie in another file. */
int tarfile_copy(struct tarfile *, int fd, int64_t offset, int64_t len);

int tarfile_end(struct tarfile *); /* what stands at the end of every tar */

int tarfile_flush(struct tarfile *);
int64_t tarfile_size(const struct tarfile *); /* in bytes, with what is gathered */
int tarfile_fd(const struct tarfile *);       /* for fsync(2) and tarfile_copy() */

/* Cuts off what lies behind `size`; nothing may be gathered. */
int tarfile_cut(struct tarfile *, int64_t size);

/* A whole member. Its head of 512 bytes begins at `offset`, its `size` bytes follow, and the next
 * one's head begins at `end`. */
struct tarfile_member {
    const char *name; /* valid until the next one */
    int64_t offset, size, end;
};

/* Calls `take` for each member from the beginning, up to the end of the file or whatever is not a
 * whole plain member, or until it answers false. */
int tarfile_scan(int fd, bool (*take)(void *arg, const struct tarfile_member *), void *arg);

/* Calls `take` for each member in a piece of the file, with its bytes, until it answers false.
 * 0; -EBADMSG: something else is there; or another negative errno. */
typedef bool tarfile_take(void *arg, const char *name, const uint8_t *bytes, size_t len);
int tarfile_read(int fd, int64_t offset, int64_t len, tarfile_take *take, void *arg);

#endif
