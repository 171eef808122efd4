/* What the decoder gets with a body whose boxes are to be blurred. */
#include "base/mem.h"
#include "base/test.h"
#include "pipeline/thumb.h"

#include <string.h>

static struct executor executor;
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

static struct stage *open_thumb(bool blur)
{
    static const struct executor_ops ops = {.submit = take};
    executor.ops = &ops;
    return thumb_open(
        &(struct thumb_conf){.executor = &executor, .n_specs = 1, .blur = blur, .done = ignore});
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
    struct stage *thumb = open_thumb(true);
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
    struct stage *thumb = open_thumb(false);
    struct job *j = job_with("[[0,0,1,1]]");
    ck_assert(thumb_make_room(thumb, j));
    ck_assert_int_eq(stage_submit(thumb, j), STAGE_OK);
    ck_assert_uint_eq(taken->in_len, 4);
    taken->done(taken, TASK_CANCELLED, NULL, 0, 0);
    job_free(j, NULL);
    stage_free(thumb);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, the_decoder_gets_the_boxes_behind_the_body);
    tcase_add_test(t, without_blurring_it_gets_the_body_alone);
}

int main(void)
{
    return test_main("thumb_boxes", add);
}
