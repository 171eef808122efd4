/*
 * How long a list takes: its rows go through the frontier (fetch/frontier.h) with its pace for each
 * host, and the rate limit (fetch/ratelimit.h) of a run, in virtual time. Nothing is fetched: each
 * request succeeds after the same time.
 *
 * A task has at most PIPELINE_WINDOW rows inside, as a run has, so rows of a slow host keep others
 * from being read. Tasks share nothing, so they are simulated one after another. Memory: those
 * rows, and 4 bytes for each row and host. Sets the virtual clock. One thread.
 */
#ifndef SIMULATE_SIMULATE_H
#define SIMULATE_SIMULATE_H

#include "cmd/simulate/hosts.h"

#include <stdbool.h>

struct simulate_conf {
    unsigned per_host;        /* requests at once of a task to one host; 0: no limit */
    unsigned widest_per_host; /* the same for the host with the most rows; 0: as for others */
    double host_rate;         /* requests a second of a task to one host; 0: no limit */
    double latency;           /* seconds that a request takes, with its body */
    unsigned concurrency;     /* requests at once of a task */
    double body;              /* bytes of a response */
    double limit_rate;        /* bytes a second of a task; 0: no limit */
    double work_rate;         /* rows a second that a task can decode and write; 0: no limit */
};

/* What alone would take so many seconds, in the task that takes longest. */
struct simulate_bounds {
    double host; /* the host that its limits slow down most */
    double slots, line, work;
    double host_rows; /* in the whole list, of that host */
};

struct simulate_result {
    double seconds;   /* until the last task ends */
    unsigned at_once; /* the most requests at one host, if all tasks have them at the same time */
    struct simulate_bounds bounds;
};

/* Simulates `size` rows (hosts_sample()) in so many tasks. split: each host belongs to one task,
 * as imgfetch does it for each domain; one with more than an equal share of the rows to several,
 * which divide the limits for it. Otherwise each task has some rows of each host. All times are
 * those of the whole list: the sample's, times the rows of the list for each of the sample. */
void simulate(const struct simulate_conf *, const struct hosts *, const uint32_t *sample,
    size_t size, unsigned tasks, bool split, struct simulate_result *ret);

#endif
