/*
 * The pipeline: a run from the list to the last row on disk.
 *
 *   feeder ─► frontier ─► (resolver) ─► fetch backend ─► inspect ─► thumb stage ─► store
 *                ▲                            │
 *                └── redirects, retries ◄─────┘
 *
 * One libuv loop owns every job. A box that would block works in other threads or
 * processes and returns its jobs to the loop. Always true:
 * - At most PIPELINE_WINDOW rows are inside, with about PIPELINE_COLUMNS_MAX bytes of columns, so
 *   memory does not grow with the list.
 * - Every row that goes in comes out once. The store writes it; or, when the run is
 *   stopped, it is dropped without a trace, so that the next run does it.
 *
 * All calls from the loop's thread.
 */
#ifndef PIPELINE_PIPELINE_H
#define PIPELINE_PIPELINE_H

#include "base/histogram.h"
#include "feed/dedupe.h"
#include "feed/rowtotal.h"
#include "feed/shards.h"
#include "fetch/backend.h"
#include "fetch/hostcount.h"
#include "fetch/hostlimits.h"
#include "input/urllist.h"
#include "manifest/samebody.h"
#include "manifest/tally.h"
#include "net/resolver.h"
#include "pipeline/attempt.h"
#include "pipeline/thumb.h"
#include "store/reuse.h"
#include "store/store.h"

#include <uv.h>

enum {
    PIPELINE_WINDOW = 32768,
    PIPELINE_COLUMNS_MAX = 512 << 20,
    PIPELINE_MESSAGE_SIZE = 400,
};

struct pipeline_conf {
    /* the list */
    const char *const *lists;
    size_t n_lists;
    enum urllist_format format;               /* the names of its columns are in `store` */
    const char *encoding;                     /* of lists without a byte order mark; NULL: UTF-8 */
    const struct listparquet_engine *parquet; /* NULL: no list is Parquet */
    uint64_t limit;                           /* rows; 0: all */
    bool is_part; /* the lists are a part of a longer one that other tasks have the rest of */
    uint32_t first_shard;     /* the number of the lists' first shard */
    struct shards shards;     /* those to do; SHARDS_ALL, if first_shard is not 0 */
    enum dedupe_scope dedupe; /* where a row copies the result of an earlier one with its URL */
    bool shuffle;             /* process rows in random order inside the window, by `seed` */
    uint64_t seed;
    struct resume_rerun again; /* rows of earlier runs to do again */
    /* fetching; transfer.budget and .bodies are the pipeline's own */
    const struct backend *backend;
    struct procpool *fetch_pool; /* from backend->fork(), or NULL */
    unsigned loops;              /* see struct backend_conf */
    unsigned concurrency, per_host, retries, max_redirects;
    bool adapts;      /* `concurrency` is the most, and the run finds how many are best */
    double host_rate; /* requests per second to one host; 0: no limit */
    struct hostlimits *host_limits; /* of single hosts in place of these two; NULL: none */
    uint64_t retry_max_wait_ms;     /* between two attempts */
    bool robots_txt;                /* obey each site's robots.txt */
    uint64_t timeout_ms;
    size_t memory; /* bytes of bodies in flight */
    struct transfer_conf transfer;
    struct resolver_conf resolver;
    /* images */
    struct image_limits limits;
    bool strict;
    bool largest_first;        /* decode the largest waiting image first */
    struct executor *executor; /* NULL: no thumbnails are made, and no tags are read */
    enum thumb_exif exif;      /* the executor reads these tags */
    enum image_format keeps;   /* bodies of that format may be thumbnails; UNKNOWN: none */
    uint64_t decode_timeout_ms;
    int kills_fd;                   /* see struct thumb_conf */
    const struct reuse_dirs *reuse; /* earlier directories with bodies; NULL: none */
    /* output; done, done_arg, on_closed and on_closed_arg are the pipeline's own */
    struct store_conf store;
    struct launcher *launcher; /* delivers closed shards (pipeline/delivery.h); NULL: they stay */
    bool removes_delivered;
    /* callbacks, from the loop */
    void (*on_row)(void *arg, const struct job *);         /* the row is written; may be NULL */
    void (*on_attempt)(void *arg, const struct attempt *); /* a request has ended; may be NULL */
    void (*on_end)(void *arg);                    /* the run is over: call pipeline_free() */
    void (*on_say)(void *arg, const char *text);  /* a line for the user; may be NULL */
    void (*on_warn)(void *arg, const char *text); /* likewise: something is wrong */
    void (*on_log)(void *arg, const char *text);  /* likewise: what nobody has to see */
    void *arg;
};

/* Everything pointed to is borrowed for the pipeline's life. NULL: `message`
 * (PIPELINE_MESSAGE_SIZE) says why. */
struct pipeline;
struct pipeline *pipeline_new(const struct pipeline_conf *, uv_loop_t *, char *message);

enum pipeline_stop {
    PIPELINE_FINISH, /* take no more rows, finish requests in flight */
    PIPELINE_ABORT,  /* give up requests in flight, too */
};
void pipeline_stop(struct pipeline *, enum pipeline_stop);

/* Why the run ended early; NULL: no error. */
const char *pipeline_error(const struct pipeline *);

/* True if the user can fix that reason: the output directory belongs to another list, or a list is
 * none or lacks a column; or files of a shard are missing. */
bool pipeline_is_misuse(const struct pipeline *);

/* True if every row is done and all shards are closed, and delivered, if they are to be; also if
 * the run was stopped meanwhile. */
bool pipeline_is_complete(const struct pipeline *);

struct pipeline_stats {
    /* of `tally`: rows with unsupported_format, by what was recognised */
    uint64_t unsupported[IMAGE_FORMAT_COUNT];
    struct tally tally;    /* rows written by this run */
    struct tally resume;   /* rows of earlier runs */
    struct tally may_pass; /* of `tally`: rows with a failure that may be temporary */
    uint64_t bytes;        /* of the bodies of the rows written */
    uint64_t arrived;      /* bytes of all bodies so far, unfinished ones included */
    uint64_t thumbs;       /* made */
    uint64_t duplicates;   /* rows written with the result of an earlier row */
    uint64_t shared;    /* rows that share the files of an earlier row since their shard closed */
    uint64_t unchanged; /* rows that stay as they are: the server still has the same image */
    uint64_t unasked;   /* rows that stay as they are: their server failed temporarily */
    uint64_t reused;    /* rows written with the body that an earlier directory had */
    uint64_t reused_bytes; /* of these bodies, which `bytes` lacks */
    uint64_t untrusted;    /* rows that were fetched although an earlier directory has them */
    uint64_t no_referer;   /* rows written whose cell of --referer-col is no URL of a page */
    uint64_t malformed; /* rows written of which the list has bytes that are not in its encoding */
    uint64_t retries, redirects, evictions;
    uint64_t starved;        /* requests that had to wait for a free descriptor */
    uint64_t connections;    /* opened, or attempted */
    uint64_t dropped;        /* rows taken in and not done, because the run was stopped */
    uint64_t delivered;      /* shards */
    uint64_t undelivered;    /* closed shards that are to be delivered */
    struct rowtotal total;   /* rows of the list that are done or to do, by this run or earlier */
    bool list_ended;         /* all rows of the list have been read */
    uint64_t list_rows;      /* then: how many were read, also of other shards */
    unsigned in_flight;      /* requests */
    unsigned most_in_flight; /* at once, so far */
    unsigned window;         /* requests that may be in flight now */
    uint64_t waiting;        /* rows in the frontier, delayed ones too */
    unsigned shards_open;    /* begun and not closed */
    unsigned shards_closed;  /* by this run */
    uint64_t decoding, storing; /* rows in these stages or waiting for them */
    uint64_t outstanding;       /* rows inside */
    size_t memory;              /* bytes of the budget in use */
    double seconds;             /* since the pipeline was made */
    struct histogram latency;   /* us, of the last attempt of each row that reached the network */
    struct resolver_stats dns;
};

/* Valid until the next turn of the loop. */
const struct pipeline_stats *pipeline_stats(struct pipeline *);

/* Returns at most n hosts with failed rows, those with most failures first. */
unsigned pipeline_failing_hosts(const struct pipeline *, struct hostcount_row *ret, unsigned n);

/* Returns at most n hosts that gave one picture under many URLs, most URLs first. */
unsigned pipeline_same_pictures(const struct pipeline *, struct samebody_row *ret, unsigned n);

/* After on_end, not from inside it. The loop must run once more afterwards. */
void pipeline_free(struct pipeline *);

#endif
