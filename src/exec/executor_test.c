/* The same tests for every executor. */
#include "base/clock.h"
#include "base/mem.h"
#include "base/test.h"
#include "exec/executor_inline.h"
#include "exec/executor_threads.h"
#include "exec/procpool.h"

#include <sched.h>
#include <stdatomic.h>
#include <string.h>

enum { WORKERS = 3, MAX_OUT = 4 << 20, MANY = 2000, IN_MAX = 64 };

/* The first byte of a task's input. */
enum what {
    INVERT = 'i', /* replies with all bits of the input inverted */
    FILL = 'f',   /* fills the whole output */
    NOTHING = 'n',
    WHILE = 'w', /* some 20 ms, then INVERT */
    EVER = 'e',  /* does not end */
    MEET = 'm',  /* waits until all workers are here, then INVERT; for threads */
};

enum { WHILE_NS = 20 * 1000 * 1000, MUCH_SHORTER_NS = 1000 * 1000 };

/* Makes no system calls, because it also runs in a sandbox. */
static void pass_time(void)
{
    uint64_t begun = clock_ns();
    while (clock_ns() - begun < WHILE_NS)
        ;
}

/* Ends only when as many threads as there are workers are inside at once. */
static void meet(void)
{
    static atomic_uint here;
    atomic_fetch_add(&here, 1);
    while (atomic_load(&here) < WORKERS)
        sched_yield();
}

static size_t work(void *arg, const uint8_t *in, size_t in_len, uint8_t *out, size_t out_size)
{
    const uint8_t *mask = arg;
    if (in[0] == FILL) {
        memset(out, *mask, out_size);
        return out_size;
    }
    if (in[0] == NOTHING)
        return 0;
    while (in[0] == EVER)
        pass_time();
    if (in[0] == WHILE)
        pass_time();
    if (in[0] == MEET)
        meet();
    for (size_t i = 0; i < in_len; i++)
        out[i] = in[i] ^ *mask;
    return in_len;
}

enum pool { PROCS, THREADS, INLINE, POOLS };

static uint8_t mask = 0xFF;
static uv_loop_t loop;
static struct procpool *processes;
static struct executor *executor;
static unsigned workers; /* tasks that may be under way */

struct call {
    struct task task; /* first */
    uint8_t in[IN_MAX];
    unsigned back;
    enum task_result result;
    bool is_right;
    size_t out_len;
};

static struct call *calls;
static unsigned n_calls, n_sent, n_back;
static bool is_submitting;

static void open_pool(enum pool pool)
{
    int err = 0;
    if (pool == PROCS) {
        char message[PROCPOOL_MESSAGE_SIZE];
        struct procpool_conf conf = {.workers = WORKERS, .max_in = IN_MAX, .max_out = MAX_OUT};
        conf.work = work;
        conf.arg = &mask;
        processes = procpool_new(&conf, message);
        ck_assert_msg(processes != NULL, "%s", message);
    }
    uv_loop_init(&loop);
    struct executor_threads_conf threads = {WORKERS, MAX_OUT, work, &mask};
    struct executor_inline_conf inplace = {MAX_OUT, work, &mask};
    if (pool == PROCS)
        err = procpool_attach(processes, &loop, NULL, NULL);
    executor = pool == PROCS     ? procpool_executor(processes)
               : pool == THREADS ? executor_threads_new(&threads, &loop, &err)
                                 : executor_inline_new(&inplace, &loop, &err);
    ck_assert_int_eq(err, 0);
    workers = pool == INLINE ? 1 : WORKERS;
    while (pool == PROCS && procpool_stats(processes).workers < WORKERS)
        uv_run(&loop, UV_RUN_ONCE);
}

static void close_pool(void)
{
    executor_free(executor);
    procpool_free(processes);
    processes = NULL;
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
    free(calls);
    calls = NULL;
}

static void on_done(
    struct task *t, enum task_result result, const uint8_t *out, size_t out_len, int status)
{
    struct call *c = (struct call *)t;
    ck_assert(!is_submitting);
    ck_assert(result != TASK_DONE || status == 0);
    c->back++;
    c->result = result;
    c->out_len = out_len;
    c->is_right = result == TASK_DONE && out_len == t->in_len;
    for (size_t i = 0; c->is_right && i < out_len; i++)
        c->is_right = out[i] == (t->in[i] ^ mask);
    if (result == TASK_DONE && c->in[0] == FILL)
        c->is_right = out_len == MAX_OUT && out[0] == mask && out[MAX_OUT - 1] == mask;
    n_back++;
}

/* Makes n calls of a kind, each with its own input. */
static void make_calls(unsigned n, enum what what, uint64_t timeout_ns)
{
    free(calls);
    calls = mem_array(n, sizeof *calls);
    n_calls = n;
    n_sent = n_back = 0;
    for (unsigned i = 0; i < n; i++) {
        struct call *c = &calls[i];
        c->in[0] = (uint8_t)what;
        memcpy(c->in + 1, &i, sizeof i);
        c->task = (struct task){.in = c->in, .in_len = 1 + sizeof i + i % 32, .done = on_done};
        c->task.timeout_ns = timeout_ns;
    }
}

/* Submits calls until one is refused. */
static void send_some(void)
{
    is_submitting = true;
    while (n_sent < n_calls && executor_submit(executor, &calls[n_sent].task))
        n_sent++;
    is_submitting = false;
}

static void wait_for_all(void)
{
    while (n_back < n_calls) {
        send_some();
        uv_run(&loop, UV_RUN_ONCE);
    }
    for (unsigned i = 0; i < n_calls; i++)
        ck_assert_uint_eq(calls[i].back, 1);
}

START_TEST(every_task_comes_back_once_with_its_own_result)
{
    open_pool((enum pool)_i);
    make_calls(MANY, INVERT, 0);
    wait_for_all();
    for (unsigned i = 0; i < MANY; i++) {
        ck_assert(calls[i].is_right);
        ck_assert_uint_eq(calls[i].out_len, calls[i].task.in_len);
    }
    close_pool();
}
END_TEST

START_TEST(as_many_are_taken_as_there_are_workers_and_none_comes_back_inside)
{
    open_pool((enum pool)_i);
    make_calls(10 * WORKERS, INVERT, 0);
    send_some();
    ck_assert_uint_eq(n_sent, workers);
    ck_assert_uint_eq(n_back, 0);
    send_some(); /* without a turn of the loop nothing has changed */
    ck_assert_uint_eq(n_sent, workers);
    wait_for_all();
    close_pool();
}
END_TEST

START_TEST(a_result_may_be_empty_or_fill_all_there_is)
{
    open_pool((enum pool)_i);
    make_calls(1, NOTHING, 0);
    wait_for_all();
    ck_assert_int_eq(calls[0].result, TASK_DONE);
    ck_assert_uint_eq(calls[0].out_len, 0);
    make_calls(10, FILL, 0);
    wait_for_all();
    for (unsigned i = 0; i < 10; i++)
        ck_assert(calls[i].is_right);
    make_calls(10, INVERT, 0); /* the output memory still works */
    wait_for_all();
    for (unsigned i = 0; i < 10; i++)
        ck_assert(calls[i].is_right);
    close_pool();
}
END_TEST

START_TEST(a_task_that_takes_too_long_has_no_result)
{
    open_pool((enum pool)_i);
    /* A process may reply before this one, late itself, notices the timeout. */
    make_calls(2 * WORKERS, _i == PROCS ? EVER : WHILE, MUCH_SHORTER_NS);
    wait_for_all();
    for (unsigned i = 0; i < n_calls; i++) {
        ck_assert_uint_eq(calls[i].out_len, 0);
        ck_assert_int_eq(calls[i].result, TASK_TIMED_OUT);
    }
    make_calls(MANY, INVERT, 60 * (uint64_t)1000000000); /* and the pool still works */
    wait_for_all();
    for (unsigned i = 0; i < n_calls; i++)
        ck_assert(calls[i].is_right);
    close_pool();
}
END_TEST

START_TEST(after_stop_all_come_back_cancelled_or_done)
{
    open_pool((enum pool)_i);
    make_calls(WORKERS, WHILE, 0);
    send_some();
    executor_stop(executor);
    ck_assert_uint_eq(n_back, 0);
    while (n_back < n_sent)
        uv_run(&loop, UV_RUN_ONCE);
    for (unsigned i = 0; i < n_sent; i++) {
        ck_assert_uint_eq(calls[i].back, 1);
        ck_assert(calls[i].result == TASK_CANCELLED || calls[i].is_right);
        ck_assert(calls[i].result != TASK_CANCELLED || calls[i].out_len == 0);
    }
    close_pool();
}
END_TEST

START_TEST(a_stopped_executor_takes_tasks_and_gives_them_back)
{
    open_pool((enum pool)_i);
    executor_stop(executor);
    make_calls(5 * WORKERS, WHILE, 0);
    wait_for_all();
    for (unsigned i = 0; i < n_calls; i++)
        ck_assert_int_eq(calls[i].result, TASK_CANCELLED);
    close_pool();
}
END_TEST

START_TEST(an_executor_that_did_nothing_can_be_freed)
{
    open_pool((enum pool)_i);
    close_pool();
}
END_TEST

START_TEST(inline_does_one_task_a_turn)
{
    open_pool(INLINE);
    make_calls(10, INVERT, 0);
    for (unsigned turn = 1; turn <= 10; turn++) {
        send_some();
        ck_assert_uint_eq(n_sent, turn);
        uv_run(&loop, UV_RUN_ONCE);
        ck_assert_uint_eq(n_back, turn);
    }
    close_pool();
}
END_TEST

START_TEST(threads_work_at_the_same_time)
{
    open_pool(THREADS);
    make_calls(WORKERS, MEET, 0);
    wait_for_all();
    for (unsigned i = 0; i < WORKERS; i++)
        ck_assert(calls[i].is_right);
    close_pool();
}
END_TEST

static void add(TCase *t)
{
    tcase_add_loop_test(t, every_task_comes_back_once_with_its_own_result, 0, POOLS);
    tcase_add_loop_test(
        t, as_many_are_taken_as_there_are_workers_and_none_comes_back_inside, 0, POOLS);
    tcase_add_loop_test(t, a_result_may_be_empty_or_fill_all_there_is, 0, POOLS);
    tcase_add_loop_test(t, a_task_that_takes_too_long_has_no_result, 0, POOLS);
    tcase_add_loop_test(t, after_stop_all_come_back_cancelled_or_done, 0, POOLS);
    tcase_add_loop_test(t, a_stopped_executor_takes_tasks_and_gives_them_back, 0, POOLS);
    tcase_add_loop_test(t, an_executor_that_did_nothing_can_be_freed, 0, POOLS);
    tcase_add_test(t, inline_does_one_task_a_turn);
    tcase_add_test(t, threads_work_at_the_same_time);
}

int main(void)
{
    return test_main("executor", add);
}
