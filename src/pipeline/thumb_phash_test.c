/* The perceptual hash in the reply of a decoder, which may be taken over. */
#include "base/test.h"
#include "input/job.h"
#include "pipeline/thumb.h"

#include <string.h>

static struct thumbmake_reply reply;
static unsigned n_distrusted;
static struct job *back;

/* Answers with `reply` and a file of one byte. */
static bool answer(struct executor *e, struct task *task)
{
    uint8_t out[sizeof reply + 1] = {0};
    (void)e;
    memcpy(out, &reply, sizeof reply);
    task->done(task, TASK_DONE, out, sizeof out, 0);
    return true;
}

static void nothing(struct executor *e)
{
    (void)e;
}

static void distrust(struct executor *e)
{
    (void)e;
    n_distrusted++;
}

static void take_back(void *arg, struct job *j)
{
    (void)arg;
    back = j;
}

static void expect(bool wanted, uint32_t flag, uint64_t hash, bool is_sound)
{
    static const struct executor_ops ops = {
        .submit = answer, .stop = nothing, .free = nothing, .distrust = distrust};
    struct executor executor = {&ops};
    struct thumb_conf conf = {.executor = &executor, .n_specs = 1, .phash = wanted};
    conf.done = take_back;
    struct stage *stage = thumb_open(&conf);
    struct job *j = job_new();
    reply = (struct thumbmake_reply){.n_thumbs = 1, .has_phash = flag, .phash = hash};
    reply.thumbs[0] = (struct thumbmake_thumb){.width = 1, .height = 1, .size = 1};
    n_distrusted = 0;
    ck_assert(buf_append(&j->response.body, "body", 4));
    ck_assert_int_eq(stage_submit(stage, j), STAGE_OK);
    ck_assert_ptr_eq(back, j);
    ck_assert_uint_eq(n_distrusted, !is_sound);
    ck_assert_int_eq(j->err, is_sound ? ERR_OK : ERR_DECODE_CRASH);
    ck_assert(j->image.has_phash == (wanted && is_sound));
    if (j->image.has_phash)
        ck_assert_uint_eq(j->image.phash, hash);
    job_free(j, NULL);
    stage_free(stage);
}

START_TEST(a_hash_that_was_asked_for_is_taken_whatever_it_is)
{
    expect(true, 1, 0, true);
    expect(true, 1, UINT64_MAX, true);
    expect(true, 1, 0x0123456789abcdef, true);
}
END_TEST

START_TEST(a_reply_without_it_is_not_sound)
{
    expect(true, 0, 0, false);
    expect(true, 2, 1, false);
}
END_TEST

START_TEST(a_hash_that_nobody_asked_for_is_not_sound)
{
    expect(false, 0, 0, true);
    expect(false, 1, 5, false);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, a_hash_that_was_asked_for_is_taken_whatever_it_is);
    tcase_add_test(t, a_reply_without_it_is_not_sound);
    tcase_add_test(t, a_hash_that_nobody_asked_for_is_not_sound);
}

int main(void)
{
    return test_main("thumb_phash", add);
}
