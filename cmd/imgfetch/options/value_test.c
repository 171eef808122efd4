#include "cmd/imgfetch/options/value.h"
#include "base/test.h"

#include <string.h>

static uint64_t n;

static void expect(const char *why, const char *expected)
{
    ck_assert_ptr_nonnull(why);
    ck_assert_str_eq(why, expected);
}

START_TEST(a_number_lies_between_its_bounds)
{
    ck_assert_ptr_null(value_number("3", 3, 5, &n));
    ck_assert_uint_eq(n, 3);
    ck_assert_ptr_null(value_number("5", 3, 5, &n));
    ck_assert_ptr_null(value_number("18446744073709551615", 0, UINT64_MAX, &n));
    ck_assert_uint_eq(n, UINT64_MAX);
    expect(value_number("2", 3, 5, &n), "out of range");
    expect(value_number("6", 3, 5, &n), "out of range");
    expect(value_number("18446744073709551616", 0, UINT64_MAX, &n), "out of range");
    static const char *const none[] = {"", " 3", "-3", "+3", "3x", "0x3", "3.0"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        expect(value_number(none[i], 0, 5, &n), "not a whole number");
}
END_TEST

START_TEST(a_size_fits_into_its_type)
{
    ck_assert_ptr_null(value_pixels("999999T", &n));
    ck_assert_uint_eq(n, 999999000000000000);
    expect(value_pixels("1000000T", &n), "out of range");
    expect(value_pixels("1e300", &n), "out of range");
    expect(value_size("1e19", 0, UINT64_MAX, &n), "out of range");
    ck_assert_ptr_null(value_size("2K", 2048, 2048, &n));
    expect(value_size("2K", 2049, UINT64_MAX, &n), "out of range");
    expect(value_size("2K", 0, 2047, &n), "out of range");
}
END_TEST

START_TEST(a_colour_has_six_digits)
{
    static const char *const none[] = {
        "", "#", "#00112", "#001122x", "#0011223", "001122", "#00112g", "White", "#ffff"};
    uint8_t colour[3];
    ck_assert_ptr_null(value_color("#0aB1ff", colour));
    ck_assert_mem_eq(colour, "\x0a\xb1\xff", 3);
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        ck_assert_msg(value_color(none[i], colour) != NULL, "%s", none[i]);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, a_number_lies_between_its_bounds);
    tcase_add_test(t, a_size_fits_into_its_type);
    tcase_add_test(t, a_colour_has_six_digits);
}

int main(void)
{
    return test_main("value", add);
}
