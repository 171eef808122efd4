/* The pool's processes: which die together, and what they inherit. */
#include "exec/procpool_test.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/socket.h>

struct family {
    pid_t zygote;
    pid_t workers[4];
    unsigned n;
};

static bool known(const struct family *f, pid_t pid)
{
    for (unsigned i = 0; i < f->n; i++)
        if (f->workers[i] == pid)
            return true;
    return false;
}

/* Reaches all n workers, by calls that keep them busy at the same time. */
static struct family meet(struct bench *b, unsigned n)
{
    struct family f = {0};
    bench_wait_for_workers(b, n);
    bench_calls(b, n, PIDS);
    bench_run(b);
    while (f.n < n) {
        for (unsigned i = 0; i < b->n; i++) {
            ck_assert_int_eq(b->calls[i].result, TASK_DONE);
            f.zygote = (pid_t)b->calls[i].out[1];
            if (!known(&f, (pid_t)b->calls[i].out[0]))
                f.workers[f.n++] = (pid_t)b->calls[i].out[0];
        }
        bench_calls(b, n, PIDS);
        bench_run(b);
    }
    return f;
}

static bool gone(pid_t pid)
{
    return kill(pid, 0) < 0 && errno == ESRCH;
}

/* Waits for processes whose parent died: they become children of this one. */
static void adopt_orphans(void)
{
    ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
}

static void wait_until_gone(pid_t pid)
{
    while (!gone(pid)) {
        waitpid(pid, NULL, 0);
        usleep(1000);
    }
}

START_TEST(no_process_is_left_after_free)
{
    struct bench b;
    struct procpool_conf conf = bench_conf(4, 0);
    bench_open(&b, &conf);
    struct family f = meet(&b, 4);
    bench_close(&b);
    ck_assert(gone(f.zygote));
    for (unsigned i = 0; i < f.n; i++)
        ck_assert(gone(f.workers[i]));
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
    ck_assert_int_eq(errno, ECHILD);
}
END_TEST

START_TEST(a_pool_that_no_loop_has_seen_can_be_freed)
{
    char message[PROCPOOL_MESSAGE_SIZE];
    struct procpool_conf conf = bench_conf(3, 64 * MB);
    procpool_free(procpool_new(&conf, message));
    procpool_free(NULL);
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
}
END_TEST

static void hang(void *arg)
{
    (void)arg;
    for (;;)
        pause();
}

START_TEST(a_zygote_that_is_stuck_is_killed_in_the_end)
{
    char message[PROCPOOL_MESSAGE_SIZE];
    struct procpool_conf conf = bench_conf(1, 0);
    conf.warm_up = hang;
    struct procpool *pool = procpool_new(&conf, message);
    ck_assert_ptr_nonnull(pool);
    procpool_free(pool);
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
    ck_assert_int_eq(errno, ECHILD);
}
END_TEST

START_TEST(a_pool_that_cannot_be_says_why)
{
    char message[PROCPOOL_MESSAGE_SIZE] = "";
    struct procpool_conf conf = bench_conf(257, 0);
    ck_assert_ptr_null(procpool_new(&conf, message));
    ck_assert_str_eq(message, "worker pool: the number of workers must be 1 to 256");
    conf = bench_conf(1, 0);
    conf.max_in = SIZE_MAX / 16;
    ck_assert_ptr_null(procpool_new(&conf, message));
    ck_assert_ptr_nonnull(strstr(message, "shared memory"));
}
END_TEST

START_TEST(a_worker_killed_between_jobs_is_replaced)
{
    struct bench b;
    struct procpool_conf conf = bench_conf(2, 0);
    bench_open(&b, &conf);
    struct family f = meet(&b, 2);
    for (unsigned i = 0; i < f.n; i++) {
        kill(f.workers[i], SIGKILL);
        while (procpool_stats(b.pool).spawned < 3 + i)
            uv_run(&b.loop, UV_RUN_ONCE);
        bench_wait_for_workers(&b, 2);
    }
    struct family now = meet(&b, 2);
    ck_assert_int_eq(now.zygote, f.zygote);
    ck_assert(!known(&now, f.workers[0]) && !known(&now, f.workers[1]));
    ck_assert_uint_eq(procpool_stats(b.pool).crashes, 0);
    bench_close(&b);
}
END_TEST

/* The pool has not noticed yet: procpool_submit() itself finds out. */
START_TEST(a_job_is_not_given_to_a_dead_worker)
{
    struct bench b;
    struct procpool_conf conf = bench_conf(2, 0);
    bench_open(&b, &conf);
    struct family f = meet(&b, 2);
    kill(f.workers[0], SIGKILL);
    kill(f.workers[1], SIGKILL);
    while (!gone(f.workers[0]) || !gone(f.workers[1]))
        usleep(1000);
    bench_calls(&b, 10, INVERT);
    bench_run(&b);
    for (unsigned i = 0; i < b.n; i++)
        ck_assert(duplicates_right(&b.calls[i]));
    bench_close(&b);
}
END_TEST

START_TEST(without_its_zygote_the_pool_is_broken_and_nothing_hangs)
{
    struct bench b;
    struct procpool_conf conf = bench_conf(2, 0);
    adopt_orphans();
    bench_open(&b, &conf);
    struct family f = meet(&b, 2);
    unsigned ready = b.ready;
    bench_calls(&b, 5, SPIN);
    bench_pump(&b);
    ck_assert_uint_eq(b.sent, 2);
    kill(f.zygote, SIGKILL);
    bench_wait(&b);
    for (unsigned i = 0; i < b.n; i++)
        ck_assert_int_eq(b.calls[i].result, TASK_BROKEN);
    ck_assert_int_eq(bench_call(&b, INVERT)->result, TASK_BROKEN);
    ck_assert_uint_eq(b.ready, ready + 1);
    ck_assert_uint_eq(procpool_stats(b.pool).workers, 0);
    for (unsigned i = 0; i < f.n; i++)
        wait_until_gone(f.workers[i]);
    bench_close(&b);
    ck_assert(gone(f.zygote));
}
END_TEST

static void end(void)
{
    _exit(1);
}

static void end_each_worker(void *arg)
{
    (void)arg;
    pthread_atfork(NULL, NULL, end);
}

START_TEST(workers_that_never_start_break_the_pool)
{
    struct bench b;
    struct procpool_conf conf = bench_conf(2, 64 * MB);
    conf.warm_up = end_each_worker;
    bench_open(&b, &conf);
    ck_assert_int_eq(bench_call(&b, INVERT)->result, TASK_BROKEN);
    ck_assert_uint_eq(b.ready, 1);
    ck_assert_uint_le(procpool_stats(b.pool).spawned, 60);
    bench_close(&b);
}
END_TEST

START_TEST(a_worker_is_replaced_after_its_number_of_jobs)
{
    struct bench b;
    struct procpool_conf conf = bench_conf(1, 0);
    conf.max_tasks = 5;
    bench_open(&b, &conf);
    bench_calls(&b, 23, PIDS);
    bench_run(&b);
    for (unsigned i = 0; i < b.n; i++) {
        ck_assert_int_eq(b.calls[i].result, TASK_DONE);
        ck_assert_int_eq(b.calls[i].out[0] == b.calls[i / 5 * 5].out[0], 1);
        if (i >= 5)
            ck_assert_int_ne(b.calls[i].out[0], b.calls[i - 5].out[0]);
    }
    ck_assert_uint_eq(procpool_stats(b.pool).spawned, 5);
    ck_assert_uint_eq(procpool_stats(b.pool).crashes, 0);
    bench_close(&b);
}
END_TEST

START_TEST(each_task_can_have_a_process_of_its_own)
{
    struct bench b;
    struct procpool_conf conf = bench_conf(2, 0);
    conf.max_tasks = 1;
    conf.spares = 2;
    bench_open(&b, &conf);
    bench_calls(&b, 60, PIDS);
    bench_run(&b);
    for (unsigned i = 0; i < b.n; i++) {
        ck_assert_int_eq(b.calls[i].result, TASK_DONE);
        for (unsigned k = 0; k < i; k++)
            ck_assert_uint_ne(b.calls[i].out[0], b.calls[k].out[0]);
    }
    ck_assert_uint_eq(procpool_stats(b.pool).crashes, 0);
    bench_close(&b);
}
END_TEST

START_TEST(nothing_of_a_task_is_in_the_slot_of_the_next_worker)
{
    struct bench b;
    struct procpool_conf conf = bench_conf(1, 0);
    conf.max_tasks = 1;
    bench_open(&b, &conf);
    for (unsigned i = 0; i < 3; i++) {
        ck_assert(duplicates_right(bench_call(&b, SOIL)));
        const struct call *c = bench_call(&b, LOOK);
        ck_assert_int_eq(c->result, TASK_DONE);
        ck_assert_uint_eq(c->out[0], 0);
    }
    bench_close(&b);
}
END_TEST

START_TEST(a_worker_has_no_slot_but_its_own)
{
    char message[PROCPOOL_MESSAGE_SIZE];
    struct bench b;
    struct procpool_conf conf = bench_conf(4, 0);
    struct procpool *other = procpool_new(&conf, message);
    ck_assert_ptr_nonnull(other);
    conf.unconfined = true; /* it has to read /proc */
    bench_open(&b, &conf);
    ck_assert_uint_eq(test_count_slots(), 8);
    bench_calls(&b, 20, SLOTS);
    bench_run(&b);
    for (unsigned i = 0; i < b.n; i++)
        ck_assert_uint_eq(b.calls[i].out[0], 1);
    bench_close(&b);
    procpool_free(other);
}
END_TEST

START_TEST(pipes_of_the_user_do_not_stay_open)
{
    int ends[2];
    char byte;
    struct bench b;
    struct procpool_conf conf = bench_conf(2, 0);
    ck_assert_int_eq(pipe(ends), 0);
    bench_open(&b, &conf);
    meet(&b, 2);
    close(ends[1]);
    ck_assert_int_eq(read(ends[0], &byte, 1), 0);
    close(ends[0]);
    bench_close(&b);
}
END_TEST

START_TEST(signals_to_the_group_do_not_reach_the_workers)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    struct bench b;
    struct procpool_conf conf = bench_conf(2, 0);
    setpgid(0, 0);
    bench_open(&b, &conf);
    struct family before = meet(&b, 2);
    for (unsigned i = 0; i < 3; i++) {
        void (*old)(int) = signal(signals[i], SIG_IGN);
        ck_assert_int_eq(kill(0, signals[i]), 0);
        signal(signals[i], old);
    }
    struct family after = meet(&b, 2);
    ck_assert_int_eq(after.zygote, before.zygote);
    ck_assert(known(&before, after.workers[0]) && known(&before, after.workers[1]));
    ck_assert_uint_eq(procpool_stats(b.pool).spawned, 2);
    bench_close(&b);
}
END_TEST

/* A main process that reports the pids of its workers, then keeps them busy for ever. */
static void be_main_process(int pipe_end)
{
    struct bench b;
    struct procpool_conf conf = bench_conf(2, 0);
    bench_open(&b, &conf);
    struct family f = meet(&b, 2);
    bench_calls(&b, 1, SPIN);
    bench_pump(&b);
    if (write(pipe_end, &f, sizeof f) == sizeof f)
        uv_run(&b.loop, UV_RUN_DEFAULT);
    _exit(1);
}

static pid_t fork_main_process(struct family *ret)
{
    int ends[2];
    adopt_orphans();
    ck_assert_int_eq(pipe(ends), 0);
    pid_t parent = fork();
    if (parent == 0)
        be_main_process(ends[1]);
    ck_assert_int_eq(read(ends[0], ret, sizeof *ret), sizeof *ret);
    close(ends[0]);
    close(ends[1]);
    ck_assert(!gone(ret->zygote) && !gone(ret->workers[0]) && !gone(ret->workers[1]));
    return parent;
}

START_TEST(all_vanish_when_the_main_process_is_killed)
{
    struct family f;
    pid_t parent = fork_main_process(&f);
    kill(parent, SIGKILL);
    ck_assert_int_eq(waitpid(parent, NULL, 0), parent);
    wait_until_gone(f.zygote);
    ck_assert(gone(f.workers[0]) && gone(f.workers[1]));
}
END_TEST

START_TEST(workers_die_with_the_zygote_even_if_the_main_process_is_stuck)
{
    struct family f;
    pid_t parent = fork_main_process(&f);
    kill(parent, SIGSTOP);
    ck_assert_int_eq(waitpid(parent, NULL, WUNTRACED), parent);
    kill(f.zygote, SIGKILL);
    wait_until_gone(f.workers[0]);
    wait_until_gone(f.workers[1]);
    kill(parent, SIGKILL);
    ck_assert_int_eq(waitpid(parent, NULL, 0), parent);
}
END_TEST

static unsigned sends_left; /* the last of them is interrupted; 0: none is */

/* Replaces libc's function. */
ssize_t send(int fd, const void *bytes, size_t len, int flags)
{
    if (sends_left && --sends_left == 0) {
        errno = EINTR;
        return -1;
    }
    return sendto(fd, bytes, len, flags, NULL, 0);
}

START_TEST(a_task_whose_worker_was_not_told_is_begun_by_another)
{
    struct bench b;
    struct procpool_conf conf = bench_conf(1, 64 * MB);
    bench_open(&b, &conf);
    bench_wait_for_workers(&b, 1);
    bench_calls(&b, 4, INVERT);
    sends_left = 3;
    bench_run(&b);
    ck_assert_uint_eq(sends_left, 0);
    for (unsigned i = 0; i < b.n; i++)
        ck_assert(duplicates_right(&b.calls[i]));
    bench_close(&b);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, no_process_is_left_after_free);
    tcase_add_test(t, a_pool_that_no_loop_has_seen_can_be_freed);
    tcase_add_test(t, a_zygote_that_is_stuck_is_killed_in_the_end);
    tcase_add_test(t, a_pool_that_cannot_be_says_why);
    tcase_add_test(t, a_worker_killed_between_jobs_is_replaced);
    tcase_add_test(t, a_job_is_not_given_to_a_dead_worker);
    tcase_add_test(t, without_its_zygote_the_pool_is_broken_and_nothing_hangs);
    tcase_add_test(t, workers_that_never_start_break_the_pool);
    tcase_add_test(t, a_worker_is_replaced_after_its_number_of_jobs);
    tcase_add_test(t, each_task_can_have_a_process_of_its_own);
    tcase_add_test(t, nothing_of_a_task_is_in_the_slot_of_the_next_worker);
    tcase_add_test(t, a_worker_has_no_slot_but_its_own);
    tcase_add_test(t, pipes_of_the_user_do_not_stay_open);
    tcase_add_test(t, signals_to_the_group_do_not_reach_the_workers);
    tcase_add_test(t, all_vanish_when_the_main_process_is_killed);
    tcase_add_test(t, workers_die_with_the_zygote_even_if_the_main_process_is_stuck);
    tcase_add_test(t, a_task_whose_worker_was_not_told_is_begun_by_another);
}

int main(void)
{
    return test_main("procpool_life", add);
}
