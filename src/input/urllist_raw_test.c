#include "input/test_urllist.h"

static void set_up_url(void)
{
    set_up();
    columns = (struct columns){.at = {{"url", 3}}, .n = COLUMN_KEPT};
}

static void expect_span(struct span is, const char *should)
{
    ck_assert_uint_eq(is.len, strlen(should));
    ck_assert_mem_eq(is.at, should, is.len);
}

static void expect_raw(uint64_t line, const char *raw)
{
    next(line);
    expect_span(row.raw, raw);
    ck_assert(!row.is_torn);
}

START_TEST(a_line_comes_as_it_stands_in_the_list)
{
    open_text(URLLIST_TXT, "# no\n  http://a/ \r\n\nhttp://b/");
    expect_raw(2, "  http://a/ \r");
    ck_assert_int_eq(urllist_read_format(l), URLLIST_TXT);
    ck_assert_uint_eq(urllist_header(l).len, 0);
    expect_raw(4, "http://b/");
    expect_end();
    open_text(URLLIST_JSONL, "{\"url\": \"http://a/\" }\r\n[]\n");
    expect_raw(1, "{\"url\": \"http://a/\" }\r");
    expect_raw(2, "[]");
    ck_assert_ptr_nonnull(row.bad);
    expect_end();
    open_text(URLLIST_TSV, "id\turl\r\n\"1\thttp://a/\n\n2\n");
    expect_raw(2, "\"1\thttp://a/");
    expect_span(urllist_header(l), "id\turl\r");
    expect_raw(4, "2");
    ck_assert_ptr_nonnull(row.bad);
    expect_end();
}
END_TEST

START_TEST(a_csv_record_comes_with_all_its_lines)
{
    open_text(URLLIST_CSV,
        "\"the\n\"\"id\"\"\",url\n\"a, \r\n\n\"\"b\",http://a/\r\n\n2 , http://b/\n3\n");
    expect_raw(3, "\"a, \r\n\n\"\"b\",http://a/\r");
    expect_span(urllist_header(l), "\"the\n\"\"id\"\"\",url");
    expect_raw(7, "2 , http://b/");
    expect_raw(8, "3");
    ck_assert_ptr_nonnull(row.bad);
    expect_end();
    open_text(URLLIST_CSV, "id;url\n\"1\n\";http://a/\n");
    expect_raw(2, "\"1\n\";http://a/");
    expect_span(urllist_header(l), "id;url");
    expect_end();
}
END_TEST

START_TEST(a_record_that_does_not_end_is_torn)
{
    open_text(URLLIST_CSV, "url,id\nhttp://a/,\"b\nhttp://c/,d\n");
    next(2);
    ck_assert(row.is_torn);
    expect_span(row.raw, "http://a/,\"b");
    expect_raw(3, "http://c/,d");
    expect_end();
}
END_TEST

START_TEST(the_line_of_an_overlong_url_is_whole)
{
    static char text[3 * 8192 + 2];
    memset(text, 'x', sizeof text - 2);
    text[sizeof text - 2] = '\n';
    open_text(URLLIST_TXT, text);
    next(1);
    ck_assert_uint_eq(row.raw.len, sizeof text - 2);
    expect_end();
}
END_TEST

START_TEST(a_part_of_a_list_may_lack_a_column)
{
    columns.at[COLUMN_CAPTION] = (struct column){"text", 4};
    conf.is_part = true;
    open_text(URLLIST_JSONL, "{\"url\":\"http://a/\"}\n");
    expect_raw(1, "{\"url\":\"http://a/\"}");
    ck_assert_int_eq(row.values[COLUMN_CAPTION].kind, URLLIST_NULL);
    expect_end();
    conf.is_part = false;
    open_text(URLLIST_JSONL, "{\"url\":\"http://a/\"}\n");
    ck_assert_int_eq(urllist_next(l, &row), URLLIST_MISUSE);
    urllist_free(l);
    unlink(path);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up_url, NULL);
    tcase_add_test(t, a_line_comes_as_it_stands_in_the_list);
    tcase_add_test(t, a_csv_record_comes_with_all_its_lines);
    tcase_add_test(t, a_record_that_does_not_end_is_torn);
    tcase_add_test(t, a_part_of_a_list_may_lack_a_column);
    tcase_add_test(t, the_line_of_an_overlong_url_is_whole);
}

int main(void)
{
    return test_main("urllist_raw", add);
}
