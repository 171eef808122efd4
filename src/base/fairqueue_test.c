#include "base/fairqueue.h"
#include "base/test.h"

enum { HOSTS = 3, ITEMS = 8 };

static struct fairqueue q;
static struct budget_host *hosts[HOSTS];
static int items[ITEMS];

static void set_up(void)
{
    q = (struct fairqueue){.slice = 100};
    for (unsigned i = 0; i < HOSTS; i++)
        hosts[i] = budget_host_new();
}

static void tear_down(void)
{
    ck_assert_uint_eq(q.n, 0);
    fairqueue_fini(&q);
    for (unsigned i = 0; i < HOSTS; i++) {
        ck_assert_uint_eq(hosts[i]->refs, 1);
        budget_host_unref(hosts[i]);
    }
}

static void add_item(unsigned host, unsigned item)
{
    fairqueue_add(&q, hosts[host], &items[item], q.seen);
}

static void expect_item(unsigned item, uint64_t cost)
{
    ck_assert_ptr_eq(fairqueue_first(&q), &items[item]);
    ck_assert_ptr_eq(fairqueue_take(&q, cost), &items[item]);
}

START_TEST(within_a_slice_items_come_in_the_order_of_their_arrival)
{
    for (unsigned i = 0; i < ITEMS; i++)
        add_item(i % HOSTS, i);
    for (unsigned i = 0; i < ITEMS; i++)
        expect_item(i, 30);
    ck_assert_ptr_null(fairqueue_first(&q));
    ck_assert_ptr_null(fairqueue_take(&q, 1));
}
END_TEST

START_TEST(a_host_that_has_cost_more_comes_after_the_others)
{
    add_item(0, 0);
    add_item(0, 1);
    add_item(0, 2);
    add_item(1, 3);
    add_item(1, 4);
    expect_item(0, 5000);
    expect_item(3, 10);
    expect_item(4, 10);
    expect_item(1, 5000);
    add_item(1, 5);
    expect_item(5, 10);
    expect_item(2, 0);
}
END_TEST

START_TEST(a_host_is_remembered_while_it_has_nothing_waiting)
{
    add_item(0, 0);
    expect_item(0, 5000);
    for (unsigned i = 1; i < 4; i++) { /* else each large item would be next at once */
        add_item(0, i);
        add_item(1, 4);
        expect_item(4, 10);
        expect_item(i, 5000);
    }
}
END_TEST

START_TEST(a_host_that_had_nothing_to_do_saves_nothing_up)
{
    for (unsigned i = 0; i < 3; i++) {
        add_item(0, 0);
        expect_item(0, 1000);
    }
    add_item(0, 0);
    add_item(1, 1);
    add_item(1, 2);
    expect_item(1, 1100); /* it joined with 2000, where the first host was served last */
    expect_item(0, 0);
    expect_item(2, 0);
}
END_TEST

START_TEST(the_caller_may_choose_the_order_within_a_slice)
{
    fairqueue_add(&q, hosts[0], &items[0], 7);
    fairqueue_add(&q, hosts[1], &items[1], FAIRQUEUE_ORDER_MAX);
    fairqueue_add(&q, NULL, &items[2], 3);
    fairqueue_add(&q, hosts[0], &items[3], 5);
    expect_item(2, 0);
    expect_item(3, 0);
    expect_item(0, 0);
    expect_item(1, 0);
}
END_TEST

START_TEST(what_a_host_has_cost_can_be_corrected)
{
    add_item(0, 0);
    add_item(1, 1);
    fairqueue_set_spent(&q, fairqueue_first_host(&q), 1000);
    expect_item(1, 0);
    expect_item(0, 0);
}
END_TEST

START_TEST(hosts_that_nobody_knows_any_more_are_forgotten)
{
    struct budget_host *gone = budget_host_new();
    fairqueue_add(&q, gone, &items[0], 0);
    fairqueue_take(&q, 1);
    budget_host_unref(gone);
    ck_assert_uint_eq(HASH_COUNT(q.known), 1);
    for (unsigned i = 0; i < 2000; i++) {
        add_item(0, 1);
        expect_item(1, 1);
    }
    ck_assert_uint_eq(HASH_COUNT(q.known), 1);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, within_a_slice_items_come_in_the_order_of_their_arrival);
    tcase_add_test(t, a_host_that_has_cost_more_comes_after_the_others);
    tcase_add_test(t, a_host_is_remembered_while_it_has_nothing_waiting);
    tcase_add_test(t, a_host_that_had_nothing_to_do_saves_nothing_up);
    tcase_add_test(t, the_caller_may_choose_the_order_within_a_slice);
    tcase_add_test(t, what_a_host_has_cost_can_be_corrected);
    tcase_add_test(t, hosts_that_nobody_knows_any_more_are_forgotten);
}

int main(void)
{
    return test_main("fairqueue", add);
}
