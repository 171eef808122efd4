#include "net/robotstag.h"

#include "base/test.h"

#include <stdio.h>
#include <string.h>

#define USUAL "noai,noimageai,noindex,noimageindex"

struct question {
    const char *value, *list;
    const char *refused; /* NULL: it is not */
};

static void ask(const struct question *q)
{
    char word[ROBOTSTAG_WORD_SIZE] = "";
    bool refused = robotstag_refuses(q->value, q->list, word);
    ck_assert_msg(refused == (q->refused != NULL), "'%s' with %s", q->value, q->list);
    if (refused)
        ck_assert_msg(!strcmp(word, q->refused), "'%s': '%s'", q->value, word);
}

static void ask_all(const struct question *table, size_t n)
{
    for (size_t i = 0; i < n; i++)
        ask(&table[i]);
}

#define ASK(table) ask_all(table, sizeof(table) / sizeof *(table))

START_TEST(a_directive_of_the_list_refuses)
{
    static const struct question table[] = {
        {"noai", USUAL, "noai"}, {"NoAI", USUAL, "noai"}, {"noindex", "NOINDEX", "NOINDEX"},
        {" \tnoindex\t ", USUAL, "noindex"}, {"nofollow, noimageai", USUAL, "noimageai"},
        {"nofollow,noarchive,,noimageindex", USUAL, "noimageindex"}, {"all", USUAL, NULL},
        {"nofollow", USUAL, NULL}, {"nofollow", "nofollow", "nofollow"}, {"", USUAL, NULL},
        {",,,", USUAL, NULL}, {"noindexed", USUAL, NULL}, {"noinde", USUAL, NULL},
        {"no ai", USUAL, NULL}, {"index", USUAL, NULL}, {"noai", "noindex , noai", "noai"},
        {"noarchive,\r\n noai", USUAL, "noai"}, /* a folded line */
    };
    ASK(table);
}
END_TEST

START_TEST(none_is_noindex_and_nofollow)
{
    static const struct question table[] = {
        {"none", USUAL, "none"},
        {"None", "nofollow", "none"},
        {"none", "none", "none"},
        {"none", "noai,noimageai", NULL},
        {"noindex", "none", NULL},
        {"otherbot: none", USUAL, NULL},
    };
    ASK(table);
}
END_TEST

START_TEST(an_agent_before_a_directive_limits_it_to_that_agent)
{
    static const struct question table[] = {
        {"imgfetch: noai", USUAL, "noai"},
        {"ImgFetch:noai", USUAL, "noai"},
        {"imgfetch : nofollow, noai", USUAL, "noai"},
        {"*: noai", USUAL, "noai"},
        {"otherbot: noindex", USUAL, NULL},
        {"otherbot: noindex, noai", USUAL, NULL},
        {"other_bot/2.0: noindex", USUAL, NULL},
        {"imgfetchbot: noindex", USUAL, NULL},
        {"noai, otherbot: nofollow", USUAL, "noai"},
        {"otherbot: noindex, imgfetch: nofollow", USUAL, NULL},
        {"otherbot: nofollow, imgfetch: noindex", USUAL, "noindex"},
        {"imgfetch: nofollow, otherbot: noindex", USUAL, NULL},
        {"otherbot: nofollow, *: noindex", USUAL, "noindex"},
        {": noai", USUAL, NULL},
    };
    ASK(table);
}
END_TEST

START_TEST(a_directive_with_a_value_is_no_agent)
{
    static const struct question table[] = {
        {"max-image-preview: large, noai", USUAL, "noai"},
        {"max-snippet:-1, max-video-preview: 0, noindex", USUAL, "noindex"},
        {"max-image-preview: none", USUAL, NULL},
        {"unavailable_after: 25 Jun 2010 15:00:00 PST, noai", USUAL, "noai"},
        {"unavailable_after: Fri, 25 Jun 2010 15:00:00 GMT, noai", USUAL, "noai"},
        {"unavailable_after: Friday, 25-Jun-10 15:00:00 GMT, noai", USUAL, "noai"},
        {"unavailable_after: Fri, 25 Jun 2010, 15:00:00 GMT, noai", USUAL, "noai"},
        {"unavailable_after: Fri, 25 Jun 2010 15:00:00 GMT", USUAL, NULL},
        {"otherbot: unavailable_after: Fri, 25 Jun 2010 15:00:00 GMT, noai", USUAL, NULL},
        {"imgfetch: max-image-preview: large, noai", USUAL, "noai"},
        {"otherbot: max-image-preview: large, noai", USUAL, NULL},
        {"max-image-preview: large", "max-image-preview", "max-image-preview"},
    };
    ASK(table);
}
END_TEST

START_TEST(a_list_is_of_directives)
{
    static const char *const good[] = {USUAL, "noai", "noai , none", "max-image-preview", "a_b"};
    static const char *const bad[] = {"", ",", "noai,", ",noai", "noai,,noindex", "no ai",
        "imgfetch: noai", "a123456789012345678901234567890123456789012345678"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        ck_assert_msg(robotstag_is_list(good[i]), "%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(!robotstag_is_list(bad[i]), "%s", bad[i]);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, a_directive_of_the_list_refuses);
    tcase_add_test(t, none_is_noindex_and_nofollow);
    tcase_add_test(t, an_agent_before_a_directive_limits_it_to_that_agent);
    tcase_add_test(t, a_directive_with_a_value_is_no_agent);
    tcase_add_test(t, a_list_is_of_directives);
}

int main(void)
{
    return test_main("robotstag", add);
}
