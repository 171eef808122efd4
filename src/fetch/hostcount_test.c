#include "fetch/hostcount.h"
#include "base/test.h"

#include <stdio.h>
#include <string.h>

static struct hostcount counts;

static void forget(void)
{
    hostcount_fini(&counts);
}

static void add_times(const char *host, int n)
{
    while (n-- > 0)
        hostcount_add(&counts, host);
}

START_TEST(nothing_counted_gives_nothing)
{
    struct hostcount_row row = {"untouched", 7};
    ck_assert_uint_eq(hostcount_top(&counts, &row, 1), 0);
    ck_assert_str_eq(row.host, "untouched");
    hostcount_add(&counts, "a");
    ck_assert_uint_eq(hostcount_top(&counts, &row, 0), 0);
    ck_assert_str_eq(row.host, "untouched");
}
END_TEST

START_TEST(hosts_come_by_their_count_and_equal_ones_as_they_came)
{
    struct hostcount_row rows[8];
    add_times("three", 3);
    add_times("one", 1);
    add_times("five", 5);
    add_times("also three", 3);
    add_times("two", 2);
    ck_assert_uint_eq(hostcount_top(&counts, rows, 8), 5);
    const char *const order[] = {"five", "three", "also three", "two", "one"};
    const uint64_t n[] = {5, 3, 3, 2, 1};
    for (int i = 0; i < 5; i++) {
        ck_assert_str_eq(rows[i].host, order[i]);
        ck_assert_uint_eq(rows[i].n, n[i]);
    }
}
END_TEST

START_TEST(of_many_hosts_the_first_ones_are_given)
{
    struct hostcount_row rows[4] = {[3] = {"untouched", 0}};
    for (int i = 0; i < 100; i++) { /* counts of 1 to 100, in a mixed order */
        char host[8];
        int n = i * 37 % 100 + 1;
        snprintf(host, sizeof host, "h%d", n);
        add_times(host, n);
    }
    for (unsigned n = 1; n <= 3; n++) {
        ck_assert_uint_eq(hostcount_top(&counts, rows, n), n);
        for (unsigned i = 0; i < n; i++)
            ck_assert_uint_eq(rows[i].n, 100 - i);
    }
    ck_assert_str_eq(rows[0].host, "h100");
    ck_assert_str_eq(rows[3].host, "untouched");
}
END_TEST

START_TEST(a_full_count_takes_no_new_host_but_goes_on_with_the_old_ones)
{
    struct hostcount_row rows[2];
    char host[300];
    for (int i = 0; i < HOSTCOUNT_MAX; i++) {
        snprintf(host, sizeof host, "h%d", i);
        hostcount_add(&counts, host);
    }
    add_times("new", 100);
    add_times("h77", 2);
    ck_assert_uint_eq(hostcount_top(&counts, rows, 2), 2);
    ck_assert_str_eq(rows[0].host, "h77");
    ck_assert_uint_eq(rows[0].n, 3);
    ck_assert_uint_eq(rows[1].n, 1);
}
END_TEST

START_TEST(a_host_is_kept_by_value_and_forgotten_at_the_end)
{
    struct hostcount_row row;
    char host[] = "a.example";
    hostcount_add(&counts, host);
    memset(host, 'x', sizeof host - 1);
    ck_assert_uint_eq(hostcount_top(&counts, &row, 1), 1);
    ck_assert_str_eq(row.host, "a.example");
    hostcount_fini(&counts);
    ck_assert_uint_eq(hostcount_top(&counts, &row, 1), 0);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, NULL, forget);
    tcase_add_test(t, nothing_counted_gives_nothing);
    tcase_add_test(t, hosts_come_by_their_count_and_equal_ones_as_they_came);
    tcase_add_test(t, of_many_hosts_the_first_ones_are_given);
    tcase_add_test(t, a_full_count_takes_no_new_host_but_goes_on_with_the_old_ones);
    tcase_add_test(t, a_host_is_kept_by_value_and_forgotten_at_the_end);
}

int main(void)
{
    return test_main("hostcount", add);
}
