#include "cmd/imgfetch/options/choice.h"
#include "base/test.h"

#include <stdio.h>
#include <string.h>

static struct options o;

static void set_up(void)
{
    o = (struct options){.columns.n = COLUMN_KEPT};
}

START_TEST(a_header_is_one_line)
{
    static const char *const bad[] = {"A: b\r\nEvil: c", "A: b\nc", "A\x1b: b", "no colon", ""};
    ck_assert_ptr_null(choice_header(&o, "A: b\tc"));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(choice_header(&o, bad[i]) != NULL, "%s", bad[i]);
    ck_assert_uint_eq(o.headers.n, 1);
}
END_TEST

START_TEST(there_are_as_many_headers_as_there_is_room_for)
{
    for (int i = 0; i < OPTIONS_MAX_REPEATED; i++)
        ck_assert_ptr_null(choice_header(&o, "A: b"));
    ck_assert_str_eq(choice_header(&o, "A: b"), "given more than 64 times");
    ck_assert_uint_eq(o.headers.n, OPTIONS_MAX_REPEATED);
}
END_TEST

START_TEST(there_are_as_many_networks_as_there_is_room_for)
{
    for (int i = 0; i < OPTIONS_MAX_REPEATED; i++)
        ck_assert_ptr_null(choice_allow_net(&o, "10.0.0.0/8"));
    ck_assert_str_eq(choice_allow_net(&o, "10.0.0.0/8"), "given more than 64 times");
    ck_assert_uint_eq(o.pipeline.transfer.n_allow, OPTIONS_MAX_REPEATED);
}
END_TEST

START_TEST(a_column_is_no_field_of_a_row_and_kept_once)
{
    ck_assert_ptr_null(choice_keep_cols(&o, "license,author"));
    ck_assert_uint_eq(o.columns.n, COLUMN_KEPT + 2);
    ck_assert_ptr_null(choice_keep_cols(&o, "md5,sha1,sha512")); /* unless --hash makes them */
    static const char *const fields[] = {"key", "license,sha256", "ms", "original_width"};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        ck_assert_ptr_nonnull(
            strstr(choice_keep_cols(&o, fields[i]), "the manifest already has a field "));
    ck_assert_str_eq(choice_keep_cols(&o, "license,sha256"),
        "the manifest already has a field sha256: another name may follow, "
        "sha256=list_sha256");
    ck_assert_str_eq(choice_keep_cols(&o, "a,b,a"), "column a is given twice");
    ck_assert_str_eq(choice_keep_cols(&o, "a,,b"), "must not be empty");
}
END_TEST

START_TEST(a_kept_column_may_have_another_name_in_rows)
{
    ck_assert_ptr_null(choice_keep_cols(&o, "width=list_width,a,a=again,x=y=z"));
    static const char *const names[] = {"width", "a", "a", "x=y"};
    static const char *const fields[] = {"list_width", "a", "again", "z"};
    ck_assert_uint_eq(o.columns.n, COLUMN_KEPT + 4);
    for (unsigned i = 0; i < 4; i++) {
        const struct column *c = &o.columns.at[COLUMN_KEPT + i];
        ck_assert_uint_eq(c->len, strlen(names[i]));
        ck_assert_mem_eq(c->name, names[i], c->len);
        ck_assert(span_is(columns_field(&o.columns, COLUMN_KEPT + i), fields[i]));
    }
    ck_assert_str_eq(choice_keep_cols(&o, "a=width"),
        "the manifest already has a field width: another name may follow, width=list_width");
    ck_assert_str_eq(choice_keep_cols(&o, "a,b=a"), "two columns would be a in the manifest");
    ck_assert_str_eq(choice_keep_cols(&o, "a=b,a=b"), "column a is given twice");
    ck_assert_str_eq(choice_keep_cols(&o, "a="), "a name is missing behind =");
    ck_assert_str_eq(choice_keep_cols(&o, "=a"), "must not be empty");
    ck_assert_str_eq(choice_keep_cols(&o, "a=\xff"), "not UTF-8");
}
END_TEST

START_TEST(fallbacks_have_an_order_and_replace_those_given_before)
{
    ck_assert_ptr_null(choice_fallback_cols(&o, "a,b,c"));
    ck_assert_ptr_null(choice_fallback_cols(&o, "mirror,big"));
    ck_assert_mem_eq(o.columns.at[COLUMN_FALLBACK].name, "mirror", 6);
    ck_assert_mem_eq(o.columns.at[COLUMN_FALLBACK + 1].name, "big", 3);
    ck_assert_ptr_null(o.columns.at[COLUMN_FALLBACK + 2].name);
    ck_assert_uint_eq(o.columns.n, COLUMN_KEPT);
    ck_assert_str_eq(choice_fallback_cols(&o, "a,b,a"), "column a is given twice");
    ck_assert_str_eq(choice_fallback_cols(&o, ""), "must not be empty");
    ck_assert_str_eq(choice_fallback_cols(&o, "a,"), "must not be empty");
    ck_assert_ptr_null(choice_fallback_cols(&o, "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16"));
    ck_assert_str_eq(choice_fallback_cols(&o, "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17"),
        "more than 16 columns");
}
END_TEST

START_TEST(there_are_as_many_columns_as_there_is_room_for)
{
    char names[8 * COLUMNS_MAX] = "";
    for (int i = COLUMN_KEPT; i < COLUMNS_MAX; i++)
        sprintf(names + strlen(names), "%sc%d", *names ? "," : "", i);
    ck_assert_ptr_null(choice_keep_cols(&o, names));
    ck_assert_uint_eq(o.columns.n, COLUMNS_MAX);
    strcat(names, ",more");
    ck_assert_str_eq(choice_keep_cols(&o, names), "more than 64 columns");
    ck_assert_uint_eq(o.columns.n, COLUMNS_MAX);
}
END_TEST

START_TEST(what_is_tried_again_are_errors_that_a_row_can_have)
{
    static const char *const bad[] = {
        "success", "cancelled", "evicted", "no_such", "timeout,,dns_failure", ""};
    ck_assert_ptr_null(choice_retry_failed(&o, "timeout,stalled"));
    for (int e = 0; e < ERR_COUNT; e++)
        ck_assert_int_eq(o.pipeline.again.failed[e], e == ERR_TIMEOUT || e == ERR_STALLED);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(choice_retry_failed(&o, bad[i]) != NULL, "%s", bad[i]);
}
END_TEST

START_TEST(a_name_that_is_near_is_suggested)
{
    ck_assert_str_eq(choice_retry_failed(&o, "stalled,timout"),
        "timout is no error code; did you mean timeout?");
    ck_assert_str_eq(
        choice_retry_failed(&o, "zzz"), "zzz is no error code: see imgfetch-manifest(5)");
    ck_assert_str_eq(choice_retry_failed(&o, "timeout,"), "an error code is missing");
    ck_assert_ptr_nonnull(strstr(choice_backend(&o, "asnyc"), "; did you mean async?"));
    ck_assert_ptr_nonnull(strstr(choice_layout(&o, "file"), "; did you mean files?"));
    ck_assert_str_eq(choice_thumb(&o, "64:covr"),
        "unknown mode (fit, cover, pad, exact or short); did you mean cover?");
    ck_assert_str_eq(choice_decode_order(&o, "size"), "unknown (fifo or largest)");
    ck_assert_ptr_nonnull(strstr(choice_help(&o, "netwrok"), "; did you mean network?"));
    ck_assert_str_eq(choice_concurrency(&o, "atuo"), "neither a whole number nor auto");
}
END_TEST

static struct pace_conf pace_of(const char *host)
{
    struct pace_conf pace = {.per_host = o.pipeline.per_host, .rate = o.pipeline.host_rate};
    hostlimits_apply(o.pipeline.host_limits, host, &pace);
    return pace;
}

START_TEST(a_limit_may_be_that_of_a_host)
{
    ck_assert_ptr_null(choice_per_host(&o, "A.example:3"));
    ck_assert_ptr_null(choice_per_host(&o, "5"));
    ck_assert_ptr_null(choice_per_host(&o, "[::1]:0"));
    ck_assert_ptr_null(choice_host_rate(&o, "2"));
    ck_assert_ptr_null(choice_host_rate(&o, "*.example:30/m"));
    ck_assert_uint_eq(pace_of("a.example").per_host, 3);
    ck_assert_double_eq(pace_of("a.example").rate, 0.5);
    ck_assert_uint_eq(pace_of("[::1]").per_host, 0);
    ck_assert_uint_eq(pace_of("b").per_host, 5);
    ck_assert_double_eq(pace_of("b").rate, 2);
    static const char *const bad[] = {
        "", "a", "a:", ":1", "a b:1", "*.:1", "a.example:65537", "a:1/s"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(choice_per_host(&o, bad[i]) != NULL, "%s", bad[i]);
    ck_assert_ptr_nonnull(choice_host_rate(&o, "a:b"));
    hostlimits_free(o.pipeline.host_limits);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, NULL);
    tcase_add_test(t, a_header_is_one_line);
    tcase_add_test(t, there_are_as_many_headers_as_there_is_room_for);
    tcase_add_test(t, there_are_as_many_networks_as_there_is_room_for);
    tcase_add_test(t, a_column_is_no_field_of_a_row_and_kept_once);
    tcase_add_test(t, a_kept_column_may_have_another_name_in_rows);
    tcase_add_test(t, fallbacks_have_an_order_and_replace_those_given_before);
    tcase_add_test(t, there_are_as_many_columns_as_there_is_room_for);
    tcase_add_test(t, a_name_that_is_near_is_suggested);
    tcase_add_test(t, a_limit_may_be_that_of_a_host);
    tcase_add_test(t, what_is_tried_again_are_errors_that_a_row_can_have);
}

int main(void)
{
    return test_main("choice", add);
}
