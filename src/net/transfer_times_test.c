#include "net/transfer_times.h"
#include "base/test.h"

static struct addr_set set_of(const char *const *texts)
{
    struct addr_set set = {0};
    for (; *texts; texts++) {
        struct addr a;
        ck_assert(addr_parse(*texts, &a));
        addr_set_add(&set, &a);
    }
    return set;
}

static uint64_t next(const char *const *texts)
{
    struct addr_set set = set_of(texts);
    return transfer_times_next_address(3000, &set);
}

START_TEST(the_second_address_comes_after_half_of_the_time)
{
    static const char *const two[] = {"192.0.2.1", "192.0.2.2", NULL};
    static const char *const three[] = {"2001:db8::1", "2001:db8::2", "2001:db8::3", NULL};
    ck_assert_uint_gt(next(two), 1500);
    ck_assert_uint_lt(next(two), 1600);
    ck_assert_uint_eq(next(two), next(three));
}
END_TEST

START_TEST(a_single_address_has_all_the_time)
{
    static const char *const one[] = {"192.0.2.1", NULL}, *const none[] = {NULL};
    ck_assert_uint_eq(next(one), 0);
    ck_assert_uint_eq(next(none), 0);
}
END_TEST

/* 200 ms after the first family, says curl. */
START_TEST(when_the_other_family_comes_is_curls_to_say)
{
    static const char *const both[] = {"2001:db8::1", "192.0.2.1", NULL};
    static const char *const many[] = {"2001:db8::1", "2001:db8::2", "192.0.2.1", NULL};
    ck_assert_uint_eq(next(both), 0);
    ck_assert_uint_eq(next(many), 0);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, the_second_address_comes_after_half_of_the_time);
    tcase_add_test(t, a_single_address_has_all_the_time);
    tcase_add_test(t, when_the_other_family_comes_is_curls_to_say);
}

int main(void)
{
    return test_main("transfer_times", add);
}
