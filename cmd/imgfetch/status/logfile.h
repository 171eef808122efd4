/*
 * The file of --log: lines with the time in front, appended as they come; if its name ends with
 * .jsonl, JSON lines with the fields time (RFC 3339), level (info, warning, error) and message. A
 * thread writes them, so that the loop does not wait for the disk. Lines that cannot be written, or
 * for which there is no room because the disk does not keep up, are lost.
 *
 * One thread makes all calls. A zeroed struct is no log; it takes lines, and forgets them.
 */
#ifndef CMD_LOGFILE_H
#define CMD_LOGFILE_H

#include "base/buf.h"

#include <pthread.h>

enum { LOGFILE_WAITING_MAX = 4 << 20 /* bytes of lines not yet written */ };

struct logfile {
    const char *path; /* borrowed; NULL: there is no log */
    int fd;
    bool is_jsonl;
    bool is_running;
    pthread_t thread;
    pthread_mutex_t lock; /* for what follows */
    pthread_cond_t wake;
    struct buf waiting; /* lines */
    bool ends;
    int err; /* the first one: a negative errno */
    bool is_told;
};

/* Opens it for appending, and makes it if need be. False: the reason is on standard error. Call it
 * before the program is confined. */
bool logfile_open(struct logfile *, const char *path);

/* Starts the thread: lines wait until then. After the program is confined. 0 or a negative errno.
 */
int logfile_start(struct logfile *);

enum logfile_level { LOGFILE_INFO, LOGFILE_WARNING, LOGFILE_ERROR };

/* Adds a line of printable text in UTF-8, without its line feed. */
void logfile_add(struct logfile *, enum logfile_level, const char *text, size_t len);

/* Why lines are lost: a negative errno, once; then, and while none is lost, 0. */
int logfile_error(struct logfile *);

/* Writes what waits, and ends the thread. Later lines are forgotten; logfile_error() may follow. */
void logfile_close(struct logfile *);

#endif
