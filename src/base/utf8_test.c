#include "base/utf8.h"
#include "base/test.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

static void expect(const char *in, size_t len, const char *out)
{
    char *clean = utf8_clean(in, len);
    ck_assert_str_eq(clean, out);
    ck_assert(utf8_is_valid(clean, strlen(clean)));
    free(clean);
}

START_TEST(good_text_stays)
{
    expect("", 0, "");
    expect(NULL, 0, "");
    expect("plain text, long enough", 23, "plain text, long enough");
    expect("\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80", 11, "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80");
}
END_TEST

START_TEST(bad_bytes_become_replacement_characters_one_by_one)
{
    expect("a\xff"
           "b",
        3,
        "a\xef\xbf\xbd"
        "b");
    expect("\0x", 2, "\xef\xbf\xbdx");
    expect("\xc3", 1, "\xef\xbf\xbd");
    expect("caf\xe9", 4, "caf\xef\xbf\xbd");
}
END_TEST

START_TEST(overlong_forms_surrogates_and_too_large_are_not_well_formed)
{
    ck_assert(!utf8_is_valid("\xc0\x80", 2));
    ck_assert(!utf8_is_valid("\xe0\x80\x80", 3));
    ck_assert(!utf8_is_valid("\xed\xa0\x80", 3));
    ck_assert(!utf8_is_valid("\xf4\x90\x80\x80", 4));
    ck_assert(!utf8_is_valid("12345678\x80", 9));
    ck_assert(utf8_is_valid("\xf4\x8f\xbf\xbf", 4));
}
END_TEST

START_TEST(a_character_that_goes_on_behind_the_end_is_none)
{
    static const char *const characters[] = {"\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};
    for (int i = 0; i < 3; i++) {
        size_t whole = strlen(characters[i]);
        for (size_t len = 1; len < whole; len++)
            ck_assert_uint_eq(utf8_length(characters[i], len), 0);
        ck_assert_uint_eq(utf8_length(characters[i], whole), whole);
    }
}
END_TEST

static const char *shown(const char *text)
{
    static char out[400];
    size_t len = utf8_show(text, strlen(text), out);
    out[len] = '\0';
    return out;
}

START_TEST(characters_that_a_terminal_obeys_are_escaped)
{
    static const struct {
        unsigned first, last;
    } obeyed[] = {{1, 0x1f}, {0x7f, 0x9f}, {0x61c, 0x61c}, {0x200e, 0x200f}, {0x2028, 0x202e},
        {0x2066, 0x2069}};
    unsigned range = 0;
    for (unsigned code = 1; code < 0xd800; code++) {
        char text[40], escaped[8];
        snprintf(text, sizeof text, "seven b%lc", (wint_t)code);
        snprintf(escaped, sizeof escaped, "\\u%04x", code);
        while (range < 6 && code > obeyed[range].last)
            range++;
        bool escapes = range < 6 && code >= obeyed[range].first;
        ck_assert_str_eq(shown(text) + 7, escapes ? escaped : text + 7);
        ck_assert_uint_eq(utf8_shown_length(text, strlen(text)), escapes ? 7 : strlen(text));
    }
}
END_TEST

START_TEST(a_character_is_escaped_wherever_it_stands)
{
    char text[40];
    for (size_t at = 0; at < 32; at++) {
        memset(text, 'x', 32);
        text[at] = '\x7f';
        ck_assert_uint_eq(utf8_shown_length(text, 32), at);
        text[at] = '\x1b';
        ck_assert_uint_eq(utf8_shown_length(text, 32), at);
        text[at] = '\x9b';
        ck_assert_uint_eq(utf8_shown_length(text, 32), at);
    }
    ck_assert_uint_eq(utf8_shown_length("", 0), 0);
}
END_TEST

START_TEST(other_text_is_shown_as_it_is)
{
    ck_assert_str_eq(shown("a~ \xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"),
        "a~ \xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80");
    ck_assert_str_eq(shown("a\x9b\xc2"), "a\xef\xbf\xbd\xef\xbf\xbd");
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, characters_that_a_terminal_obeys_are_escaped);
    tcase_add_test(t, a_character_is_escaped_wherever_it_stands);
    tcase_add_test(t, other_text_is_shown_as_it_is);
    tcase_add_test(t, good_text_stays);
    tcase_add_test(t, bad_bytes_become_replacement_characters_one_by_one);
    tcase_add_test(t, overlong_forms_surrogates_and_too_large_are_not_well_formed);
    tcase_add_test(t, a_character_that_goes_on_behind_the_end_is_none);
}

int main(void)
{
    setlocale(LC_CTYPE, "C.UTF-8"); /* for %lc */
    return test_main("utf8", add);
}
