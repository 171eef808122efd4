/*
 * Starts over in a used output directory (--fresh). Removes the files that its manifests name, then
 * the manifests, the stats files, the files in .imgfetch, and folders that are empty. The lock,
 * which the caller holds, options.json, FRESH_MARK and FRESH_LIST stay: the caller replaces or
 * removes them when all else is gone. Other people's files stay. So do files of a killed run that
 * no row names, if --name chose their names: nothing tells them from other people's.
 *
 * Everything is read before anything is removed. If a manifest or a folder cannot be read, or is a
 * symbolic link, nothing is removed. The paths are kept in memory meanwhile, some 30 bytes for each
 * file.
 *
 * The notes of deliveries go first, on disk too; then the stats files, and the manifests last, so
 * that an interrupted removal can be continued and never looks like a complete shard. Blocks; no
 * other process may use the directory.
 */
#ifndef STORE_FRESH_H
#define STORE_FRESH_H

enum { FRESH_NAME_SIZE = 300 };

/* Below .imgfetch, for --update: the mark of store/update.h, and a list of which the directory was
 * made. */
#define FRESH_MARK "update"
#define FRESH_LIST "removed.jsonl"

/* 0 or a negative errno; then `what` (FRESH_NAME_SIZE) is the path that cannot be read or removed.
 */
int fresh_remove(int dir, char *what);

/* Calls `take` with each path that fresh_remove() would leave, but .imgfetch; of a folder without a
 * file, the folder, with a slash. Removes nothing. Returns like fresh_remove(). */
typedef void fresh_other(void *arg, const char *path);
int fresh_others(int dir, char *what, fresh_other *take, void *arg);

#endif
