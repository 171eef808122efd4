/*
 * The life of a worker. It confines itself, reports the level it reached, then
 * answers each byte "go" with its work and a byte "done". It ends when the socket
 * ends, or when a task has leaked so much memory that the next one could run out of it.
 * It serves one slot and has mapped no other.
 */
#ifndef EXEC_WORKER_H
#define EXEC_WORKER_H

#include "exec/procpool.h"
#include "exec/slot.h"

#include <sys/types.h>

/* The bytes on a worker's socket. */
enum {
    WORKER_GO = 'g',    /* to it: the slot holds a task */
    WORKER_DONE = 'd',  /* from it: the slot holds the output */
    WORKER_READY = 'A', /* from it, first and once: plus its enum sandbox_level */
};

/* Makes the calling process, just forked by `parent`, a worker; takes `socket`. */
_Noreturn void worker_run(
    const struct procpool_conf *conf, struct slot *slot, int socket, pid_t parent);

/* In a worker, during its work: where it counts how far it is, for procpool_progress(). */
atomic_ullong *worker_progress(void);

#endif
