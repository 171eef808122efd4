#include "cmd/imgfetch/status/human.h"
#include "base/test.h"

#include <string.h>

START_TEST(numbers_read_well)
{
    char out[HUMAN_SIZE];
    ck_assert_str_eq(human_bytes(0, out), "0 B");
    ck_assert_str_eq(human_bytes(999, out), "999 B");
    ck_assert_str_eq(human_bytes(12345678, out), "12.3 MB");
    ck_assert_str_eq(human_bytes(999999, out), "1.0 MB");
    ck_assert_str_eq(human_bytes(UINT64_MAX, out), "18447 PB");
    ck_assert_str_eq(human_count(1234567, out), "1,234,567");
    ck_assert_str_eq(human_count(UINT64_MAX, out), "18,446,744,073,709,551,615");
    ck_assert_str_eq(human_count(12, out), "12");
    ck_assert_str_eq(human_seconds(0.84, out), "0.8 s");
    ck_assert_str_eq(human_seconds(187, out), "3:07");
    ck_assert_str_eq(human_seconds(7387, out), "2:03:07");
    ck_assert_str_eq(human_clock(8.4, out), "8 s");
    ck_assert_str_eq(human_clock(59.7, out), "1:00");
    ck_assert_str_eq(human_clock(187, out), "3:07");
    ck_assert_str_eq(human_clock(90 * 3600, out), "90:00:00");
    ck_assert_str_eq(human_clock(1e6, out), "12 days");
    ck_assert_str_eq(human_ns(1234567, out), "1.2 ms");
    ck_assert_str_eq(human_ns(1300000000, out), "1.3 s");
}
END_TEST

START_TEST(text_of_strangers_cannot_write_to_the_terminal)
{
    char out[HUMAN_TEXT_SIZE], text[1000];
    ck_assert_str_eq(human_text("a\x1b[2J\n\x7f\xc2\x9b"
                                "b",
                         out),
        "a\\u001b[2J\\u000a\\u007f\\u009bb");
    ck_assert_str_eq(human_text("\xc3\xa4", out), "\xc3\xa4");
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    ck_assert_uint_eq(strlen(human_text(text, out)), HUMAN_TEXT_SIZE - 1);
    ck_assert_str_eq(out + HUMAN_TEXT_SIZE - 4, "...");
    memset(text, '\xa4', sizeof text - 1); /* only tails of characters */
    human_text(text, out);
    ck_assert_uint_lt(strlen(out), HUMAN_TEXT_SIZE);
}
END_TEST

START_TEST(text_of_any_length_fits_into_its_room)
{
    struct {
        char out[HUMAN_TEXT_SIZE], behind;
    } room;
    char text[HUMAN_TEXT_SIZE + 10] = "";
    for (size_t len = 1; len < sizeof text - 1; len++) {
        text[len - 1] = 'x';
        room.behind = '!';
        human_text(text, room.out);
        ck_assert_int_eq(room.behind, '!');
        ck_assert_uint_eq(
            strnlen(room.out, HUMAN_TEXT_SIZE), len < HUMAN_TEXT_SIZE ? len : HUMAN_TEXT_SIZE - 1);
    }
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, numbers_read_well);
    tcase_add_test(t, text_of_strangers_cannot_write_to_the_terminal);
    tcase_add_test(t, text_of_any_length_fits_into_its_room);
}

int main(void)
{
    return test_main("human", add);
}
