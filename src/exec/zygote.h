/*
 * The process that makes ready what all workers need, and forks them. It is forked itself
 * while the program is still one clean thread, and is one whenever it forks.
 *
 * Always true:
 * - Its one link to the main process is the control socket, whose end is its end:
 *   it then kills its workers, waits for them and exits.
 * - Only it can wait for workers, so their exit statuses come from it, each after
 *   the message that announced the worker.
 * - It holds no descriptor of the main process but that socket (and, under
 *   sanitizers, stderr for their reports), and never sees a foreign byte.
 */
#ifndef EXEC_ZYGOTE_H
#define EXEC_ZYGOTE_H

#include "exec/procpool.h"
#include "exec/slot.h"

#include <sys/types.h>

enum zygote_says {
    ZYGOTE_NOTHING, /* no message waits */
    ZYGOTE_SPAWNED, /* a worker runs: pid, socket, pidfd */
    ZYGOTE_FAILED,  /* it could not be forked: status is the errno */
    ZYGOTE_EXITED,  /* pid, status */
    ZYGOTE_GONE,    /* the zygote is dead */
};

struct zygote_message {
    uint32_t says;  /* enum zygote_says */
    uint32_t index; /* of the worker */
    int32_t pid;
    int32_t status;    /* as from waitpid */
    int socket, pidfd; /* the receiver's; -1: none. It may lack descriptors for them */
};

/* Forks the zygote, which spawns all workers unasked. Gives its pid and the control
 * socket, or -1 with errno set. conf and slots are inherited. */
pid_t zygote_start(const struct procpool_conf *, struct slot *slots, int *ret_control);

/* Asks for a worker in the place of a dead one. False: try again later. */
bool zygote_ask(int control, unsigned index);

/* The next message, without waiting. */
enum zygote_says zygote_hear(int control, struct zygote_message *ret);

#endif
