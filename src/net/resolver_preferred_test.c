#include "net/resolver_preferred.h"

#include "base/test.h"

#include <stdio.h>

static struct resolver_preferred *all;
static struct addr a, b;

static void set_up(void)
{
    all = NULL;
    ck_assert(addr_parse("192.0.2.1", &a));
    ck_assert(addr_parse("192.0.2.2", &b));
}

static void tear_down(void)
{
    resolver_preferred_free(all);
}

static bool begins_with_b(const char *host, uint64_t now_ms)
{
    struct addr_set set = {.n = 2, .at = {a, b}};
    resolver_preferred_apply(all, host, &set, now_ms);
    ck_assert_uint_eq(set.n, 2);
    return set.at[0].bytes[3] == 2;
}

START_TEST(what_is_noted_comes_first_for_some_time)
{
    ck_assert(!begins_with_b("x.test", 0));
    resolver_preferred_note(&all, "x.test", &b, 1000);
    ck_assert(begins_with_b("x.test", 1000 + RESOLVER_PREFERRED_MS - 1));
    ck_assert(!begins_with_b("x.test", 1000 + RESOLVER_PREFERRED_MS));
    ck_assert(!begins_with_b("y.test", 1000));
    resolver_preferred_note(&all, "x.test", &a, 2000);
    ck_assert(!begins_with_b("x.test", 2000));
}
END_TEST

START_TEST(an_address_that_the_host_no_longer_has_changes_nothing)
{
    struct addr_set one = {.n = 1, .at = {a}};
    resolver_preferred_note(&all, "x.test", &b, 0);
    resolver_preferred_apply(all, "x.test", &one, 0);
    ck_assert_uint_eq(one.at[0].bytes[3], 1);
}
END_TEST

START_TEST(the_host_noted_first_is_forgotten_first)
{
    char host[20];
    for (int i = 0; i <= RESOLVER_PREFERRED_MAX; i++) {
        snprintf(host, sizeof host, "h%d", i);
        resolver_preferred_note(&all, host, &b, 0);
    }
    ck_assert(!begins_with_b("h0", 0));
    ck_assert(begins_with_b("h1", 0));
    ck_assert(begins_with_b(host, 0));
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, what_is_noted_comes_first_for_some_time);
    tcase_add_test(t, an_address_that_the_host_no_longer_has_changes_nothing);
    tcase_add_test(t, the_host_noted_first_is_forgotten_first);
}

int main(void)
{
    return test_main("resolver_preferred", add);
}
