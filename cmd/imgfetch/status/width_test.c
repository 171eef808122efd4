#include "cmd/imgfetch/status/width.h"
#include "base/test.h"

#include <string.h>

static unsigned width(const char *text)
{
    return width_of(text, strlen(text));
}

static size_t fit(const char *text, unsigned columns)
{
    return width_fit(text, strlen(text), columns);
}

START_TEST(a_wide_character_takes_two_columns)
{
    width_load();
    ck_assert_uint_eq(width(""), 0);
    ck_assert_uint_eq(width("abc"), 3);
    ck_assert_uint_eq(width("b\xc3\xbc"
                            "cher"),
        6);
    ck_assert_uint_eq(width("\xe4\xb8\xad\xe6\x96\x87.test"), 9); /* CJK */
    ck_assert_uint_eq(width("\xf0\x9f\x98\x80!"), 3);             /* an emoji */
    ck_assert_uint_eq(width("e\xcc\x81"), 1);                     /* a combining accent */
    ck_assert_uint_eq(width("\xed\x95\x9c\xea\xb5\xad"), 4);      /* Hangul */
    ck_assert_uint_eq(width("\xff\xfe"), 2);                      /* malformed */
}
END_TEST

START_TEST(without_a_locale_the_width_is_the_most_it_can_be)
{
    ck_assert_uint_eq(width("b\xc3\xbc\xe4\xb8\xad"), 5);
}
END_TEST

START_TEST(no_character_is_cut_in_two)
{
    width_load();
    ck_assert_uint_eq(fit("abcdef", 4), 4);
    ck_assert_uint_eq(fit("abc", 4), 3);
    ck_assert_uint_eq(fit("\xe4\xb8\xad\xe6\x96\x87", 4), 6);
    ck_assert_uint_eq(fit("\xe4\xb8\xad\xe6\x96\x87", 3), 3);
    ck_assert_uint_eq(fit("\xe4\xb8\xad", 1), 0);
    ck_assert_uint_eq(fit("e\xcc\x81x", 1), 3); /* the accent stays with its letter */
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, a_wide_character_takes_two_columns);
    tcase_add_test(t, without_a_locale_the_width_is_the_most_it_can_be);
    tcase_add_test(t, no_character_is_cut_in_two);
}

int main(void)
{
    return test_main("width", add);
}
