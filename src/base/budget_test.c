#include "base/budget.h"
#include "base/test.h"

static struct budget b;
static struct budget_share one, other;

static void open_budget(void)
{
    b = (struct budget){.limit = 1000};
    one = other = (struct budget_share){0};
    one.host = budget_host_new();
    other.host = budget_host_new();
}

static void close_budget(void)
{
    budget_set(&b, &one, 0);
    budget_set(&b, &other, 0);
    ck_assert_uint_eq(b.used, 0);
    ck_assert_uint_eq(one.host->used, 0);
    budget_host_unref(one.host);
    budget_host_unref(other.host);
}

START_TEST(what_hosts_hold_adds_up)
{
    struct budget_share more = {.host = budget_host_ref(one.host)}, nobodys = {0};
    budget_set(&b, &one, 100);
    budget_set(&b, &more, 30);
    budget_set(&b, &other, 7);
    budget_set(&b, &nobodys, 1);
    budget_set(&b, &one, 60);
    ck_assert_uint_eq(b.used, 98);
    ck_assert_uint_eq(budget_used_by(&one), 90);
    ck_assert_uint_eq(budget_used_by(&more), 90);
    ck_assert_uint_eq(budget_used_by(&other), 7);
    ck_assert_uint_eq(budget_used_by(&nobodys), 0);
    budget_set(&b, &more, 0);
    budget_set(&b, &nobodys, 0);
    budget_host_unref(more.host);
}
END_TEST

START_TEST(a_quarter_is_one_hosts_share)
{
    budget_set(&b, &one, 250);
    ck_assert(!budget_is_over_quarter(&b, one.host));
    budget_set(&b, &one, 251);
    ck_assert(budget_is_over_quarter(&b, one.host));
    ck_assert(!budget_is_over_quarter(&b, other.host));
}
END_TEST

START_TEST(a_host_may_hold_all_while_no_other_waits)
{
    budget_set(&b, &one, 1250);
    ck_assert(!budget_has_room(&b));
    ck_assert_uint_eq(budget_pressure(&b), SIZE_MAX);
}
END_TEST

START_TEST(while_another_waits_what_is_beyond_a_quarter_is_given_up_until_there_is_room)
{
    budget_set(&b, &one, 999);
    budget_want(&b, true);
    ck_assert_uint_eq(budget_pressure(&b), SIZE_MAX); /* there is room */
    budget_set(&b, &one, 1000);
    ck_assert_uint_eq(budget_pressure(&b), 250);
    budget_want(&b, false);
    ck_assert_uint_eq(budget_pressure(&b), SIZE_MAX);
}
END_TEST

START_TEST(far_over_the_limit_something_is_given_up_in_any_case)
{
    budget_set(&b, &one, 1251);
    ck_assert_uint_eq(budget_pressure(&b), 0);
}
END_TEST

START_TEST(the_disk_is_behind_for_one_host_long_before_it_is_for_all)
{
    const size_t most = BUDGET_HOST_UNWRITTEN;
    budget_add_unwritten(&b, one.host, most);
    ck_assert(!budget_host_is_behind(one.host));
    budget_add_unwritten(&b, one.host, 100 * most);
    ck_assert(budget_host_is_behind(one.host));
    ck_assert(!budget_host_is_behind(other.host));
    ck_assert(!budget_is_behind(&b)); /* whatever one host does */
    budget_add_unwritten(&b, NULL, 100 * most);
    ck_assert(!budget_is_behind(&b));
    ck_assert_uint_eq(b.unwritten, most);
    budget_add_unwritten(&b, other.host, 10);
    budget_sub_unwritten(&b, one.host, 100 * most);
    ck_assert(!budget_host_is_behind(one.host));
    ck_assert_uint_eq(b.unwritten, most + 10);
    budget_sub_unwritten(&b, one.host, 1);
    ck_assert_uint_eq(b.unwritten, most + 9);
    budget_sub_unwritten(&b, one.host, most - 1);
    budget_sub_unwritten(&b, other.host, 10);
    budget_sub_unwritten(&b, NULL, 5);
    ck_assert_uint_eq(b.unwritten, 0);
}
END_TEST

START_TEST(the_disk_is_behind_for_all_if_it_is_for_several_hosts)
{
    struct budget_host *hosts[BUDGET_UNWRITTEN / BUDGET_HOST_UNWRITTEN + 1];
    const unsigned n = sizeof hosts / sizeof *hosts;
    for (unsigned i = 0; i < n; i++) {
        ck_assert(!budget_is_behind(&b));
        budget_add_unwritten(&b, hosts[i] = budget_host_new(), BUDGET_HOST_UNWRITTEN);
    }
    ck_assert(budget_is_behind(&b));
    for (unsigned i = 0; i < n; i++) {
        budget_sub_unwritten(&b, hosts[i], BUDGET_HOST_UNWRITTEN);
        budget_host_unref(hosts[i]);
    }
    ck_assert_uint_eq(b.unwritten, 0);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, open_budget, close_budget);
    tcase_add_test(t, what_hosts_hold_adds_up);
    tcase_add_test(t, a_quarter_is_one_hosts_share);
    tcase_add_test(t, a_host_may_hold_all_while_no_other_waits);
    tcase_add_test(t, while_another_waits_what_is_beyond_a_quarter_is_given_up_until_there_is_room);
    tcase_add_test(t, far_over_the_limit_something_is_given_up_in_any_case);
    tcase_add_test(t, the_disk_is_behind_for_one_host_long_before_it_is_for_all);
    tcase_add_test(t, the_disk_is_behind_for_all_if_it_is_for_several_hosts);
}

int main(void)
{
    return test_main("budget", add);
}
