/*
 * The one contract between the pipeline and everything a job passes through:
 * the fetch backends, the thumb stage, the store.
 *
 * Always true:
 * - submit() answers STAGE_OK, and the stage owns the job; or STAGE_AGAIN, and the
 *   caller still owns it and may try again after the next `done`. There is no
 *   third answer: a job that fails comes back like one that succeeds, with its
 *   error set.
 * - Every job that was taken comes back exactly once through `done`: from the
 *   loop, never from inside submit().
 * - After stop() all jobs come back soon, ERR_CANCELLED unless they were finished;
 *   jobs submitted after it too.
 * - All calls are made from the loop's thread. What a stage does elsewhere
 *   (threads, processes) is its own business.
 */
#ifndef EXEC_STAGE_H
#define EXEC_STAGE_H

#include "input/job.h"

enum stage_status { STAGE_OK, STAGE_AGAIN };

struct stage;

/* Gives the job back to whoever opened the stage. May submit to any stage. */
typedef void stage_done(void *arg, struct job *);

struct stage_ops {
    enum stage_status (*submit)(struct stage *, struct job *);
    void (*stop)(struct stage *);
    /* No job may be inside. Handles on the loop are closed: the loop must run once more. */
    void (*free)(struct stage *);
    /* May be NULL. NULL while all is well; else why no job can be done any more (static text). */
    const char *(*error)(const struct stage *);
};

/* The first member of every stage's own struct. */
struct stage {
    const struct stage_ops *ops;
    stage_done *done;
    void *done_arg;
};

static inline enum stage_status stage_submit(struct stage *s, struct job *j)
{
    return s->ops->submit(s, j);
}

static inline void stage_stop(struct stage *s)
{
    s->ops->stop(s);
}

static inline const char *stage_error(const struct stage *s)
{
    return s && s->ops->error ? s->ops->error(s) : NULL;
}

static inline void stage_free(struct stage *s)
{
    if (s)
        s->ops->free(s);
}

#endif
