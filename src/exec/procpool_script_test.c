/* The pool's limits, tested on both sides of each: what workers and zygote may send, and how often
 * they may fail. */
#include "exec/procpool_script.h"
#include "exec/procpool_seat.h"

#include <errno.h>

enum { FAILED_STARTS = 25, LOST_MAX = 3 }; /* as in procpool_loop.c */

/* ---- messages of a worker ---- */

START_TEST(an_answer_may_have_the_length_that_was_agreed_and_no_more)
{
    static const size_t lengths[] = {0, 1, MAX_OUT - 1, MAX_OUT, MAX_OUT + 1, 4096, 4097,
        UINT32_MAX, (size_t)1 << 32, SIZE_MAX / 2 + 1, SIZE_MAX};
    open_pool(1);
    for (unsigned i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct call c;
        start(0);
        submit(&c);
        ck_assert(was_told_to_go(0));
        slot_take(&script.slots[0]);
        slot_set_out_len(&script.slots[0], lengths[i]);
        worker_says(0, (const char[]){WORKER_DONE}, 1);
        if (lengths[i] <= MAX_OUT) {
            expect_back(&c, TASK_DONE);
            ck_assert_uint_eq(c.out_len, lengths[i]);
            exits(0, 0);
        } else {
            ck_assert_uint_eq(c.back, 0);
            ck_assert(was_hung_up_on(0));
            exits(0, 9);
            expect_back(&c, TASK_CRASHED);
            ck_assert_int_eq(c.status, 9);
            ck_assert_uint_eq(c.out_len, 0);
        }
    }
    close_pool();
}
END_TEST

START_TEST(a_worker_begins_with_its_level_and_with_no_other_byte)
{
    open_pool(1);
    for (unsigned byte = 0; byte < 256; byte++) {
        bool right = byte >= WORKER_READY && byte <= WORKER_READY + SANDBOX_SECCOMP;
        spawn(0);
        worker_says(0, &(uint8_t){(uint8_t)byte}, 1);
        ck_assert_msg(procpool_stats(pool).workers == right, "byte %u", byte);
        ck_assert_msg(was_hung_up_on(0) == !right, "byte %u", byte);
        exits(0, 0);
        start(0); /* or too many in a row would not have started */
        exits(0, 0);
    }
    close_pool();
}
END_TEST

START_TEST(two_bytes_at_once_are_one_too_many)
{
    struct call c;
    open_pool(1);
    spawn(0);
    worker_says(0, (const char[]){WORKER_READY, WORKER_READY}, 2);
    ck_assert(was_hung_up_on(0));
    exits(0, 0);
    start(0);
    submit(&c);
    ck_assert(was_told_to_go(0));
    slot_take(&script.slots[0]);
    worker_says(0, (const char[]){WORKER_DONE, WORKER_DONE}, 2);
    ck_assert(was_hung_up_on(0));
    exits(0, 0);
    expect_back(&c, TASK_CRASHED);
    close_pool();
}
END_TEST

START_TEST(a_byte_out_of_turn_ends_the_worker)
{
    static const char bytes[] = {
        WORKER_DONE, WORKER_READY, WORKER_READY + SANDBOX_SECCOMP, WORKER_GO, 0};
    open_pool(1);
    for (unsigned i = 0; i < sizeof bytes; i++) {
        start(0);
        worker_says(0, &bytes[i], 1); /* while idle */
        ck_assert_uint_eq(procpool_stats(pool).workers, 0);
        ck_assert(was_hung_up_on(0));
        struct call none = {.task = {.done = on_done}};
        ck_assert(!procpool_submit(pool, &none.task));
        exits(0, 0);
        if (bytes[i] == WORKER_DONE)
            continue;
        struct call c;
        start(0);
        submit(&c);
        ck_assert(was_told_to_go(0));
        slot_take(&script.slots[0]);
        worker_says(0, &bytes[i], 1);
        ck_assert_uint_eq(c.back, 0);
        ck_assert(was_hung_up_on(0));
        exits(0, 0);
        expect_back(&c, TASK_CRASHED);
    }
    close_pool();
}
END_TEST

/* Timers run before sockets are read. */
START_TEST(an_answer_that_is_there_when_the_time_is_over_counts)
{
    struct call c = {.task = {.in = (const uint8_t *)"in", .in_len = 2, .done = on_done}};
    c.task.timeout_ns = 1000000;
    open_pool(1);
    start(0);
    ck_assert(procpool_submit(pool, &c.task));
    slot_take(&script.slots[0]);
    ck_assert_int_eq(send(script.socket[0], (const char[]){WORKER_DONE}, 1, 0), 1);
    usleep(20000);
    attend();
    expect_back(&c, TASK_DONE);
    close_pool();
}
END_TEST

/* ---- tasks that lost their workers ---- */

START_TEST(a_job_may_lose_three_workers_before_one_begins_with_it)
{
    struct call c;
    open_pool(1);
    start(0);
    submit(&c);
    for (unsigned i = 0; i < LOST_MAX; i++) {
        ck_assert(was_told_to_go(0));
        exits(0, 1);
        ck_assert_uint_eq(c.back, 0);
        start(0);
    }
    ck_assert(was_told_to_go(0));
    ck_assert_uint_eq(c.back, 0);
    exits(0, 7);
    expect_back(&c, TASK_CRASHED);
    ck_assert_int_eq(c.status, 7);
    ck_assert_uint_eq(procpool_stats(pool).crashes, 1);
    start(0);
    ck_assert(!was_told_to_go(0));
    c.back = 0;
    ck_assert(procpool_submit(pool, &c.task)); /* its count begins anew */
    exits(0, 1);
    ck_assert_uint_eq(c.back, 0);
    start(0);
    slot_take(&script.slots[0]);
    exits(0, 1);
    expect_back(&c, TASK_CRASHED);
    close_pool();
}
END_TEST

/* Two tasks wait for a worker again, and end without one. */
static void lose_two(struct call c[2])
{
    open_pool(2);
    start(0);
    start(1);
    submit(&c[0]);
    submit(&c[1]);
    exits(0, 1);
    exits(1, 1);
    ck_assert_uint_eq(c[0].back + c[1].back, 0);
}

START_TEST(a_lost_job_can_be_cancelled)
{
    struct call c[2];
    lose_two(c);
    procpool_cancel(pool, &c[0].task);
    ck_assert_uint_eq(c[0].back, 0);
    attend();
    expect_back(&c[0], TASK_CANCELLED);
    ck_assert_uint_eq(c[1].back, 0);
    start(0);
    ck_assert(was_told_to_go(0));
    slot_take(&script.slots[0]);
    worker_says(0, (const char[]){WORKER_DONE}, 1);
    expect_back(&c[1], TASK_DONE);
    ck_assert_uint_eq(c[0].back, 1);
    close_pool();
}
END_TEST

/* Or the next job would be lost with the worker, as if it had been cancelled. */
START_TEST(a_worker_that_answers_before_it_is_killed_gets_no_other_job)
{
    struct call c, next;
    open_pool(1);
    start(0);
    submit(&c);
    ck_assert(was_told_to_go(0));
    slot_take(&script.slots[0]);
    slot_set_out_len(&script.slots[0], 1);
    procpool_cancel(pool, &c.task);
    worker_says(0, (const char[]){WORKER_DONE}, 1);
    expect_back(&c, TASK_DONE);
    ck_assert(was_hung_up_on(0));
    next = (struct call){.task = {.done = on_done}};
    ck_assert(!procpool_submit(pool, &next.task));
    exits(0, 9);
    close_pool();
}
END_TEST

START_TEST(stop_brings_lost_jobs_back)
{
    struct call c[2];
    lose_two(c);
    procpool_stop(pool);
    attend();
    expect_back(&c[0], TASK_CANCELLED);
    expect_back(&c[1], TASK_CANCELLED);
    close_pool();
}
END_TEST

START_TEST(a_job_whose_worker_dies_after_stop_is_not_tried_again)
{
    struct call c;
    open_pool(1);
    start(0);
    submit(&c);
    procpool_stop(pool);
    exits(0, 9);
    expect_back(&c, TASK_CANCELLED);
    close_pool();
}
END_TEST

/* ---- messages of the zygote ---- */

START_TEST(a_seat_that_the_pool_does_not_have_breaks_it)
{
    static const uint32_t indices[] = {2, 3, UINT32_MAX};
    for (unsigned i = 0; i < 3; i++) {
        struct call c[2];
        lose_two(c);
        unsigned ready = n_ready;
        zygote_say((struct zygote_message){
            .says = ZYGOTE_EXITED, .index = indices[i], .socket = -1, .pidfd = -1});
        attend();
        ck_assert(procpool_stats(pool).broken);
        ck_assert_uint_eq(n_ready, ready + 1);
        expect_back(&c[0], TASK_BROKEN);
        expect_back(&c[1], TASK_BROKEN);
        close_pool();
    }
}
END_TEST

START_TEST(starts_may_fail_so_often_and_not_once_more)
{
    open_pool(2);
    for (unsigned i = 0; i < 2 * FAILED_STARTS; i++) {
        ck_assert(!procpool_stats(pool).broken);
        zygote_say((struct zygote_message){
            .says = ZYGOTE_FAILED, .index = i % 2, .status = EAGAIN, .socket = -1, .pidfd = -1});
        attend();
    }
    ck_assert(procpool_stats(pool).broken);
    close_pool();
}
END_TEST

START_TEST(a_worker_that_starts_makes_up_for_all_that_did_not)
{
    open_pool(1);
    for (unsigned i = 0; i < FAILED_STARTS - 1; i++)
        exits(0, 1);
    start(0);
    exits(0, 1); /* this one had started */
    wait_for_asking(0);
    for (unsigned i = 0; i < FAILED_STARTS - 1; i++)
        exits(0, 1);
    ck_assert(!procpool_stats(pool).broken);
    exits(0, 1);
    ck_assert(procpool_stats(pool).broken);
    close_pool();
}
END_TEST

START_TEST(a_seat_waits_longer_with_each_death_up_to_80_ms)
{
    static const unsigned ms[] = {0, 0, 0, 5, 10, 20, 40, 80, 80, 80};
    enum { LONG_AGO = 1000, MANY = 100 };
    struct seat s;
    procpool_seat_init(&s, NULL, 0, NULL);
    for (unsigned i = 0; i < MANY; i++) {
        procpool_seat_back_off(&s, LONG_AGO);
        ck_assert_uint_eq(s.due, LONG_AGO + (i < 10 ? ms[i] : 80) * 1000000ull);
    }
}
END_TEST

START_TEST(a_worker_without_a_socket_or_a_pidfd_is_none)
{
    open_pool(1);
    for (unsigned i = 0; i < 3; i++) {
        int ends[2];
        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
        zygote_say((struct zygote_message){.says = ZYGOTE_SPAWNED,
            .socket = i == 1 ? ends[0] : -1,
            .pidfd = i == 2 ? ends[0] : -1});
        attend();
        if (i == 1) /* it has a socket and no pidfd: closing the socket ends it */
            ck_assert_int_eq(recv(ends[1], &(char){0}, 1, 0), 0);
        exits(0, 9);
        ck_assert_int_eq(recv(ends[1], &(char){0}, 1, 0), i == 0 ? -1 : 0);
        if (i == 0)
            close(ends[0]);
        close(ends[1]);
    }
    start(0);
    close_pool();
}
END_TEST

START_TEST(a_pool_has_1_to_256_workers_and_sizes_that_fit)
{
    char message[PROCPOOL_MESSAGE_SIZE];
    open_pool(256);
    start(255);
    close_pool();
    static const unsigned numbers[] = {0, 257, UINT32_MAX};
    for (unsigned i = 0; i < 3; i++) {
        conf.workers = numbers[i];
        ck_assert_ptr_null(procpool_new(&conf, message));
        ck_assert_str_eq(message, "worker pool: the number of workers must be 1 to 256");
    }
    for (unsigned i = 0; i < 3; i++) {
        struct procpool_conf large = {.workers = 1, .max_in = 1, .max_out = 1};
        *(i == 0 ? &large.max_in : i == 1 ? &large.max_out : &large.max_memory) = SIZE_MAX / 8 + 1;
        ck_assert_ptr_null(procpool_new(&large, message));
        ck_assert_str_eq(message, "worker pool: a size does not fit into the address space");
    }
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, an_answer_may_have_the_length_that_was_agreed_and_no_more);
    tcase_add_test(t, a_worker_begins_with_its_level_and_with_no_other_byte);
    tcase_add_test(t, two_bytes_at_once_are_one_too_many);
    tcase_add_test(t, a_byte_out_of_turn_ends_the_worker);
    tcase_add_test(t, an_answer_that_is_there_when_the_time_is_over_counts);
    tcase_add_test(t, a_job_may_lose_three_workers_before_one_begins_with_it);
    tcase_add_test(t, a_lost_job_can_be_cancelled);
    tcase_add_test(t, a_worker_that_answers_before_it_is_killed_gets_no_other_job);
    tcase_add_test(t, stop_brings_lost_jobs_back);
    tcase_add_test(t, a_job_whose_worker_dies_after_stop_is_not_tried_again);
    tcase_add_test(t, a_seat_that_the_pool_does_not_have_breaks_it);
    tcase_add_test(t, starts_may_fail_so_often_and_not_once_more);
    tcase_add_test(t, a_worker_that_starts_makes_up_for_all_that_did_not);
    tcase_add_test(t, a_seat_waits_longer_with_each_death_up_to_80_ms);
    tcase_add_test(t, a_worker_without_a_socket_or_a_pidfd_is_none);
    tcase_add_test(t, a_pool_has_1_to_256_workers_and_sizes_that_fit);
}

int main(void)
{
    return test_main("procpool_script", add);
}
