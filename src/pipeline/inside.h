/* Private to the pipeline's files: the state of a run, and the calls that pass a row from one file
 * to the next. Loop thread. */
#ifndef PIPELINE_INSIDE_H
#define PIPELINE_INSIDE_H

#include "feed/feeder.h"
#include "fetch/frontier.h"
#include "fetch/ratelimit.h"
#include "fetch/retry.h"
#include "fetch/robotstxt.h"
#include "fetch/shuffle.h"
#include "fetch/window.h"
#include "pipeline/decodeorder.h"
#include "pipeline/delivery.h"
#include "pipeline/pipeline.h"
#include "pipeline/singleflight.h"
#include "pipeline/standstill.h"

struct pipeline {
    struct pipeline_conf conf;
    struct retry_limits retry;
    struct budget budget;
    uv_prepare_t turn; /* once each turn of the loop, before it waits */
    uv_timer_t delay;  /* the frontier's next delayed job */
    uv_timer_t beat;   /* so that there is a turn every second, for `still` */
    struct standstill still;
    struct feeder *feeder;
    struct resolver *resolver; /* NULL: the backend needs no address */
    struct robotstxt *robots;  /* NULL without --robots-txt */
    struct frontier *frontier;
    struct stage *fetch, *thumb; /* thumb: NULL without thumbnails */
    struct store *store;
    struct delivery *delivery;      /* NULL: closed shards stay here */
    bool has_told_behind;           /* that the list waits for deliveries */
    struct reuse *reuse;            /* NULL: no row of an earlier directory is reused */
    struct job_queue to_reuse;      /* rows that an earlier directory may have */
    struct budget_host *reuse_host; /* the account of their bodies, as if one host had sent them */
    bool has_told_reuse;            /* what of the directories could not be used */
    struct shuffle shuffle;         /* rows on their way to the frontier, with conf.shuffle */
    struct singleflight in_flight;  /* rows that wait for the first row of their URL */
    size_t columns_size;            /* bytes of the columns of all rows inside */
    struct job *held;               /* taken from the frontier; the backend returned STAGE_AGAIN */
    struct window window;           /* how many requests may be in flight */
    uint64_t starved_until;         /* no request begins before this time */
    uint64_t starved_since;         /* no request was in flight, nor has one succeeded; or 0 */
    struct ratelimit limit;         /* of conf.transfer.max_speed */
    atomic_uint bodies;             /* being received */
    atomic_ullong arrived;          /* bytes of bodies, unfinished ones included */
    struct decodeorder to_thumb;    /* rows that wait until the thumb stage has room */
    bool stopping;                  /* no new rows, no new requests */
    bool aborting;                  /* requests and decoding in flight are given up, too */
    bool ended;
    bool is_misuse;
    char error[PIPELINE_MESSAGE_SIZE];
    uint64_t begun; /* clock_ns() */
    struct hostcount failing;
    struct samebody *same; /* of the pictures of this run */
    struct pipeline_stats stats;
};

/* intake.c: takes rows from the feeder while there is room. */
void intake_take_rows(struct pipeline *);

/* reusing.c: rows whose body an earlier directory may have (store/reuse.h). */
bool reusing_open(struct pipeline *, uv_loop_t *, char *message);
bool reusing_is_ready(struct pipeline *);
bool reusing_take(struct pipeline *, struct job *); /* false: no directory has it; it stays yours */
void reusing_start(struct pipeline *);              /* passes waiting rows on while there is room */
void reusing_done(void *pipeline, struct job *);    /* the stage's stage_done */
/* Moves the rows that wait to `waiting`; abort: those that are being read come back soon. */
void reusing_stop(struct pipeline *, bool abort, struct job_queue *waiting);

/* delivering.c: closed shards are delivered (pipeline/delivery.h). */
bool delivering_open(struct pipeline *, uv_loop_t *, char *message);
void delivering_closed(void *pipeline, uint32_t shard); /* the store's on_closed */
bool delivering_any(const struct pipeline *);           /* shards wait, or are being delivered */
bool delivering_is_behind(struct pipeline *);           /* true: the list has to wait */

/* fetching.c: passes waiting rows to the backend while it has room. */
void fetching_start(struct pipeline *);
void fetching_done(void *pipeline, struct job *);            /* the backend's stage_done */
bool fetching_want_host(void *pipeline, const struct job *); /* the frontier's want_host */

/* finishing.c: the fetch has ended for good. */
void finishing_settle(struct pipeline *, struct job *);
/* Passes rows on to the thumb stage, and takes back what is decoded for too long. Returns when to
 * call it again (clock_ns()); 0: when something has changed. */
uint64_t finishing_make_thumbs(struct pipeline *);
void finishing_thumbs_done(void *pipeline, struct job *); /* the thumb stage's stage_done */
void finishing_stored(void *pipeline, struct job *);      /* the store's stage_done */
/* The run is stopping and this row is not done: forgets it, so that the next run does it. */
void finishing_drop(struct pipeline *, struct job *);
void finishing_drop_all(struct pipeline *, struct job_queue *);

/* pipeline.c: ends the run, which cannot continue. */
void pipeline_fail(struct pipeline *, const char *why);

#endif
