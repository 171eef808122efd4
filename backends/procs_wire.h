/*
 * What crosses between the backend `procs` and its workers: a request (`ask`), and what came of it
 * (`reply`). Both are a struct of plain numbers, and texts and bytes behind it.
 *
 * Always true:
 * - A worker has read a stranger's bytes, so nothing of a reply is believed: what our own code
 *   cannot have written is refused as a whole, and numbers that only our own clocks and counters
 *   could confirm are cut to what is possible.
 * - The reader copies before it checks. What it has taken is the job's own.
 *
 * Internal to procs.c. Any thread.
 */
#ifndef BACKENDS_PROCS_WIRE_H
#define BACKENDS_PROCS_WIRE_H

#include "input/job.h"
#include "net/transfer.h"

/* Bytes of an ask at most, and of a reply but for its body. */
size_t procs_wire_ask_max(void);
size_t procs_wire_reply_max(void);

/* The job's request, for a worker that may receive max_speed bytes a second (0: no limit). Writes
 * at most procs_wire_ask_max() bytes and returns how many. */
size_t procs_wire_put_ask(const struct job *, uint64_t max_speed, uint8_t *out);

/* In the worker: the request, into a fresh job. False: it is none. */
bool procs_wire_take_ask(const uint8_t *in, size_t in_len, struct job *, uint64_t *ret_max_speed);

/* In the worker: the job's outcome. Returns its bytes; 0: no room. */
size_t procs_wire_put_reply(const struct job *, uint8_t *out, size_t out_size);

/* What a reply cannot exceed. */
struct procs_wire_bounds {
    uint64_t elapsed_ns;                  /* since the request was submitted */
    uint64_t max_speed;                   /* bytes a second of the whole run; 0: no limit */
    const struct transfer_conf *transfer; /* max_size, proxies */
};

/* Copies the reply into the job that was asked. False: our own code cannot have written it; the job
 * is as before, or has a part of the texts. */
bool procs_wire_take_reply(
    struct job *, const uint8_t *out, size_t out_len, const struct procs_wire_bounds *);

#endif
