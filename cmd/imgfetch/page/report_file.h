/*
 * Writes a page to disk. It appears whole or not at all: an existing file is replaced atomically,
 * or stays as it is. If FILE is not a regular file (a pipe, /dev/stdout), the page is written to
 * it.
 */
#ifndef CMD_REPORT_FILE_H
#define CMD_REPORT_FILE_H

#include <stdbool.h>
#include <stdio.h>

/* Checks, before the work, that a page can be written there. False: errno says why not. */
bool report_file_is_writable(const char *path);

/* Writes the page that `put` prints; path "-": standard output. False: errno says why. Blocks. */
bool report_file_write(const char *path, void (*put)(FILE *, const void *arg), const void *arg);

#endif
