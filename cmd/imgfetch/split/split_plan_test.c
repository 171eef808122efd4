#include "cmd/imgfetch/split/split_plan.h"

#include "base/test.h"

#include <stdio.h>
#include <string.h>

static struct split_plan plan;
static struct split_plan_limits limits;
static struct hostlimits *hosts;
static struct split_count *count;
static uint64_t rows;

static void set_up(void)
{
    hosts = hostlimits_new();
    count = split_count_new(100);
    limits = (struct split_plan_limits){8, 0, hosts};
    rows = 0;
}

static void tear_down(void)
{
    split_plan_fini(&plan);
    split_count_free(count);
    hostlimits_free(hosts);
}

static void have(const char *name, unsigned n)
{
    for (rows += n; n; n--)
        split_count_add(count, split_domain_hash(name, strlen(name)), name);
}

/* The number of lists that a domain's URLs go to. */
static unsigned lists_of(const char *name)
{
    bool used[64] = {false};
    unsigned n = 0;
    struct split_domain domain = {name, split_domain_hash(name, strlen(name))};
    for (int i = 0; i < 1000; i++) {
        char url[100];
        snprintf(url, sizeof url, "http://%s/%d", name, i);
        struct urllist_value value = {url, strlen(url), URLLIST_TEXT};
        unsigned list = split_plan_list(&plan, &domain, &value);
        ck_assert_uint_lt(list, plan.n);
        ck_assert_uint_eq(list, split_plan_list(&plan, &domain, &value));
        n += !used[list];
        used[list] = true;
    }
    return n;
}

static void expect_lines(unsigned list, const char *lines)
{
    struct buf text = {0};
    split_plan_put_limits(&plan, list, &text);
    ck_assert(buf_append(&text, "", 1));
    ck_assert_str_eq((const char *)text.data, lines);
    buf_fini(&text);
}

START_TEST(a_domain_above_its_share_is_spread)
{
    have("a.example", 26);
    have("b.example", 25);
    have("c.example", 24);
    have("d.example", 25);
    split_plan_init(&plan, 4, &limits, count, rows);
    ck_assert_uint_eq(lists_of("a.example"), 2); /* of 26 %, above a quarter */
    ck_assert_uint_eq(lists_of("b.example"), 1);
    ck_assert_uint_eq(lists_of("c.example"), 1);
    expect_lines(0, "per-host=a.example:4\nper-host=*.a.example:4\n");
    expect_lines(1, "per-host=a.example:4\nper-host=*.a.example:4\n");
    expect_lines(2, "");
    expect_lines(3, "");
}
END_TEST

START_TEST(the_parts_of_the_limits_add_up)
{
    limits = (struct split_plan_limits){7, 2, hosts};
    have("a.example", 50);
    have("b.example", 50);
    split_plan_init(&plan, 6, &limits, count, rows);
    ck_assert_uint_eq(lists_of("a.example"), 3);
    expect_lines(0, "per-host=a.example:3\nhost-rate=a.example:0.666666667\n"
                    "per-host=*.a.example:3\nhost-rate=*.a.example:0.666666667\n");
    expect_lines(2, "per-host=a.example:2\nhost-rate=a.example:0.666666667\n"
                    "per-host=*.a.example:2\nhost-rate=*.a.example:0.666666667\n");
    expect_lines(3, "per-host=b.example:3\nhost-rate=b.example:0.666666667\n"
                    "per-host=*.b.example:3\nhost-rate=*.b.example:0.666666667\n");
}
END_TEST

START_TEST(each_list_may_ask_each_host_of_the_domain)
{
    have("a.example", 100);
    hostlimits_set_at_once(hosts, "*.example", 9);
    hostlimits_set_at_once(hosts, "*.a.example", 5);
    hostlimits_set_at_once(hosts, "img.a.example", 3);
    hostlimits_set_rate(hosts, "*.cdn.a.example", 6);
    hostlimits_set_at_once(hosts, "xa.example", 1);
    split_plan_init(&plan, 20, &limits, count, rows);
    ck_assert_uint_eq(lists_of("a.example"), 3);
    expect_lines(2, "per-host=a.example:3\nper-host=*.a.example:1\nper-host=img.a.example:1\n"
                    "host-rate=*.cdn.a.example:2.000000000\n");
    expect_lines(3, "");
}
END_TEST

START_TEST(the_largest_comes_first)
{
    have("a.example", 30);
    have("b.example", 40);
    have("c.example", 20);
    split_plan_init(&plan, 9, &limits, count, rows);
    ck_assert_str_eq(plan.spread->name, "b.example");
    ck_assert_uint_eq(plan.spread->k, 4);
    ck_assert_uint_eq(plan.spread->rows, 40);
}
END_TEST

START_TEST(one_request_at_a_time_is_one_list)
{
    limits.per_host = 1;
    have("a.example", 100);
    split_plan_init(&plan, 4, &limits, count, rows);
    ck_assert_uint_eq(lists_of("a.example"), 1);
    ck_assert_ptr_null(plan.spread);
}
END_TEST

START_TEST(without_a_limit_there_is_nothing_to_divide)
{
    limits.per_host = 0;
    have("127.0.0.1", 100);
    split_plan_init(&plan, 4, &limits, count, rows);
    ck_assert_uint_eq(lists_of("127.0.0.1"), 4);
    expect_lines(0, "");
}
END_TEST

START_TEST(an_address_has_no_hosts_below_it)
{
    have("[::1]", 100);
    split_plan_init(&plan, 2, &limits, count, rows);
    expect_lines(1, "per-host=[::1]:4\n");
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, a_domain_above_its_share_is_spread);
    tcase_add_test(t, the_parts_of_the_limits_add_up);
    tcase_add_test(t, each_list_may_ask_each_host_of_the_domain);
    tcase_add_test(t, the_largest_comes_first);
    tcase_add_test(t, one_request_at_a_time_is_one_list);
    tcase_add_test(t, without_a_limit_there_is_nothing_to_divide);
    tcase_add_test(t, an_address_has_no_hosts_below_it);
}

int main(void)
{
    return test_main("split_plan", add);
}
