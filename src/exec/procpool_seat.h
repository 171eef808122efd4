/*
 * A seat: one of the pool's places for a worker, in the main process. Workers
 * come and go, the seat and its slot stay.
 *
 *   EMPTY --asked--> ASKED --spawned--> STARTING --ready byte--> IDLE <--> BUSY
 *     ^                                     |                     |         |
 *     +------- exit status -------- DYING <-+---------------------+---------+
 *
 * A seat is DYING from the moment its worker was killed or its socket ended until
 * the zygote sends the exit status; a task stays with it until then.
 *
 * Only for procpool.c, which alone calls `done` and `ready`.
 */
#ifndef EXEC_PROCPOOL_SEAT_H
#define EXEC_PROCPOOL_SEAT_H

#include "exec/procpool.h"
#include "exec/sandbox.h"
#include "exec/zygote.h"

enum seat_state {
    SEAT_EMPTY, /* nobody; may be filled again at `due` */
    SEAT_ASKED,
    SEAT_STARTING,
    SEAT_IDLE,
    SEAT_BUSY,
    SEAT_ANSWERING, /* `done` runs on the slot; a task put in meanwhile starts after it */
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
    bool started;             /* the worker has been ready, and good enough */
    bool began;               /* the worker, now dead, had begun with the task it had */
    enum sandbox_level level; /* of the worker, once started */
};

enum seat_says { SEAT_SAYS_NOTHING, SEAT_SAYS_READY, SEAT_SAYS_DONE, SEAT_SAYS_LOST };

void procpool_seat_init(struct seat *, struct procpool *, unsigned index, struct slot *);

/* A worker for so many tasks has been asked for: ASKED. */
void procpool_seat_expect(struct seat *, unsigned tasks);

/* Takes the descriptors of a worker just spawned. */
void procpool_seat_open(struct seat *, uv_loop_t *, const struct zygote_message *, uv_poll_cb);

/* Lays the task into the slot; go() sets the worker to it. False: the worker is dead. */
void procpool_seat_put(struct seat *, struct task *);
bool procpool_seat_go(struct seat *);

/* What the worker has to say now, without waiting. Anything out of turn, and
 * an answer longer than max_out, is LOST. */
enum seat_says procpool_seat_hear(struct seat *, size_t max_out);

/* SIGKILL; the rest follows from the end of the socket. */
void procpool_seat_signal(struct seat *);

/* Kills the worker, closes its socket, hears no more of it: DYING. */
void procpool_seat_kill(struct seat *);

/* Its exit status has come, or never will: EMPTY. Returns the task it had. What is
 * said above of the worker stays to be read until the next one is expected. */
struct task *procpool_seat_vacate(struct seat *);

/* A worker died before its time: sets `due` for the next one. */
void procpool_seat_back_off(struct seat *, uint64_t now);

#endif
