/*
 * Fetches the robots.txt (RFC 9309) of each origin once, before its first row, for --robots-txt. An
 * origin is scheme, host and port (section 2.3).
 *
 * The file is fetched by a job of its own, which goes through frontier, resolver and backend like a
 * row, with the host's pace, redirects and retries; job.robots_site is set in it. Rows of the
 * origin wait here meanwhile.
 *
 *   2xx                                  the rules (fetch/robots.h)
 *   4xx but 429, too many redirects      no rules: everything is allowed (section 2.3.1.3)
 *   anything else                        rows fail with the error of robots.txt (section 2.3.1.4)
 *
 * At most ROBOTSTXT_ORIGINS origins and ROBOTSTXT_MEMORY bytes of rules are kept. The least
 * recently used are dropped and fetched again when needed. Loop thread.
 */
#ifndef FETCH_ROBOTSTXT_H
#define FETCH_ROBOTSTXT_H

#include "input/job.h"

enum {
    ROBOTSTXT_ORIGINS = 65536,
    ROBOTSTXT_MEMORY = 64 << 20,
};

struct robotstxt;

/* agent: the User-Agent. Its product token ("imgfetch" of "imgfetch/1.0 ...") selects the group of
 * a robots.txt. */
struct robotstxt *robotstxt_new(const char *agent);
void robotstxt_free(struct robotstxt *); /* no job waits here */

enum robotstxt_verdict {
    ROBOTSTXT_ALLOWED,
    ROBOTSTXT_REFUSED, /* the job has failed, with the reason in its message */
    ROBOTSTXT_WAIT,    /* the job is held here until robotstxt_settled() */
};

/* Checks whether the job's URL may be fetched. With ROBOTSTXT_WAIT, *robots_job is a job that the
 * caller owns and fetches now; or NULL: it is already being fetched. */
enum robotstxt_verdict robotstxt_check(struct robotstxt *, struct job *, struct job **robots_job);

/* The fetch of robots_job has ended. It stays the caller's. The rows that waited go to ret. */
void robotstxt_settled(struct robotstxt *, struct job *robots_job, struct job_queue *ret);

/* Moves all waiting rows to ret. */
void robotstxt_drain(struct robotstxt *, struct job_queue *ret);

#endif
