/*
 * Starts over in a used output directory (--fresh). Removes the files that its manifests name, then
 * the manifests, the stats files, the files in .imgfetch, and folders that are empty. The lock,
 * which the caller holds, and options.json stay: the caller replaces that when all else is gone.
 * Other people's files stay. So do files of a killed run that no row names, if --name chose their
 * names: nothing tells them from other people's.
 *
 * Everything is read before anything is removed. If a manifest or a folder cannot be read, or is a
 * symbolic link, nothing is removed. The paths are kept in memory meanwhile, some 30 bytes for each
 * file.
 *
 * The stats files go first and the manifests last, so that an interrupted removal can be continued
 * and never looks like a complete shard. Blocks; no other process may use the directory.
 */
#ifndef STORE_FRESH_H
#define STORE_FRESH_H

enum { FRESH_NAME_SIZE = 300 };

/* 0 or a negative errno; then `what` (FRESH_NAME_SIZE) is the path that cannot be read or removed.
 */
int fresh_remove(int dir, char *what);

#endif
