#include "base/casefold.h"
#include "base/test.h"

#include <string.h>

static void expect(const char *text, const char *folded)
{
    char out[64];
    size_t len = casefold(text, strlen(text), out);
    ck_assert_uint_eq(len, strlen(folded));
    ck_assert_msg(!memcmp(out, folded, len), "%s: %.*s", text, (int)len, out);
}

START_TEST(letters_lose_their_case)
{
    expect("", "");
    expect("IMG_0001 [@`{~]", "img_0001 [@`{~]");
    expect("\u00c4\u00d6\u00dc\u00e4\u00df \u00d7\u00de",
        "\u00e4\u00f6\u00fc\u00e4\u00df \u00d7\u00fe");
    expect("\u0100\u0101\u017d\u017e", "\u0101\u0101\u017e\u017e");
    expect("\u0391\u03a3\u03c2\u03c3", "\u03b1\u03c3\u03c3\u03c3");
    expect("\u0416\u0436\u0401", "\u0436\u0436\u0451");
    expect("\U00010400\U0001e900", "\U00010428\U0001e922");
}
END_TEST

START_TEST(a_folded_character_may_have_another_length)
{
    expect("\u212aelvin \u017f \u1e9e", "kelvin s \u00df"); /* shorter */
    expect("\u023a\u023e", "\u2c65\u2c66");                 /* longer */
}
END_TEST

START_TEST(what_has_no_case_stays)
{
    expect("\u732b\u306d\u3053 \u00df\u0130\u0131 \u2603 \U0001f408",
        "\u732b\u306d\u3053 \u00df\u0130\u0131 \u2603 \U0001f408");
    expect("\xff\xc3 \xe2\x82", "\xff\xc3 \xe2\x82");
}
END_TEST

static bool same(const char *a, const char *b)
{
    bool is = casefold_same(a, strlen(a), b, strlen(b));
    ck_assert_int_eq(casefold_same(b, strlen(b), a, strlen(a)), is);
    return is;
}

START_TEST(texts_are_compared_without_case)
{
    ck_assert(same("URL", "url") && same("", "") && same("\u00c4", "\u00e4"));
    ck_assert(same("\u0422\u0415", "\u0442\u0435"));
    ck_assert(same("\u212aelvin", "kelvin")); /* of another length */
    ck_assert(!same("url", "ur") && !same("url", "uri") && !same("a", "\u00e4"));
    ck_assert(!same("\u00e9", "\xe9") && same("\xe9", "\xe9") && !same("\xe9", "\xc9"));
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, letters_lose_their_case);
    tcase_add_test(t, a_folded_character_may_have_another_length);
    tcase_add_test(t, what_has_no_case_stays);
    tcase_add_test(t, texts_are_compared_without_case);
}

int main(void)
{
    return test_main("casefold", add);
}
