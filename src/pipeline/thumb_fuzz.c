/* The thumb stage, with an executor that answers with the input: a taken-over decoder. */
#include "pipeline/thumb.h"
#include "base/fuzz.h"
#include "image/test_bodies.h"
#include "input/job.h"

#include <string.h>

enum { N_SPECS = 2 };

static const uint8_t *reply;
static size_t reply_len;
static struct job *back;

static bool answer(struct executor *e, struct task *task)
{
    (void)e;
    uint8_t *out = malloc(reply_len ? reply_len : 1); /* so that reading behind it is seen */
    fuzz_expect(out != NULL);
    if (reply_len)
        memcpy(out, reply, reply_len);
    task->done(task, TASK_DONE, out, reply_len, 0);
    free(out);
    return true;
}

static void nothing(struct executor *e)
{
    (void)e;
}

static void take_back(void *arg, struct job *j)
{
    fuzz_expect(arg == &back && !back);
    back = j;
}

static void expect_thumbs(const struct job *j)
{
    struct thumbmake_reply head = {0};
    size_t used = sizeof head;
    memcpy(&head, reply, reply_len < sizeof head ? reply_len : sizeof head);
    fuzz_expect(j->err < ERR_COUNT && (!j->err || *j->message));
    fuzz_expect(j->err || j->n_thumbs == N_SPECS);
    for (unsigned i = 0; i < j->n_thumbs; i++) {
        const struct job_thumb *t = &j->thumbs[i];
        fuzz_expect(t->size > 0 && t->width > 0 && t->height > 0);
        fuzz_expect(t->width <= THUMBSPEC_MAX_SIDE && t->height <= THUMBSPEC_MAX_SIDE);
        bool is_body = head.thumbs[i].is_body;
        const struct buf *body = &j->response.body;
        fuzz_expect(!is_body || (t->size == body->len && t->width == 40 && t->height == 30));
        fuzz_expect(!memcmp(t->data, is_body ? body->data : reply + used, t->size));
        used += is_body ? 0 : t->size;
    }
    fuzz_expect(!j->n_thumbs || used <= reply_len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const struct executor_ops ops = {.submit = answer, .stop = nothing, .free = nothing};
    struct executor executor = {&ops};
    struct budget budget = {.limit = SIZE_MAX / 2};
    struct thumb_conf conf = {.executor = &executor, .n_specs = N_SPECS, .timeout_ns = 1};
    conf.keeps = IMAGE_JPEG;
    conf.phash = len % 2;
    conf.done = take_back;
    conf.done_arg = &back;
    reply = data;
    reply_len = len;
    back = NULL;
    struct stage *stage = thumb_open(&conf);
    struct job *j = job_new();
    put_jpeg(&j->response.body, 40, 30, 0);
    fuzz_expect(stage_submit(stage, j) == STAGE_OK && back == j);
    expect_thumbs(j);
    job_free(j, &budget);
    stage_free(stage);
    return 0;
}
