/* A scripted executor, for a pipeline that makes one thumbnail of each image: it has room for
 * decoder.room bodies, and keeps them until decoder_answer(). */
#ifndef PIPELINE_TEST_DECODER_H
#define PIPELINE_TEST_DECODER_H

#include "pipeline/test_pipeline.h"

enum { DECODER_ROOM_MAX = 16, DECODER_TIMEOUT_MS = 12345 };

static struct decoder {
    struct executor executor; /* first */
    struct task *tasks[DECODER_ROOM_MAX];
    unsigned n, room, n_refused;
    const struct task *given_up; /* the last one */
    bool is_stopped;
    char widths[200]; /* of the images that came, in order, each followed by a space */
} decoder;

static inline bool decoder_submit(struct executor *e, struct task *task)
{
    ck_assert_ptr_eq(e, &decoder.executor);
    if (decoder.n == decoder.room) {
        decoder.n_refused++;
        return false;
    }
    ck_assert_uint_eq(task->timeout_ns, DECODER_TIMEOUT_MS * UINT64_C(1000000));
    struct image_info info;
    char why[IMAGE_MESSAGE_SIZE];
    ck_assert_int_eq(image_sniff(task->in, task->in_len, &info, why), ERR_OK);
    size_t len = strlen(decoder.widths);
    snprintf(decoder.widths + len, sizeof decoder.widths - len, "%u ", info.width);
    decoder.tasks[decoder.n++] = task;
    return true;
}

static inline void decoder_stop(struct executor *e)
{
    ck_assert_ptr_eq(e, &decoder.executor);
    decoder.is_stopped = true;
}

static inline void decoder_cancel(struct executor *e, struct task *task)
{
    ck_assert_ptr_eq(e, &decoder.executor);
    decoder.given_up = task;
}

static inline void set_up_decoder(unsigned room)
{
    static const struct executor_ops ops = {
        .submit = decoder_submit, .stop = decoder_stop, .cancel = decoder_cancel};
    static const char *const specs[] = {"256"};
    decoder.executor.ops = &ops;
    decoder.room = room;
    conf.executor = &decoder.executor;
    conf.decode_timeout_ms = DECODER_TIMEOUT_MS;
    conf.store.n_specs = 1;
    conf.store.spec_names = specs;
}

/* Ends the oldest task with this result; TASK_DONE: with this reply, and the file "thumb" if the
 * reply has one. */
static inline void decoder_answer(enum task_result result, const struct thumbmake_reply *reply)
{
    struct buf out = {0};
    ck_assert_uint_gt(decoder.n, 0);
    struct task *task = decoder.tasks[0];
    memmove(decoder.tasks, decoder.tasks + 1, --decoder.n * sizeof *decoder.tasks);
    if (reply) {
        put(&out, reply, sizeof *reply);
        put(&out, "thumb", 5);
    }
    task->done(task, result, out.data, out.len, 0);
    buf_fini(&out);
}

static inline void decoder_succeed(bool truncated)
{
    struct thumbmake_reply reply = {.n_thumbs = 1, .truncated = truncated};
    reply.thumbs[0] = (struct thumbmake_thumb){.width = 2, .height = 1, .size = 5};
    decoder_answer(TASK_DONE, &reply);
}

/* Cancels every task, as a stopped executor does. */
static inline void decoder_cancel_all(void)
{
    ck_assert(decoder.is_stopped);
    while (decoder.n)
        decoder_answer(TASK_CANCELLED, NULL);
}

#endif
