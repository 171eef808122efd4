/*
 * Each site's robots.txt (RFC 9309), asked for once, before the first row of that site: by
 * --robots-txt. An origin is scheme, host and port (section 2.3).
 *
 * It is fetched like a row: through the frontier, the resolver and the backend, with the host's
 * pace, redirects and retries; job.errand tells it from one. Rows that come meanwhile wait here.
 *
 *   2xx                     the rules (fetch/robots.h)
 *   4xx but 429, redirects without end      no rules: all is allowed (section 2.3.1.3)
 *   anything else           its rows fail as the robots.txt did (section 2.3.1.4)
 *
 * The rules of at most ROBOTSTXT_ORIGINS origins and ROBOTSTXT_MEMORY bytes are kept; those asked
 * for longest ago are fetched again. Loop thread.
 */
#ifndef FETCH_ROBOTSTXT_H
#define FETCH_ROBOTSTXT_H

#include "input/job.h"

enum {
    ROBOTSTXT_ORIGINS = 65536,
    ROBOTSTXT_MEMORY = 64 << 20,
};

struct robotstxt;

/* agent: the User-Agent; its product token ("imgfetch" of "imgfetch/1.0 ...") is what the
 * groups of a robots.txt are searched for. */
struct robotstxt *robotstxt_new(const char *agent);
void robotstxt_free(struct robotstxt *); /* no job waits here */

enum robotstxt_verdict {
    ROBOTSTXT_ALLOWED,
    ROBOTSTXT_REFUSED, /* the job has failed, and says why */
    ROBOTSTXT_WAIT,    /* the job is kept until robotstxt_settled() */
};

/* May the job's URL be asked for? With ROBOTSTXT_WAIT, *errand is a job to be fetched now, the
 * caller's, or NULL: it is on its way. */
enum robotstxt_verdict robotstxt_check(struct robotstxt *, struct job *, struct job **robots_job);

/* The errand's fetch is over. It stays the caller's; the rows that waited go to ret. */
void robotstxt_settled(struct robotstxt *, struct job *robots_job, struct job_queue *ret);

/* All rows that wait go to ret. */
void robotstxt_drain(struct robotstxt *, struct job_queue *ret);

#endif
