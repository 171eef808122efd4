#include "fetch/hostlimits.h"

#include "base/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct hostlimits *h;

static void set_up(void)
{
    h = hostlimits_new();
}

static void tear_down(void)
{
    hostlimits_free(h);
}

static void expect(const char *host, unsigned at_once, double rate)
{
    struct pace_conf conf = {.per_host = 8, .rate = 0.5, .max_wait_ns = 7};
    hostlimits_apply(h, host, &conf);
    ck_assert_msg(conf.per_host == at_once, "%s: %u", host, conf.per_host);
    ck_assert_msg(conf.rate == rate, "%s: %g", host, conf.rate); /* NOLINT: it is copied */
    ck_assert_uint_eq(conf.max_wait_ns, 7);
}

START_TEST(a_host_without_a_limit_of_its_own_has_that_of_all)
{
    expect("a.example", 8, 0.5);
    hostlimits_set_at_once(h, "a.example", 2);
    expect("a.example", 2, 0.5);
    expect("b.a.example", 8, 0.5);
    expect("xa.example", 8, 0.5);
    expect("example", 8, 0.5);
    hostlimits_free(h);
    h = NULL;
    expect("a.example", 8, 0.5);
}
END_TEST

START_TEST(a_star_is_all_hosts_below_a_name_but_not_itself)
{
    hostlimits_set_at_once(h, "*.example", 3);
    expect("a.example", 3, 0.5);
    expect("b.a.example", 3, 0.5);
    expect("example", 8, 0.5);
    expect("a.example2", 8, 0.5);
}
END_TEST

START_TEST(the_longest_name_wins_for_each_limit_by_itself)
{
    hostlimits_set_at_once(h, "*.example", 3);
    hostlimits_set_at_once(h, "*.a.example", 2);
    hostlimits_set_at_once(h, "b.a.example", 0);
    hostlimits_set_rate(h, "*.example", 4);
    expect("b.a.example", 0, 4);
    expect("c.b.a.example", 2, 4);
    expect("a.example", 3, 4);
    hostlimits_set_rate(h, "*.a.example", 1);
    expect("b.a.example", 0, 1);
}
END_TEST

START_TEST(what_is_set_last_counts)
{
    hostlimits_set_at_once(h, "a.example", 3);
    hostlimits_set_at_once(h, "a.example", 5);
    hostlimits_set_rate(h, "[::1]", 3);
    hostlimits_set_rate(h, "[::1]", 0);
    expect("a.example", 5, 0.5);
    expect("[::1]", 8, 0);
}
END_TEST

static void append(void *arg, const char *host, const unsigned *at_once, const double *rate)
{
    char *text = arg, part[100];
    snprintf(
        part, sizeof part, "%s %d %g, ", host, at_once ? (int)*at_once : -1, rate ? *rate : -1);
    strcat(text, part);
}

START_TEST(all_are_listed)
{
    char text[200] = "";
    hostlimits_set_at_once(h, "a.example", 3);
    hostlimits_set_rate(h, "*.b.example", 2);
    hostlimits_list(h, append, text);
    ck_assert_str_eq(text, "a.example 3 -1, *.b.example -1 2, ");
    hostlimits_list(NULL, append, text);
}
END_TEST

static void expect_host(const char *text, const char *host)
{
    const char *why;
    char *is = hostlimits_host(text, strlen(text), &why);
    ck_assert_ptr_nonnull(is);
    ck_assert_str_eq(is, host);
    free(is);
}

START_TEST(a_host_is_read_as_in_a_url)
{
    const char *why = NULL;
    expect_host("A.example", "a.example");
    expect_host("*.B\xc3\x9c.example", "*.xn--b-eha.example");
    expect_host("[::0:1]", "[::1]");
    ck_assert_ptr_null(hostlimits_host("", 0, &why));
    ck_assert_ptr_nonnull(why);
    ck_assert_ptr_null(hostlimits_host("a b", 3, &why));
    ck_assert_ptr_null(hostlimits_host("*.", 2, &why));
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, a_host_without_a_limit_of_its_own_has_that_of_all);
    tcase_add_test(t, a_star_is_all_hosts_below_a_name_but_not_itself);
    tcase_add_test(t, the_longest_name_wins_for_each_limit_by_itself);
    tcase_add_test(t, what_is_set_last_counts);
    tcase_add_test(t, all_are_listed);
    tcase_add_test(t, a_host_is_read_as_in_a_url);
}

int main(void)
{
    return test_main("hostlimits", add);
}
