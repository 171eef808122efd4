#include "manifest/statsfile.h"
#include "base/test.h"

#include <string.h>
#include <yajl/yajl_tree.h>

static const char fingerprint[] =
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

static struct statsfile sample(void)
{
    struct statsfile s = {.start_time = 1700000000.25, .end_time = 1700000012.75};
    s.tally.by_code[ERR_OK] = 90;
    s.tally.by_code[ERR_HTTP_ERROR] = 5;
    s.tally.by_code[ERR_DNS_NOT_FOUND] = 2;
    s.tally.by_code[ERR_NOT_AN_IMAGE] = 2;
    s.tally.by_code[ERR_ASPECT_RATIO] = 1;
    strcpy(s.fingerprint, fingerprint);
    return s;
}

/* The text and a NUL. */
static struct buf format(const struct statsfile *s)
{
    struct buf text = {0};
    ck_assert(statsfile_format(s, &text));
    ck_assert(buf_append(&text, "", 1));
    return text;
}

START_TEST(a_tally_counts_rows_by_outcome)
{
    struct tally t = sample().tally;
    ck_assert_uint_eq(tally_rows(&t), 100);
    ck_assert_uint_eq(tally_failed_to_download(&t), 7);
    ck_assert_uint_eq(tally_failed_to_resize(&t), 3);
    struct tally more = {0};
    more.by_code[ERR_IO_ERROR] = 1; /* the last of the codes */
    more.by_code[ERR_OK] = 10;
    tally_add(&t, &more);
    ck_assert_uint_eq(t.by_code[ERR_OK], 100);
    ck_assert_uint_eq(tally_rows(&t), 111);
    ck_assert_uint_eq(tally_failed_to_download(&t), 8);
    ck_assert_uint_eq(tally_failed_to_resize(&t), 3);
}
END_TEST

START_TEST(every_code_survives_writing_and_reading)
{
    struct statsfile before = sample(), after;
    for (int e = 0; e < ERR_COUNT; e++)
        before.tally.by_code[e] = 1 + (uint64_t)e * e;
    before.tally.by_code[ERR_TIMEOUT] = INT64_MAX / 2; /* more than a double holds exactly */
    struct buf text = format(&before);
    ck_assert(statsfile_parse((char *)text.data, &after));
    for (int e = 0; e < ERR_COUNT; e++)
        ck_assert_uint_eq(after.tally.by_code[e], before.tally.by_code[e]);
    ck_assert_double_eq(after.start_time, before.start_time);
    ck_assert_double_eq(after.end_time, before.end_time);
    ck_assert_str_eq(after.fingerprint, fingerprint);
    buf_fini(&text);
}
END_TEST

static double number(yajl_val tree, const char *name)
{
    yajl_val v = yajl_tree_get(tree, (const char *[]){name, NULL}, yajl_t_number);
    ck_assert_msg(v != NULL, "%s is not there", name);
    return YAJL_GET_DOUBLE(v);
}

START_TEST(the_fields_are_those_of_img2dataset)
{
    struct statsfile s = sample();
    struct buf text = format(&s);
    yajl_val tree = yajl_tree_parse((char *)text.data, NULL, 0);
    ck_assert_ptr_nonnull(tree);
    ck_assert_double_eq(number(tree, "count"), 100);
    ck_assert_double_eq(number(tree, "successes"), 90);
    ck_assert_double_eq(number(tree, "failed_to_download"), 7);
    ck_assert_double_eq(number(tree, "failed_to_resize"), 3);
    ck_assert_double_eq(number(tree, "duration"), 12.5);
    ck_assert_double_eq(number(tree, "start_time"), 1700000000.25);
    ck_assert_double_eq(number(tree, "end_time"), 1700000012.75);
    yajl_val dict = yajl_tree_get(tree, (const char *[]){"status_dict", NULL}, yajl_t_object);
    ck_assert_ptr_nonnull(dict);
    ck_assert_uint_eq(dict->u.object.len, 5); /* only codes that occurred */
    ck_assert_double_eq(number(dict, "success"), 90);
    ck_assert_double_eq(number(dict, "http_error"), 5);
    ck_assert_double_eq(number(dict, "aspect_ratio"), 1);
    yajl_tree_free(tree);
    buf_fini(&text);
}
END_TEST

START_TEST(the_level_of_the_sandbox_is_told_where_there_was_one)
{
    const char *path[] = {"sandbox", NULL};
    struct statsfile s = sample();
    for (int decoded = 0; decoded < 2; decoded++) {
        s.sandbox = decoded ? "seccomp" : NULL;
        struct buf text = format(&s);
        yajl_val tree = yajl_tree_parse((char *)text.data, NULL, 0);
        yajl_val level = yajl_tree_get(tree, path, yajl_t_any);
        ck_assert_ptr_nonnull(level);
        if (decoded)
            ck_assert_str_eq(YAJL_GET_STRING(level), "seccomp");
        else
            ck_assert(YAJL_IS_NULL(level));
        yajl_tree_free(tree);
        buf_fini(&text);
    }
}
END_TEST

START_TEST(writing_adds_to_what_is_there)
{
    struct statsfile s = sample();
    struct buf text = {0};
    ck_assert(buf_append(&text, "before", 6));
    ck_assert(statsfile_format(&s, &text));
    ck_assert_mem_eq(text.data, "before{", 7);
    buf_fini(&text);
}
END_TEST

static bool is_torn(const char *text, size_t len)
{
    struct buf file = {0};
    ck_assert(buf_append(&file, text, len) && buf_append(&file, "", 1));
    file.len--;
    bool ret = statsfile_is_torn(&file);
    buf_fini(&file);
    return ret;
}

START_TEST(a_file_that_is_cut_off_anywhere_is_refused_and_is_torn)
{
    struct statsfile s = sample();
    struct buf text = format(&s);
    size_t end = (size_t)(strrchr((char *)text.data, '}') - (char *)text.data);
    for (size_t len = 0; len <= end; len++) {
        char *cut = strndup((char *)text.data, len);
        ck_assert_msg(!statsfile_parse(cut, &s), "cut at %zu of %zu", len, end);
        ck_assert_msg(is_torn(cut, len), "cut at %zu of %zu", len, end);
        free(cut);
    }
    for (size_t len = end; len-- > 0;) {
        text.data[len] = '\0';
        ck_assert_msg(statsfile_is_torn(&text), "NULs from %zu of %zu", len, end);
    }
    buf_fini(&text);
}
END_TEST

#define PRINT "\"list_sha256\":\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\""
#define TIMES "\"start_time\":1.5,\"end_time\":2.5"

START_TEST(what_is_no_stats_file_of_ours_is_refused)
{
    static const char *const texts[] = {
        "not JSON",
        "null",
        "[]",
        "{}",
        "{" PRINT "," TIMES "}",                                      /* no codes */
        "{" PRINT "," TIMES ",\"status_dict\":[]}",                   /* not an object */
        "{" PRINT "," TIMES ",\"status_dict\":{\"no such code\":1}}", /* img2dataset's own */
        "{" PRINT "," TIMES ",\"status_dict\":{\"success\":-1}}",
        "{" PRINT "," TIMES ",\"status_dict\":{\"success\":1.5}}",
        "{" PRINT "," TIMES ",\"status_dict\":{\"success\":\"1\"}}",
        "{" PRINT "," TIMES ",\"status_dict\":{\"success\":99999999999999999999}}",
        "{" TIMES ",\"status_dict\":{\"success\":1}}", /* no fingerprint */
        "{\"list_sha256\":\"0123\"," TIMES ",\"status_dict\":{\"success\":1}}",
        "{\"list_sha256\":7," TIMES ",\"status_dict\":{\"success\":1}}",
        "{" PRINT ",\"start_time\":1.5,\"status_dict\":{\"success\":1}}",
        "{" PRINT ",\"start_time\":\"1\",\"end_time\":2,\"status_dict\":{\"success\":1}}",
    };
    struct statsfile s;
    ck_assert(statsfile_parse("{" PRINT "," TIMES ",\"status_dict\":{\"success\":1}}", &s));
    ck_assert_uint_eq(s.tally.by_code[ERR_OK], 1);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        ck_assert_msg(!statsfile_parse(texts[i], &s), "%s", texts[i]);
        ck_assert_msg(!is_torn(texts[i], strlen(texts[i])), "%s", texts[i]);
    }
    struct statsfile good = sample();
    struct buf text = format(&good);
    ck_assert(!statsfile_is_torn(&text));
    buf_fini(&text);
    ck_assert(!is_torn("{\n    \"count\": 1\n}", 18)); /* somebody else's, whole */
    ck_assert(!is_torn("{\"count\": 1", 11));          /* and torn */
}
END_TEST

START_TEST(json_that_is_nested_too_deeply_is_refused)
{
    enum { DEPTH = 1000000 };
    static const char begin[] = "{" PRINT "," TIMES ",\"status_dict\":{\"success\":1},\"x\":";
    struct statsfile s;
    char *text = malloc(sizeof begin + 2 * DEPTH + 1);
    ck_assert_ptr_nonnull(text);
    char *end = stpcpy(text, begin);
    memset(end, '[', DEPTH);
    memset(end + DEPTH, ']', DEPTH);
    memcpy(end + (size_t)2 * DEPTH, "}", 2);
    ck_assert(!statsfile_parse(text, &s));
    free(text);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, a_tally_counts_rows_by_outcome);
    tcase_add_test(t, every_code_survives_writing_and_reading);
    tcase_add_test(t, the_fields_are_those_of_img2dataset);
    tcase_add_test(t, the_level_of_the_sandbox_is_told_where_there_was_one);
    tcase_add_test(t, writing_adds_to_what_is_there);
    tcase_add_test(t, a_file_that_is_cut_off_anywhere_is_refused_and_is_torn);
    tcase_add_test(t, what_is_no_stats_file_of_ours_is_refused);
    tcase_add_test(t, json_that_is_nested_too_deeply_is_refused);
}

int main(void)
{
    return test_main("statsfile", add);
}
