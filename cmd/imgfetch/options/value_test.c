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
    expect(value_number("2", 3, 5, &n), "out of range (3 to 5)");
    expect(value_number("6", 3, 5, &n), "out of range (3 to 5)");
    expect(value_number("0", 1, UINT64_MAX, &n), "out of range (1 or more)");
    expect(value_number("18446744073709551616", 0, UINT64_MAX, &n),
        "out of range (0 to 18446744073709551615)");
    static const char *const none[] = {"", " 3", "-3", "+3", "3x", "0x3", "3.0"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        expect(value_number(none[i], 0, 5, &n), "not a whole number");
}
END_TEST

START_TEST(a_size_is_read_as_people_write_it)
{
    static const char *const same[] = {"10M", "10m", "10MB", "10mb", "10MiB", "10Mi", "10 MB",
        "10.0M", "10240K", "10485760", "10485760 B", "0.009765625g"};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        ck_assert_msg(!value_size(same[i], 0, UINT64_MAX, &n), "%s", same[i]);
        ck_assert_uint_eq(n, 10 << 20);
    }
    ck_assert_ptr_null(value_size(".5K", 0, UINT64_MAX, &n));
    ck_assert_uint_eq(n, 512);
    static const char *const none[] = {"", "M", "1X", "1MX", "1MBs", "10M/s", "-1", "+1", "nan",
        ".", "1e3", "0x10", "1,5M", "10iB", "10KM", " 10"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        expect(value_size(none[i], 0, UINT64_MAX, &n), "not a size (like 500K, 64M or 1.5G)");
}
END_TEST

START_TEST(a_size_fits_into_its_type_and_its_bounds)
{
    ck_assert_ptr_null(value_size("2K", 2048, 2048, &n));
    expect(value_size("2K", 2049, 3 << 20, &n), "out of range (2049 to 3M)");
    expect(value_size("2K", 0, 2047, &n), "out of range (0 to 2047)");
    expect(value_size("1025G", 1024, (uint64_t)1 << 40, &n), "out of range (1K to 1T)");
    ck_assert_ptr_nonnull(value_size("99999999T", 0, UINT64_MAX, &n));
    ck_assert_ptr_nonnull(value_size("10000000000000000000", 0, UINT64_MAX, &n));
}
END_TEST

START_TEST(a_speed_is_a_size_a_second)
{
    static const char *const same[] = {"10M", "10M/s", "10MB/s", "10 MiB/S"};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        ck_assert_msg(!value_speed(same[i], 0, UINT64_MAX, &n), "%s", same[i]);
        ck_assert_uint_eq(n, 10 << 20);
    }
    ck_assert_ptr_nonnull(value_speed("/s", 0, UINT64_MAX, &n));
    ck_assert_ptr_nonnull(value_speed("10M/m", 0, UINT64_MAX, &n));
    ck_assert_ptr_nonnull(value_speed("10M/s/s", 0, UINT64_MAX, &n));
    expect(value_speed("1/s", 1024, 4096, &n), "out of range (1K to 4K)");
}
END_TEST

START_TEST(pixels_are_counted_in_thousands)
{
    static const char *const same[] = {"100M", "100m", "100MP", "100 Mpx", "100000000", "100000K"};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        ck_assert_msg(!value_pixels(same[i], &n), "%s", same[i]);
        ck_assert_uint_eq(n, 100000000);
    }
    ck_assert_ptr_null(value_pixels("999999T", &n));
    ck_assert_uint_eq(n, 999999000000000000);
    expect(value_pixels("1000000T", &n), "out of range (less than 1000000T)");
    ck_assert_ptr_nonnull(value_pixels("100MB", &n));
    ck_assert_ptr_nonnull(value_pixels("1e300", &n));
}
END_TEST

START_TEST(a_time_is_in_seconds_or_in_units_that_fall)
{
    static const struct {
        const char *text;
        uint64_t ms;
    } good[] = {{"90", 90000}, {"0.5", 500}, {"1.5s", 1500}, {"500ms", 500}, {"5m", 300000},
        {"5min", 300000}, {"1h30m", 5400000}, {"1H 30M", 5400000}, {"1h0.5s", 3600500},
        {"1d", 86400000}, {"2m500ms", 120500}, {"1000000", 1000000000}, {"0.001", 1},
        {"15 s", 15000}};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        ck_assert_msg(!value_time(good[i].text, &n), "%s", good[i].text);
        ck_assert_msg(n == good[i].ms, "%s", good[i].text);
    }
    static const char *const none[] = {
        "", "s", "-1", "nan", "5x", "30m1h", "5s5s", "1h30", "5 m 3", "1:30", "5mm", "m5", "1,5"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        expect(value_time(none[i], &n), "not a time (like 90, 1.5s, 500ms, 5m or 1h30m)");
    expect(value_time("0", &n), "out of range (1ms to 1000000s)");
    expect(value_time("12d", &n), "out of range (1ms to 1000000s)");
    expect(value_time("0.0001", &n), "out of range (1ms to 1000000s)");
}
END_TEST

START_TEST(a_rate_is_a_second_unless_it_says_another_time)
{
    double r;
    ck_assert_ptr_null(value_rate("5", 0, 10, &r));
    ck_assert_double_eq(r, 5);
    ck_assert_ptr_null(value_rate("5/s", 0, 10, &r));
    ck_assert_double_eq(r, 5);
    ck_assert_ptr_null(value_rate("30/min", 0, 10, &r));
    ck_assert_double_eq(r, 0.5);
    expect(value_rate("11", 0, 10, &r), "out of range (0 to 10)");
    static const char *const none[] = {"", "5s", "5/", "5/x", "5/s2", "fast"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        expect(value_rate(none[i], 0, 10, &r), "not a rate (like 5, 0.5 or 30/m)");
}
END_TEST

START_TEST(a_percentage_may_have_its_sign)
{
    double r;
    ck_assert_ptr_null(value_percent("99.5%", &r));
    ck_assert_double_eq(r, 99.5);
    ck_assert_ptr_null(value_percent("0", &r));
    expect(value_percent("101", &r), "out of range (0 to 100)");
    expect(value_percent("1%%", &r), "not a percentage (like 95 or 99.5)");
    ck_assert_str_eq(value_real("1e", 0, 10, &r), "not a number");
    ck_assert_str_eq(value_real("0x1", 0, 10, &r), "not a number");
    ck_assert_str_eq(value_real("0.5", 1, 10.5, &r), "out of range (1 to 10.5)");
}
END_TEST

START_TEST(a_word_that_is_near_is_suggested)
{
    static const char *const words[] = {"lanczos3", "mitchell", "area", NULL};
    unsigned index = 0;
    ck_assert_ptr_null(value_word("area", words, &index));
    ck_assert_uint_eq(index, 2);
    expect(value_word("cubic", words, &index), "unknown (lanczos3, mitchell or area)");
    expect(value_word("lanczos", words, &index),
        "unknown (lanczos3, mitchell or area); did you mean lanczos3?");
    expect(value_word("", words, &index), "unknown (lanczos3, mitchell or area)");
}
END_TEST

START_TEST(words_are_a_set)
{
    static const char *const words[] = {"jpg", "png", "webp", NULL};
    unsigned set = 9;
    expect(value_words("gif", words, &set), "not some of (jpg, png or webp)");
    expect(value_words("jpg,", words, &set), "not some of (jpg, png or webp)");
    expect(value_words("", words, &set), "not some of (jpg, png or webp)");
    expect(
        value_words("png,jpeg", words, &set), "not some of (jpg, png or webp); did you mean jpg?");
    ck_assert_uint_eq(set, 9);
    ck_assert_ptr_null(value_words("webp,jpg,webp", words, &set));
    ck_assert_uint_eq(set, 5);
}
END_TEST

START_TEST(a_colour_has_six_digits)
{
    static const char *const none[] = {"", "#", "#00112", "#001122x", "#0011223", "001122",
        "#00112g", "White", "#ffff", "mauve", "#+1 2-3"};
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
    tcase_add_test(t, a_size_is_read_as_people_write_it);
    tcase_add_test(t, a_size_fits_into_its_type_and_its_bounds);
    tcase_add_test(t, a_speed_is_a_size_a_second);
    tcase_add_test(t, pixels_are_counted_in_thousands);
    tcase_add_test(t, a_time_is_in_seconds_or_in_units_that_fall);
    tcase_add_test(t, a_rate_is_a_second_unless_it_says_another_time);
    tcase_add_test(t, a_percentage_may_have_its_sign);
    tcase_add_test(t, a_word_that_is_near_is_suggested);
    tcase_add_test(t, words_are_a_set);
    tcase_add_test(t, a_colour_has_six_digits);
}

int main(void)
{
    return test_main("value", add);
}
