#include "fetch/robots_match.h"

#include "base/test.h"

#include <stdio.h>
#include <string.h>

/* Matches by the definition of `*`, as simply as possible. */
static bool matches_simply(const char *pattern, bool to_end, const char *path)
{
    if (!*pattern)
        return !to_end || !*path;
    if (*pattern == '*')
        return matches_simply(pattern + 1, to_end, path) ||
               (*path && matches_simply(pattern, to_end, path + 1));
    return *pattern == *path && matches_simply(pattern + 1, to_end, path + 1);
}

/* The n-th text over an alphabet, beginning with the short ones. */
static void nth_text(unsigned n, const char *alphabet, char *out)
{
    unsigned letters = (unsigned)strlen(alphabet);
    for (; n; n = (n - 1) / letters)
        *out++ = alphabet[(n - 1) % letters];
    *out = '\0';
}

START_TEST(every_short_pattern_matches_what_the_definition_says)
{
    enum { PATTERNS = 1093, PATHS = 255 }; /* up to 6 characters of three kinds; up to 7 of two */
    char text[10], path[10];
    unsigned n_matches = 0;
    for (unsigned i = 0; i < PATTERNS; i++) {
        nth_text(i, "ab*", text);
        for (unsigned k = 0; k < 2 * PATHS; k++) {
            struct robots_pattern p = {text, strlen(text), k % 2};
            nth_text(k / 2, "ab", path);
            bool want = matches_simply(text, p.to_end, path);
            n_matches += want;
            ck_assert_msg(robots_match(&p, path, strlen(path)) == want, "%s%s and %s", text,
                p.to_end ? "$" : "", path);
        }
    }
    ck_assert(n_matches > 0);
}
END_TEST

static void normal(const char *text, bool is_pattern, const char *want)
{
    struct buf out = {0};
    ck_assert(robots_match_normalize(text, strlen(text), is_pattern, &out));
    ck_assert(buf_append(&out, "", 1));
    ck_assert_str_eq((char *)out.data, want);
    buf_fini(&out);
}

START_TEST(the_normal_form_of_a_normal_form_is_itself)
{
    for (unsigned byte = 0; byte < 256; byte++) {
        char encoded[20], once[80];
        for (int in_query = 0; in_query < 2; in_query++) {
            snprintf(encoded, sizeof encoded, "/a%s%%%02x", in_query ? "?" : "", byte);
            struct buf out = {0};
            ck_assert(robots_match_normalize(encoded, strlen(encoded), false, &out));
            snprintf(once, sizeof once, "%.*s", (int)out.len, (char *)out.data);
            buf_fini(&out);
            normal(once, false, once);
        }
    }
}
END_TEST

START_TEST(wildcards_stay_in_patterns_alone)
{
    normal("/*a$", true, "/*a$");
    normal("/*a$", false, "/%2Aa%24");
    normal("/$*%2a%24", true, "/%24*%2A%24");
    normal("/a%2fb?c%2fd%3D", false, "/a%2Fb?c/d%3D");
    normal("/%7e%7E~%", false, "/~~~%25");
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, every_short_pattern_matches_what_the_definition_says);
    tcase_add_test(t, the_normal_form_of_a_normal_form_is_itself);
    tcase_add_test(t, wildcards_stay_in_patterns_alone);
}

int main(void)
{
    return test_main("robots_match", add);
}
