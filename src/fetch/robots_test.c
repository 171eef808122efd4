#include "fetch/robots.h"

#include "base/test.h"

#include <stdio.h>
#include <string.h>

/* Parses from memory of the exact size, so that a sanitizer sees a read beyond it. */
static struct robots *parse(const char *text, size_t len, const char *agent)
{
    char *exact = malloc(len ? len : 1);
    memcpy(exact, text, len);
    struct robots *r = robots_parse(exact, len, agent);
    free(exact);
    ck_assert_ptr_nonnull(r);
    return r;
}

static bool allows(const char *text, const char *agent, const char *path)
{
    struct robots *r = parse(text, strlen(text), agent);
    bool allowed = robots_allows(r, path);
    robots_free(r);
    return allowed;
}

static double delay(const char *text)
{
    struct robots *r = parse(text, strlen(text), "imgfetch");
    double seconds = robots_crawl_delay(r);
    robots_free(r);
    return seconds;
}

struct path_case {
    const char *path;
    bool allowed;
};

#define CHECK(text, agent, ...)                                                                    \
    do {                                                                                           \
        static const struct path_case cases[] = {__VA_ARGS__};                                     \
        check(text, agent, cases, sizeof cases / sizeof *cases);                                   \
    } while (0)

static void check(const char *text, const char *agent, const struct path_case *c, size_t n)
{
    for (size_t i = 0; i < n; i++)
        ck_assert_msg(allows(text, agent, c[i].path) == c[i].allowed, "%s: %s", agent, c[i].path);
}

/* RFC 9309, section 5.1 */
static const char simple[] = "User-Agent: *\n"
                             "Disallow: *.gif$\n"
                             "Disallow: /example/\n"
                             "Allow: /publications/\n"
                             "\n"
                             "User-Agent: foobot\n"
                             "Disallow:/\n"
                             "Allow:/example/page.html\n"
                             "Allow:/example/allowed.gif\n"
                             "\n"
                             "User-Agent: barbot\n"
                             "User-Agent: bazbot\n"
                             "Disallow: /example/page.html\n"
                             "\n"
                             "User-Agent: quxbot\n";

START_TEST(the_simple_example_of_the_rfc)
{
    CHECK(simple, "otherbot", {"/", true}, {"/a.gif", false}, {"/a.gif?b", true},
        {"/example/", false}, {"/example", true}, {"/publications/x", true},
        {"/publications/x.gif", true});
    CHECK(simple, "foobot", {"/", false}, {"/publications/", false}, {"/example/page.html", true},
        {"/example/allowed.gif", true}, {"/example/other.gif", false});
    CHECK(simple, "BarBot", {"/", true}, {"/a.gif", true}, {"/example/", true},
        {"/example/page.html", false});
    CHECK(simple, "bazbot", {"/example/page.html", false});
    CHECK(simple, "quxbot", {"/", true}, {"/a.gif", true}, {"/example/page.html", true});
}
END_TEST

START_TEST(the_longest_match_example_of_the_rfc)
{
    const char *text = "User-Agent: foobot\n"
                       "Allow: /example/page/\n"
                       "Disallow: /example/page/disallowed.gif\n";
    CHECK(text, "foobot", {"/example/page/", true}, {"/example/page/disallowed.gif", false},
        {"/example/page/disallowed.gift", false}, {"/other", true});
}
END_TEST

START_TEST(groups_of_one_agent_are_merged_as_the_rfc_shows)
{
    const char *text = "user-agent: ExampleBot\n"
                       "disallow: /foo\n"
                       "disallow: /bar\n"
                       "\n"
                       "user-agent: *\n"
                       "disallow: /all\n"
                       "\n"
                       "user-agent: ExampleBot\n"
                       "disallow: /baz\n"
                       "\n"
                       "user-agent: *\n"
                       "disallow: /more\n";
    CHECK(text, "examplebot", {"/foo", false}, {"/bar", false}, {"/baz", false}, {"/all", true});
    CHECK(text, "else", {"/foo", true}, {"/all", false}, {"/more", false});
}
END_TEST

START_TEST(groups_begin_where_a_rule_was_before)
{
    CHECK("User-agent: a\n# alone\n\nSitemap: http://x/\nCrawl-delay: 1\nnonsense\nUser-agent: b\n"
          "Disallow: /x\nSitemap: http://y/\nDisallow: /y\n",
        "a", {"/x", false}, {"/y", false});
    CHECK("Disallow: /before\nUser-agent: a\nDisallow:\nUser-agent: b\nDisallow: /", "a",
        {"/before", true}, {"/", true});
    CHECK("User-agent: a\nUser-agent: *\nDisallow: /both", "a", {"/both", false});
    CHECK("User-agent: a\nUser-agent: *\nDisallow: /both", "c", {"/both", false});
    CHECK("User-agent: a\nAllow: /", "c", {"/x", true});
}
END_TEST

START_TEST(an_agent_is_a_whole_token_in_any_case)
{
    static const struct {
        const char *line;
        bool is_ours;
    } cases[] = {{"User-agent: imgfetch", true}, {"USER-AGENT:IMGFETCH", true},
        {" \tuser-agent\t:\t imgFetch \t", true}, {"User-agent: imgfetch/1.0", true},
        {"User-agent: imgfetch (all)", true}, {"User-agent: imgfetch # ours", true},
        {"User-agent: imgfetch-news", false}, {"User-agent: imgfetch2", false},
        {"User-agent: img", false}, {"User-agent: my imgfetch", false}, {"User-agent:", false},
        {"User-agent imgfetch", false}, {"User-agents: imgfetch", false}, {"User-agent: *", true},
        {"User-agent: * # all", true}, {"User-agent: *fetch", false}, {"User-agent: **", false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[200];
        snprintf(text, sizeof text, "%s\nDisallow: /", cases[i].line);
        ck_assert_msg(allows(text, "imgfetch", "/a") != cases[i].is_ours, "%s", cases[i].line);
    }
}
END_TEST

/* Checks whether a single Disallow rule matches the path. */
static void rule(const char *pattern, const char *path, bool matches)
{
    char text[200];
    snprintf(text, sizeof text, "User-agent: *\nDisallow: %s\n", pattern);
    ck_assert_msg(allows(text, "x", path) != matches, "%s and %s", pattern, path);
}

START_TEST(paths_are_compared_as_the_table_of_the_rfc_says)
{
    rule("/foo/bar?baz=quz", "/foo/bar?baz=quz", true);
    rule("/foo/bar?baz=http://foo.bar", "/foo/bar?baz=http%3A%2F%2Ffoo.bar", true);
    rule("/foo/bar?baz=http%3A%2F%2Ffoo.bar", "/foo/bar?baz=http://foo.bar", true);
    rule("/foo/bar/\u30C4", "/foo/bar/%E3%83%84", true);
    rule("/foo/bar/%e3%83%84", "/foo/bar/\u30C4", true);
    rule("/foo/bar/%62%61%7A", "/foo/bar/baz", true);
    rule("/foo/bar/baz", "/foo/bar/%62%61%7a", true);
    /* ... and what it means for others */
    rule("/a%2Fb", "/a/b", false);
    rule("/a/b", "/a%2fb", false);
    rule("/a%2fb", "/a%2Fb", true);
    rule("/a%3Fb", "/a?b", false);
    rule("/a?b%3dc", "/a?b=c", false);
    rule("/A", "/a", false);
    rule("/a b", "/a%20b", true);
    rule("/a%", "/a%", true);
    rule("/a%4", "/a%41", false);
    rule("/a%4", "/a%254", true);
    rule("/a%zz", "/a%zz", true);
    rule("/%00", "/%00", true);
}
END_TEST

START_TEST(special_characters_are_those_of_the_rfc)
{
    rule("/path/file-with-a-%2A.html", "/path/file-with-a-*.html", true);
    rule("/path/file-with-a-%2A.html", "/path/file-with-a-x.html", false);
    rule("/path/foo-%24", "/path/foo-$", true);
    rule("/path/foo-%24", "/path/foo-", false);
    rule("/allow/this/path/exactly$", "/allow/this/path/exactly", true);
    rule("/allow/this/path/exactly$", "/allow/this/path/exactly?x", false);
    rule("/this/*/exactly", "/this/path/exactly", true);
    rule("/this/*/exactly", "/this/a/b/exactly/c", true);
    rule("/this/*/exactly", "/this/exactly", false);
    rule("/a$b", "/a$b", true);
    rule("/a$b", "/a%24bc", true);
    rule("/a$$", "/a$", true);
    rule("/a$$", "/a$b", false);
    rule("/*.jpg$", "/a.jpg.jpg", true);
    rule("/*.jpg$", "/a.jpg.jpg?", false);
    rule("/a*$", "/abc", true);
    rule("/a*a$", "/a", false);
    rule("/*a*b*c", "/xaxbxc", true);
    rule("/*a*b*c", "/xaxcxb", false);
    rule("***a***", "/xxaxx", true);
    rule("*", "/", true);
    rule("*$", "/x", true);
    rule("$", "/", false);
    rule("a", "/a", false);
    rule("/*?", "/a", false);
    rule("/*?", "/a?", true);
    rule("/*/secret/", "/a?u=/secret/", true);
    rule("/a#b", "/a", true);
    rule("", "/a", false);
}
END_TEST

START_TEST(the_longest_rule_decides_and_of_two_the_one_that_allows)
{
    CHECK("User-agent: *\nDisallow: /\nAllow: /p", "x", {"/page", true}, {"/other", false});
    CHECK("User-agent: *\nDisallow: /folder\nAllow: /folder", "x", {"/folder/page", true});
    CHECK("User-agent: *\nAllow: /page\nDisallow: /*.htm", "x", {"/page.htm", false});
    CHECK("User-agent: *\nAllow: /page\nDisallow: /*.ph", "x", {"/page.php5", true});
    CHECK("User-agent: *\nAllow: /$\nDisallow: /", "x", {"/", true}, {"/page.htm", false});
    /* octets: as percent-encoded */
    CHECK("User-agent: *\nDisallow: /\u30C4\nAllow: /*aaaaaa", "x", {"/\u30C4aaaaaa", false});
}
END_TEST

START_TEST(robots_txt_itself_is_always_allowed)
{
    CHECK("User-agent: *\nDisallow: /", "x", {"/robots.txt", true}, {"/robots.txt.gz", false},
        {"/a/robots.txt", false}, {"/", false}, {"", false});
}
END_TEST

START_TEST(lines_end_in_any_way_and_a_bom_is_no_part_of_one)
{
    static const char *const eols[] = {"\n", "\r", "\r\n", "\n\r", "\n\n \t\n", "#x\n"};
    for (size_t i = 0; i < sizeof eols / sizeof *eols; i++) {
        char text[200];
        snprintf(text, sizeof text, "\xef\xbb\xbfUser-agent: a%sAllow: /x/y%sDisallow: /x", eols[i],
            eols[i]);
        CHECK(text, "a", {"/x", false}, {"/x/y", true}, {"/y", true});
    }
    ck_assert(allows("", "a", "/"));
    ck_assert(allows("\xef\xbb", "a", "/"));
    ck_assert(allows("<!DOCTYPE html>\n<html><body>404: not: found</body></html>", "a", "/"));
    struct robots *r = parse("User-agent: a\nDis\0allow: /\nDisallow: /x\0y\n", 41, "a");
    ck_assert(robots_allows(r, "/") && robots_allows(r, "/x") && !robots_allows(r, "/x%00y"));
    robots_free(r);
}
END_TEST

START_TEST(what_is_beyond_the_limit_is_not_read)
{
    size_t len = ROBOTS_SIZE_MAX + 100;
    char *text = malloc(len);
    memset(text, '\n', len);
    memcpy(text, "User-agent: *\nDisallow: /a\n", 27);
    memcpy(text + ROBOTS_SIZE_MAX - 14, "\nDisallow: /cut", 15);
    memcpy(text + ROBOTS_SIZE_MAX + 50, "\nDisallow: /d\n", 14);
    struct robots *r = robots_parse(text, len, "x");
    ck_assert(!robots_allows(r, "/a") && robots_allows(r, "/cut") && robots_allows(r, "/d"));
    robots_free(r);
    text[ROBOTS_SIZE_MAX - 1] = '\n'; /* "Disallow: /c" is whole now */
    r = robots_parse(text, len, "x");
    ck_assert(!robots_allows(r, "/cut"));
    robots_free(r);
    memset(text, 'x', len);
    r = robots_parse(text, len, "x");
    ck_assert(robots_allows(r, "/"));
    robots_free(r);
    free(text);
}
END_TEST

START_TEST(a_crawl_delay_is_that_of_the_group)
{
    ck_assert_double_eq(delay("User-agent: *\nCrawl-delay: 10"), 10);
    ck_assert_double_eq(delay("User-agent: *\nCRAWL-DELAY : 2.5 # s"), 2.5);
    ck_assert_double_eq(delay("User-agent: *\nCrawl-delay: 10\nUser-agent: imgfetch\n"), 0);
    ck_assert_double_eq(delay("User-agent: *\nUser-agent: imgfetch\nCrawl-delay: 10\n"), 10);
    ck_assert_double_eq(
        delay("User-agent: *\nCrawl-delay: 10\nAllow: /\nUser-agent: imgfetch\n"), 0);
    ck_assert_double_eq(delay("User-agent: imgfetch\nCrawl-delay: 1\nCrawl-delay: 3\nAllow:/\n"
                              "User-agent: imgfetch\nCrawl-delay: 2"),
        3);
    ck_assert_double_eq(delay("Crawl-delay: 5\nUser-agent: *\n"), 0);
    static const char *const bad[] = {"-1", "1e3", "x", "", ".", "1.2.3", "inf", "0x10", "1 2"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[100];
        snprintf(text, sizeof text, "User-agent: *\nCrawl-delay: %s\n", bad[i]);
        ck_assert_msg(delay(text) == 0, "%s", bad[i]);
    }
    char digits[500] = "User-agent: *\nCrawl-delay: ";
    memset(digits + strlen(digits), '9', 450);
    ck_assert_double_eq(delay(digits), ROBOTS_DELAY_MAX);
}
END_TEST

/* A file full of one rule. */
static struct robots *many(const char *rule, size_t *n)
{
    char *text = malloc(ROBOTS_SIZE_MAX);
    size_t len = (size_t)sprintf(text, "User-agent: *\n"), rule_len = strlen(rule);
    for (*n = 0; len + rule_len <= ROBOTS_SIZE_MAX; ++*n, len += rule_len)
        memcpy(text + len, rule, rule_len);
    struct robots *r = robots_parse(text, len, "x");
    ck_assert_ptr_nonnull(r);
    free(text);
    return r;
}

/* "/aaa...", so long; free() it. */
static char *path_of(size_t len)
{
    char *path = malloc(len + 1);
    memset(path, 'a', len);
    path[0] = '/';
    path[len] = '\0';
    return path;
}

/* With backtracking this would take forever, and Check's time limit would end it. */
START_TEST(patterns_made_to_be_slow_are_not)
{
    size_t n;
    char *path = path_of(8000);
    struct robots *r =
        many("Disallow: /*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a"
             "*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a"
             "*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a"
             "*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b\n",
            &n);
    ck_assert(robots_allows(r, path));
    robots_free(r);
    free(path);
}
END_TEST

START_TEST(a_path_that_takes_too_much_work_is_refused)
{
    size_t n;
    struct robots *r = many("Disallow: *aab\n", &n);
    char *path = path_of(ROBOTS_WORK_MAX / n), *longer = path_of(ROBOTS_WORK_MAX / n + 1);
    ck_assert(robots_allows(r, path));
    ck_assert(!robots_allows(r, longer));
    robots_free(r);
    r = many("Disallow: /aab\n", &n); /* without a star there is hardly any work */
    ck_assert(robots_allows(r, longer));
    robots_free(r);
    free(path);
    free(longer);
}
END_TEST

/* Words of robots.txt files in random order, with stray bytes. Without a sanitizer this only finds
 * crashes, and checks that two parses agree. */
START_TEST(noise_is_read_without_harm)
{
    static const char *const words[] = {"User-agent:", "Disallow:", "Allow:", "Crawl-delay:",
        "imgfetch", "*", "$", "/", "%", "%2", "%2f", "%41", "?", "#", ":", "\r", "\n", "\n", " ",
        "\t", "a", "\xe3\x83", "\xff", "99999", "."};
    enum { N_WORDS = sizeof words / sizeof *words, ROUNDS = 30000 };
    srand(7);
    for (int round = 0; round < ROUNDS; round++) {
        char text[600], path[40] = "/";
        size_t len = 0;
        for (int i = rand() % 60; i > 0; i--) {
            const char *word = words[rand() % N_WORDS];
            memcpy(text + len, word, strlen(word));
            len += strlen(word);
            if (rand() % 8 == 0)
                text[len++] = (char)rand();
        }
        for (int i = rand() % 8; i > 0; i--)
            strcat(path, words[rand() % 15 + 5]);
        struct robots *one = parse(text, len, "imgfetch"), *two = parse(text, len, "IMGFETCH");
        ck_assert(robots_allows(one, path) == robots_allows(two, path));
        ck_assert(robots_allows(one, "/robots.txt"));
        ck_assert_double_eq(robots_crawl_delay(one), robots_crawl_delay(two));
        robots_free(one);
        robots_free(two);
    }
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, the_simple_example_of_the_rfc);
    tcase_add_test(t, the_longest_match_example_of_the_rfc);
    tcase_add_test(t, groups_of_one_agent_are_merged_as_the_rfc_shows);
    tcase_add_test(t, groups_begin_where_a_rule_was_before);
    tcase_add_test(t, an_agent_is_a_whole_token_in_any_case);
    tcase_add_test(t, paths_are_compared_as_the_table_of_the_rfc_says);
    tcase_add_test(t, special_characters_are_those_of_the_rfc);
    tcase_add_test(t, the_longest_rule_decides_and_of_two_the_one_that_allows);
    tcase_add_test(t, robots_txt_itself_is_always_allowed);
    tcase_add_test(t, lines_end_in_any_way_and_a_bom_is_no_part_of_one);
    tcase_add_test(t, what_is_beyond_the_limit_is_not_read);
    tcase_add_test(t, a_crawl_delay_is_that_of_the_group);
    tcase_add_test(t, patterns_made_to_be_slow_are_not);
    tcase_add_test(t, a_path_that_takes_too_much_work_is_refused);
    tcase_add_test(t, noise_is_read_without_harm);
}

int main(void)
{
    return test_main("robots", add);
}
