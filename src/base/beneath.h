/*
 * The files below a directory that others may have prepared: an output directory.
 *
 * - Every path is relative to an open directory and stays beneath it. A path that is absolute or
 *   has a part "..", "." or "" is refused (-EXDEV).
 * - No symbolic link is followed, neither the last part of a path nor a folder on the way (-ELOOP;
 *   beneath_why() names the link). Only the root itself may be one.
 * - What is opened is a regular file or a folder. Anything else in its place is refused (-EISDIR,
 *   -ENOTDIR, or -ENXIO for a pipe, a socket or a device) and does not block the call.
 * - A call that needs a descriptor waits while none is free: connections and files are closed all
 *   the time.
 *
 * The kernel resolves paths like this (openat2(2)). Where it cannot, before Linux 5.6 or in a
 * container whose filter does not know the call, every folder of a path is opened in its turn.
 *
 * All that the program reads and writes below an output directory goes through these calls
 * (check.sh); they are the place to add another kind of storage.
 *
 * Errors are negative errno values. Blocks; any thread.
 */
#ifndef BASE_BENEATH_H
#define BASE_BENEATH_H

#include <stdbool.h>
#include <sys/stat.h>

/* How long to wait for a free descriptor, in ms. */
enum { BENEATH_PATIENCE_MS = 30000 };

/* Opens the directory for the calls below. The path is the user's own: links in it are followed.
 * make: creates it if it is missing, but not its parents. A descriptor. */
int beneath_root(const char *path, bool make);

/* Opens a file. flags: O_RDONLY, O_WRONLY or O_RDWR, and any of O_CREAT, O_EXCL, O_APPEND. A
 * descriptor. */
int beneath_open(int dir, const char *path, int flags);

/* Creates a file without a name in the folder `dir` itself, for beneath_link(). A descriptor;
 * -EOPNOTSUPP, -EISDIR or -EINVAL: this file system has none. */
int beneath_open_unnamed(int dir);

/* Opens a folder: a descriptor that can be the `dir` of other calls. */
int beneath_open_folder(int dir, const char *path);

/* Makes the folder and its parents, as far as they are missing. */
int beneath_make_folder(int dir, const char *path);

/* Waits until the names in the folder are on disk. */
int beneath_sync_folder(int dir, const char *path);

/* Calls `entry` for each name in the folder, but "." and "..", until it returns other than 0, which
 * is returned. path: "." is `dir` itself. */
typedef int beneath_entry(void *arg, const char *name);
int beneath_list(int dir, const char *path, beneath_entry *entry, void *arg);

/* What has this name; of a link as the last part, the link itself. */
int beneath_stat(int dir, const char *path, struct stat *ret);

/* Gives a name to a file that beneath_open_unnamed() made. -EEXIST: something has that name. */
int beneath_link(int fd, int dir, const char *path);

/* Renames a file within its folder. What has the new name is replaced; with is_new, -EEXIST. */
int beneath_rename(int dir, const char *from, const char *to, bool is_new);

/* Removes a file; of a link, the link. */
int beneath_remove(int dir, const char *path);

/* Removes a folder that is empty. */
int beneath_remove_folder(int dir, const char *path);

/* True for a path that the calls take: relative, and without "..", "." and empty parts. */
bool beneath_is_plain(const char *path);

/* Why a call failed, like strerror(3). For -ELOOP, the text names the link of this thread's last
 * call that met one, relative to that call's `dir`. Valid until the thread's next call. */
const char *beneath_why(int err);

#endif
