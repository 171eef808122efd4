/*
 * A seat is the main process's side of one worker. When the worker dies, another one
 * takes the same seat and slot.
 *
 *   EMPTY --asked--> ASKED --spawned--> STARTING --ready byte--> IDLE <--> BUSY
 *     ^                                     |                     |         |
 *     +------- exit status -------- DYING <-+---------------------+---------+
 *
 * A seat is DYING from the moment its worker was killed or its socket ended until
 * the zygote sends the exit status. It keeps its task until then.
 *
 * Private to the pool. Only procpool_loop.c calls `done` and `ready`.
 */
#ifndef EXEC_PROCPOOL_SEAT_H
#define EXEC_PROCPOOL_SEAT_H

#include "exec/procpool.h"
#include "exec/sandbox.h"
#include "exec/zygote.h"

enum seat_state {
    SEAT_EMPTY, /* no worker; may be filled again at `due` */
    SEAT_ASKED,
    SEAT_STARTING,
    SEAT_IDLE,
    SEAT_BUSY,
    SEAT_ANSWERING, /* `done` reads the slot; a task submitted meanwhile starts after it */
    SEAT_DYING,
};

enum seat_fate { FATE_NONE, FATE_TIMED_OUT, FATE_CANCELLED };

struct seat {
    struct procpool *pool;
    unsigned index;
    enum seat_state state;
    struct slot *slot;
    int socket, pidfd; /* -1: none */
    uv_poll_t *poll;   /* on the socket; frees itself */
    struct task *task;
    uint64_t due;             /* clock_ns. EMPTY: refill. BUSY: the task's deadline. 0: none */
    unsigned tasks_left;      /* before this worker is replaced */
    unsigned deaths;          /* in a row, without a task finished */
    size_t out_len;           /* after SEAT_SAYS_DONE, checked */
    enum seat_fate fate;      /* why the worker was killed */
    bool started;             /* the worker was ready, with the sandbox required */
    bool began;               /* the worker, now dead, had begun its task */
    int refused;              /* the system call that the worker, now dead, was refused; -1: none */
    enum sandbox_level level; /* of the worker, once started */
};

enum seat_says { SEAT_SAYS_NOTHING, SEAT_SAYS_READY, SEAT_SAYS_DONE, SEAT_SAYS_LOST };

void procpool_seat_init(struct seat *, struct procpool *, unsigned index, struct slot *);

/* A worker has been asked for, to be replaced after so many tasks: ASKED. */
void procpool_seat_expect(struct seat *, unsigned tasks);

/* Takes the descriptors of a worker just spawned. */
void procpool_seat_open(struct seat *, uv_loop_t *, const struct zygote_message *, uv_poll_cb);

/* Copies the task's input into the slot; go() makes the worker begin. False: the worker is dead. */
void procpool_seat_put(struct seat *, struct task *);
bool procpool_seat_go(struct seat *);

/* Reads from the worker's socket, without waiting. Any unexpected byte, and an
 * output longer than max_out, is LOST. */
enum seat_says procpool_seat_hear(struct seat *, size_t max_out);

/* Sends SIGKILL; the end of the socket then triggers the rest. */
void procpool_seat_signal(struct seat *);

/* Kills the worker, closes its socket and reads no more of it: DYING. */
void procpool_seat_kill(struct seat *);

/* Its exit status has come, or never will: EMPTY. Returns the task it had. The members
 * about the worker stay valid until the next one is expected. */
struct task *procpool_seat_vacate(struct seat *);

/* The worker died early: sets `due` for the next one. */
void procpool_seat_back_off(struct seat *, uint64_t now);

#endif
