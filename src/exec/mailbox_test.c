#include "exec/mailbox.h"

#include "base/clock.h"
#include "base/test.h"
#include "base/thread.h"

#include <sched.h>
#include <string.h>

enum { SENDERS = 4, EACH = 20000, ALL = SENDERS * EACH };
enum { MS = 1000000 };

static struct mailbox box;
static int numbers[ALL]; /* the items point here */
static unsigned seen[ALL], n_seen;

static int number_of(const void *item)
{
    return (int)((const int *)item - numbers);
}

/* The items of one sender arrive in the order in which it put them in. */
static void note(const void *item)
{
    static int last[SENDERS];
    int number = number_of(item), sender = number / EACH;
    ck_assert_int_eq(number, sender * EACH + last[sender]++);
    seen[number]++;
    n_seen++;
}

static void send_mine(void *arg)
{
    for (int *at = arg; at < (int *)arg + EACH; at++)
        mailbox_put(&box, at);
}

static pthread_t senders[SENDERS];

static void start_senders(void)
{
    for (int i = 0; i < SENDERS; i++)
        ck_assert_int_eq(
            thread_start(&senders[i], "sender", 0, send_mine, &numbers[(size_t)i * EACH]), 0);
}

static void join_senders(void)
{
    for (int i = 0; i < SENDERS; i++)
        pthread_join(senders[i], NULL);
}

static void expect_all_once(void)
{
    ck_assert_uint_eq(n_seen, ALL);
    for (int i = 0; i < ALL; i++)
        ck_assert_uint_eq(seen[i], 1);
}

/* ---- threads receive ---- */

START_TEST(what_is_put_in_comes_out_in_its_order_however_much_it_is)
{
    void *items[1000];
    size_t in = 0, out = 0;
    mailbox_init(&box);
    for (int round = 0; round < 50; round++) { /* filled and emptied at different rates */
        for (int i = 0; i < 700; i++)
            mailbox_add(&box, &numbers[in++]);
        size_t n = mailbox_take(&box, items, (size_t)round * 13);
        ck_assert_uint_eq(n, (size_t)round * 13);
        for (size_t i = 0; i < n; i++)
            ck_assert_ptr_eq(items[i], &numbers[out++]);
    }
    while (out < in) {
        int n = mailbox_wait(&box, 0, items, 1000);
        ck_assert_int_gt(n, 0);
        for (int i = 0; i < n; i++)
            ck_assert_ptr_eq(items[i], &numbers[out++]);
    }
    ck_assert_uint_eq(mailbox_take(&box, items, 1000), 0);
    mailbox_fini(&box);
}
END_TEST

START_TEST(a_thread_gets_what_others_send_once_each)
{
    void *items[7];
    mailbox_init(&box);
    start_senders();
    while (n_seen < ALL) {
        int n = mailbox_wait(&box, 0, items, 7);
        ck_assert_int_gt(n, 0);
        for (int i = 0; i < n; i++)
            note(items[i]);
    }
    join_senders();
    expect_all_once();
    mailbox_fini(&box);
}
END_TEST

/* Waits until nothing is inside, and so many threads wait. */
static void wait_for_sleepers(unsigned n)
{
    for (bool all_sleep = false; !all_sleep; sched_yield()) {
        pthread_mutex_lock(&box.lock);
        all_sleep = box.sleepers == n && !box.n;
        pthread_mutex_unlock(&box.lock);
    }
}

static unsigned taken[SENDERS][ALL];

static void take_until_closed(void *arg)
{
    unsigned *mine = arg;
    void *item;
    int n;
    while ((n = mailbox_wait(&box, 0, &item, 1)) > 0)
        mine[number_of(item)]++;
    ck_assert_int_eq(n, -1);
}

START_TEST(several_threads_share_it_and_a_close_ends_them_all)
{
    pthread_t threads[SENDERS];
    mailbox_init(&box);
    for (int i = 0; i < SENDERS; i++)
        ck_assert_int_eq(thread_start(&threads[i], "taker", 0, take_until_closed, taken[i]), 0);
    start_senders();
    join_senders();
    wait_for_sleepers(SENDERS);
    mailbox_close(&box);
    for (int i = 0; i < SENDERS; i++)
        pthread_join(threads[i], NULL);
    for (int at = 0; at < ALL; at++) {
        unsigned times = 0;
        for (int i = 0; i < SENDERS; i++)
            times += taken[i][at];
        ck_assert_uint_eq(times, 1);
    }
    mailbox_fini(&box);
}
END_TEST

START_TEST(who_waits_for_no_item_is_woken_by_the_time_and_the_close_alone)
{
    void *item;
    uint64_t begun = clock_ns();
    mailbox_init(&box);
    mailbox_put(&box, &numbers[0]);
    ck_assert_int_eq(mailbox_wait(&box, begun + 20 * MS, NULL, 0), 0);
    ck_assert_uint_ge(clock_ns(), begun + 20 * MS);
    mailbox_close(&box);
    ck_assert_int_eq(mailbox_wait(&box, 0, NULL, 0), -1);
    ck_assert_int_eq(mailbox_wait(&box, 0, &item, 1), -1);
    ck_assert_uint_eq(mailbox_take(&box, &item, 1), 1);
    mailbox_fini(&box);
}
END_TEST

START_TEST(nobody_waits_longer_than_until_the_time_given)
{
    void *item;
    uint64_t begun = clock_ns();
    mailbox_init(&box);
    ck_assert_int_eq(mailbox_wait(&box, begun + 20 * MS, &item, 1), 0);
    ck_assert_uint_ge(clock_ns(), begun + 20 * MS);
    ck_assert_int_eq(mailbox_wait(&box, 1, &item, 1), 0); /* a time long ago */
    mailbox_add(&box, &numbers[3]);
    ck_assert_int_eq(mailbox_wait(&box, 1, &item, 1), 1);
    ck_assert_ptr_eq(item, &numbers[3]);
    mailbox_fini(&box);
}
END_TEST

START_TEST(a_wake_without_an_item_is_not_lost_and_counts_once)
{
    void *item;
    mailbox_init(&box);
    mailbox_wake(&box);
    mailbox_wake(&box);
    ck_assert_int_eq(mailbox_wait(&box, 0, &item, 1), 0);
    uint64_t begun = clock_ns();
    ck_assert_int_eq(mailbox_wait(&box, begun + 5 * MS, &item, 1), 0);
    ck_assert_uint_ge(clock_ns(), begun + 5 * MS);
    mailbox_fini(&box);
}
END_TEST

/* Waits once in its own thread, and keeps the result. */
struct sleeper {
    pthread_t thread;
    void *items[10];
    int n;
};

static void sleep_once(void *arg)
{
    struct sleeper *s = arg;
    s->n = mailbox_wait(&box, 0, s->items, 10);
}

START_TEST(a_thread_that_sleeps_is_woken_by_an_item)
{
    struct sleeper s;
    mailbox_init(&box);
    ck_assert_int_eq(thread_start(&s.thread, "sleeper", 0, sleep_once, &s), 0);
    wait_for_sleepers(1);
    mailbox_put(&box, &numbers[7]);
    pthread_join(s.thread, NULL);
    ck_assert_int_eq(s.n, 1);
    ck_assert_ptr_eq(s.items[0], &numbers[7]);
    mailbox_fini(&box);
}
END_TEST

START_TEST(who_only_adds_learns_how_many_wait_for_a_thread_that_sleeps)
{
    struct sleeper s;
    mailbox_init(&box);
    ck_assert_uint_eq(mailbox_add(&box, &numbers[0]), 0); /* no thread waits yet */
    ck_assert_uint_eq(mailbox_take(&box, s.items, 10), 1);
    ck_assert_int_eq(thread_start(&s.thread, "sleeper", 0, sleep_once, &s), 0);
    wait_for_sleepers(1);
    for (int i = 0; i < 3; i++)
        ck_assert_uint_eq(mailbox_add(&box, &numbers[i]), i + 1);
    mailbox_wake(&box);
    pthread_join(s.thread, NULL);
    ck_assert_int_eq(s.n, 3);
    ck_assert_uint_eq(mailbox_add(&box, &numbers[0]), 0); /* no thread waits any more */
    mailbox_fini(&box);
}
END_TEST

/* ---- a loop receives ---- */

static uv_loop_t loop;
static unsigned n_ended;

static void on_ended(void *arg)
{
    ck_assert_ptr_eq(arg, &n_seen);
    n_ended++;
}

static void on_item(void *arg, void *item)
{
    ck_assert_ptr_eq(arg, &n_seen);
    note(item);
    if (n_seen == ALL)
        mailbox_end(&box, on_ended);
}

static void open_box(mailbox_receive *receive)
{
    ck_assert_int_eq(uv_loop_init(&loop), 0);
    ck_assert_int_eq(mailbox_open(&box, &loop, receive, &n_seen), 0);
}

START_TEST(a_loop_gets_what_others_send_once_each)
{
    open_box(on_item);
    start_senders();
    uv_run(&loop, UV_RUN_DEFAULT);
    join_senders();
    expect_all_once();
    ck_assert_uint_eq(n_ended, 1);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
}
END_TEST

START_TEST(a_loop_may_put_into_its_own_and_is_called_later)
{
    open_box(on_item);
    for (int i = 0; i < 200; i++)
        mailbox_put(&box, &numbers[i]);
    ck_assert_uint_eq(n_seen, 0);
    uv_run(&loop, UV_RUN_ONCE);
    ck_assert_uint_eq(n_seen, 200);
    mailbox_end(&box, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
}
END_TEST

START_TEST(a_wake_turns_the_loop_and_brings_what_was_added)
{
    open_box(on_item);
    mailbox_wake(&box);
    uv_run(&loop, UV_RUN_ONCE); /* it would wait for ever if nothing woke it */
    ck_assert_uint_eq(mailbox_add(&box, &numbers[0]), 0);
    uv_run(&loop, UV_RUN_NOWAIT);
    ck_assert_uint_eq(n_seen, 0);
    mailbox_wake(&box);
    uv_run(&loop, UV_RUN_ONCE);
    ck_assert_uint_eq(n_seen, 1);
    mailbox_end(&box, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
}
END_TEST

START_TEST(what_is_inside_at_the_end_is_for_who_ends_it)
{
    void *items[10];
    open_box(on_item);
    mailbox_add(&box, &numbers[5]);
    ck_assert_uint_eq(mailbox_take(&box, items, 10), 1);
    ck_assert_ptr_eq(items[0], &numbers[5]);
    mailbox_put(&box, &numbers[6]);
    mailbox_end(&box, on_ended);
    ck_assert_uint_eq(n_ended, 0);
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_uint_eq(n_ended, 1);
    ck_assert_uint_eq(n_seen, 0);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, what_is_put_in_comes_out_in_its_order_however_much_it_is);
    tcase_add_test(t, a_thread_gets_what_others_send_once_each);
    tcase_add_test(t, several_threads_share_it_and_a_close_ends_them_all);
    tcase_add_test(t, who_waits_for_no_item_is_woken_by_the_time_and_the_close_alone);
    tcase_add_test(t, nobody_waits_longer_than_until_the_time_given);
    tcase_add_test(t, a_wake_without_an_item_is_not_lost_and_counts_once);
    tcase_add_test(t, a_thread_that_sleeps_is_woken_by_an_item);
    tcase_add_test(t, who_only_adds_learns_how_many_wait_for_a_thread_that_sleeps);
    tcase_add_test(t, a_loop_gets_what_others_send_once_each);
    tcase_add_test(t, a_loop_may_put_into_its_own_and_is_called_later);
    tcase_add_test(t, a_wake_turns_the_loop_and_brings_what_was_added);
    tcase_add_test(t, what_is_inside_at_the_end_is_for_who_ends_it);
}

int main(void)
{
    return test_main("mailbox", add);
}
