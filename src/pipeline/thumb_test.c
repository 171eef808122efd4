#include "pipeline/thumb.h"
#include "base/mem.h"
#include "base/test.h"

#include <signal.h>
#include <string.h>

enum { N_SPECS = 2, FILES = 100 /* bytes */ };

/* An executor that does nothing: the test replies for it. */
static struct {
    struct executor executor;
    struct task *task; /* the last one taken */
    bool is_busy, is_stopped;
    unsigned n_distrusted;
} fake;

static struct stage *thumb;
static struct job *returned; /* by the stage */
static unsigned n_returned;

static bool fake_submit(struct executor *e, struct task *t)
{
    ck_assert_ptr_eq(e, &fake.executor);
    if (!fake.is_busy)
        fake.task = t;
    return !fake.is_busy;
}

static void fake_stop(struct executor *e)
{
    (void)e;
    fake.is_stopped = true;
}

static void fake_distrust(struct executor *e)
{
    ck_assert_ptr_eq(e, &fake.executor);
    ck_assert_uint_eq(n_returned, 0);
    fake.n_distrusted++;
}

static void on_done(void *arg, struct job *j)
{
    ck_assert_ptr_eq(arg, &fake);
    returned = j;
    n_returned++;
}

static void set_up(void)
{
    static const struct executor_ops ops = {
        .submit = fake_submit, .stop = fake_stop, .distrust = fake_distrust};
    memset(&fake, 0, sizeof fake);
    fake.executor.ops = &ops;
    n_returned = 0;
    struct thumb_conf conf = {.executor = &fake.executor, .n_specs = N_SPECS, .done = on_done};
    conf.done_arg = &fake;
    conf.timeout_ns = 2500000000;
    thumb = thumb_open(&conf);
}

static void tear_down(void)
{
    ck_assert_uint_eq(fake.n_distrusted, 0); /* but as often as expect_crash() was told */
    stage_free(thumb);
}

static struct job *submit(void)
{
    struct job *j = job_new();
    ck_assert(buf_append(&j->response.body, "body", 4));
    ck_assert_int_eq(stage_submit(thumb, j), STAGE_OK);
    ck_assert_uint_eq(n_returned, 0); /* never from inside submit() */
    return j;
}

static void answer(enum task_result result, const void *out, size_t out_len, int status)
{
    fake.task->done(fake.task, result, out, out_len, status);
    ck_assert_uint_eq(n_returned, 1);
    n_returned = 0;
}

/* A valid reply: two files that fill the whole output. */
static struct thumbmake_reply sound(void)
{
    return (struct thumbmake_reply){
        .n_thumbs = N_SPECS,
        .thumbs = {{.width = 256, .height = 192, .offset = 0, .size = 60},
            {.width = 64, .height = 48, .offset = 60, .size = 40}},
    };
}

/* Ends the task with the reply and FILES bytes, and nothing after them. */
static void answer_reply(const struct thumbmake_reply *r)
{
    size_t len = sizeof *r + FILES;
    uint8_t *out = malloc(len);
    memcpy(out, r, sizeof *r);
    for (int i = 0; i < FILES; i++)
        out[sizeof *r + i] = (uint8_t)i;
    answer(TASK_DONE, out, len, 0);
    memset(out, 0xee, len); /* as if the next image's output were in it now */
    free(out);
}

START_TEST(a_sound_reply_becomes_thumbnails_of_the_jobs_own)
{
    struct job *j = submit();
    ck_assert_ptr_eq(fake.task->in, j->response.body.data);
    ck_assert_uint_eq(fake.task->in_len, 4);
    ck_assert_uint_eq(fake.task->timeout_ns, 2500000000);
    struct thumbmake_reply r = sound();
    answer_reply(&r);
    ck_assert_ptr_eq(returned, j);
    ck_assert_int_eq(j->err, ERR_OK);
    ck_assert(!j->image.truncated);
    ck_assert_uint_eq(j->n_thumbs, 2);
    ck_assert_uint_eq(j->thumbs[0].width, 256);
    ck_assert_uint_eq(j->thumbs[0].height, 192);
    ck_assert_uint_eq(j->thumbs[0].size, 60);
    ck_assert_uint_eq(j->thumbs[1].width, 64);
    ck_assert_uint_eq(j->thumbs[1].height, 48);
    ck_assert_uint_eq(j->thumbs[1].size, 40);
    for (unsigned i = 0; i < FILES; i++)
        ck_assert_uint_eq(i < 60 ? j->thumbs[0].data[i] : j->thumbs[1].data[i - 60], i);
    ck_assert_ptr_null(j->thumbs[0].path);
    ck_assert_uint_gt(j->ms.decode, 0);
    job_free(j, NULL);
}
END_TEST

START_TEST(what_the_decoder_finds_wrong_is_the_rows_outcome)
{
    struct job *j = submit();
    struct thumbmake_reply r = {.err = ERR_DECODE_ERROR, .message = "bad \xff Huffman code"};
    answer_reply(&r);
    ck_assert_int_eq(j->err, ERR_DECODE_ERROR);
    ck_assert_str_eq(j->message, "bad \xef\xbf\xbd Huffman code");
    ck_assert_uint_eq(j->n_thumbs, 0);
    job_free(j, NULL);
}
END_TEST

START_TEST(an_image_that_either_side_finds_cut_off_is_truncated)
{
    for (int before = 0; before < 2; before++)
        for (int now = 0; now < 2; now++) {
            struct job *j = submit();
            j->image.truncated = before;
            struct thumbmake_reply r = sound();
            r.truncated = now ? 0x80000000u : 0;
            answer_reply(&r);
            ck_assert_int_eq(j->image.truncated, before || now);
            ck_assert_uint_eq(j->n_thumbs, 2);
            job_free(j, NULL);
        }
}
END_TEST

static void expect_crash(const struct job *j, const char *message)
{
    ck_assert_uint_eq(fake.n_distrusted, 1);
    fake.n_distrusted = 0;
    ck_assert_int_eq(j->err, ERR_DECODE_CRASH);
    ck_assert_str_eq(j->message, message);
    ck_assert_uint_eq(j->n_thumbs, 0);
    ck_assert_ptr_null(j->thumbs);
}

static void expect_impossible(const struct thumbmake_reply *r)
{
    struct job *j = submit();
    answer_reply(r);
    expect_crash(j, "the decoder sent an invalid reply");
    job_free(j, NULL);
}

/* The first number of thumbs[i] is set to each of these. */
static void expect_impossible_values(size_t field, const uint32_t *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (unsigned thumb_at = 0; thumb_at < N_SPECS; thumb_at++) {
            struct thumbmake_reply r = sound();
            memcpy((char *)&r.thumbs[thumb_at] + field, &values[i], sizeof values[i]);
            expect_impossible(&r);
        }
}

START_TEST(a_file_outside_of_what_came_is_impossible)
{
    static const uint32_t offsets[] = {61, 100, 101, 0x80000000u, UINT32_MAX - 39, UINT32_MAX};
    static const uint32_t sizes[] = {0, 101, 0x80000000u, UINT32_MAX - 59, UINT32_MAX};
    expect_impossible_values(offsetof(struct thumbmake_thumb, size), sizes, 5);
    for (int i = 0; i < 6; i++) {
        struct thumbmake_reply r = sound();
        r.thumbs[1].offset = offsets[i];
        expect_impossible(&r);
    }
}
END_TEST

/* A file may not reach into the bytes of the files before it. */
START_TEST(a_last_file_larger_than_what_the_others_leave_is_impossible)
{
    static const uint32_t sizes[] = {41, 60, FILES - 1, FILES, FILES + 1};
    for (int i = 0; i < 5; i++) {
        struct thumbmake_reply r = sound();
        r.thumbs[1].size = sizes[i];
        expect_impossible(&r);
    }
    struct thumbmake_reply r = sound();
    r.thumbs[0].size = FILES; /* so that nothing is left */
    r.thumbs[1].offset = FILES;
    r.thumbs[1].size = 1;
    expect_impossible(&r);
}
END_TEST

START_TEST(files_may_leave_bytes_that_nobody_asks_for)
{
    struct thumbmake_reply r = sound();
    r.thumbs[0].size = r.thumbs[1].offset = r.thumbs[1].size = 1;
    struct job *j = submit();
    answer_reply(&r);
    ck_assert_int_eq(j->err, ERR_OK);
    ck_assert_uint_eq(j->n_thumbs, N_SPECS);
    ck_assert_uint_eq(j->thumbs[1].size, 1);
    ck_assert_uint_eq(j->thumbs[1].data[0], 1);
    job_free(j, NULL);
}
END_TEST

/* The same file named sixteen times would cost sixteen times its memory. */
START_TEST(files_that_share_bytes_are_impossible)
{
    struct thumbmake_reply r = sound();
    r.thumbs[1].offset = 59;
    expect_impossible(&r);
    r.thumbs[1] = r.thumbs[0];
    expect_impossible(&r);
}
END_TEST

START_TEST(sides_of_nothing_or_beyond_any_thumbnail_are_impossible)
{
    static const uint32_t sides[] = {0, THUMBSPEC_MAX_SIDE + 1, 0x80000000u, UINT32_MAX};
    expect_impossible_values(offsetof(struct thumbmake_thumb, width), sides, 4);
    expect_impossible_values(offsetof(struct thumbmake_thumb, height), sides, 4);
    struct thumbmake_reply r = sound();
    r.thumbs[0].width = r.thumbs[0].height = 1;
    r.thumbs[1].width = r.thumbs[1].height = THUMBSPEC_MAX_SIDE; /* the largest there is */
    struct job *j = submit();
    answer_reply(&r);
    ck_assert_int_eq(j->err, ERR_OK);
    ck_assert_uint_eq(j->n_thumbs, N_SPECS);
    job_free(j, NULL);
}
END_TEST

START_TEST(another_number_of_thumbnails_than_asked_for_is_impossible)
{
    static const uint32_t numbers[] = {
        0, 1, 3, THUMBMAKE_MAX_SPECS, THUMBMAKE_MAX_SPECS + 1, 0x80000000u, UINT32_MAX};
    for (int i = 0; i < 7; i++) {
        struct thumbmake_reply r = sound();
        for (unsigned k = N_SPECS; k < THUMBMAKE_MAX_SPECS; k++)
            r.thumbs[k] = r.thumbs[0];
        r.n_thumbs = numbers[i];
        expect_impossible(&r);
    }
}
END_TEST

START_TEST(a_code_that_no_image_can_have_is_impossible)
{
    for (int e = ERR_OK + 1; e < ERR_COUNT; e++) {
        struct job *j = submit();
        struct thumbmake_reply r = {.err = e, .message = "so it says"};
        answer_reply(&r);
        if (err_is_resize((enum err)e) && e != ERR_DECODE_CRASH && e != ERR_DECODE_TIMEOUT)
            ck_assert_int_eq(j->err, e);
        else
            expect_crash(j, "the decoder sent an invalid reply");
        job_free(j, NULL);
    }
    static const int32_t codes[] = {
        ERR_EVICTED, ERR_COUNT + 1, 256 + ERR_DECODE_ERROR, INT32_MAX, -1, INT32_MIN};
    for (int i = 0; i < 6; i++) {
        struct thumbmake_reply r = sound();
        r.err = codes[i];
        expect_impossible(&r);
    }
}
END_TEST

START_TEST(a_message_without_an_end_is_given_one)
{
    struct job *j = submit();
    struct thumbmake_reply r;
    memset(&r, 'y', sizeof r); /* what follows the message has no NUL either */
    memset(r.message, 'x', sizeof r.message);
    r.err = ERR_DECODE_ERROR;
    answer_reply(&r);
    ck_assert_int_eq(j->err, ERR_DECODE_ERROR);
    ck_assert_uint_eq(strlen(j->message), IMAGE_MESSAGE_SIZE - 1);
    ck_assert_uint_eq(strspn(j->message, "x"), IMAGE_MESSAGE_SIZE - 1);
    job_free(j, NULL);
}
END_TEST

START_TEST(an_answer_shorter_than_its_header_is_no_answer)
{
    static const size_t sizes[] = {0, 1, sizeof(int32_t), sizeof(struct thumbmake_reply) - 1};
    for (int i = 0; i < 4; i++) {
        struct job *j = submit();
        struct thumbmake_reply r = sound();
        uint8_t *out = malloc(sizes[i] ? sizes[i] : 1);
        memcpy(out, &r, sizes[i]);
        answer(TASK_DONE, out, sizes[i], 0);
        expect_crash(j, "the decoder sent no reply");
        free(out);
        job_free(j, NULL);
    }
    struct thumbmake_reply r = sound(); /* a header, and no files */
    struct job *j = submit();
    answer(TASK_DONE, (uint8_t *)&r, sizeof r, 0);
    expect_crash(j, "the decoder sent an invalid reply");
    job_free(j, NULL);
}
END_TEST

static void expect_failure(enum task_result result, int status, enum err err, const char *message)
{
    struct job *j = submit();
    answer(result, NULL, 0, status);
    ck_assert_ptr_eq(returned, j);
    ck_assert_int_eq(j->err, err);
    ck_assert_str_eq(j->message, message);
    ck_assert_uint_eq(j->n_thumbs, 0);
    job_free(j, NULL);
}

START_TEST(work_without_an_answer_says_what_became_of_it)
{
    expect_failure(TASK_CRASHED, SIGSEGV, ERR_DECODE_CRASH,
        "the decoder was killed by signal 11 (Segmentation fault)");
    expect_failure(TASK_CRASHED, 3 << 8, ERR_DECODE_CRASH, "the decoder exited with status 3");
    expect_failure(TASK_TIMED_OUT, SIGKILL, ERR_DECODE_TIMEOUT, "not decoded within 2.5 s");
    expect_failure(TASK_CANCELLED, 0, ERR_CANCELLED, "cancelled");
    ck_assert_ptr_null(stage_error(thumb));
}
END_TEST

START_TEST(a_pool_that_is_gone_is_remembered)
{
    ck_assert_ptr_null(stage_error(thumb));
    expect_failure(TASK_BROKEN, 0, ERR_CANCELLED, "the decoders have died");
    ck_assert_ptr_nonnull(stage_error(thumb));
}
END_TEST

START_TEST(a_busy_executor_leaves_the_job_with_its_owner)
{
    struct job *j = job_new();
    fake.is_busy = true;
    ck_assert_int_eq(stage_submit(thumb, j), STAGE_AGAIN);
    ck_assert_int_eq(stage_submit(thumb, j), STAGE_AGAIN);
    ck_assert_ptr_null(fake.task);
    fake.is_busy = false;
    ck_assert_int_eq(stage_submit(thumb, j), STAGE_OK);
    struct thumbmake_reply r = sound();
    answer_reply(&r);
    ck_assert_int_eq(j->err, ERR_OK);
    job_free(j, NULL);
}
END_TEST

START_TEST(stopping_stops_the_executor)
{
    stage_stop(thumb);
    ck_assert(fake.is_stopped);
}
END_TEST

/* The stage accepts what thumb_work() writes. */
START_TEST(the_work_itself_gives_replies_that_are_sound)
{
    /* One black pixel. */
    static const uint8_t gif[] = "GIF89a\1\0\1\0\x80\0\0\0\0\0\0\0\0,\0\0\0\0\1\0\1\0\0\2\2D\1\0;";
    struct thumbmake_conf make = {.n_specs = N_SPECS, .quality = 85, .upscale = true};
    make.specs[0] = (struct thumbspec){.width = 8, .height = 8, .mode = THUMB_EXACT};
    make.specs[1] = (struct thumbspec){.width = 4, .height = 2, .mode = THUMB_EXACT};
    enum { OUT_SIZE = 16384 };
    uint8_t *out = malloc(OUT_SIZE);
    struct job *j = submit();
    size_t len = thumb_work(&make, gif, sizeof gif - 1, out, OUT_SIZE);
    ck_assert_uint_le(len, OUT_SIZE);
    for (size_t room = THUMB_OUT_MIN; room < len; room++)
        ck_assert_uint_le(thumb_work(&make, gif, sizeof gif - 1, out, room), room);
    ck_assert_uint_eq(thumb_work(&make, gif, sizeof gif - 1, out, OUT_SIZE), len);
    answer(TASK_DONE, out, len, 0);
    ck_assert_msg(j->err == ERR_OK, "%s", j->message);
    ck_assert_uint_eq(j->thumbs[1].width, 4);
    ck_assert_uint_eq(j->thumbs[1].height, 2);
    ck_assert_mem_eq(j->thumbs[1].data, "\xff\xd8", 2);
    job_free(j, NULL);
    j = submit();
    len = thumb_work(&make, (const uint8_t *)"<html>", 6, out, OUT_SIZE);
    answer(TASK_DONE, out, len, 0);
    ck_assert_int_eq(j->err, ERR_NOT_AN_IMAGE);
    job_free(j, NULL);
    j = submit();
    len = thumb_work(&make, gif, sizeof gif - 1, out, THUMB_OUT_MIN); /* room for no file */
    answer(TASK_DONE, out, len, 0);
    ck_assert_int_eq(j->err, ERR_DECODE_MEMORY);
    job_free(j, NULL);
    ck_assert_uint_eq(thumb_work(&make, gif, sizeof gif - 1, out, THUMB_OUT_MIN - 1), 0);
    free(out);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, a_sound_reply_becomes_thumbnails_of_the_jobs_own);
    tcase_add_test(t, what_the_decoder_finds_wrong_is_the_rows_outcome);
    tcase_add_test(t, an_image_that_either_side_finds_cut_off_is_truncated);
    tcase_add_test(t, a_file_outside_of_what_came_is_impossible);
    tcase_add_test(t, a_last_file_larger_than_what_the_others_leave_is_impossible);
    tcase_add_test(t, files_may_leave_bytes_that_nobody_asks_for);
    tcase_add_test(t, files_that_share_bytes_are_impossible);
    tcase_add_test(t, sides_of_nothing_or_beyond_any_thumbnail_are_impossible);
    tcase_add_test(t, another_number_of_thumbnails_than_asked_for_is_impossible);
    tcase_add_test(t, a_code_that_no_image_can_have_is_impossible);
    tcase_add_test(t, a_message_without_an_end_is_given_one);
    tcase_add_test(t, an_answer_shorter_than_its_header_is_no_answer);
    tcase_add_test(t, work_without_an_answer_says_what_became_of_it);
    tcase_add_test(t, a_pool_that_is_gone_is_remembered);
    tcase_add_test(t, a_busy_executor_leaves_the_job_with_its_owner);
    tcase_add_test(t, stopping_stops_the_executor);
    tcase_add_test(t, the_work_itself_gives_replies_that_are_sound);
}

int main(void)
{
    return test_main("thumb", add);
}
