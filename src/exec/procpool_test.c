#include "exec/procpool_test.h"

#include <sys/resource.h>
#include <sys/syscall.h>

START_TEST(ten_thousand_jobs_come_back_right)
{
    struct bench b;
    struct procpool_conf conf = bench_conf(4, 64 * MB);
    bench_open(&b, &conf);
    bench_calls(&b, 10000, INVERT);
    bench_run(&b);
    for (unsigned i = 0; i < b.n; i++)
        ck_assert(duplicates_right(&b.calls[i]));
    struct procpool_stats stats = procpool_stats(b.pool);
    ck_assert_uint_eq(stats.tasks, 10000);
    ck_assert_uint_eq(stats.crashes + stats.timeouts + stats.busy, 0);
    bench_close(&b);
}
END_TEST

START_TEST(a_single_worker_takes_the_next_job_from_inside_done)
{
    struct bench b;
    struct procpool_conf conf = bench_conf(1, 64 * MB);
    bench_open(&b, &conf);
    bench_calls(&b, 200, INVERT);
    bench_run(&b);
    for (unsigned i = 0; i < b.n; i++)
        ck_assert(duplicates_right(&b.calls[i]));
    ck_assert(!b.refused_in_done);
    ck_assert_uint_eq(b.ready, 1);
    bench_close(&b);
}
END_TEST

START_TEST(large_and_small_inputs_take_turns)
{
    struct bench b;
    struct procpool_conf conf = bench_conf(1, 64 * MB);
    uint8_t *large = mem_new(8 * MB);
    memset(large, 0x5a, 8 * MB);
    large[0] = INVERT;
    bench_open(&b, &conf);
    bench_calls(&b, 20, INVERT);
    for (unsigned i = 0; i < b.n; i += 2) {
        b.calls[i].task.in = large;
        b.calls[i].task.in_len = 8 * MB;
    }
    b.calls[19].task.in_len = 0;
    bench_run(&b);
    for (unsigned i = 0; i < 19; i++)
        if (i % 2) {
            ck_assert(duplicates_right(&b.calls[i]));
        } else {
            ck_assert_uint_eq(b.calls[i].out_len, TEST_OUT);
            ck_assert_uint_eq(b.calls[i].out[1], 0xa5a5a5a5);
        }
    ck_assert_int_eq(b.calls[19].result, TASK_DONE);
    ck_assert_uint_eq(b.calls[19].out_len, 0);
    bench_close(&b);
    free(large);
}
END_TEST

static const enum what crashes[] = {CRASH, ABORT, EXIT, LIE, LIE_A_LITTLE, BABBLE, HANG_UP};
enum { N_CRASHES = sizeof crashes / sizeof *crashes };

START_TEST(a_job_that_kills_its_worker_costs_only_itself)
{
    struct bench b;
    struct procpool_conf conf = bench_conf(3, _i ? 64 * MB : 0);
    bench_open(&b, &conf);
    bench_calls(&b, 100, INVERT);
    for (unsigned i = 0; i < N_CRASHES; i++)
        b.calls[10 + 10 * i].in[0] = (uint8_t)crashes[i];
    bench_run(&b);
    for (unsigned i = 0; i < b.n; i++) {
        const struct call *c = &b.calls[i];
        if (c->in[0] == INVERT) {
            ck_assert_msg(duplicates_right(c), "call %u", i);
            continue;
        }
        ck_assert_msg(c->result == TASK_CRASHED, "'%c' gave %d", c->in[0], c->result);
        ck_assert_uint_eq(c->out_len, 0);
        if (c->in[0] == CRASH && !TEST_SANITIZED)
            ck_assert(WIFSIGNALED(c->status) && WTERMSIG(c->status) == SIGSEGV);
        if (c->in[0] == EXIT)
            ck_assert(WIFEXITED(c->status) && WEXITSTATUS(c->status) == 3);
        if (c->in[0] == LIE || c->in[0] == BABBLE)
            ck_assert(WIFSIGNALED(c->status) && WTERMSIG(c->status) == SIGKILL);
    }
    ck_assert_uint_eq(procpool_stats(b.pool).crashes, N_CRASHES);
    bench_wait_for_workers(&b, 3);
    ck_assert(bench_call(&b, INVERT)->result == TASK_DONE);
    bench_close(&b);
}
END_TEST

START_TEST(a_job_not_yet_begun_when_its_worker_dies_is_done_by_another)
{
    struct bench b;
    struct procpool_conf conf = bench_conf(1 + (unsigned)_i, 64 * MB);
    bench_open(&b, &conf);
    bench_calls(&b, 100, INVERT);
    for (unsigned i = 10; i < b.n; i += 20)
        b.calls[i].in[0] = DIE_AFTER;
    bench_run(&b);
    for (unsigned i = 0; i < b.n; i++)
        if (b.calls[i].in[0] == DIE_AFTER)
            ck_assert(b.calls[i].result == TASK_DONE && b.calls[i].out_len == 0);
        else
            ck_assert_msg(duplicates_right(&b.calls[i]), "call %u: %d", i, b.calls[i].result);
    ck_assert_uint_eq(procpool_stats(b.pool).crashes, 0);
    bench_close(&b);
}
END_TEST

START_TEST(a_job_that_never_ends_is_stopped_at_its_deadline)
{
    struct bench b;
    struct procpool_conf conf = bench_conf(2, 64 * MB);
    bench_open(&b, &conf);
    bench_calls(&b, 50, INVERT);
    b.calls[3].in[0] = SPIN;
    b.calls[3].task.timeout_ns = ms(50);
    b.calls[40].task.timeout_ns = ms(60000);
    uint64_t start = clock_ns();
    bench_run(&b);
    ck_assert_uint_ge(clock_ns() - start, ms(50));
    for (unsigned i = 0; i < b.n; i++)
        ck_assert(i == 3 || duplicates_right(&b.calls[i]));
    ck_assert_int_eq(b.calls[3].result, TASK_TIMED_OUT);
    ck_assert_uint_eq(procpool_stats(b.pool).timeouts, 1);
    bench_wait_for_workers(&b, 2);
    bench_close(&b);
}
END_TEST

/* Submits n tasks that prefer `prefer`, all at once, and stores which processes did them. */
static void who_does(struct bench *b, unsigned prefer, unsigned n, uint32_t *pids)
{
    bench_calls(b, n, PIDS);
    for (unsigned i = 0; i < n; i++)
        b->calls[i].task.prefer = prefer;
    bench_run(b);
    for (unsigned i = 0; i < n; i++)
        pids[i] = b->calls[i].out[0];
}

START_TEST(a_job_goes_to_the_first_idle_worker_from_the_preferred_one_on)
{
    struct bench b;
    struct procpool_conf conf = bench_conf(4, 0);
    uint32_t from_6[4], from_7[4], again[2];
    bench_open(&b, &conf);
    bench_wait_for_workers(&b, 4);
    who_does(&b, 6, 4, from_6);
    for (unsigned i = 0; i < 4; i++)
        for (unsigned k = 0; k < i; k++)
            ck_assert_uint_ne(from_6[i], from_6[k]);
    who_does(&b, 7, 4, from_7);
    for (unsigned i = 0; i < 4; i++)
        ck_assert_uint_eq(from_7[i], from_6[(i + 1) % 4]);
    for (unsigned i = 0; i < 20; i++) {
        who_does(&b, 6, 2, again);
        ck_assert_uint_eq(again[0], from_6[0]);
        ck_assert_uint_eq(again[1], from_6[1]);
    }
    bench_close(&b);
}
END_TEST

START_TEST(a_cancelled_job_comes_back_and_its_seat_is_filled_at_once)
{
    struct bench b;
    struct procpool_conf conf = bench_conf(2, 64 * MB);
    bench_open(&b, &conf);
    bench_calls(&b, 20, INVERT);
    b.calls[0].in[0] = SPIN;
    bench_wait_for_workers(&b, 2);
    bench_pump(&b);
    procpool_cancel(b.pool, &b.calls[0].task);
    procpool_cancel(b.pool, &b.calls[19].task); /* not inside: nothing happens */
    bench_wait(&b);
    ck_assert_int_eq(b.calls[0].result, TASK_CANCELLED);
    for (unsigned i = 1; i < b.n; i++)
        ck_assert(duplicates_right(&b.calls[i]));
    ck_assert_uint_eq(procpool_stats(b.pool).crashes, 0);
    bench_wait_for_workers(&b, 2);
    bench_close(&b);
}
END_TEST

/* Timers run before sockets are read, but the reply must win all the same. */
START_TEST(an_answer_that_waits_unread_at_the_deadline_counts)
{
    struct bench b;
    struct procpool_conf conf = bench_conf(1, 64 * MB);
    bench_open(&b, &conf);
    bench_wait_for_workers(&b, 1);
    bench_calls(&b, 1, INVERT);
    b.calls[0].task.timeout_ns = ms(100);
    bench_pump(&b);
    ck_assert_uint_eq(b.sent, 1);
    usleep(150 * 1000); /* the loop is busy elsewhere */
    bench_wait(&b);
    ck_assert(duplicates_right(&b.calls[0]));
    bench_close(&b);
}
END_TEST

START_TEST(time_in_which_everything_stood_still_is_not_counted)
{
    struct bench b;
    struct procpool_conf conf = bench_conf(1, 0);
    bench_open(&b, &conf);
    pid_t worker = (pid_t)bench_call(&b, PIDS)->out[0];
    bench_calls(&b, 1, WORK_A_WHILE);
    b.calls[0].task.timeout_ns = ms(200);
    kill(worker, SIGSTOP);
    bench_pump(&b);
    ck_assert_uint_eq(b.sent, 1);
    usleep(500 * 1000); /* as between Ctrl-Z and fg */
    kill(worker, SIGCONT);
    bench_wait(&b);
    ck_assert(duplicates_right(&b.calls[0]));
    bench_close(&b);
}
END_TEST

START_TEST(memory_ends_with_null_and_the_worker_lives_on)
{
    struct bench b;
    struct procpool_conf conf = bench_conf(1, 64 * MB);
    bench_open(&b, &conf);
    ck_assert_int_eq(bench_call(&b, INVERT)->result, TASK_DONE);
    if (!TEST_SANITIZED) {
        const struct call *c = bench_call(&b, FILL_MEMORY);
        ck_assert_int_eq(c->result, TASK_DONE);
        ck_assert_uint_ge(c->out[0], 60);
        ck_assert_uint_le(c->out[0], 90);
        ck_assert(duplicates_right(bench_call(&b, INVERT)));
        ck_assert_uint_eq(procpool_stats(b.pool).spawned, 1);
    }
    bench_close(&b);
}
END_TEST

START_TEST(memory_that_a_job_has_lost_is_not_missing_to_the_next)
{
    struct bench b;
    struct procpool_conf conf = bench_conf(1, 64 * MB);
    bench_open(&b, &conf);
    for (unsigned i = 0; i < 3; i++) {
        ck_assert(duplicates_right(bench_call(&b, LEAK)));
        if (!TEST_SANITIZED)
            ck_assert_uint_ge(bench_call(&b, FILL_MEMORY)->out[0], 60);
        else
            ck_assert(duplicates_right(bench_call(&b, INVERT)));
    }
    ck_assert_uint_eq(procpool_stats(b.pool).crashes, 0);
    bench_close(&b);
}
END_TEST

START_TEST(the_filter_kills_what_calls_the_system)
{
    struct bench b;
    struct procpool_conf conf = bench_conf(1, 64 * MB);
    conf.require_filter = !TEST_SANITIZED;
    bench_open(&b, &conf);
    ck_assert_ptr_null(procpool_stats(b.pool).sandbox);
    bench_wait_for_workers(&b, 1);
    ck_assert_str_eq(procpool_stats(b.pool).sandbox, TEST_SANITIZED ? "limits" : "seccomp");
    static const enum what calls[] = {OPEN, WRITE, PIDS, HANG_UP};
    for (unsigned i = 0; i < sizeof calls / sizeof *calls && confined_by_filter(&b); i++) {
        const struct call *c = bench_call(&b, calls[i]);
        ck_assert_int_eq(c->result, TASK_CRASHED);
        ck_assert(WIFSIGNALED(c->status) && WTERMSIG(c->status) == SIGSYS);
    }
    bench_close(&b);
}
END_TEST

START_TEST(a_heap_that_cannot_grow_is_reported_as_a_lower_level)
{
    struct rlimit data = {32 * MB, 32 * MB};
    struct bench b;
    struct procpool_conf conf = bench_conf(1, 64 * MB);
    if (!TEST_SANITIZED)
        ck_assert_int_eq(setrlimit(RLIMIT_DATA, &data), 0);
    bench_open(&b, &conf);
    ck_assert(duplicates_right(bench_call(&b, INVERT)));
    ck_assert_str_eq(procpool_stats(b.pool).sandbox, "limits");
    const struct call *c = bench_call(&b, OPEN);
    ck_assert_int_eq(c->result, TASK_DONE);
    ck_assert_int_eq((int)c->out[0], -1);
    ck_assert_int_eq((int)c->out[1], EMFILE);
    if (!TEST_SANITIZED) {
        c = bench_call(&b, FILL_MEMORY);
        ck_assert_int_eq(c->result, TASK_DONE);
        ck_assert_uint_lt(c->out[0], 32);
    }
    bench_close(&b);
}
END_TEST

START_TEST(a_worker_without_the_filter_gets_no_job_where_one_is_required)
{
    struct rlimit data = {32 * MB, 32 * MB};
    struct bench b;
    struct procpool_conf conf = bench_conf(1, 64 * MB);
    conf.require_filter = true;
    if (!TEST_SANITIZED)
        ck_assert_int_eq(setrlimit(RLIMIT_DATA, &data), 0);
    bench_open(&b, &conf);
    ck_assert_int_eq(bench_call(&b, INVERT)->result, TASK_BROKEN);
    ck_assert_str_eq(procpool_stats(b.pool).sandbox, "limits");
    ck_assert(procpool_stats(b.pool).broken);
    ck_assert_uint_eq(procpool_stats(b.pool).tasks, 0);
    bench_close(&b);
}
END_TEST

START_TEST(the_system_call_that_killed_a_worker_is_told)
{
    struct bench b;
    struct procpool_conf conf = bench_conf(1, 64 * MB);
    bench_open(&b, &conf);
    ck_assert_int_eq(procpool_stats(b.pool).refused, -1);
    const struct call *c = bench_call(&b, OPEN);
    if (confined_by_filter(&b)) {
        ck_assert(c->result == TASK_CRASHED);
        ck_assert(WIFSIGNALED(c->status) && WTERMSIG(c->status) == SIGSYS);
        ck_assert_int_eq(c->task.refused, SYS_openat);
        ck_assert_int_eq(procpool_stats(b.pool).refused, SYS_openat);
        c = bench_call(&b, WRITE); /* on a descriptor that is not its socket */
        ck_assert_int_eq(c->task.refused, SYS_write);
    }
    c = bench_call(&b, CRASH);
    ck_assert(c->result == TASK_CRASHED);
    ck_assert_int_eq(c->task.refused, -1);
    bench_close(&b);
}
END_TEST

START_TEST(an_unconfined_worker_may_open_files_and_says_so)
{
    struct bench b;
    struct procpool_conf conf = bench_conf(1, 64 * MB);
    conf.unconfined = true;
    bench_open(&b, &conf);
    ck_assert_int_ge((int)bench_call(&b, OPEN)->out[0], 0);
    ck_assert_str_eq(procpool_stats(b.pool).sandbox, "none");
    bench_close(&b);
}
END_TEST

START_TEST(two_hundred_crashes_come_back_at_a_bounded_rate)
{
    enum { WORKERS = 8 };
    struct bench b;
    struct procpool_conf conf = bench_conf(WORKERS, 64 * MB);
    bench_open(&b, &conf);
    bench_calls(&b, 200, EXIT);
    uint64_t start = clock_ns();
    bench_run(&b);
    uint64_t took = clock_ns() - start;
    for (unsigned i = 0; i < b.n; i++)
        ck_assert_int_eq(b.calls[i].result, TASK_CRASHED);
    /* Each seat: the first worker, three at once, then 5, 10, 20, 40 and 80 ms apart. */
    ck_assert_uint_le(procpool_stats(b.pool).spawned, WORKERS * (8 + took / ms(80)));
    bench_wait_for_workers(&b, WORKERS);
    ck_assert(duplicates_right(bench_call(&b, INVERT)));
    bench_close(&b);
}
END_TEST

START_TEST(stop_brings_every_job_back)
{
    struct bench b;
    struct procpool_conf conf = bench_conf(3, 64 * MB);
    bench_open(&b, &conf);
    bench_wait_for_workers(&b, 3);
    bench_calls(&b, 5, SPIN);
    bench_pump(&b);
    ck_assert_uint_eq(b.sent, 3);
    procpool_stop(b.pool);
    ck_assert_uint_eq(b.back, 0);
    bench_pump(&b);
    ck_assert_uint_eq(b.sent, 5);
    bench_wait(&b);
    for (unsigned i = 0; i < b.n; i++)
        ck_assert_int_eq(b.calls[i].result, TASK_CANCELLED);
    ck_assert_uint_eq(procpool_stats(b.pool).workers, 0);
    ck_assert_uint_eq(procpool_stats(b.pool).spawned, 3);
    bench_close(&b);
}
END_TEST

START_TEST(a_finished_job_is_not_lost_to_stop)
{
    struct bench b;
    struct procpool_conf conf = bench_conf(1, 64 * MB);
    bench_open(&b, &conf);
    bench_wait_for_workers(&b, 1);
    bench_calls(&b, 1, INVERT);
    bench_pump(&b);
    usleep(50 * 1000); /* time to finish; not the loop's */
    procpool_stop(b.pool);
    bench_wait(&b);
    ck_assert(duplicates_right(&b.calls[0]));
    bench_close(&b);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, ten_thousand_jobs_come_back_right);
    tcase_add_test(t, a_single_worker_takes_the_next_job_from_inside_done);
    tcase_add_test(t, large_and_small_inputs_take_turns);
    tcase_add_loop_test(t, a_job_that_kills_its_worker_costs_only_itself, 0, 2);
    tcase_add_loop_test(t, a_job_not_yet_begun_when_its_worker_dies_is_done_by_another, 0, 3);
    tcase_add_test(t, a_job_that_never_ends_is_stopped_at_its_deadline);
    tcase_add_test(t, a_job_goes_to_the_first_idle_worker_from_the_preferred_one_on);
    tcase_add_test(t, a_cancelled_job_comes_back_and_its_seat_is_filled_at_once);
    tcase_add_test(t, an_answer_that_waits_unread_at_the_deadline_counts);
    tcase_add_test(t, time_in_which_everything_stood_still_is_not_counted);
    tcase_add_test(t, memory_ends_with_null_and_the_worker_lives_on);
    tcase_add_test(t, memory_that_a_job_has_lost_is_not_missing_to_the_next);
    tcase_add_test(t, the_filter_kills_what_calls_the_system);
    tcase_add_test(t, a_heap_that_cannot_grow_is_reported_as_a_lower_level);
    tcase_add_test(t, a_worker_without_the_filter_gets_no_job_where_one_is_required);
    tcase_add_test(t, the_system_call_that_killed_a_worker_is_told);
    tcase_add_test(t, an_unconfined_worker_may_open_files_and_says_so);
    tcase_add_test(t, two_hundred_crashes_come_back_at_a_bounded_rate);
    tcase_add_test(t, stop_brings_every_job_back);
    tcase_add_test(t, a_finished_job_is_not_lost_to_stop);
}

int main(void)
{
    return test_main("procpool", add);
}
