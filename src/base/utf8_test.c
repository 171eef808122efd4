#include "base/utf8.h"
#include "base/test.h"

#include <string.h>

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

static void add(TCase *t)
{
    tcase_add_test(t, good_text_stays);
    tcase_add_test(t, bad_bytes_become_replacement_characters_one_by_one);
    tcase_add_test(t, overlong_forms_surrogates_and_too_large_are_not_well_formed);
    tcase_add_test(t, a_character_that_goes_on_behind_the_end_is_none);
}

int main(void)
{
    return test_main("utf8", add);
}
