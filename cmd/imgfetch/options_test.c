#include "cmd/imgfetch/options.h"

#include "base/test.h"

#include <string.h>

enum { MAX_WORDS = 16 };

/* Splits at spaces, in place. */
static int split(char *line, char *argv[MAX_WORDS + 1])
{
    int n = 0;
    for (char *word = strtok(line, " "); word && n < MAX_WORDS; word = strtok(NULL, " "))
        argv[n++] = word;
    argv[n] = NULL;
    return n;
}

/* What options_again() makes of a command line, with a space after each word. */
static const char *again(const char *line, const char *const *without)
{
    static char text[1000];
    char copy[1000], *argv[MAX_WORDS + 1];
    snprintf(copy, sizeof copy, "%s", line);
    int argc = split(copy, argv);
    char **words = options_again(argc, argv, without);
    *text = '\0';
    for (char **word = words; *word; word++)
        strcat(strcat(text, *word), " ");
    options_again_free(words);
    return text;
}

START_TEST(a_command_line_is_said_again_in_long_words)
{
    static const char *const none[] = {NULL};
    ck_assert_str_eq(again("imgfetch", none), "");
    ck_assert_str_eq(again("imgfetch list.txt", none), "");
    ck_assert_str_eq(
        again("imgfetch -c 5 list.txt -qo dir", none), "--concurrency=5 --quiet --output=dir ");
    ck_assert_str_eq(
        again("imgfetch --thumb 64 -t 128:cover", none), "--thumb=64 --thumb=128:cover ");
    ck_assert_str_eq(
        again("imgfetch --shuffle --compare=async", none), "--shuffle --compare=async ");
    ck_assert_str_eq(again("imgfetch --limit=3 -- -c 5", none), "--limit=3 "); /* -c is a list */
}
END_TEST

START_TEST(what_is_left_out_is_left_out_however_it_was_spelt)
{
    static const char *const without[] = {"output", "compare", NULL};
    ck_assert_str_eq(again("imgfetch -o a --output=b --outp c -ofoo --compare -c 1", without),
        "--concurrency=1 ");
}
END_TEST

START_TEST(asked_twice_it_says_the_same)
{
    static const char *const none[] = {NULL};
    ck_assert_str_eq(again("imgfetch a -c 5 b -q", none), "--concurrency=5 --quiet ");
    ck_assert_str_eq(again("imgfetch a -c 5 b -q", none), "--concurrency=5 --quiet ");
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, a_command_line_is_said_again_in_long_words);
    tcase_add_test(t, what_is_left_out_is_left_out_however_it_was_spelt);
    tcase_add_test(t, asked_twice_it_says_the_same);
}

int main(void)
{
    return test_main("options", add);
}
