#include "base/hex.h"

#include "base/test.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

START_TEST(every_byte_is_read_as_it_was_printed_in_either_case)
{
    for (int byte = 0; byte < 256; byte++) {
        char lower[3], upper[3];
        hex_print(&(uint8_t){(uint8_t)byte}, 1, lower);
        snprintf(upper, sizeof upper, "%02X", (unsigned)byte);
        ck_assert_int_eq(hex_byte(lower), byte);
        ck_assert_int_eq(hex_byte(upper), byte);
    }
}
END_TEST

START_TEST(no_other_character_is_a_digit)
{
    for (int c = 0; c < 256; c++) {
        bool is_digit = c && strchr("0123456789abcdefABCDEF", c);
        ck_assert_int_eq(hex_byte((char[]){(char)c, '7'}) >= 0, is_digit);
        ck_assert_int_eq(hex_byte((char[]){'7', (char)c}) >= 0, is_digit);
    }
}
END_TEST

START_TEST(a_text_of_the_right_length_is_read)
{
    uint8_t bytes[2] = {0};
    ck_assert(hex_read("a7FF", bytes, 2));
    ck_assert_uint_eq(bytes[0], 0xa7);
    ck_assert_uint_eq(bytes[1], 0xff);
    ck_assert(!hex_read("a7f", bytes, 2));
    ck_assert(!hex_read("a7ff0", bytes, 2));
    ck_assert(!hex_read("a7fg", bytes, 2));
    ck_assert(!hex_read("", bytes, 2));
    ck_assert(!hex_read(NULL, bytes, 2));
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, every_byte_is_read_as_it_was_printed_in_either_case);
    tcase_add_test(t, no_other_character_is_a_digit);
    tcase_add_test(t, a_text_of_the_right_length_is_read);
}

int main(void)
{
    return test_main("hex", add);
}
