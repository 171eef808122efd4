/*
 * The frontier: which of the waiting jobs may be asked for next.
 *
 *   add ──► its host's queue ──► next ──► (fetched) ──► done
 *               ▲                                        │
 *               └── delayed jobs, when their time comes ◄┘ delay
 *
 * Always true:
 * - A host (by name, whatever the port) is asked no sooner, and for no more at once, than its
 *   pace allows (fetch/pace.h), and waits for its time in a heap. Of the hosts that may be asked,
 *   one with the fewest requests under way is next; equal ones take turns. So a list sorted by host
 *   keeps all hosts of the window busy, and no host takes the slots of others.
 * - A host whose last request ended as a stall or timeout is asked only when no other may be. One
 *   that holds more than a quarter of the memory is asked only if no other has jobs here or holds
 *   any memory. That ends nothing for good: what it holds is given back without any further
 *   request. The same is true of a host for which the disk is behind (base/budget.h): it is not
 *   asked at all.
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

#include "fetch/hostlimits.h"
#include "input/job.h"

struct frontier;

struct frontier_conf {
    struct pace_conf pace;
    const struct hostlimits *limits; /* of single hosts; NULL: none. Borrowed */
    const struct budget *budget;     /* NULL: memory does not matter */
    /* Looks up the addresses of this job's host. True: the look-up is over; false:
     * frontier_host_ready() will follow. NULL: hosts need no addresses. */
    bool (*want_host)(void *arg, const struct job *);
    void *arg;
};

struct frontier *frontier_new(const struct frontier_conf *);
void frontier_free(struct frontier *); /* it holds no job, and none is between next() and done() */

/* Queues the job at the tail of its host's queue; _first queues it at the head, behind jobs with
 * more attempts. Takes ownership. */
void frontier_add(struct frontier *, struct job *);
void frontier_add_first(struct frontier *, struct job *);

/* Returns a job that may be requested now, or NULL. The caller owns it and calls frontier_done()
 * later. Sets request.last_for_host, .new_connection if it is the probe of its host (fetch/pace.h),
 * memory.host, and ms.dns to the time it waited for the look-up. The job holds no memory. If its
 * host is down, the job has already failed (ERR_HOST_DOWN). */
struct job *frontier_next(struct frontier *, uint64_t now);

/* True if a host may be asked that is not among those that come last. */
bool frontier_others_wait(struct frontier *);

/* Ends the job's use of its host; err and response tell the pace the outcome. The job stays the
 * caller's. Call this before its URL changes. */
void frontier_done(struct frontier *, struct job *, uint64_t now);

/* Frees the slot of a job that was not requested, and leaves the host's pace unchanged. The job
 * stays the caller's. */
void frontier_release(struct frontier *, struct job *);

/* Takes a job back to the head of its queue, because its host's addresses have expired and the
 * caller has begun a new look-up. The host waits for frontier_host_ready(). */
void frontier_put_back(struct frontier *, struct job *);

/* Takes the job and adds it when clock_ns() reaches `when`. */
void frontier_delay(struct frontier *, struct job *, uint64_t when);

/* Adds the delayed jobs and releases the held hosts whose time has come. Returns when the next one
 * is due, or 0. */
uint64_t frontier_tick(struct frontier *, uint64_t now);

/* The host's look-up has ended, successfully or not; lookup_ns is its duration. An unknown host is
 * ignored. */
void frontier_host_ready(struct frontier *, const char *host, uint64_t lookup_ns);

/* Moves all jobs, including delayed ones, to ret: they are the caller's. */
void frontier_drain(struct frontier *, struct job_queue *ret);

size_t frontier_count(const struct frontier *); /* all jobs it holds, including delayed ones */
size_t frontier_delayed(const struct frontier *);

#endif
