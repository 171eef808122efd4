/* Boxes that go to the decoder with a body, and tags that come back. */
#include "base/mem.h"
#include "base/test.h"
#include "pipeline/thumb.h"

#include <string.h>

static struct executor executor;
static unsigned n_distrusted;
static struct task *taken;

static bool take(struct executor *e, struct task *t)
{
    ck_assert_ptr_eq(e, &executor);
    taken = t;
    return true;
}

static void ignore(void *arg, struct job *j)
{
    (void)arg;
    (void)j;
}

static void distrust(struct executor *e)
{
    ck_assert_ptr_eq(e, &executor);
    n_distrusted++;
}

static struct stage *open_thumb(bool blur, unsigned n_specs, enum thumb_exif exif)
{
    static const struct executor_ops ops = {.submit = take, .distrust = distrust};
    struct thumb_conf conf = {.executor = &executor, .n_specs = n_specs, .done = ignore};
    conf.blur = blur;
    conf.exif = exif;
    executor.ops = &ops;
    return thumb_open(&conf);
}

static struct job *job_with(const char *boxes)
{
    const char *why;
    struct job *j = job_new();
    ck_assert(buf_append(&j->response.body, "body", 4));
    j->columns = mem_new(sizeof *j->columns);
    j->columns->boxes = boxes_parse(boxes, strlen(boxes), &why);
    return j;
}

START_TEST(the_decoder_gets_the_boxes_behind_the_body)
{
    struct stage *thumb = open_thumb(true, 1, THUMB_EXIF_NONE);
    struct job *j = job_with("[[0,0.25,0.5,1]]");
    ck_assert(thumb_make_room(thumb, j));
    for (int i = 0; i < 2; i++) { /* a job may be given up, and come again */
        ck_assert_int_eq(stage_submit(thumb, j), STAGE_OK);
        ck_assert_uint_eq(j->response.body.len, 4);
        ck_assert_mem_eq(taken->in, "body", 4);
        size_t len = taken->in_len;
        struct boxes *b = boxes_read(taken->in, &len);
        ck_assert_uint_eq(len, 4);
        ck_assert_uint_eq(b->n, 1);
        ck_assert(b->at[0].y0 == 0.25 && b->at[0].x1 == 0.5);
        free(b);
        taken->done(taken, TASK_CANCELLED, NULL, 0, 0);
    }
    job_free(j, NULL);
    stage_free(thumb);
}
END_TEST

START_TEST(without_blurring_it_gets_the_body_alone)
{
    struct stage *thumb = open_thumb(false, 1, THUMB_EXIF_NONE);
    struct job *j = job_with("[[0,0,1,1]]");
    ck_assert(thumb_make_room(thumb, j));
    ck_assert_int_eq(stage_submit(thumb, j), STAGE_OK);
    ck_assert_uint_eq(taken->in_len, 4);
    taken->done(taken, TASK_CANCELLED, NULL, 0, 0);
    job_free(j, NULL);
    stage_free(thumb);
}
END_TEST

/* The job after a reply without thumbnails. */
static struct job *answered(enum thumb_exif wanted, const struct thumbmake_reply *reply)
{
    struct stage *thumb = open_thumb(false, 0, wanted);
    struct job *j = job_new();
    n_distrusted = 0;
    ck_assert(buf_append(&j->response.body, "body", 4));
    ck_assert_int_eq(stage_submit(thumb, j), STAGE_OK);
    taken->done(taken, TASK_DONE, (const uint8_t *)reply, sizeof *reply, 0);
    stage_free(thumb);
    return j;
}

START_TEST(tags_that_were_asked_for_become_the_jobs_own)
{
    struct thumbmake_reply reply = {.exif = {.make = "Acme", .iso = 400}};
    struct job *j = answered(THUMB_EXIF_CAMERA, &reply);
    ck_assert_int_eq(j->err, ERR_OK);
    ck_assert_str_eq(j->image.exif->make, "Acme");
    ck_assert_uint_eq(j->image.exif->iso, 400);
    job_forget_image(j);
    ck_assert_ptr_null(j->image.exif);
    job_free(j, NULL);

    reply.exif.has_gps = 1;
    j = answered(THUMB_EXIF_GPS, &reply);
    ck_assert_uint_eq(j->image.exif->has_gps, 1);
    job_free(j, NULL);

    j = answered(THUMB_EXIF_NONE, &reply);
    ck_assert_int_eq(j->err, ERR_OK);
    ck_assert_ptr_null(j->image.exif);
    job_free(j, NULL);

    reply.err = ERR_DECODE_ERROR;
    j = answered(THUMB_EXIF_GPS, &reply);
    ck_assert_int_eq(j->err, ERR_DECODE_ERROR);
    ck_assert_ptr_null(j->image.exif);
    ck_assert_uint_eq(n_distrusted, 0);
    job_free(j, NULL);
}
END_TEST

static void expect_impossible(enum thumb_exif wanted, const struct thumbmake_reply *reply)
{
    struct job *j = answered(wanted, reply);
    ck_assert_int_eq(j->err, ERR_DECODE_CRASH);
    ck_assert_ptr_null(j->image.exif);
    ck_assert_uint_eq(n_distrusted, 1);
    job_free(j, NULL);
}

START_TEST(tags_that_our_own_code_has_not_written_are_impossible)
{
    struct thumbmake_reply reply = {0};
    memset(reply.exif.model, 'a', sizeof reply.exif.model); /* without an end */
    expect_impossible(THUMB_EXIF_CAMERA, &reply);
    reply = (struct thumbmake_reply){.exif = {.f_number = -1}};
    expect_impossible(THUMB_EXIF_GPS, &reply);
    reply = (struct thumbmake_reply){.exif = {.has_gps = 1}}; /* nobody asked */
    expect_impossible(THUMB_EXIF_CAMERA, &reply);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, tags_that_were_asked_for_become_the_jobs_own);
    tcase_add_test(t, tags_that_our_own_code_has_not_written_are_impossible);
    tcase_add_test(t, the_decoder_gets_the_boxes_behind_the_body);
    tcase_add_test(t, without_blurring_it_gets_the_body_alone);
}

int main(void)
{
    return test_main("thumb_options", add);
}
