/*
 * The life of a worker: it confines itself, says the level it
 * reached, then answers each byte "go" with its work and a byte "done", until
 * the socket ends or a task has left so much memory behind that the next one may want for it. It
 * serves one slot and has mapped no other.
 */
#ifndef EXEC_WORKER_H
#define EXEC_WORKER_H

#include "exec/procpool.h"
#include "exec/slot.h"

#include <sys/types.h>

/* The bytes on a worker's socket. */
enum {
    WORKER_GO = 'g',    /* to it: the slot holds a task */
    WORKER_DONE = 'd',  /* from it: the slot holds the answer */
    WORKER_READY = 'A', /* from it, first and once: plus its enum sandbox_level */
};

/* Becomes a worker in a process just forked by `parent`; takes `socket`. */
_Noreturn void worker_run(
    const struct procpool_conf *conf, struct slot *slot, int socket, pid_t parent);

#endif
