/* A reply that says that a thumbnail is the body itself is checked against the body. */
#include "pipeline/thumb.h"

#include "base/test.h"
#include "base/mem.h"
#include "image/test_bodies.h"
#include "input/boxes.h"
#include "input/job.h"

#include <string.h>

enum { WIDTH = 40, HEIGHT = 30, FILES = 8 /* bytes */ };

static struct thumbmake_reply reply;
static unsigned n_distrusted;
static struct job *back;
static const char *boxes; /* of the row, in JSON; NULL: the run does not blur */

static bool answer(struct executor *e, struct task *task)
{
    uint8_t out[sizeof reply + FILES];
    (void)e;
    memset(out, 'f', sizeof out);
    memcpy(out, &reply, sizeof reply);
    task->done(task, TASK_DONE, out, sizeof out, 0);
    return true;
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

/* The job with that body, which is the job's then, behind the stage. */
static struct job *run(enum image_format keeps, struct buf body)
{
    static const struct executor_ops ops = {.submit = answer, .distrust = distrust};
    struct executor executor = {&ops};
    struct thumb_conf conf = {.executor = &executor, .n_specs = 2, .keeps = keeps};
    conf.done = take_back;
    conf.blur = boxes != NULL;
    struct stage *stage = thumb_open(&conf);
    struct job *j = job_new();
    ck_assert(buf_append(&j->response.body, body.data, body.len));
    buf_fini(&body);
    if (boxes) {
        const char *why;
        j->columns = mem_new(sizeof *j->columns);
        j->columns->boxes = boxes_parse(boxes, strlen(boxes), &why);
        ck_assert(thumb_make_room(stage, j));
    }
    ck_assert_int_eq(stage_submit(stage, j), STAGE_OK);
    stage_free(stage);
    return back;
}

static struct buf jpeg(unsigned orientation)
{
    struct buf b = {0};
    put_jpeg(&b, WIDTH, HEIGHT, orientation);
    return b;
}

static void set_up(void)
{
    reply = (struct thumbmake_reply){
        .n_thumbs = 2,
        .thumbs = {{.width = WIDTH, .height = HEIGHT, .is_body = 1},
            {.width = 20, .height = 15, .size = FILES}},
    };
    n_distrusted = 0;
    boxes = NULL;
}

START_TEST(a_thumbnail_that_is_the_body_has_its_bytes)
{
    struct job *j = run(IMAGE_JPEG, jpeg(0));
    ck_assert_msg(!j->err, "%s", j->message);
    ck_assert_uint_eq(j->n_thumbs, 2);
    ck_assert_uint_eq(j->thumbs[0].size, j->response.body.len);
    ck_assert_mem_eq(j->thumbs[0].data, j->response.body.data, j->response.body.len);
    ck_assert_ptr_ne(j->thumbs[0].data, j->response.body.data); /* each is freed by itself */
    ck_assert_uint_eq(j->thumbs[0].width, WIDTH);
    ck_assert_uint_eq(j->thumbs[1].size, FILES);
    ck_assert_mem_eq(j->thumbs[1].data, "ffffffff", FILES);
    ck_assert_uint_eq(n_distrusted, 0);
    job_free(j, NULL);
}
END_TEST

/* Frees the body. */
static void check_refused(enum image_format keeps, struct buf body)
{
    n_distrusted = 0;
    struct job *j = run(keeps, body);
    ck_assert_int_eq(j->err, ERR_DECODE_CRASH);
    ck_assert_uint_eq(j->n_thumbs, 0);
    ck_assert_uint_eq(n_distrusted, 1);
    job_free(j, NULL);
}

START_TEST(a_body_that_is_no_such_thumbnail_is_not_believed)
{
    check_refused(IMAGE_UNKNOWN, jpeg(0)); /* without --skip-reencode */
    check_refused(IMAGE_PNG, jpeg(0));
    check_refused(IMAGE_JPEG, jpeg(6));
    check_refused(IMAGE_JPEG, jpeg(1)); /* EXIF */
    struct buf page = {0};
    put(&page, BYTES("<html>"));
    check_refused(IMAGE_JPEG, page);
    struct buf cut = jpeg(0);
    cut.len--;
    check_refused(IMAGE_JPEG, cut);
    reply.thumbs[0].width++;
    check_refused(IMAGE_JPEG, jpeg(0));
    set_up();
    reply.thumbs[0].height--;
    check_refused(IMAGE_JPEG, jpeg(0));
}
END_TEST

START_TEST(a_body_with_faces_is_no_thumbnail)
{
    boxes = "[[0.1,0.1,0.2,0.2]]";
    check_refused(IMAGE_JPEG, jpeg(0));
    boxes = "[]";
    struct job *j = run(IMAGE_JPEG, jpeg(0));
    ck_assert_msg(!j->err, "%s", j->message);
    ck_assert_uint_eq(j->thumbs[0].size, j->response.body.len);
    job_free(j, NULL);
}
END_TEST

START_TEST(a_thumbnail_is_either_the_body_or_a_file)
{
    reply.thumbs[0].is_body = 2;
    check_refused(IMAGE_JPEG, jpeg(0));
    reply.thumbs[0].is_body = 0; /* without bytes */
    check_refused(IMAGE_JPEG, jpeg(0));
    set_up();
    reply.thumbs[0].size = 1; /* with bytes */
    reply.thumbs[1].offset = 1;
    reply.thumbs[1].size = FILES - 1;
    check_refused(IMAGE_JPEG, jpeg(0));
    set_up();
    reply.thumbs[0].offset = 1;
    check_refused(IMAGE_JPEG, jpeg(0));
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, NULL);
    tcase_add_test(t, a_thumbnail_that_is_the_body_has_its_bytes);
    tcase_add_test(t, a_body_that_is_no_such_thumbnail_is_not_believed);
    tcase_add_test(t, a_body_with_faces_is_no_thumbnail);
    tcase_add_test(t, a_thumbnail_is_either_the_body_or_a_file);
}

int main(void)
{
    return test_main("thumb_keep", add);
}
