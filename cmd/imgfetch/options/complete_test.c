#include "cmd/imgfetch/options/complete.h"

#include "base/test.h"
#include "cmd/imgfetch/options/options_table.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MAX_WORDS = 16 };

static char dir[] = "/tmp/complete_test.XXXXXX", answer[sizeof dir + 10], list[sizeof dir + 10];

static void make_dir(void)
{
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(answer, sizeof answer, "%s/answer", dir);
    snprintf(list, sizeof list, "%s/list.csv", dir);
    FILE *f = fopen(list, "w");
    ck_assert_ptr_nonnull(f);
    fputs("url,my caption,\"odd, name\",license\nhttp://a/,b,c,d\n", f);
    ck_assert_int_eq(fclose(f), 0);
}

static void remove_dir(void)
{
    unlink(answer);
    unlink(list);
    rmdir(dir);
}

/* The answer for a word of a line, which is split at single spaces: "KIND PREFIX: " and the words,
 * each followed by a space, without the texts about them. "LIST" in the line is the list. */
static const char *fits(unsigned word, const char *text)
{
    static char copy[1000], out[10000];
    const char *words[MAX_WORDS];
    size_t n = 0;
    char line[1000];
    snprintf(copy, sizeof copy, "%s", text);
    for (char *rest = copy, *at; (at = strsep(&rest, " ")) && n < MAX_WORDS;)
        words[n++] = strcmp(at, "LIST") != 0 ? at : list;
    struct options o = {.word = word, .pipeline = {.lists = words, .n_lists = n}};
    ck_assert_ptr_nonnull(freopen(answer, "w+", stdout));
    complete_print(&o);
    rewind(stdout);
    *out = '\0';
    for (int i = 0; fgets(line, sizeof line, stdout); i++) {
        line[strcspn(line, "\n")] = '\0';
        char *tab = strchr(line, '\t');
        ck_assert_msg(tab != NULL, "%s", line);
        *tab = i ? '\0' : ' ';
        strcat(strcat(out, line), i ? " " : ": ");
    }
    return out;
}

START_TEST(all_options_are_completed)
{
    for (const struct options_row *row = options_table; row->name; row++) {
        char line[100], word[100], argument[OPTIONS_ARGUMENT_SIZE];
        snprintf(line, sizeof line, "imgfetch --%s", row->name);
        bool has_value = options_print_argument(row, argument);
        snprintf(word, sizeof word, " --%s%s ", row->name, has_value ? "=" : "");
        ck_assert_msg(
            (strstr(fits(1, line), word) != NULL) == (row->topic != TOPIC_HIDDEN), "%s", line);
    }
    ck_assert_str_eq(fits(1, "imgfetch --fr"), "words : --fresh ");
    ck_assert_str_eq(fits(1, "imgfetch --ref"), "words : --referer-col= --referer= --refresh ");
    ck_assert_str_eq(fits(1, "imgfetch --shuf"), "words : --shuffle --shuffle= ");
    ck_assert_str_eq(fits(1, "imgfetch --no-such"), "words : ");
    ck_assert_ptr_nonnull(strstr(fits(1, "imgfetch -"), " -o "));
}
END_TEST

START_TEST(all_words_of_an_option_are_values)
{
    for (const struct options_row *row = options_table; row->name; row++) {
        const char *values[OPTIONS_MAX_VALUES];
        char line[100];
        snprintf(line, sizeof line, "imgfetch --%s=", row->name);
        options_values(row, values);
        for (const char **value = values; *value; value++) {
            char word[100];
            snprintf(word, sizeof word, " %s ", *value);
            ck_assert_msg(strstr(fits(1, line), word) != NULL, "%s%s", line, *value);
        }
    }
}
END_TEST

START_TEST(a_value_stands_behind_its_option)
{
    ck_assert_str_eq(fits(1, "imgfetch --filter=m"), "words --filter=: mitchell ");
    ck_assert_str_eq(fits(2, "imgfetch --filter m"), "words : mitchell ");
    ck_assert_str_eq(fits(1, "imgfetch --filt=m"), "words --filt=: mitchell ");
    ck_assert_str_eq(fits(2, "imgfetch -b se"), "words : serial ");
    ck_assert_str_eq(fits(1, "imgfetch -qbse"), "words -qb: serial ");
    ck_assert_str_eq(fits(1, "imgfetch --quiet=y"), "words : ");
    ck_assert_str_eq(fits(1, "imgfetch --retries="), "words --retries=: ");
    ck_assert_str_eq(fits(1, "imgfetch --help=net"), "words --help=: network ");
}
END_TEST

START_TEST(files_and_directories_are_left_to_the_shell)
{
    ck_assert_str_eq(fits(1, "imgfetch "), "files : ");
    ck_assert_str_eq(fits(2, "imgfetch -q a/b"), "files : ");
    ck_assert_str_eq(fits(2, "imgfetch -- --fr"), "files : ");
    ck_assert_str_eq(fits(2, "imgfetch -o a"), "dirs : ");
    ck_assert_str_eq(fits(1, "imgfetch --output=a"), "dirs --output=: ");
    ck_assert_str_eq(fits(1, "imgfetch -oa"), "dirs -o: ");
    ck_assert_str_eq(fits(2, "imgfetch -K a"), "files : ");
    ck_assert_str_eq(fits(3, "imgfetch --verify a b"), "dirs : ");
    ck_assert_str_eq(fits(2, "imgfetch --report a"), "dirs : ");
    ck_assert_str_eq(fits(3, "imgfetch --report=a --compare b"), "files : ");
}
END_TEST

START_TEST(lists_with_commas_go_on)
{
    ck_assert_str_eq(fits(1, "imgfetch --retry-failed=timeout,dns"),
        "more --retry-failed=timeout,: dns_not_found dns_failure ");
    ck_assert_str_eq(fits(1, "imgfetch --retry-failed=dns_failure,dns"),
        "more --retry-failed=dns_failure,: dns_not_found ");
    ck_assert_ptr_null(strstr(fits(1, "imgfetch --retry-failed="), " cancelled "));
    ck_assert_str_eq(fits(1, "imgfetch --compare=p"), "more --compare=: pools procs ");
    ck_assert_str_eq(fits(1, "imgfetch --compare=async,p"), "more --compare=async,: procs ");
    ck_assert_str_eq(fits(1, "imgfetch --thumb=64:c"), "words --thumb=64:: cover ");
    ck_assert_str_eq(fits(2, "imgfetch -t 6"), "words : 64 ");
}
END_TEST

START_TEST(columns_are_those_of_a_list_on_the_line)
{
    ck_assert_str_eq(
        fits(2, "imgfetch LIST --url-col="), "words --url-col=: url my caption license ");
    ck_assert_str_eq(fits(1, "imgfetch --url-col=u LIST"), "words --url-col=: url ");
    ck_assert_str_eq(fits(2, "imgfetch --caption-col m -q LIST"), "words : my caption ");
    ck_assert_str_eq(fits(2, "imgfetch LIST --keep-cols=url,l"), "more --keep-cols=url,: license ");
    ck_assert_str_eq(fits(2, "imgfetch LIST --keep-cols=license,l"), "more --keep-cols=license,: ");
    ck_assert_str_eq(
        fits(2, "imgfetch LIST --keep-cols=license=by,l"), "more --keep-cols=license=by,: ");
    ck_assert_str_eq(fits(1, "imgfetch --url-col="), "words --url-col=: ");
}
END_TEST

START_TEST(a_template_has_fields_and_the_columns_that_are_read)
{
    ck_assert_str_eq(
        fits(1, "imgfetch --name={"), "more --name={: key} index} host} basename} sha256} ");
    ck_assert_str_eq(fits(2, "imgfetch --name {key}-{b"), "more {key}-{: basename} ");
    ck_assert_str_eq(fits(1, "imgfetch --name={key}"),
        "more --name={key}: {key} {index} {host} {basename} {sha256} ");
    ck_assert_str_eq(fits(3, "imgfetch --keep-cols=license,artist --caption-col=x --name={c"),
        "more --name={: caption} ");
    ck_assert_str_eq(
        fits(1, "imgfetch --name={a --keep-cols=license,artist"), "more --name={: artist} ");
    ck_assert_str_eq(
        fits(1, "imgfetch --name={a --keep-cols=license=author,x=y=z"), "more --name={: author} ");
}
END_TEST

START_TEST(a_word_that_is_not_there_has_no_answer)
{
    ck_assert_str_eq(fits(3, "imgfetch a"), "");
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, make_dir, remove_dir);
    tcase_add_test(t, all_options_are_completed);
    tcase_add_test(t, all_words_of_an_option_are_values);
    tcase_add_test(t, a_value_stands_behind_its_option);
    tcase_add_test(t, files_and_directories_are_left_to_the_shell);
    tcase_add_test(t, lists_with_commas_go_on);
    tcase_add_test(t, columns_are_those_of_a_list_on_the_line);
    tcase_add_test(t, a_template_has_fields_and_the_columns_that_are_read);
    tcase_add_test(t, a_word_that_is_not_there_has_no_answer);
}

int main(void)
{
    return test_main("complete", add);
}
