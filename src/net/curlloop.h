/*
 * curl on a libuv loop: many transfers at once on one thread.
 *
 * curl says which sockets it waits for and when it wants to be called again; the loop waits for all
 * of them at once and calls curl with what is ready (curl_multi_socket_action). Once a second it
 * checks all transfers for stalls, which is cheaper than a timer for each. When the memory budget
 * asks for it, it aborts the youngest transfer of the host that holds most (base/budget.h). Bodies
 * that come fast share half a megabyte a turn of the loop, so that no other transfer waits long.
 *
 * A transfer that was started comes back exactly once through `done`, from the
 * loop, never from inside a call here. Thread: the loop's.
 */
#ifndef NET_CURLLOOP_H
#define NET_CURLLOOP_H

#include "net/transfer.h"

#include <uv.h>

struct curlloop;

/* The transfer is over; transfer_finish(t, code) returns its job. May start others. */
typedef void curlloop_done(void *arg, struct transfer *t, CURLcode code);

struct curlloop_conf {
    uv_loop_t *loop;
    struct budget *budget;
    unsigned max_transfers; /* that will be under way at once; twice as many connections are kept,
                               for hosts that have nothing to do just now, if there are as many
                               descriptors (RLIMIT_NOFILE) */
    unsigned loops;         /* that share the descriptors; 0 is 1 */
    curlloop_done *done;
    void *arg;
};

/* NULL: errno says why. */
struct curlloop *curlloop_new(const struct curlloop_conf *);

/* The transfer has its job (transfer_start()) and is the loop's until `done`. */
void curlloop_start(struct curlloop *, struct transfer *);

/* All transfers, including those started later, come back soon, aborted as ERR_CANCELLED. */
void curlloop_stop(struct curlloop *);

/* No transfer may be in progress. The loop must run once more afterwards to finish closing
 * handles. */
void curlloop_free(struct curlloop *);

#endif
