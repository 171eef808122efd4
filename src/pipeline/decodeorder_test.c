#include "pipeline/decodeorder.h"

#include "base/test.h"

enum { HOSTS = 3, JOBS = 600, SLICE = DECODEORDER_SLICE_MS };
static const uint64_t MS = 1000000;

static struct decodeorder order;
static struct budget_host *hosts[HOSTS];
static struct job *jobs[JOBS];
static unsigned n_jobs;
static uint64_t now;

static void set_up(void)
{
    order = (struct decodeorder){0};
    now = 1000 * MS;
    n_jobs = 0;
    for (unsigned i = 0; i < HOSTS; i++)
        hosts[i] = budget_host_new();
}

static void tear_down(void)
{
    ck_assert_uint_eq(order.waiting.n, 0);
    ck_assert_uint_eq(order.n_running, 0);
    decodeorder_fini(&order);
    for (unsigned i = 0; i < n_jobs; i++)
        job_free(jobs[i], NULL);
    for (unsigned i = 0; i < HOSTS; i++) {
        ck_assert_uint_eq(hosts[i]->refs, 1);
        budget_host_unref(hosts[i]);
    }
}

/* An image of that host waits. */
static struct job *add_image(unsigned host)
{
    struct job *j = jobs[n_jobs++] = job_new();
    j->memory.host = budget_host_ref(hosts[host]);
    decodeorder_add(&order, j);
    return j;
}

static void begin(const struct job *expected)
{
    ck_assert_ptr_eq(decodeorder_first(&order), expected);
    decodeorder_begin(&order, now);
}

static void decode_for(struct job *j, uint64_t ms)
{
    begin(j);
    now += ms * MS;
    decodeorder_end(&order, j, false, now);
}

static void expect_overdue(struct job *expected)
{
    uint64_t when;
    ck_assert_ptr_eq(decodeorder_overdue(&order, now, &when), expected);
}

static void give_up(struct job *j)
{
    expect_overdue(j);
    decodeorder_end(&order, j, true, now);
    decodeorder_add(&order, j);
}

START_TEST(images_come_in_the_order_of_their_arrival)
{
    struct job *a = add_image(0), *b = add_image(0), *c = add_image(1), *d = add_image(0);
    decode_for(a, 10);
    decode_for(b, 10);
    decode_for(c, 10);
    decode_for(d, 10);
}
END_TEST

START_TEST(a_host_whose_images_take_long_comes_after_the_others)
{
    struct job *a = add_image(0), *b = add_image(0), *c = add_image(1), *d = add_image(1);
    decode_for(a, SLICE - 1);
    decode_for(b, 10); /* within the first slice */
    struct job *e = add_image(0), *f = add_image(2);
    decode_for(c, 10);
    decode_for(d, 10);
    decode_for(f, 10);
    decode_for(e, 10);
}
END_TEST

START_TEST(images_that_run_already_are_expected_to_take_as_long_as_the_last_one)
{
    struct job *a = add_image(0), *b = add_image(0), *c = add_image(1), *d = add_image(1);
    decode_for(a, SLICE * 4 / 5);
    begin(b);
    struct job *e = add_image(0);
    begin(c);
    begin(d);
    begin(e);
    decodeorder_end(&order, b, false, now);
    decodeorder_end(&order, c, false, now);
    decodeorder_end(&order, d, false, now);
    decodeorder_end(&order, e, false, now);
}
END_TEST

START_TEST(an_image_is_given_up_after_a_slice_if_others_wait)
{
    uint64_t when;
    struct job *slow = add_image(0);
    begin(slow);
    now += (SLICE - 1) * MS;
    struct job *quick = add_image(1);
    ck_assert_ptr_null(decodeorder_overdue(&order, now, &when));
    ck_assert_uint_eq(when, now + MS);
    now = when;
    give_up(slow);
    decode_for(quick, 10);
    begin(slow);
    now += SLICE * MS;
    quick = add_image(1);
    give_up(slow); /* it was not its turn, only nobody else waited */
    decode_for(quick, 10);
    begin(slow);
    now += 60000 * MS;
    expect_overdue(NULL); /* nobody waits */
    decodeorder_end(&order, slow, false, now);
}
END_TEST

START_TEST(one_that_was_given_up_has_twice_as_long_when_it_is_its_turn)
{
    struct job *slow = add_image(0), *first = add_image(1);
    begin(slow);
    now += SLICE * MS;
    give_up(slow);
    decode_for(first, SLICE * 6 / 5);
    struct job *second = add_image(1);
    begin(slow);
    now += (2 * SLICE - 1) * MS;
    struct job *third = add_image(2);
    expect_overdue(NULL);
    now += MS;
    give_up(slow);
    decode_for(second, 1);
    decode_for(third, 1);
    decode_for(slow, 1);
}
END_TEST

START_TEST(images_of_the_same_host_are_no_reason_to_give_one_up)
{
    struct job *slow = add_image(0), *next = add_image(0);
    begin(slow);
    now += 5000 * MS;
    expect_overdue(NULL);
    decodeorder_end(&order, slow, false, now);
    decode_for(next, 1);
}
END_TEST

START_TEST(a_host_that_comes_late_has_no_advantage)
{
    struct job *a = add_image(0), *b = add_image(0);
    decode_for(a, 3000);
    begin(b);
    now += 100 * MS;
    struct job *c = add_image(1);
    decodeorder_end(&order, b, false, now);
    struct job *d = add_image(0), *e = add_image(1);
    decode_for(c, 100); /* it joined with the time that the other host had then */
    decode_for(d, 100);
    decode_for(e, 100);
}
END_TEST

/* The hosts are equal until one has an image that takes much longer than all others. */
START_TEST(time_beyond_what_images_usually_take_counts_several_times)
{
    for (unsigned i = 0; i < 20; i++)
        decode_for(add_image(i % 2), 1);
    struct job *slow = add_image(0), *next = add_image(0);
    decode_for(slow, 3 * SLICE / 2);
    for (unsigned i = 0; i < 2 * SLICE; i++)
        decode_for(add_image(1), 1);
    decode_for(next, 1);
}
END_TEST

START_TEST(what_is_popped_is_gone)
{
    struct job *a = add_image(0), *b = add_image(1);
    ck_assert_ptr_eq(decodeorder_pop(&order), a);
    ck_assert_ptr_eq(decodeorder_pop(&order), b);
    ck_assert_ptr_null(decodeorder_pop(&order));
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, images_come_in_the_order_of_their_arrival);
    tcase_add_test(t, a_host_whose_images_take_long_comes_after_the_others);
    tcase_add_test(t, images_that_run_already_are_expected_to_take_as_long_as_the_last_one);
    tcase_add_test(t, an_image_is_given_up_after_a_slice_if_others_wait);
    tcase_add_test(t, one_that_was_given_up_has_twice_as_long_when_it_is_its_turn);
    tcase_add_test(t, images_of_the_same_host_are_no_reason_to_give_one_up);
    tcase_add_test(t, a_host_that_comes_late_has_no_advantage);
    tcase_add_test(t, time_beyond_what_images_usually_take_counts_several_times);
    tcase_add_test(t, what_is_popped_is_gone);
}

int main(void)
{
    return test_main("decodeorder", add);
}
