/*
 * The process that prepares what all workers need, and forks them. It is forked itself
 * while the program has only one thread, and never has a second one.
 *
 * Always true:
 * - Its only link to the main process is the control socket. When that ends, the
 *   zygote kills its workers, waits for them and exits.
 * - Only the zygote can wait for workers, so it reports their exit statuses, each
 *   after the message that announced the worker.
 * - It has wiped the command line and the environment (exec/forget.h) before it calls the warm-up;
 *   the warm-up has to wipe what else conf.arg's owner has on the heap and workers do not need.
 * - It has no descriptor of the main process but that socket (and, under
 *   sanitizers, stderr for their reports), and never reads a foreign byte.
 */
#ifndef EXEC_ZYGOTE_H
#define EXEC_ZYGOTE_H

#include "exec/procpool.h"
#include "exec/slot.h"

#include <sys/types.h>

enum zygote_says {
    ZYGOTE_NOTHING, /* there is no message */
    ZYGOTE_SPAWNED, /* a worker runs: pid, socket, pidfd */
    ZYGOTE_FAILED,  /* a worker could not be forked: status is the errno */
    ZYGOTE_EXITED,  /* a worker has ended: pid, status */
    ZYGOTE_GONE,    /* the zygote is dead */
};

struct zygote_message {
    uint32_t says;  /* enum zygote_says */
    uint32_t index; /* of the worker */
    int32_t pid;
    int32_t status;    /* as from waitpid */
    int socket, pidfd; /* owned by the receiver; -1: none, or the receiver has no descriptor left */
};

/* Forks the zygote, which spawns all workers at once. Returns its pid and the control
 * socket, or -1 with errno set. It inherits conf and slots. */
pid_t zygote_start(const struct procpool_conf *, struct slot *slots, int *ret_control);

/* Asks for a worker to replace a dead one. False: try again later. */
bool zygote_ask(int control, unsigned index);

/* Reads the next message, without waiting. */
enum zygote_says zygote_hear(int control, struct zygote_message *ret);

#endif
