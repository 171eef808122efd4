#include "base/buf.h"
#include "base/test.h"

#include <string.h>

START_TEST(appended_bytes_stay_in_order)
{
    struct buf b = {0};
    for (int i = 0; i < 5000; i++)
        ck_assert(buf_append(&b, &(uint8_t){(uint8_t)i}, 1));
    ck_assert_uint_eq(b.len, 5000);
    for (int i = 0; i < 5000; i++)
        ck_assert_uint_eq(b.data[i], (uint8_t)i);
    buf_fini(&b);
    ck_assert_ptr_null(b.data);
}
END_TEST

START_TEST(an_impossible_size_is_refused_and_nothing_is_lost)
{
    struct buf b = {0};
    ck_assert(buf_append(&b, "abc", 3));
    ck_assert(!buf_append(&b, "x", SIZE_MAX - 2));
    ck_assert(!buf_reserve(&b, SIZE_MAX / 2));
    ck_assert_uint_eq(b.len, 3);
    ck_assert_mem_eq(b.data, "abc", 3);
    buf_fini(&b);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, appended_bytes_stay_in_order);
    tcase_add_test(t, an_impossible_size_is_refused_and_nothing_is_lost);
}

int main(void)
{
    return test_main("buf", add);
}
