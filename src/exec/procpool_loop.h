/*
 * The pool in the main process, and its events from the loop: finished tasks,
 * dead workers, deadlines, refills.
 *
 * Private to procpool.c.
 */
#ifndef EXEC_PROCPOOL_LOOP_H
#define EXEC_PROCPOOL_LOOP_H

#include "exec/procpool.h"
#include "exec/procpool_seat.h"

enum { PROCPOOL_HANDLES = 2 };

struct procpool {
    struct executor executor;  /* first */
    struct procpool_conf conf; /* but workers: with the spares, one seat each */
    unsigned busy_max;         /* conf.workers, as given */
    struct slot *slots;
    struct seat *seats;
    pid_t zygote;
    int zygote_pidfd; /* -1: none */
    int control;
    bool stopped, broken;

    uv_loop_t *loop; /* NULL: not attached */
    procpool_ready *ready;
    void *ready_arg;
    uv_poll_t control_poll;
    uv_timer_t timer;
    uint64_t timer_due;      /* clock_ns; 0: not running */
    unsigned handles_closed; /* of the two above */

    struct seat **idle; /* a stack: the worker used last has the warmest caches */
    unsigned n_idle;
    struct seat *reporting;               /* the seat whose `done` runs, or NULL */
    struct seat *answering;               /* the same, if it may have the next task at once */
    struct task *refused, **refused_tail; /* taken only to be given back, from the timer */
    struct task *again;                   /* tasks whose workers died before they began */
    unsigned failed_starts;               /* in a row */
    struct procpool_stats stats;
    enum sandbox_level level;
    bool level_known;
};

/* Begins to read the zygote's messages. 0 or a negative errno. */
int procpool_loop_start(struct procpool *, uv_loop_t *);

/* Closes the two handles; `closed` is called for each. */
void procpool_loop_end(struct procpool *, uv_close_cb closed);

/* Makes the timer check what is due, at `due` (clock_ns) or earlier. */
void procpool_loop_wake_at(struct procpool *, uint64_t due);

/* Gives the task to the idle worker on top of the stack. False: there is none. */
bool procpool_loop_assign(struct procpool *, struct task *);

/* Gives the task back from the timer, without a result. */
void procpool_loop_refuse(struct procpool *, struct task *);

/* Gives back all tasks of `again`, too. */
void procpool_loop_refuse_again(struct procpool *);

#endif
