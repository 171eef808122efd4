#include "cmd/imgfetch/options/config.h"

#include "base/test.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[] = "/tmp/config_test.XXXXXX", path[sizeof dir + 10];

static void make_dir(void)
{
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/config", dir);
}

static void remove_dir(void)
{
    unlink(path);
    rmdir(dir);
}

static void write_file(const char *text, size_t len)
{
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(text, 1, len, file), len);
    ck_assert_int_eq(fclose(file), 0);
}

/* The options of a file, as "name" or "name=<value>", each followed by a space. */
static const char *said(const char *text)
{
    static char out[1000];
    struct settings s = {0};
    char *where = NULL;
    write_file(text, strlen(text));
    const char *why = config_read(path, &s, &where);
    ck_assert_msg(!why, "%s: %s", where, why);
    *out = '\0';
    for (size_t i = 0; i < s.n; i++) {
        size_t len = strlen(out);
        snprintf(out + len, sizeof out - len, s.at[i].value ? "%s=<%s> " : "%s ", s.at[i].name,
            s.at[i].value);
    }
    settings_fini(&s);
    return out;
}

/* The error in a file, as "LINE: why". */
static const char *fault_of(const char *text, size_t len)
{
    static char out[200];
    struct settings s = {0};
    char *where = NULL;
    write_file(text, len);
    const char *why = config_read(path, &s, &where);
    ck_assert_ptr_nonnull(why);
    ck_assert_int_eq(strncmp(where, path, strlen(path)), 0);
    snprintf(out, sizeof out, "%s: %s", where + strlen(path), why);
    free(where);
    settings_fini(&s);
    return out;
}

static const char *fault(const char *text)
{
    return fault_of(text, strlen(text));
}

START_TEST(a_value_stands_behind_an_equals_sign_a_colon_or_white_space)
{
    ck_assert_str_eq(said("timeout=5\ntimeout = 5\ntimeout: 5\ntimeout :5\ntimeout 5\ntimeout\t5"),
        "timeout=<5> timeout=<5> timeout=<5> timeout=<5> timeout=<5> timeout=<5> ");
    ck_assert_str_eq(said("thumb = 64x64:cover\nproxy http://a:1/\n"),
        "thumb=<64x64:cover> proxy=<http://a:1/> ");
}
END_TEST

START_TEST(an_option_may_have_its_dashes_and_no_value)
{
    ck_assert_str_eq(said("--quiet\n  json  \n--limit=3\n--limit 3\nreferer =\n"),
        "quiet json limit=<3> limit=<3> referer ");
}
END_TEST

START_TEST(comments_and_blank_lines_say_nothing)
{
    ck_assert_str_eq(said(""), "");
    ck_assert_str_eq(said("# quiet\n\n \t\n  # json\nlimit = 3 # rows\nquiet # less\njson\t#"),
        "limit=<3> quiet json ");
    ck_assert_str_eq(
        said("background = #ffffff\nname = a#b\n"), "background=<#ffffff> name=<a#b> ");
}
END_TEST

START_TEST(a_value_in_quotes_may_have_anything_in_it)
{
    ck_assert_str_eq(
        said("header = \"A: b c\"\nheader \"A: # b\" # c\nreferer=\"\"\nname \"=x\"\n"),
        "header=<A: b c> header=<A: # b> referer=<> name=<=x> ");
    ck_assert_str_eq(
        said("name = \"\\\\ \\\" \\t \\n \\r \\v \\q\"\n"), "name=<\\ \" \t \n \r \v q> ");
    ck_assert_str_eq(said("name = a\"b\nname = \\t\n"), "name=<a\"b> name=<\\t> ");
}
END_TEST

START_TEST(files_of_other_systems_are_read)
{
    ck_assert_str_eq(said("\xef\xbb\xbfquiet\r\nlimit = 3\r\n\r\nname = \"a b\"\r\n"),
        "quiet limit=<3> name=<a b> ");
    ck_assert_str_eq(said("\xef\xbb\xbf"), "");
}
END_TEST

START_TEST(what_curl_would_guess_at_is_an_error_with_its_line)
{
    const char *spaces = ":2: a value with white space needs double quotes";
    ck_assert_str_eq(fault("quiet\nheader = A: b\n"), spaces);
    ck_assert_str_eq(fault("quiet\nname a\rjson\r"), spaces);
    ck_assert_str_eq(fault("name = \"a\nquiet\n"), ":1: a quote is not closed");
    ck_assert_str_eq(fault("\n\nname = \"a\\\""), ":3: a quote is not closed");
    ck_assert_str_eq(fault("name = \"a\\"), ":1: a quote is not closed");
    ck_assert_str_eq(fault("name = \"a\\\nname = \"b\"\n"), ":1: a quote is not closed");
    ck_assert_str_eq(fault("name = \"a\"b\n"), ":1: text after the closing quote");
    ck_assert_str_eq(fault("-c 5\n"), ":1: a file may contain only long options");
    ck_assert_str_eq(fault("-\n"), ":1: a file may contain only long options");
    ck_assert_str_eq(fault("--\n"), ":1: there is no option on this line");
    ck_assert_str_eq(fault("= 5\n"), ":1: there is no option on this line");
}
END_TEST

START_TEST(what_is_no_text_is_no_file_of_options)
{
    static char large[CONFIG_MAX_SIZE + 1];
    ck_assert_str_eq(fault_of("q\0u\0", 4), ": not a text file: it contains a NUL byte");
    memset(large, '#', sizeof large);
    ck_assert_str_eq(fault_of(large, sizeof large), ": the file is larger than 1 MB");
    write_file(large, sizeof large - 1);
    char *where = NULL;
    struct settings none = {0};
    ck_assert_ptr_null(config_read(path, &none, &where));
    ck_assert_uint_eq(none.n, 0);
}
END_TEST

START_TEST(a_file_that_cannot_be_read_is_an_error)
{
    struct settings none = {0};
    char *where = NULL;
    ck_assert_str_eq(config_read("/nonexistent/a", &none, &where), "No such file or directory");
    ck_assert_str_eq(where, "/nonexistent/a");
    free(where);
    ck_assert_str_eq(config_read("/", &none, &where), "Is a directory");
    ck_assert_str_eq(where, "/");
    free(where);
}
END_TEST

/* What config_read_all() reads with this command line. */
static size_t count_all(const char *option, const char *value)
{
    struct settings typed = {0}, ret = {0};
    char *where = NULL;
    settings_add(&typed, option, value, NULL);
    const char *why = config_read_all(&typed, &ret, &where);
    ck_assert_msg(!why, "%s: %s", where, why);
    size_t n = ret.n;
    settings_fini(&typed);
    settings_fini(&ret);
    return n;
}

START_TEST(the_users_own_file_is_read_where_no_other_is_named)
{
    char own[sizeof path + 30], folder[sizeof path + 10];
    write_file("quiet\n", 6);
    snprintf(folder, sizeof folder, "%s/imgfetch", dir);
    snprintf(own, sizeof own, "%s/config", folder);
    setenv("XDG_CONFIG_HOME", dir, 1);
    ck_assert_uint_eq(count_all("json", NULL), 0);
    ck_assert_int_eq(mkdir(folder, 0700), 0);
    ck_assert_uint_eq(count_all("json", NULL), 0);
    FILE *file = fopen(own, "w");
    ck_assert_ptr_nonnull(file);
    fputs("quiet\njson\n", file);
    fclose(file);
    ck_assert_uint_eq(count_all("json", NULL), 2);
    ck_assert_uint_eq(count_all("config", path), 1);
    ck_assert_uint_eq(count_all("config", ""), 0);
    unlink(own);
    rmdir(folder);
}
END_TEST

START_TEST(it_is_below_home_when_the_other_place_is_not_absolute)
{
    char folder[sizeof path + 30], own[sizeof path + 40];
    snprintf(folder, sizeof folder, "%s/.config", dir);
    ck_assert_int_eq(mkdir(folder, 0700), 0);
    snprintf(own, sizeof own, "%s/.config/imgfetch", dir);
    ck_assert_int_eq(mkdir(own, 0700), 0);
    snprintf(own, sizeof own, "%s/.config/imgfetch/config", dir);
    write_file("quiet\n", 6);
    ck_assert_int_eq(rename(path, own), 0);
    setenv("HOME", dir, 1);
    static const char *const elsewhere[] = {"", "relative"};
    for (int i = 0; i < 2; i++) {
        setenv("XDG_CONFIG_HOME", elsewhere[i], 1);
        ck_assert_uint_eq(count_all("json", NULL), 1);
    }
    unsetenv("XDG_CONFIG_HOME");
    ck_assert_uint_eq(count_all("json", NULL), 1);
    setenv("HOME", "", 1);
    ck_assert_uint_eq(count_all("json", NULL), 0);
    unsetenv("HOME");
    ck_assert_uint_eq(count_all("json", NULL), 0);
    unlink(own);
    *strrchr(own, '/') = '\0';
    rmdir(own);
    rmdir(folder);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, make_dir, remove_dir);
    tcase_add_test(t, a_value_stands_behind_an_equals_sign_a_colon_or_white_space);
    tcase_add_test(t, an_option_may_have_its_dashes_and_no_value);
    tcase_add_test(t, comments_and_blank_lines_say_nothing);
    tcase_add_test(t, a_value_in_quotes_may_have_anything_in_it);
    tcase_add_test(t, files_of_other_systems_are_read);
    tcase_add_test(t, what_curl_would_guess_at_is_an_error_with_its_line);
    tcase_add_test(t, what_is_no_text_is_no_file_of_options);
    tcase_add_test(t, a_file_that_cannot_be_read_is_an_error);
    tcase_add_test(t, the_users_own_file_is_read_where_no_other_is_named);
    tcase_add_test(t, it_is_below_home_when_the_other_place_is_not_absolute);
}

int main(void)
{
    return test_main("config", add);
}
