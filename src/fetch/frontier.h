/*
 * The frontier: which of the waiting jobs may be asked for next.
 *
 *   add ──► its host's queue ──► next ──► (fetched) ──► done
 *               ▲                                        │
 *               └── delayed jobs, when their time comes ◄┘ delay
 *
 * Always true:
 * - A host (by name, whatever the port) is asked no sooner, and for no more at once, than its
 *   pace allows (fetch/pace.h), and waits for its time in a heap. Hosts that may be asked take
 *   turns, so a list sorted by host keeps all hosts of the window busy.
 * - A host is asked for only once its addresses were looked for: at its first job
 *   conf.want_host is called, and the host waits until frontier_host_ready().
 * - A delayed job holds no slot of its host.
 * - A host that has nothing waiting and nothing under way is forgotten, once there is
 *   nothing to remember of its pace; at most 65536 such are remembered.
 *
 * `now` is clock_ns(). The frontier owns the jobs it holds. It calls want_host from inside add(),
 * and want_host must not call back. Loop thread.
 */
#ifndef FETCH_FRONTIER_H
#define FETCH_FRONTIER_H

#include "fetch/pace.h"
#include "input/job.h"

struct frontier;

struct frontier_conf {
    struct pace_conf pace;
    /* Look for the addresses of this job's host. True: that is over already; false:
     * frontier_host_ready() will follow. NULL: hosts need none. */
    bool (*want_host)(void *arg, const struct job *);
    void *arg;
};

struct frontier *frontier_new(const struct frontier_conf *);
void frontier_free(struct frontier *); /* it holds no job, none is between next() and done() */

/* Takes the job; its host asks for it after what waits already; or before that, but for rows
 * that were asked for more often. */
void frontier_add(struct frontier *, struct job *);
void frontier_add_first(struct frontier *, struct job *);

/* A job that may be asked for now; it is the caller's until frontier_done(). Set are
 * request.last_for_host, and ms.dns: how long it waited for the look-up. If its host is down, it
 * has failed already (ERR_HOST_DOWN). NULL: none. */
struct job *frontier_next(struct frontier *, uint64_t now);

/* The job (still the caller's) no longer uses its host; err and response tell the pace how it
 * went. Before its URL changes. */
void frontier_done(struct frontier *, struct job *, uint64_t now);

/* The job (the caller's) was not asked for: its slot is free, and the host's pace unchanged. */
void frontier_release(struct frontier *, struct job *);

/* Not now after all: the addresses are out of date, and the caller has asked for new ones.
 * Takes the job back to the head of its queue; its host waits for frontier_host_ready(). */
void frontier_put_back(struct frontier *, struct job *);

/* Takes the job and adds it when clock_ns() reaches `when`. */
void frontier_delay(struct frontier *, struct job *, uint64_t when);

/* Adds the delayed jobs, and the held hosts, whose time has come. Returns the time of the next
 * one, or 0. */
uint64_t frontier_tick(struct frontier *, uint64_t now);

/* The look-up is over, well or not; it took so long. An unknown host is ignored. */
void frontier_host_ready(struct frontier *, const char *host, uint64_t lookup_ns);

/* All jobs it holds, delayed ones too, become the caller's. */
void frontier_drain(struct frontier *, struct job_queue *ret);

size_t frontier_count(const struct frontier *); /* jobs held, delayed ones too */
size_t frontier_delayed(const struct frontier *);

#endif
