#include "base/textset.h"
#include "base/test.h"

#include <stdio.h>

START_TEST(what_was_added_is_found)
{
    struct textset *s = textset_new();
    char text[32];
    for (int i = 0; i < 5000; i++)
        textset_add(s, text, (size_t)snprintf(text, sizeof text, "text %d", i * 2));
    textset_finish(s);
    ck_assert_uint_eq(textset_count(s), 5000);
    for (int i = 0; i < 10000; i++) {
        size_t len = (size_t)snprintf(text, sizeof text, "text %d", i);
        ck_assert_int_eq(textset_has(s, text, len), i % 2 == 0);
    }
    ck_assert(!textset_has(s, "text 10", 6));
    textset_free(s);
}
END_TEST

START_TEST(an_empty_set_has_nothing)
{
    struct textset *s = textset_new();
    textset_finish(s);
    ck_assert(!textset_has(s, "", 0));
    ck_assert_uint_eq(textset_count(s), 0);
    textset_free(s);
    textset_free(NULL);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, what_was_added_is_found);
    tcase_add_test(t, an_empty_set_has_nothing);
}

int main(void)
{
    return test_main("textset", add);
}
