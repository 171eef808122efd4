#include "cmd/imgfetch/options/commandline.h"
#include "base/test.h"

#include <stdio.h>
#include <string.h>

enum { MAX_WORDS = 16 };

/* The items of a command line, split at spaces: "--name=<value>" for an option, "<value>" for a
 * list, and the kind of the first one that is wrong, with its
 * word. */
static const char *items(const char *text)
{
    static const char *const kinds[] = {
        [COMMANDLINE_UNKNOWN] = "unknown",
        [COMMANDLINE_AMBIGUOUS] = "ambiguous",
        [COMMANDLINE_TAKES_NO_VALUE] = "no value",
        [COMMANDLINE_NEEDS_VALUE] = "needs",
        [COMMANDLINE_ONE_DASH] = "one dash",
    };
    static char copy[1000], out[1000];
    char *words[MAX_WORDS + 1];
    struct commandline_item item;
    int n = 0;
    snprintf(copy, sizeof copy, "%s", text);
    for (char *word = strtok(copy, " "); word && n < MAX_WORDS; word = strtok(NULL, " "))
        words[n++] = word;
    words[n] = NULL;
    *out = '\0';
    commandline_begin(n, words);
    while ((item = commandline_next()).kind != COMMANDLINE_END) {
        size_t len = strlen(out);
        if (item.kind == COMMANDLINE_LIST)
            snprintf(out + len, sizeof out - len, "<%s> ", item.word);
        else if (item.kind == COMMANDLINE_OPTION)
            snprintf(out + len, sizeof out - len, "--%s=<%s> ", item.row->name,
                item.value ? item.value : "");
        else {
            snprintf(out + len, sizeof out - len, "%s %s%s%.1s", kinds[item.kind], item.word,
                item.letter ? ":" : "", item.letter ? &item.letter : "");
            break;
        }
    }
    return out;
}

START_TEST(options_and_lists_come_in_any_order)
{
    ck_assert_str_eq(items("imgfetch a -qo b c --limit=3 --limit 4 -ofoo d"),
        "<a> --quiet=<> --output=<b> <c> --limit=<3> --limit=<4> --output=<foo> <d> ");
    ck_assert_str_eq(items("imgfetch -q -- -q --no-such"), "--quiet=<> <-q> <--no-such> ");
    ck_assert_str_eq(items("imgfetch -"), "<-> ");
    ck_assert_str_eq(items("imgfetch --shuffle 5 --shuffle=5"), "--shuffle=<> <5> --shuffle=<5> ");
    ck_assert_str_eq(items("imgfetch"), "");
}
END_TEST

START_TEST(the_option_that_is_wrong_is_the_one_that_is_told)
{
    ck_assert_str_eq(items("imgfetch -o zz9 -j4 a"), "--output=<zz9> unknown -j4:j");
    ck_assert_str_eq(items("imgfetch a -qZq"), "<a> --quiet=<> unknown -qZq:Z");
    ck_assert_str_eq(items("imgfetch a -q --no-such=5 b"), "<a> --quiet=<> unknown --no-such=5");
    ck_assert_str_eq(items("imgfetch a --quiet=5 b"), "<a> no value --quiet=5");
    ck_assert_str_eq(items("imgfetch a --ret b"), "<a> ambiguous --ret");
    ck_assert_str_eq(items("imgfetch a -qo"), "<a> --quiet=<> needs -qo:o");
    ck_assert_str_eq(items("imgfetch a --output"), "<a> needs --output");
}
END_TEST

START_TEST(long_options_may_be_abbreviated_unless_they_are_hidden)
{
    ck_assert_str_eq(items("imgfetch --outp a --verb"), "--output=<a> --verbose=<> ");
    ck_assert_str_eq(
        items("imgfetch --test-faults --test-fault"), "--test-faults=<> unknown --test-fault");
    ck_assert_str_eq(items("imgfetch --stats-fd=5 --stats=5"), "--stats-fd=<5> unknown --stats=5");
}
END_TEST

START_TEST(a_long_option_behind_one_dash_is_no_letters)
{
    ck_assert_str_eq(items("imgfetch -verify"), "one dash -verify");
    ck_assert_str_eq(items("imgfetch -output=a"), "one dash -output=a");
    ck_assert_str_eq(items("imgfetch -timeout 5"), "one dash -timeout");
    ck_assert_str_eq(
        items("imgfetch -opics -t64 -vq"), "--output=<pics> --thumb=<64> --verbose=<> --quiet=<> ");
}
END_TEST

static const char *unknown(const char *name)
{
    return commandline_unknown(name, strlen(name));
}

START_TEST(a_name_that_is_near_is_suggested)
{
    ck_assert_str_eq(unknown("refrsh"), "unknown option; did you mean --refresh?");
    ck_assert_str_eq(unknown("nothumb"), "unknown option; did you mean --no-thumbs?");
    ck_assert_str_eq(unknown("thumbs"), "unknown option; did you mean --thumb?");
    ck_assert_str_eq(unknown("conc"), "unknown option; did you mean --concurrency?");
    ck_assert_str_eq(unknown("zzzzz"), "unknown option");
    ck_assert_str_eq(unknown("test-fault"), "unknown option"); /* hidden */
    ck_assert_str_eq(unknown(""), "unknown option");
}
END_TEST

#define TABLE " (img2dataset's options: cmd/imgfetch/img2dataset.md)"

START_TEST(underscores_are_hyphens)
{
    ck_assert_str_eq(unknown("url_col"), "unknown option; did you mean --url-col?" TABLE);
    ck_assert_str_eq(unknown("retry_max"), "unknown option; did you mean --retry-max-wait?" TABLE);
    ck_assert_str_eq(unknown("output_folder"), "unknown option; did you mean --output?" TABLE);
    ck_assert_str_eq(unknown("output-folder"), "unknown option; did you mean --output?");
    ck_assert_str_eq(
        unknown("url_list"), "unknown option; a list is given by its name alone" TABLE);
    ck_assert_str_eq(unknown("zzz_zzzzz"), "unknown option" TABLE);
}
END_TEST

START_TEST(options_of_img2dataset_are_known_by_their_names_here)
{
    static const char *const names[] = {"image_size", "thread_count", "number_sample_per_shard",
        "save_additional_columns", "encode_quality", "verify_hash", "compute_md5",
        "ignore_ssl_certificate"};
    static const char *const here[] = {"thumb", "concurrency", "shard-size", "keep-cols", "quality",
        "hash-col", "hash", "insecure"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char text[160];
        snprintf(text, sizeof text, "unknown option; did you mean --%s?" TABLE, here[i]);
        ck_assert_str_eq(unknown(names[i]), text);
        ck_assert_ptr_nonnull(options_row_named(here[i]));
    }
}
END_TEST

START_TEST(a_value_that_is_missing_is_named)
{
    ck_assert_str_eq(
        commandline_needs_value(options_row_named("output")), "needs a value: --output=DIR");
    ck_assert_str_eq(commandline_needs_value(options_row_named("thumb-format")),
        "needs a value: --thumb-format=jpg|png|webp");
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, options_and_lists_come_in_any_order);
    tcase_add_test(t, the_option_that_is_wrong_is_the_one_that_is_told);
    tcase_add_test(t, long_options_may_be_abbreviated_unless_they_are_hidden);
    tcase_add_test(t, a_long_option_behind_one_dash_is_no_letters);
    tcase_add_test(t, a_name_that_is_near_is_suggested);
    tcase_add_test(t, underscores_are_hyphens);
    tcase_add_test(t, options_of_img2dataset_are_known_by_their_names_here);
    tcase_add_test(t, a_value_that_is_missing_is_named);
}

int main(void)
{
    return test_main("commandline", add);
}
