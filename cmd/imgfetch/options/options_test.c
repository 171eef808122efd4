#include "cmd/imgfetch/options/options_table.h"

#include "base/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_WORDS = 16 };

static const char *const none[] = {NULL};

/* The user's own file is $XDG_CONFIG_HOME/imgfetch/config. */
static char home[] = "/tmp/options_test.XXXXXX", folder[sizeof home + 20], file[sizeof home + 20];

static void make_home(void)
{
    ck_assert_ptr_nonnull(mkdtemp(home));
    snprintf(folder, sizeof folder, "%s/imgfetch", home);
    snprintf(file, sizeof file, "%s/imgfetch/config", home);
    ck_assert_int_eq(mkdir(folder, 0700), 0);
    setenv("XDG_CONFIG_HOME", home, 1);
}

static void remove_home(void)
{
    unlink(file);
    rmdir(folder);
    rmdir(home);
}

static void write_file(const char *text)
{
    FILE *f = fopen(file, "w");
    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    ck_assert_int_eq(fclose(f), 0);
}

static char copy[1000], *words[MAX_WORDS + 1];

/* Splits a command line at spaces. Valid until the next call. */
static bool parse(const char *line, struct options *ret)
{
    int n = 0;
    snprintf(copy, sizeof copy, "%s", line);
    for (char *word = strtok(copy, " "); word && n < MAX_WORDS; word = strtok(NULL, " "))
        words[n++] = word;
    words[n] = NULL;
    return options_parse(n, words, ret);
}

/* The settings that apply with a command line, as another process gets them, each word followed by
 * a space. */
static const char *given(const char *line, const char *const *without)
{
    static char text[1000];
    struct options o;
    ck_assert(parse(line, &o));
    char **again = settings_words(&o.given, without);
    ck_assert_str_eq(again[0], "--config=");
    *text = '\0';
    for (char **word = again + 1; *word; word++)
        strcat(strcat(text, *word), " ");
    settings_words_free(again);
    options_fini(&o);
    return text;
}

/* The same, with this file of options. */
static const char *given_with(const char *text, const char *line)
{
    write_file(text);
    return given(line, none);
}

/* The message about an error in a file, from ":LINE" on. */
static const char *fault(const char *text)
{
    static char told[1000];
    struct options o;
    char name[sizeof home + 20];
    write_file(text);
    snprintf(name, sizeof name, "%s/stderr", home);
    ck_assert_ptr_nonnull(freopen(name, "w+", stderr));
    ck_assert(!parse("imgfetch list.txt", &o));
    options_fini(&o);
    rewind(stderr);
    ck_assert_ptr_nonnull(fgets(told, sizeof told, stderr));
    unlink(name);
    told[strcspn(told, "\n")] = '\0';
    char *behind = strstr(told, file);
    ck_assert_msg(behind, "%s", told);
    return behind + strlen(file);
}

START_TEST(a_command_line_is_said_again_in_long_words)
{
    ck_assert_str_eq(given("imgfetch list.txt", none), "");
    ck_assert_str_eq(
        given("imgfetch -c 5 list.txt -qo dir", none), "--concurrency=5 --quiet --output=dir ");
    ck_assert_str_eq(
        given("imgfetch --thumb 64 -t 128:cover a", none), "--thumb=64 --thumb=128:cover ");
    ck_assert_str_eq(
        given("imgfetch --shuffle --compare=async a", none), "--shuffle --compare=async ");
    ck_assert_str_eq(given("imgfetch --limit=3 -- -c 5", none), "--limit=3 "); /* -c is a list */
}
END_TEST

START_TEST(what_is_left_out_is_left_out_however_it_was_spelt)
{
    static const char *const without[] = {"output", "compare", NULL};
    ck_assert_str_eq(given("imgfetch -o a --output=b --outp c -ofoo --compare -c 1 a", without),
        "--concurrency=1 ");
}
END_TEST

START_TEST(asked_twice_it_says_the_same)
{
    ck_assert_str_eq(given("imgfetch a -c 5 b -q", none), "--concurrency=5 --quiet ");
    ck_assert_str_eq(given("imgfetch a -c 5 b -q", none), "--concurrency=5 --quiet ");
}
END_TEST

START_TEST(the_command_line_wins_over_a_file)
{
    struct options o;
    write_file("concurrency = 7\nretries = 1\nuser-agent = \"a b\"\nrobots-txt\n");
    ck_assert(parse("imgfetch -c 9 list.txt", &o));
    ck_assert_uint_eq(o.pipeline.concurrency, 9);
    ck_assert_uint_eq(o.pipeline.retries, 1);
    ck_assert_str_eq(o.pipeline.transfer.agent, "a b");
    ck_assert(o.pipeline.robots_txt);
    ck_assert_uint_eq(o.pipeline.n_lists, 1);
    options_fini(&o);
}
END_TEST

START_TEST(what_can_be_repeated_adds_up)
{
    struct options o;
    write_file("header = \"A: b\"\nallow-net = 10.0.0.0/8\nresolve = a.test:80:127.0.0.1\n");
    ck_assert(
        parse("imgfetch -H C:d --allow-net=fd00::/8 --resolve=b.test:80:127.0.0.1 a.txt", &o));
    ck_assert_uint_eq(o.headers.n, 2);
    ck_assert_str_eq(o.headers.at[0], "A: b");
    ck_assert_str_eq(o.headers.at[1], "C:d");
    ck_assert_uint_eq(o.pipeline.transfer.n_allow, 2);
    ck_assert_uint_eq(o.pins.n, 2);
    options_fini(&o);
}
END_TEST

START_TEST(what_is_counted_adds_up)
{
    struct options o;
    write_file("verbose\n");
    ck_assert(parse("imgfetch a.txt", &o));
    ck_assert_uint_eq(o.verbose, 1);
    options_fini(&o);
    ck_assert(parse("imgfetch -v a.txt", &o));
    ck_assert_uint_eq(o.verbose, 2);
    options_fini(&o);
    ck_assert_str_eq(given("imgfetch --config= -vv a", none), "--verbose --verbose ");
}
END_TEST

START_TEST(options_that_say_one_thing_together_are_replaced_together)
{
    ck_assert_str_eq(given_with("thumb=64\nthumb=128\n", "imgfetch a"), "--thumb=64 --thumb=128 ");
    ck_assert_str_eq(given_with("thumb=64\nthumb=128\n", "imgfetch -t 64 a"), "--thumb=64 ");
    ck_assert_str_eq(given_with("thumb=64\n", "imgfetch --no-thumbs a"), "--no-thumbs ");
    ck_assert_str_eq(given_with("no-thumbs\n", "imgfetch -t 64 a"), "--thumb=64 ");
    ck_assert_str_eq(given_with("ipv4\n", "imgfetch -6 a"), "--ipv6 ");
    ck_assert_str_eq(given_with("http3\n", "imgfetch --http1.1 a"), "--http1.1 ");
    ck_assert_str_eq(given_with("refresh\nretry-failed\n", "imgfetch --fresh a"), "--fresh ");
    ck_assert_str_eq(given_with("retry-failed=timeout\n", "imgfetch --retry-failed=stalled a"),
        "--retry-failed=stalled ");
    ck_assert_str_eq(given_with("fresh\n", "imgfetch --verify"), "--verify ");
    ck_assert_str_eq(given_with("retry-failed\n", "imgfetch --report"), "--report ");
}
END_TEST

START_TEST(options_that_contradict_each_other_are_refused)
{
    static const char *const lines[] = {"imgfetch --fresh --refresh a", "imgfetch -4 -6 a",
        "imgfetch -HX:y -HReferer:z --format=csv --referer-col=2 a",
        "imgfetch --fresh --retry-failed a", "imgfetch --thumb=64 --no-thumbs a",
        "imgfetch --blur-col=x --no-thumbs --format=csv a",
        "imgfetch --blur-col=x --layout=flat --name={sha256} --format=csv a",
        "imgfetch --phash --no-thumbs a", "imgfetch --layout=webdataset --name={host} a",
        "imgfetch --verify --fresh", "imgfetch --verify --report=x", "imgfetch --verify -o b a",
        "imgfetch --report -o b a", "imgfetch --report a b", "imgfetch --report a.html",
        "imgfetch --report -", "imgfetch --verify --compare a", "imgfetch --update --fresh a"};
    struct options o;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        ck_assert_msg(!parse(lines[i], &o), "%s", lines[i]);
        options_fini(&o);
    }
}
END_TEST

START_TEST(what_is_only_read_is_named_as_the_output_or_by_itself)
{
    struct options o;
    write_file("output = c\n");
    ck_assert(parse("imgfetch --verify a b", &o));
    ck_assert_uint_eq(o.n_dirs, 2);
    ck_assert_str_eq(o.dirs[0], "a");
    ck_assert_str_eq(o.dirs[1], "b");
    options_fini(&o);
    ck_assert(parse("imgfetch --verify", &o));
    ck_assert_uint_eq(o.n_dirs, 1);
    ck_assert_str_eq(o.dirs[0], "c");
    options_fini(&o);
    ck_assert(parse("imgfetch --report a", &o));
    ck_assert_str_eq(o.pipeline.store.dir, "a");
    options_fini(&o);
    ck_assert(parse("imgfetch --report=page.html -o a", &o));
    ck_assert_str_eq(o.pipeline.store.dir, "a");
    ck_assert_str_eq(o.report, "page.html");
    options_fini(&o);
}
END_TEST

START_TEST(the_last_version_of_http_holds)
{
    struct options o;
    write_file("");
    ck_assert(parse("imgfetch a", &o));
    ck_assert_uint_eq(o.pipeline.transfer.http, TRANSFER_HTTP_1_1);
    options_fini(&o);
    ck_assert(parse("imgfetch --http3 --http2 a", &o));
    ck_assert_uint_eq(o.pipeline.transfer.http, TRANSFER_HTTP_2);
    options_fini(&o);
    ck_assert(parse("imgfetch --http2 --http1.1 a", &o));
    ck_assert_uint_eq(o.pipeline.transfer.http, TRANSFER_HTTP_1_1);
    options_fini(&o);
    ck_assert_int_eq(parse("imgfetch --http2 --http3 a", &o), transfer_has_http3());
    ck_assert_uint_eq(o.pipeline.transfer.http, TRANSFER_HTTP_3);
    options_fini(&o);
}
END_TEST

START_TEST(a_file_is_for_another_process_as_if_it_had_been_typed)
{
    ck_assert_str_eq(given_with("limit = 3\nuser-agent = \"a b\"\nname = \"{key}\"\n",
                         "imgfetch --limit=4 --compare a"),
        "--limit=3 --user-agent=a b --name={key} --limit=4 --compare ");
}
END_TEST

START_TEST(another_file_or_none_is_read_in_place_of_the_users_own)
{
    char line[200];
    write_file("limit = 3\n");
    ck_assert_str_eq(given("imgfetch a", none), "--limit=3 ");
    ck_assert_str_eq(given("imgfetch --config= a", none), "");
    ck_assert_str_eq(given("imgfetch -K /dev/null a", none), "");
    snprintf(line, sizeof line, "imgfetch -K %s --config=%s a", file, file);
    ck_assert_str_eq(given(line, none), "--limit=3 --limit=3 ");
}
END_TEST

START_TEST(what_is_only_printed_needs_no_file)
{
    struct options o;
    write_file("nonsense\n");
    ck_assert(parse("imgfetch --help", &o));
    options_fini(&o);
    ck_assert(!parse("imgfetch --verify", &o));
    options_fini(&o);
}
END_TEST

START_TEST(an_error_in_a_file_is_told_with_its_line)
{
    ck_assert_str_eq(fault("quiet\nno-such = 1\n"), ":2: --no-such=1: unknown option");
    ck_assert_str_eq(fault("conc = 5\n"), /* no abbreviations */
        ":1: --conc=5: unknown option; did you mean --concurrency?");
    ck_assert_str_eq(fault("c = 5\n"), ":1: --c=5: unknown option; did you mean --concurrency?");
    ck_assert_ptr_nonnull(
        strstr(fault("url_col = 5\n"), ":1: --url_col=5: unknown option; did you mean --url-col?"));
    ck_assert_str_eq(
        fault("\nconcurrency\n"), ":2: --concurrency: needs a value: --concurrency=N|auto");
    ck_assert_str_eq(
        fault("filter =\n"), ":1: --filter: needs a value: --filter=lanczos3|mitchell|area");
    ck_assert_str_eq(
        fault("max-size = 10Q\n"), ":1: --max-size=10Q: not a size (like 500K, 64M or 1.5G)");
    ck_assert_str_eq(fault("\n\ntimeout = 0\n"), ":3: --timeout=0: out of range (1ms to 1000000s)");
    ck_assert_str_eq(fault("\nname = \"{bsename}\"\n"),
        ":2: --name={bsename}: unknown field {bsename}: did you mean {basename}?");
    ck_assert_str_eq(fault("concurrency = 0\n"), ":1: --concurrency=0: out of range (1 to 65536)");
    ck_assert_str_eq(fault("quiet = yes\n"), ":1: --quiet=yes: takes no value");
    ck_assert_str_eq(fault("originals = yes\n"), ":1: --originals=yes: takes no value");
    ck_assert_str_eq(fault("urls.txt\n"), ":1: --urls.txt: unknown option");
    ck_assert_str_eq(fault("quiet json\n"), ":1: --quiet=json: takes no value");
}
END_TEST

START_TEST(what_a_run_is_for_is_said_on_the_command_line_alone)
{
    static const char *const names[] = {
        "config", "help", "version", "verify", "compare", "report", "list-backends"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char text[60], should[80];
        snprintf(text, sizeof text, "%s\n", names[i]);
        snprintf(should, sizeof should, ":1: --%s: allowed only on the command line", names[i]);
        ck_assert_str_eq(fault(text), should);
    }
}
END_TEST

static bool accepts(const char *line)
{
    struct options o;
    bool good = parse(line, &o);
    options_fini(&o);
    return good;
}

START_TEST(options_for_columns_need_a_list_that_may_have_some)
{
    static const char *const names[] = {"url-col", "caption-col", "hash-col", "referer-col",
        "fallback-cols", "keep-cols", "blur-col"};
    ck_assert(accepts("imgfetch --url-col=url a.txt"));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char line[100], text[60];
        snprintf(line, sizeof line, "imgfetch --%s=x a.txt http://a/b.csv", names[i]);
        ck_assert_msg(!accepts(line), "%s", line);
        snprintf(line, sizeof line, "imgfetch --%s=x a.txt http://a/ b.csv.gz", names[i]);
        ck_assert_msg(accepts(line), "%s", line);
        snprintf(line, sizeof line, "imgfetch --%s=x --format=jsonl -", names[i]);
        ck_assert_msg(accepts(line), "%s", line);
        snprintf(text, sizeof text, "%s x\n", names[i]);
        const char *told = fault(text);
        write_file("");
        ck_assert_msg(strstr(told, ":1: --") && strstr(told, ": no LIST has columns"), "%s", told);
    }
}
END_TEST

START_TEST(without_a_list_standard_input_is_one_if_it_can_be)
{
    struct options o;
    int ends[2], null = open("/dev/null", O_RDONLY);
    ck_assert(pipe(ends) == 0 && dup2(ends[0], STDIN_FILENO) == STDIN_FILENO);
    ck_assert(parse("imgfetch -q", &o));
    ck_assert_uint_eq(o.pipeline.n_lists, 1);
    ck_assert_str_eq(o.pipeline.lists[0], "-");
    options_fini(&o);
    ck_assert_int_eq(dup2(null, STDIN_FILENO), STDIN_FILENO);
    ck_assert(!accepts("imgfetch -q"));
    close(STDIN_FILENO);
    ck_assert(!accepts("imgfetch -q"));
    ck_assert(accepts("imgfetch -q http://a/"));
}
END_TEST

START_TEST(an_encoding_is_one_that_can_be_read)
{
    ck_assert(accepts("imgfetch --encoding=latin1 a") && accepts("imgfetch --encoding=utf8 a"));
    ck_assert(!accepts("imgfetch --encoding=no-such a") && !accepts("imgfetch --encoding= a"));
    ck_assert(!accepts("imgfetch --encoding=latin1//TRANSLIT a"));
}
END_TEST

START_TEST(what_holds_without_an_option_is_a_value_that_it_takes)
{
    struct options o;
    options_defaults(&o);
    ck_assert_uint_eq(o.pipeline.retries, 2);
    ck_assert_uint_eq(o.pipeline.transfer.max_size, 64 << 20);
    ck_assert_uint_eq(o.make.limits.max_pixels, 100000000);
    ck_assert_str_eq(o.pipeline.backend->name, "async");
    ck_assert_str_eq(o.pipeline.store.thumb_extension, "jpg");
    for (const struct options_row *row = options_table; row->name; row++) {
        char line[100];
        snprintf(line, sizeof line, "imgfetch --%s=%s a", row->name, row->initial);
        ck_assert_msg(!row->initial || parse(line, &o), "%s", line);
        if (row->initial)
            options_fini(&o);
    }
}
END_TEST

START_TEST(names_and_letters_are_given_once)
{
    for (const struct options_row *a = options_table; a->name; a++)
        for (const struct options_row *b = options_table; b < a; b++) {
            ck_assert_str_ne(a->name, b->name);
            ck_assert(!a->letter || a->letter != b->letter);
        }
}
END_TEST

START_TEST(words_that_are_not_known_are_told_which_are)
{
    ck_assert_str_eq(fault("format = xml\n"),
        ":1: --format=xml: unknown (auto, txt, csv, tsv, jsonl or parquet)");
    ck_assert_str_eq(fault("dedupe = x\n"), ":1: --dedupe=x: unknown (shard, content, run or off)");
    ck_assert_str_eq(
        fault("thumb-format = gif\n"), ":1: --thumb-format=gif: unknown (jpg, png or webp)");
    ck_assert_str_eq(fault("url-col = \"\"\n"), ":1: --url-col=: must not be empty");
}
END_TEST

START_TEST(standard_input_is_read_but_once)
{
    struct options o;
    ck_assert(!parse("imgfetch -K - -", &o));
    options_fini(&o);
    ck_assert(!parse("imgfetch -K - -K - a", &o));
    options_fini(&o);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, make_home, remove_home);
    tcase_add_test(t, a_command_line_is_said_again_in_long_words);
    tcase_add_test(t, what_is_left_out_is_left_out_however_it_was_spelt);
    tcase_add_test(t, asked_twice_it_says_the_same);
    tcase_add_test(t, the_command_line_wins_over_a_file);
    tcase_add_test(t, what_can_be_repeated_adds_up);
    tcase_add_test(t, what_is_counted_adds_up);
    tcase_add_test(t, options_that_say_one_thing_together_are_replaced_together);
    tcase_add_test(t, options_that_contradict_each_other_are_refused);
    tcase_add_test(t, what_is_only_read_is_named_as_the_output_or_by_itself);
    tcase_add_test(t, the_last_version_of_http_holds);
    tcase_add_test(t, a_file_is_for_another_process_as_if_it_had_been_typed);
    tcase_add_test(t, another_file_or_none_is_read_in_place_of_the_users_own);
    tcase_add_test(t, what_is_only_printed_needs_no_file);
    tcase_add_test(t, an_error_in_a_file_is_told_with_its_line);
    tcase_add_test(t, what_a_run_is_for_is_said_on_the_command_line_alone);
    tcase_add_test(t, options_for_columns_need_a_list_that_may_have_some);
    tcase_add_test(t, without_a_list_standard_input_is_one_if_it_can_be);
    tcase_add_test(t, an_encoding_is_one_that_can_be_read);
    tcase_add_test(t, what_holds_without_an_option_is_a_value_that_it_takes);
    tcase_add_test(t, names_and_letters_are_given_once);
    tcase_add_test(t, words_that_are_not_known_are_told_which_are);
    tcase_add_test(t, standard_input_is_read_but_once);
}

int main(void)
{
    return test_main("options", add);
}
