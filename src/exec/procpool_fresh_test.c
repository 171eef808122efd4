/* A fresh process for each task: which worker gets one, and when it is replaced. */
#include "exec/procpool_script.h"

START_TEST(spare_workers_wait_while_as_many_as_asked_for_are_busy)
{
    struct call c[3], more = {.task = {.in = (const uint8_t *)"in", .in_len = 2, .done = on_done}};
    open_pool_with(2, 2, 1);
    for (unsigned i = 0; i < 4; i++)
        start(i);
    submit(&c[0]);
    submit(&c[1]);
    ck_assert(!procpool_submit(pool, &more.task));
    ck_assert_uint_eq(procpool_stats(pool).busy, 2);
    ck_assert_uint_eq(procpool_stats(pool).workers, 4);
    answers(3);
    expect_back(&c[0], TASK_DONE);
    submit(&c[2]); /* a spare one is there at once */
    ck_assert(!procpool_submit(pool, &more.task));
    answers(2);
    expect_back(&c[1], TASK_DONE);
    answers(1);
    expect_back(&c[2], TASK_DONE);
    ck_assert_uint_eq(procpool_stats(pool).workers, 1);
    close_pool();
}
END_TEST

START_TEST(a_worker_with_one_task_is_hung_up_on_and_replaced_once_it_is_dead)
{
    open_pool_with(1, 1, 1);
    start(0);
    start(1);
    for (unsigned i = 0; i < 20; i++) {
        struct call c;
        submit(&c); /* it goes to the worker that started last */
        answers(1);
        expect_back(&c, TASK_DONE);
        ck_assert(was_hung_up_on(1));
        ck_assert_uint_eq(script.asked[1], i); /* its slot is not free yet */
        exits(1, 9);
        ck_assert_uint_eq(script.asked[1], i + 1); /* at once: it did what it should */
        start(1);
    }
    ck_assert_uint_eq(procpool_stats(pool).crashes, 0);
    close_pool();
}
END_TEST

/* The bytes of the answer are still to be read when its worker is distrusted. */
static void read_and_distrust(
    struct task *task, enum task_result result, const uint8_t *out, size_t out_len, int status)
{
    procpool_distrust(pool);
    ck_assert_uint_eq(out_len, 5);
    ck_assert_mem_eq(out, "bytes", 5);
    on_done(task, result, out, out_len, status);
}

START_TEST(a_worker_whose_answer_is_not_ours_gets_no_other_task)
{
    open_pool(1);
    for (unsigned i = 0; i < 20; i++) {
        struct call c;
        start(0);
        submit(&c);
        c.task.done = read_and_distrust;
        memcpy(slot_out(&script.slots[0]), "bytes", 5);
        slot_set_out_len(&script.slots[0], 5);
        answers(0);
        expect_back(&c, TASK_DONE);
        ck_assert(was_hung_up_on(0));
        ck_assert_uint_eq(procpool_stats(pool).workers, 0);
        exits(0, 9);
        ck_assert_uint_eq(script.asked[0], i + 1); /* each time at once: its tasks did end */
    }
    ck_assert_uint_eq(procpool_stats(pool).crashes, 0);
    close_pool();
}
END_TEST

static struct call following;

static void distrust_and_submit(
    struct task *task, enum task_result result, const uint8_t *out, size_t out_len, int status)
{
    on_done(task, result, out, out_len, status);
    following = (struct call){.task = {.in = (const uint8_t *)"in", .in_len = 2, .done = on_done}};
    ck_assert(procpool_submit(pool, &following.task));
}

START_TEST(what_is_submitted_after_a_distrusted_answer_goes_to_another_worker)
{
    struct call c;
    open_pool(2);
    start(0);
    start(1);
    submit(&c);
    c.task.done = distrust_and_submit;
    distrusts = true;
    answers(1);
    distrusts = false;
    expect_back(&c, TASK_DONE);
    ck_assert(!was_told_to_go(1));
    answers(0);
    expect_back(&following, TASK_DONE);
    close_pool();
}
END_TEST

START_TEST(distrust_means_nothing_where_no_worker_has_answered)
{
    struct call c;
    open_pool(1);
    procpool_distrust(pool);
    start(0);
    submit(&c);
    distrusts = true;
    ck_assert(was_told_to_go(0));
    slot_take(&script.slots[0]);
    exits(0, 3);
    expect_back(&c, TASK_CRASHED);
    distrusts = false;
    start(0);
    submit(&c);
    answers(0);
    expect_back(&c, TASK_DONE);
    ck_assert_uint_eq(procpool_stats(pool).workers, 1);
    close_pool();
}
END_TEST

START_TEST(a_pool_has_at_most_256_spares)
{
    char message[PROCPOOL_MESSAGE_SIZE];
    struct procpool_conf many = {.workers = 1, .max_in = 1, .max_out = 1, .spares = 257};
    ck_assert_ptr_null(procpool_new(&many, message));
    ck_assert_str_eq(message, "worker pool: at most 256 spare workers");
    many.spares = UINT32_MAX; /* the sum would be 0 */
    ck_assert_ptr_null(procpool_new(&many, message));
    open_pool_with(256, 256, 1);
    start(511);
    close_pool();
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, spare_workers_wait_while_as_many_as_asked_for_are_busy);
    tcase_add_test(t, a_worker_with_one_task_is_hung_up_on_and_replaced_once_it_is_dead);
    tcase_add_test(t, a_worker_whose_answer_is_not_ours_gets_no_other_task);
    tcase_add_test(t, what_is_submitted_after_a_distrusted_answer_goes_to_another_worker);
    tcase_add_test(t, distrust_means_nothing_where_no_worker_has_answered);
    tcase_add_test(t, a_pool_has_at_most_256_spares);
}

int main(void)
{
    return test_main("procpool_fresh", add);
}
