#include "cmd/imgfetch/container.h"
#include "base/test.h"

enum { MIB = 1 << 20 };

static struct container_memory m;

static void set_up(void)
{
    m = (struct container_memory){512 * MIB, 512 * MIB, 4};
}

static uint64_t sum(void)
{
    return (64 + m.workers * 8) * MIB + m.bodies + m.workers * m.decode;
}

START_TEST(what_fits_stays)
{
    ck_assert(container_fit(&m, 4096ull * MIB));
    ck_assert_uint_eq(m.bodies, 512 * MIB);
    ck_assert_uint_eq(m.decode, 512 * MIB);
    ck_assert_uint_eq(m.workers, 4);
}
END_TEST

START_TEST(less_memory_means_less_for_each_and_then_fewer_decoders)
{
    ck_assert(container_fit(&m, 2048ull * MIB));
    ck_assert_uint_eq(m.workers, 4);
    ck_assert_uint_ge(m.decode, 300 * MIB);
    ck_assert_uint_le(sum(), 2048ull * MIB);
    set_up();
    ck_assert(container_fit(&m, 512 * MIB));
    ck_assert_uint_eq(m.workers, 2);
    ck_assert_uint_ge(m.decode, 128 * MIB);
    ck_assert_uint_le(sum(), 512 * MIB);
    set_up();
    ck_assert(container_fit(&m, 128 * MIB));
    ck_assert_uint_eq(m.workers, 1);
    ck_assert_uint_le(sum(), 128 * MIB);
}
END_TEST

START_TEST(a_small_need_is_no_reason_for_fewer_decoders)
{
    m.decode = 32 * MIB;
    ck_assert(container_fit(&m, 512 * MIB));
    ck_assert_uint_eq(m.workers, 4);
    ck_assert_uint_eq(m.decode, 32 * MIB);
    ck_assert_uint_eq(m.bodies, 112 * MIB);
}
END_TEST

START_TEST(without_decoders_bodies_have_it_all)
{
    m.workers = 0;
    ck_assert(container_fit(&m, 256 * MIB));
    ck_assert_uint_eq(m.bodies, 192 * MIB);
    ck_assert_uint_eq(m.decode, 512 * MIB);
}
END_TEST

START_TEST(too_little_is_told)
{
    for (uint64_t limit = 0; limit < 100 * MIB; limit += MIB) {
        set_up();
        ck_assert(!container_fit(&m, limit));
        ck_assert_uint_ge(m.bodies, 16 * MIB);
        ck_assert_uint_ge(m.decode, 16 * MIB);
        ck_assert_uint_eq(m.workers, 1);
    }
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, NULL);
    tcase_add_test(t, what_fits_stays);
    tcase_add_test(t, less_memory_means_less_for_each_and_then_fewer_decoders);
    tcase_add_test(t, a_small_need_is_no_reason_for_fewer_decoders);
    tcase_add_test(t, without_decoders_bodies_have_it_all);
    tcase_add_test(t, too_little_is_told);
}

int main(void)
{
    return test_main("container", add);
}
