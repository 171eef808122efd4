#include "cmd/imgfetch/status/shellword.h"
#include "base/test.h"

static void expect(const char *path, const char *word)
{
    char *is = shellword_path(path);
    ck_assert_str_eq(is, word);
    free(is);
}

START_TEST(a_plain_path_stays_as_it_is)
{
    expect("out", "out");
    expect("/data/set_1/a-b.c,d=e", "/data/set_1/a-b.c,d=e");
}
END_TEST

START_TEST(what_a_shell_would_find_is_quoted)
{
    expect("my pictures", "'my pictures'");
    expect("it's", "'it'\\''s'");
    expect("$HOME", "'$HOME'");
    expect("~", "'~'");
    expect("a*b;c", "'a*b;c'");
    expect("", "''");
    expect("\xe7\x8c\xab", "'\xe7\x8c\xab'");
}
END_TEST

START_TEST(a_path_is_never_an_option)
{
    expect("-o", "./-o");
    expect("-n x", "'./-n x'");
}
END_TEST

START_TEST(what_a_terminal_would_obey_is_escaped)
{
    expect("a\nb'\\", "$'a\\012b\\'\\\\'");
    expect("\x1b[2J", "$'\\033[2J'");
    expect("\xff", "$'\\377'");
    expect("\xe2\x80\xae", "$'\\342\\200\\256'"); /* U+202E */
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, a_plain_path_stays_as_it_is);
    tcase_add_test(t, what_a_shell_would_find_is_quoted);
    tcase_add_test(t, a_path_is_never_an_option);
    tcase_add_test(t, what_a_terminal_would_obey_is_escaped);
}

int main(void)
{
    return test_main("shellword", add);
}
