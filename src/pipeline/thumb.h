/*
 * The thumb stage: a job with a body goes in, and comes back with its thumbnails.
 *
 * An executor does the work (image/thumbmake.h). Its reply was written by a
 * process that has read a stranger's bytes: the stage copies it once and checks
 * every number in it before use. A worker whose reply is not sound gets no other image. Where it
 * says that a thumbnail is the body itself, the stage looks at the body, too, and takes its own.
 *
 * If the kernel kills a decoder because the container has no memory left, the job comes back as
 * ERR_EVICTED, once: submitted again, it is decoded alone.
 */
#ifndef PIPELINE_THUMB_H
#define PIPELINE_THUMB_H

#include "exec/executor.h"
#include "exec/stage.h"
#include "image/thumbmake.h"

struct thumb_conf {
    struct executor *executor; /* borrowed; made with thumb_work, for n_specs thumbnails */
    unsigned n_specs;
    enum image_format keeps; /* bodies of that format may be thumbnails; UNKNOWN: none */
    enum thumb_exif exif;    /* the tags that jobs get: job.image.exif */
    bool blur;               /* likewise: jobs have columns, and these have boxes */
    bool phash;              /* the executor's work computes hashes, too */
    uint64_t timeout_ns;     /* for one image */
    int kills_fd;            /* cgroup_open_kills(); 0: none, as it is never standard input */
    stage_done *done;
    void *done_arg;
};

struct stage *thumb_open(const struct thumb_conf *);

/* Makes room behind the job's body for what the decoder gets with it. Call it before the job is
 * submitted. False: no memory. */
bool thumb_make_room(const struct stage *, struct job *);

/* The job is in the stage. If the executor can end a single task, the job comes back as
 * ERR_EVICTED, unless it was just done. */
void thumb_give_up(struct stage *, struct job *);

/* The executor's work; arg is the struct thumbmake_conf. */
size_t thumb_work(void *arg, const uint8_t *in, size_t in_len, uint8_t *out, size_t out_size);

/* Call it before the executor's processes are forked: see thumbmake_load(). */
void thumb_load(void);

/* The executor's warm_up: see thumbmake_warm_up(). */
void thumb_warm_up(void *arg);

/* The least max_out of the executor, in bytes: enough for the header of a reply. */
enum { THUMB_OUT_MIN = sizeof(struct thumbmake_reply) };

/* What the executor's max_in needs above the largest body, in bytes. */
enum { THUMB_IN_MORE = BOXES_SIZE_MAX };

#endif
