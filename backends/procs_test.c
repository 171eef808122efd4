/* What the backend does with what comes back from its workers. The functions are static, so this
 * file includes procs.c. */
#define procpool_distrust note_distrust
#include "backends/procs.c"
#include "base/test.h"

static unsigned n_distrusted;

void note_distrust(struct procpool *pool)
{
    ck_assert_ptr_null(pool); /* as in this test's struct procs */
    n_distrusted++;
}

START_TEST(a_process_without_an_answer_says_what_became_of_it)
{
    static const struct {
        enum task_result result;
        int status;
        bool evicted;
        enum err err;
        const char *message;
        int refused;
    } cases[] = {
        {TASK_CRASHED, SIGSEGV, false, ERR_IO_ERROR,
            "the fetch process was killed by signal 11 (Segmentation fault)", -1},
        {TASK_CRASHED, SIGSYS, false, ERR_IO_ERROR,
            "the fetch process was killed for a system call that is not on its list: 437 (openat2)",
            437},
        {TASK_CRASHED, 3 << 8, false, ERR_IO_ERROR, "the fetch process exited with status 3", -1},
        {TASK_TIMED_OUT, SIGKILL, false, ERR_TIMEOUT, "not finished in time (--timeout)", -1},
        {TASK_CANCELLED, 0, false, ERR_CANCELLED, "cancelled", -1},
        {TASK_CANCELLED, 0, true, ERR_EVICTED, "cancelled", -1},
        {TASK_BROKEN, 0, false, ERR_CANCELLED, "cancelled", -1},
    };
    struct procs procs = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct job *job = job_new();
        struct fetch e = {.owner = &procs, .job = job, .evicted = cases[i].evicted};
        e.task.refused = cases[i].refused;
        ck_assert_ptr_null(procs_error(&procs.stage));
        take_result(&e, cases[i].result, NULL, 0, cases[i].status);
        ck_assert_int_eq(job->err, cases[i].err);
        ck_assert_str_eq(job->message, cases[i].message);
        job_free(job, NULL);
    }
    ck_assert_ptr_nonnull(procs_error(&procs.stage));
    ck_assert_uint_eq(n_distrusted, 0);
}
END_TEST

START_TEST(a_process_with_an_answer_that_is_not_ours_is_not_trusted_again)
{
    struct transfer_conf conf = {.max_size = 10};
    struct procs procs = {.transfer = &conf};
    struct job *theirs = job_new(), *job = job_new();
    struct fetch e = {.owner = &procs, .job = job};
    uint8_t *out = mem_new(procs_wire_reply_max() + 11);
    theirs->response.http_status = 200;
    for (size_t size = 10; size <= 11; size++) {
        theirs->response.body.len = 0;
        ck_assert(buf_append(&theirs->response.body, "0123456789a", size));
        job_clear_response(job, NULL);
        take_result(
            &e, TASK_DONE, out, procs_wire_put_reply(theirs, out, procs_wire_reply_max() + 11), 0);
        ck_assert_uint_eq(n_distrusted, size - 10);
        ck_assert_int_eq(job->err, size == 10 ? ERR_OK : ERR_IO_ERROR);
        ck_assert_uint_eq(job->response.body.len, size == 10 ? 10 : 0);
    }
    ck_assert_str_eq(job->message, "the fetch process sent an invalid reply");
    job_free(theirs, NULL);
    job_free(job, NULL);
    free(out);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, a_process_without_an_answer_says_what_became_of_it);
    tcase_add_test(t, a_process_with_an_answer_that_is_not_ours_is_not_trusted_again);
}

int main(void)
{
    return test_main("procs", add);
}
