#include "cmd/imgfetch/status/fitline.h"
#include "base/test.h"
#include "cmd/imgfetch/status/width.h"

#include <string.h>

/* The line of three parts, the middle one the least important, as it fits. */
static char *fitted(unsigned columns, bool colours)
{
    static char text[200];
    struct fitline l = {0};
    memset(text, 0, sizeof text);
    FILE *out = fmemopen(text, sizeof text, "w");
    fitline_shorten(fitline_add(&l, 0, STYLE_PLAIN, "%d of about %d", 5, 90), "5/~90");
    fitline_shorten(fitline_add(&l, 2, STYLE_PLAIN, "three rows"), "rows");
    fitline_add(&l, 1, STYLE_BAD, "failed");
    fitline_print(&l, columns, colours, out);
    fclose(out);
    return text;
}

START_TEST(parts_become_shorter_and_then_fewer)
{
    ck_assert_str_eq(fitted(FITLINE_ANY, false), "5 of about 90  three rows  failed");
    ck_assert_str_eq(fitted(33, false), "5 of about 90  three rows  failed");
    ck_assert_str_eq(fitted(32, false), "5 of about 90  rows  failed");
    ck_assert_str_eq(fitted(26, false), "5/~90  rows  failed");
    ck_assert_str_eq(fitted(18, false), "5/~90  failed");
    ck_assert_str_eq(fitted(12, false), "5/~90");
    ck_assert_str_eq(fitted(4, false), "");
}
END_TEST

START_TEST(colours_take_no_columns)
{
    ck_assert_str_eq(fitted(33, true), "5 of about 90  three rows  \033[31mfailed\033[m");
}
END_TEST

static char *with_bar(unsigned columns, double share)
{
    static char text[200];
    struct fitline l = {0};
    memset(text, 0, sizeof text);
    FILE *out = fmemopen(text, sizeof text, "w");
    fitline_add_bar(&l, 1, share);
    fitline_add(&l, 0, STYLE_PLAIN, "half");
    fitline_print(&l, columns, false, out);
    fclose(out);
    return text;
}

START_TEST(a_bar_is_as_wide_as_there_is_room)
{
    ck_assert_str_eq(with_bar(79, 0.5), "[========>       ]  half");
    ck_assert_str_eq(with_bar(12, 0.5), "[==> ]  half");
    ck_assert_str_eq(with_bar(11, 0.5), "half");
    ck_assert_uint_eq(strlen(with_bar(500, 0.5)), 22 + strlen("  half"));
}
END_TEST

START_TEST(a_bar_is_empty_at_first_and_full_at_last)
{
    ck_assert_str_eq(with_bar(12, 0), "[>   ]  half");
    ck_assert_str_eq(with_bar(12, 1), "[====]  half");
    ck_assert_str_eq(with_bar(12, 7), "[====]  half");
    ck_assert_str_eq(with_bar(12, -1), "[>   ]  half");
}
END_TEST

START_TEST(wide_characters_count_twice)
{
    char text[100] = "";
    struct fitline l = {0};
    width_load();
    FILE *out = fmemopen(text, sizeof text, "w");
    fitline_add(&l, 0, STYLE_PLAIN, "abcd");
    fitline_add(&l, 1, STYLE_PLAIN, "\xe7\x8c\xab\xe7\x8c\xab");
    fitline_print(&l, 9, false, out);
    fclose(out);
    ck_assert_str_eq(text, "abcd");
}
END_TEST

START_TEST(more_parts_than_there_is_room_for_are_no_harm)
{
    struct fitline l = {0};
    for (int i = 0; i < FITLINE_PARTS + 5; i++)
        fitline_add(&l, 0, STYLE_PLAIN, "%d", i);
    ck_assert_uint_eq(l.n, FITLINE_PARTS);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, parts_become_shorter_and_then_fewer);
    tcase_add_test(t, colours_take_no_columns);
    tcase_add_test(t, a_bar_is_as_wide_as_there_is_room);
    tcase_add_test(t, a_bar_is_empty_at_first_and_full_at_last);
    tcase_add_test(t, wide_characters_count_twice);
    tcase_add_test(t, more_parts_than_there_is_room_for_are_no_harm);
}

int main(void)
{
    return test_main("fitline", add);
}
