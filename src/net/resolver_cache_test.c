#include "net/resolver_cache.h"

#include "base/test.h"

#include <stdio.h>
#include <string.h>

enum { S = 1000 };

static const struct resolver_answer *find(struct resolver_cache *c, const char *name, uint64_t now)
{
    return resolver_cache_find(c, name, strlen(name), now);
}

static void put(
    struct resolver_cache *c, const char *name, enum err err, uint32_t ttl, uint64_t now)
{
    struct resolver_answer a = {.err = err, .message = err ? "why" : NULL, .lookup_ns = 7};
    resolver_cache_put(c, name, strlen(name), &a, ttl, now);
}

START_TEST(a_time_to_live_is_clamped)
{
    static const struct {
        enum err err;
        uint32_t ttl, lives;
    } cases[] = {
        {ERR_OK, 0, 60},
        {ERR_OK, 59, 60},
        {ERR_OK, 61, 61},
        {ERR_OK, 3600, 3600},
        {ERR_OK, UINT32_MAX, 3600},
        {ERR_DNS_NOT_FOUND, 9999, 60},
        {ERR_DNS_FAILURE, 9999, 5},
    };
    struct resolver_cache *c = resolver_cache_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        put(c, "a", cases[i].err, cases[i].ttl, 100);
        uint64_t end = 100 + S * (uint64_t)cases[i].lives;
        const struct resolver_answer *a = find(c, "a", end - 1);
        ck_assert_ptr_nonnull(a);
        ck_assert_int_eq(a->err, cases[i].err);
        ck_assert_uint_eq(a->lookup_ns, 0);
        ck_assert_ptr_null(find(c, "a", end));
    }
    ck_assert_uint_eq(resolver_cache_count(c), 1);
    resolver_cache_free(c);
}
END_TEST

START_TEST(a_name_is_its_bytes_and_length)
{
    struct resolver_cache *c = resolver_cache_new();
    put(c, "a.test", ERR_OK, 60, 0);
    ck_assert_ptr_nonnull(resolver_cache_find(c, "a.test.", 6, 0));
    ck_assert_ptr_null(find(c, "a.tes", 0));
    ck_assert_ptr_null(find(c, "a.test.", 0));
    ck_assert_ptr_null(find(c, "", 0));
    resolver_cache_free(c);
}
END_TEST

START_TEST(names_of_the_hosts_file_stay_and_are_not_replaced)
{
    struct resolver_cache *c = resolver_cache_new();
    resolver_cache_keep(c, "a", 1, &(struct addr){4, {10, 0, 0, 1}});
    resolver_cache_keep(c, "a", 1, &(struct addr){4, {10, 0, 0, 2}});
    put(c, "a", ERR_DNS_FAILURE, 0, 0);
    const struct resolver_answer *a = find(c, "a", UINT64_MAX);
    ck_assert_int_eq(a->err, ERR_OK);
    ck_assert_uint_eq(a->addrs.n, 2);
    ck_assert_uint_eq(resolver_cache_count(c), 0);
    resolver_cache_free(c);
}
END_TEST

static void put_number(struct resolver_cache *c, unsigned i, uint32_t ttl, uint64_t now)
{
    char name[16];
    snprintf(name, sizeof name, "n%u", i);
    put(c, name, ERR_OK, ttl, now);
}

START_TEST(a_full_cache_evicts_the_first_to_expire)
{
    struct resolver_cache *c = resolver_cache_new();
    /* Times in no order: 60 + (i * 7919) % 3541 visits all of 60..3600 again and again. */
    for (unsigned i = 0; i < RESOLVER_CACHE_MAX; i++)
        put_number(c, i, 60 + i * 7919 % 3541, 0);
    ck_assert_uint_eq(resolver_cache_count(c), RESOLVER_CACHE_MAX);
    for (unsigned i = 0; i < RESOLVER_CACHE_MAX / 2; i++)
        put_number(c, RESOLVER_CACHE_MAX + i, 3600, 1);
    ck_assert_uint_eq(resolver_cache_count(c), RESOLVER_CACHE_MAX);

    uint32_t longest_lost = 0, shortest_kept = UINT32_MAX;
    for (unsigned i = 0; i < RESOLVER_CACHE_MAX; i++) {
        char name[16];
        snprintf(name, sizeof name, "n%u", i);
        uint32_t ttl = 60 + i * 7919 % 3541;
        if (!find(c, name, 0) && ttl > longest_lost)
            longest_lost = ttl;
        if (find(c, name, 0) && ttl < shortest_kept)
            shortest_kept = ttl;
    }
    ck_assert_uint_gt(longest_lost, 0);
    ck_assert_uint_le(longest_lost, shortest_kept);
    resolver_cache_free(c);
}
END_TEST

START_TEST(expired_names_make_room_and_renewed_ones_live_on)
{
    struct resolver_cache *c = resolver_cache_new();
    for (unsigned i = 0; i < 1000; i++)
        put_number(c, i, 60, 0);
    put_number(c, 500, 3600, 59 * S);
    put_number(c, 1000, 60, 60 * S); /* all of the first but n500 have expired */
    ck_assert_uint_eq(resolver_cache_count(c), 2);
    ck_assert_ptr_nonnull(find(c, "n500", 61 * S));
    ck_assert_ptr_nonnull(find(c, "n1000", 61 * S));
    resolver_cache_free(c);
    resolver_cache_free(NULL);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, a_time_to_live_is_clamped);
    tcase_add_test(t, a_name_is_its_bytes_and_length);
    tcase_add_test(t, names_of_the_hosts_file_stay_and_are_not_replaced);
    tcase_add_test(t, a_full_cache_evicts_the_first_to_expire);
    tcase_add_test(t, expired_names_make_room_and_renewed_ones_live_on);
}

int main(void)
{
    return test_main("resolver_cache", add);
}
