#include "net/transfer_validator.h"
#include "base/mem.h"
#include "base/test.h"

#include <stdio.h>
#include <string.h>

/* The header lines of such a request, with a space after each. */
static const char *ask(const char *etag, const char *last_modified)
{
    static char text[4000];
    char *texts[2] = {mem_dup(etag), mem_dup(last_modified)};
    struct request r = {.etag = texts[0], .last_modified = texts[1]};
    struct curl_slist *lines = transfer_validator_ask(&r);
    text[0] = '\0';
    for (const struct curl_slist *l = lines; l; l = l->next)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s ", l->data);
    curl_slist_free_all(lines);
    free(texts[0]);
    free(texts[1]);
    return text;
}

START_TEST(known_validators_are_sent)
{
    ck_assert_str_eq(ask(NULL, NULL), "");
    ck_assert_str_eq(ask("W/\"a b\"", NULL), "If-None-Match: W/\"a b\" ");
    ck_assert_str_eq(ask(NULL, "yesterday"), "If-Modified-Since: yesterday ");
    ck_assert_str_eq(
        ask("\"\xff\"", "yesterday"), "If-None-Match: \"\xff\" If-Modified-Since: yesterday ");
}
END_TEST

START_TEST(values_with_line_breaks_are_left_out)
{
    static const char *const bad[] = {"", "\"a\"\r\nX-Evil: 1", "\n", "\"a\"\r", "\x7f", "a\tb"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ck_assert_str_eq(ask(bad[i], NULL), "");
        ck_assert_str_eq(ask(NULL, bad[i]), "");
        ck_assert_str_eq(ask("\"x\"", bad[i]), "If-None-Match: \"x\" ");
    }
}
END_TEST

START_TEST(overlong_values_are_left_out)
{
    char text[TRANSFER_VALIDATOR_MAX + 2];
    memset(text, 'x', sizeof text);
    text[TRANSFER_VALIDATOR_MAX + 1] = '\0';
    ck_assert_str_eq(ask(text, NULL), "");
    text[TRANSFER_VALIDATOR_MAX] = '\0';
    ck_assert_uint_eq(strlen(ask(text, text)), 2 * TRANSFER_VALIDATOR_MAX + 36);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, known_validators_are_sent);
    tcase_add_test(t, values_with_line_breaks_are_left_out);
    tcase_add_test(t, overlong_values_are_left_out);
}

int main(void)
{
    return test_main("transfer_validator", add);
}
