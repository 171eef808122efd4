/* Decoders that the kernel kills because the container has no memory left. */
#include "base/mem.h"
#include "base/test.h"
#include "base/test_scratch.h"
#include "pipeline/thumb.h"

#include <signal.h>

static struct task *taken; /* the last one; the executor does nothing */
static struct stage *thumb;
static struct job *returned;
static int kills_fd;

static bool take_task(struct executor *e, struct task *t)
{
    (void)e;
    taken = t;
    return true;
}

static void on_done(void *arg, struct job *j)
{
    (void)arg;
    returned = j;
}

/* As the group's file counts them (cgroup.h). */
static void write_kills(unsigned n)
{
    char text[30];
    snprintf(text, sizeof text, "oom_kill %u\n", n);
    scratch_write("kills", text, strlen(text));
}

static void set_up(void)
{
    static const struct executor_ops ops = {.submit = take_task};
    static struct executor executor = {&ops};
    scratch_make();
    write_kills(3);
    kills_fd = openat(scratch_dir, "kills", O_RDONLY | O_CLOEXEC);
    struct thumb_conf conf = {.executor = &executor, .n_specs = 1, .done = on_done};
    conf.kills_fd = kills_fd;
    thumb = thumb_open(&conf);
}

static void tear_down(void)
{
    stage_free(thumb);
    close(kills_fd);
    scratch_remove();
}

static struct job *new_job(void)
{
    struct job *j = job_new();
    ck_assert(buf_append(&j->response.body, "body", 4));
    return j;
}

static struct task *submit(struct job *j)
{
    ck_assert_int_eq(stage_submit(thumb, j), STAGE_OK);
    return taken;
}

static void be_killed(struct task *t)
{
    t->done(t, TASK_CRASHED, NULL, 0, SIGKILL);
}

static void be_decoded(struct task *t)
{
    static const struct thumbmake_reply reply = {.err = ERR_DECODE_ERROR, .message = "it is none"};
    t->done(t, TASK_DONE, (const uint8_t *)&reply, sizeof reply, 0);
    ck_assert_int_eq(returned->err, ERR_DECODE_ERROR);
}

START_TEST(the_image_is_decoded_again_alone)
{
    struct job *j = new_job(), *other = new_job(), *later = new_job();
    struct task *others = submit(other);
    struct task *killed = submit(j);
    write_kills(4);
    be_killed(killed);
    ck_assert_ptr_eq(returned, j);
    ck_assert_int_eq(j->err, ERR_EVICTED);
    j->err = ERR_OK;
    ck_assert_int_eq(stage_submit(thumb, j), STAGE_AGAIN); /* the other one runs */
    be_decoded(others);
    struct task *again = submit(j);
    ck_assert_int_eq(stage_submit(thumb, later), STAGE_AGAIN); /* not beside it */
    be_decoded(again);
    ck_assert_ptr_eq(returned, j);
    be_decoded(submit(later));
    job_free(j, NULL);
    job_free(other, NULL);
    job_free(later, NULL);
}
END_TEST

START_TEST(an_image_that_needs_more_memory_than_there_is_fails)
{
    struct job *j = new_job();
    struct task *t = submit(j);
    write_kills(4);
    be_killed(t);
    j->err = ERR_OK;
    t = submit(j);
    write_kills(5);
    be_killed(t);
    ck_assert_int_eq(j->err, ERR_DECODE_MEMORY);
    ck_assert_str_eq(j->message, "the decoder was killed: this container has no memory left");
    job_free(j, NULL);
}
END_TEST

START_TEST(a_kill_by_somebody_else_is_a_crash)
{
    struct job *j = new_job();
    be_killed(submit(j));
    ck_assert_int_eq(j->err, ERR_DECODE_CRASH);
    job_free(j, NULL);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, the_image_is_decoded_again_alone);
    tcase_add_test(t, an_image_that_needs_more_memory_than_there_is_fails);
    tcase_add_test(t, a_kill_by_somebody_else_is_a_crash);
}

int main(void)
{
    return test_main("thumb_killed", add);
}
