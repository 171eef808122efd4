/*
 * A page on disk. It appears whole or not at all; what stands there already is replaced at once, or
 * stays as it is. Where FILE is something else than a file (a pipe, /dev/stdout) it is written to.
 */
#ifndef CMD_REPORT_FILE_H
#define CMD_REPORT_FILE_H

#include <stdbool.h>
#include <stdio.h>

/* Whether that may become a page: asked before the work. False: errno says why not. */
bool report_file_is_writable(const char *path);

/* Writes what `put` puts; path "-": on standard output. False: errno says why. Blocks. */
bool report_file_write(const char *path, void (*put)(FILE *, const void *arg), const void *arg);

#endif
