/*
 * The thumb stage: a job with a body goes in, and comes back with its thumbnails.
 *
 * The work itself (image/thumbmake.h) is done by an executor. What comes back
 * from there was written by a process that has read a stranger's bytes: it is
 * copied once and every number in it is checked before use.
 */
#ifndef PIPELINE_THUMB_H
#define PIPELINE_THUMB_H

#include "exec/executor.h"
#include "exec/stage.h"
#include "image/thumbmake.h"

struct thumb_conf {
    struct executor *executor; /* borrowed; made with thumb_work and the same thumbmake_conf */
    unsigned n_specs;
    uint64_t timeout_ns; /* for one image */
    stage_done *done;
    void *done_arg;
};

struct stage *thumb_open(const struct thumb_conf *);

/* The executor's work; arg is the struct thumbmake_conf. */
size_t thumb_work(void *arg, const uint8_t *in, size_t in_len, uint8_t *out, size_t out_size);

/* Before the executor's processes are forked: see thumbmake_load(). */
void thumb_load(void);

/* The executor's preparation: see thumbmake_warm_up(). */
void thumb_warm_up(void *arg);

/* Bytes of the executor's result that are always enough for its own header. */
enum { THUMB_OUT_MIN = sizeof(struct thumbmake_reply) };

#endif
