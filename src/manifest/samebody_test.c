#include "manifest/samebody.h"

#include "base/test.h"

#include <malloc.h>
#include <stdio.h>
#include <string.h>

static struct samebody *same;
static struct samebody_row top[3];

static void set_up(void)
{
    same = samebody_new();
}

static void tear_down(void)
{
    samebody_free(same);
}

static void see(const char *host, uint64_t url, uint64_t body)
{
    char text[40];
    uint8_t sha256[32] = {0};
    snprintf(text, sizeof text, "http://h/%llu", (unsigned long long)url);
    memcpy(sha256 + 20, &body, sizeof body);
    samebody_add(same, host, text, sha256);
}

static void see_many(const char *host, uint64_t from, unsigned n, uint64_t body)
{
    for (unsigned i = 0; i < n; i++)
        see(host, from + i, body);
}

START_TEST(a_body_is_found_from_ten_urls_of_a_host_on)
{
    see_many("a", 0, 9, 7);
    ck_assert_uint_eq(samebody_top(same, top, 3), 0);
    see_many("b", 0, 9, 7);
    see_many("a", 100, 9, 8);
    ck_assert_uint_eq(samebody_top(same, top, 3), 0);
    see("a", 9, 7);
    ck_assert_uint_eq(samebody_top(same, top, 3), 1);
    ck_assert_str_eq(top[0].host, "a");
    ck_assert_uint_eq(top[0].n, 10);
    ck_assert_uint_eq(top[0].sha256[20], 7);
    see_many("a", 10, 117, 7);
    ck_assert_uint_eq(samebody_top(same, top, 3), 1);
    ck_assert_uint_eq(top[0].n, 127);
}
END_TEST

START_TEST(a_url_counts_once)
{
    for (int i = 0; i < 50; i++)
        see_many("a", 0, 9, 7);
    ck_assert_uint_eq(samebody_top(same, top, 3), 0);
    see_many("a", 0, 12, 7);
    ck_assert_uint_eq(samebody_top(same, top, 3), 1);
    ck_assert_uint_eq(top[0].n, 12);
}
END_TEST

START_TEST(those_with_most_urls_come_first)
{
    see_many("a", 0, 20, 1);
    see_many("b", 0, 40, 1);
    see_many("b", 0, 30, 2);
    see_many("c", 0, 10, 1);
    ck_assert_uint_eq(samebody_top(same, top, 3), 3);
    ck_assert_uint_eq(top[0].n, 40);
    ck_assert_uint_eq(top[1].n, 30);
    ck_assert_str_eq(top[1].host, "b");
    ck_assert_uint_eq(top[2].n, 20);
    ck_assert_uint_eq(samebody_top(same, top, 1), 1);
    ck_assert_uint_eq(top[0].n, 40);
}
END_TEST

/* In between are more rows than a generation remembers. */
START_TEST(a_placeholder_among_many_pictures_is_counted_to_the_end)
{
    enum { ROWS = 1000000, EACH = 5000 };
    for (uint64_t i = 0; i < ROWS; i++)
        see("many", i, i % EACH ? i : 0);
    ck_assert_uint_eq(samebody_top(same, top, 3), 1);
    ck_assert_uint_eq(top[0].n, ROWS / EACH);
}
END_TEST

START_TEST(what_was_seen_a_generation_ago_still_counts)
{
    see_many("a", 0, 6, 7);
    for (uint64_t i = 0; i < SAMEBODY_GENERATION / 2; i++) /* each a URL and a body */
        see("many", i, i);
    see_many("a", 4, 5, 7); /* two of them are known */
    ck_assert_uint_eq(samebody_top(same, top, 3), 0);
    see("a", 9, 7);
    ck_assert_uint_eq(samebody_top(same, top, 3), 1);
    ck_assert_uint_eq(top[0].n, 10);
}
END_TEST

START_TEST(memory_is_bounded)
{
    char host[256];
    memset(host, 'h', sizeof host - 1);
    host[sizeof host - 1] = '\0';
    size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
    for (uint64_t i = 0; i < 20 * SAMEBODY_FOUND_MAX; i++)
        see_many(host, 0, SAMEBODY_URLS_MIN, i);
    for (uint64_t i = 0; i < 3 * SAMEBODY_GENERATION; i++)
        see("a", i, i);
    size_t used = mallinfo2().uordblks + mallinfo2().hblkhd - before;
    ck_assert_uint_le(used, 12 * 1000 * 1000);
    ck_assert_uint_eq(samebody_top(same, top, 3), 3);
}
END_TEST

static void add(TCase *t)
{
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, a_body_is_found_from_ten_urls_of_a_host_on);
    tcase_add_test(t, a_url_counts_once);
    tcase_add_test(t, those_with_most_urls_come_first);
    tcase_add_test(t, a_placeholder_among_many_pictures_is_counted_to_the_end);
    tcase_add_test(t, what_was_seen_a_generation_ago_still_counts);
    tcase_add_test(t, memory_is_bounded);
}

int main(void)
{
    return test_main("samebody", add);
}
