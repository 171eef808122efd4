#include "base/nearest.h"
#include "base/test.h"

#include <string.h>

/* The nearest of some words, which end with NULL; "": none. */
static struct span nearest(const char *given, const char *const *words)
{
    struct nearest n;
    nearest_begin(&n, span_of(given));
    for (; *words; words++)
        nearest_try(&n, span_of(*words));
    return n.word.at ? n.word : span_of("");
}

#define expect(given, expected, ...)                                                               \
    ck_assert(span_is(nearest(given, (const char *const[]){__VA_ARGS__, NULL}), expected))

START_TEST(a_letter_left_out_added_wrong_or_swapped_is_near)
{
    expect("caption", "caption", "url", "caption");
    expect("captin", "caption", "url", "caption");
    expect("captiion", "caption", "url", "caption");
    expect("kaption", "caption", "url", "caption");
    expect("acption", "caption", "url", "caption");
    expect("ulr", "url", "key", "url");
    expect("ba", "ab", "de", "ab");
}
END_TEST

START_TEST(case_is_ignored)
{
    expect("URL", "url", "key", "url");
    expect("image_Ulr", "IMAGE_URL", "key", "IMAGE_URL");
}
END_TEST

START_TEST(what_differs_more_is_not_near)
{
    expect("abc", "", "xyc", "axy");
    expect("webp", "", "jpeg", "w");
    expect("", "", "a", "url");
    expect("concurrency", "", "concurrence_of_many");
}
END_TEST

START_TEST(the_nearest_is_found_and_the_first_of_two)
{
    expect("timeouts", "timeout", "stall-timeouts", "timeout", "time-outs");
    expect("cat", "bat", "bat", "hat");
    expect("caption", "captio", "captionss", "captio");
    expect("caption", "captions", "captions", "captio");
}
END_TEST

START_TEST(a_part_is_near_if_nothing_else_is)
{
    expect("url", "image_URL", "id", "image_URL", "thumb_url");
    expect("image_url", "url", "id", "url");
    expect("url", "uri", "image_url", "uri");
    expect("id", "", "video", "width");
}
END_TEST

START_TEST(long_words_are_near_to_none)
{
    char given[NEAREST_MAX + 2], word[NEAREST_MAX + 2];
    memset(given, 'a', sizeof given);
    memset(word, 'a', sizeof word);
    given[NEAREST_MAX] = word[NEAREST_MAX] = '\0';
    word[0] = 'b';
    expect(given, word, word);
    given[NEAREST_MAX] = 'a';
    given[NEAREST_MAX + 1] = '\0';
    expect(given, "", word);
    expect(word, "", given);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, a_letter_left_out_added_wrong_or_swapped_is_near);
    tcase_add_test(t, case_is_ignored);
    tcase_add_test(t, what_differs_more_is_not_near);
    tcase_add_test(t, the_nearest_is_found_and_the_first_of_two);
    tcase_add_test(t, a_part_is_near_if_nothing_else_is);
    tcase_add_test(t, long_words_are_near_to_none);
}

int main(void)
{
    return test_main("nearest", add);
}
