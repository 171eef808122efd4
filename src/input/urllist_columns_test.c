/* Lists with columns. */
#include "input/test_urllist.h"
#include "input/url.h"

START_TEST(csv_has_quotes_commas_and_line_ends_inside_of_fields)
{
    open_text(URLLIST_CSV, "\xef\xbb\xbfid,url,\"text\",md5,more,unused\r\n"
                           "1, http://a/ ,\"a, \"\"b\"\"\r\n\xf0\x9f\x8e\x89\",,,x\r\n"
                           "\r\n"
                           "2,http://b/, c ,,,\r\n"
                           "3,http://c/,\"d\",,,\"\"");
    expect_row(2, "http://a/", "a, \"b\"\r\n\xf0\x9f\x8e\x89", "1");
    expect_row(5, "http://b/", " c ", "2");
    expect_row(6, "http://c/", "d", "3");
    expect_end();
}
END_TEST

START_TEST(a_record_with_too_few_or_too_many_fields_is_bad_and_the_next_one_is_not)
{
    open_text(URLLIST_CSV, "url,text,md5,id,more\n"
                           "http://a/,b,,1\n"
                           "http://a/,b,,1,2,\n"
                           "http://c/,d,,1,2\n");
    expect_bad(2, "http://a/,b,,1", "4 fields where the header has 5");
    expect_bad(3, "http://a/,b,,1,2,", "6 fields where the header has 5");
    expect_row(4, "http://c/", "d", "1");
    expect_end();
}
END_TEST

START_TEST(a_quote_that_is_not_closed_costs_its_line_only)
{
    open_text(URLLIST_CSV, "url,text,md5,id,more\n"
                           "http://a/,\"b,,1,2\n"
                           "http://b/,c,,1,2\n"
                           "\n"
                           "http://c/,e,,\"3,4\n"
                           "http://d/,f,,5,6");
    expect_bad(2, "http://a/,\"b,,1,2", "does not end");
    expect_row(3, "http://b/", "c", "1");
    expect_bad(5, "http://c/,e,,\"3,4", "does not end");
    expect_row(6, "http://d/", "f", "5");
    expect_end();
}
END_TEST

START_TEST(an_endless_quote_in_a_long_list_costs_its_line_only)
{
    enum { ROWS = 20000 };
    char *text = NULL;
    size_t len;
    FILE *f = open_memstream(&text, &len);
    fputs("url,text,md5,id,more\n", f);
    for (int i = 0; i < ROWS; i++)
        fprintf(f, "http://h%d/,%s,,%d,\n", i, i % 5000 == 7 ? "\"open" : "good", i);
    fclose(f);
    open_bytes(URLLIST_CSV, text, len);
    for (int i = 0; i < ROWS; i++) {
        next((uint64_t)i + 2);
        ck_assert_int_eq(row.bad != NULL, i % 5000 == 7);
        char id[16];
        snprintf(id, sizeof id, "%d", i);
        if (!row.bad)
            expect(COLUMN_KEPT, URLLIST_TEXT, id);
    }
    expect_end();
    free(text);
}
END_TEST

START_TEST(quotes_where_they_should_not_be_are_characters)
{
    open_text(URLLIST_CSV, "url,text,md5,id,more\n"
                           "http://a/,5\" pipe,,1,2\n"
                           "http://b/,\"5\" pipe\",,1,2\n");
    expect_row(2, "http://a/", "5\" pipe", "1");
    expect_row(3, "http://b/", "5\" pipe", "1");
    expect_end();
}
END_TEST

START_TEST(in_tsv_a_quote_is_a_character)
{
    open_text(
        URLLIST_TSV, "text\turl\tid\tmd5\tmore\r\n\r\n\"a\thttp://a/\t1\t\t\"\"\r\n\t\t\t\t\n");
    expect_row(3, "http://a/", "\"a", "1");
    expect(COLUMN_KEPT + 1, URLLIST_TEXT, "\"\"");
    expect_row(4, "", "", "");
    expect_end();
}
END_TEST

START_TEST(columns_by_number_need_no_header)
{
    columns = (struct columns){.at = {{"2", 1}, {"1", 1}}, .n = COLUMN_KEPT};
    open_text(URLLIST_TSV, "a\thttp://a/\nb\nc\thttp://c/\td\n");
    next(1);
    expect(COLUMN_URL, URLLIST_TEXT, "http://a/");
    expect(COLUMN_CAPTION, URLLIST_TEXT, "a");
    expect_bad(2, "b", "no field 2: the row has 1");
    next(3);
    expect(COLUMN_URL, URLLIST_TEXT, "http://c/");
    expect_end();
}
END_TEST

START_TEST(json_values_keep_their_type_and_numbers_their_digits)
{
    open_text(URLLIST_JSONL,
        "\xef\xbb\xbf{\"url\":\" http:\\/\\/a/ "
        "\",\"text\":\"\\u00e9\\n\",\"id\":1.500,\"md5\":null,"
        "\"more\":{\"a\":[1, 2,{}],\"b\":\"\\\"\"},\"unused\":[[{\"id\":7}]]}\r\n"
        "\n"
        "{\"id\":true,\"url\":\"http://b/\",\"id\":12345678901234567890123}\n"
        "{\"url\":\"http://c/\",\"id\":\"x\",\"more\":[]}");
    next(1);
    ck_assert_ptr_null(row.bad);
    expect(COLUMN_URL, URLLIST_TEXT, "http://a/");
    expect(COLUMN_CAPTION, URLLIST_TEXT, "\xc3\xa9\n");
    expect(COLUMN_HASH, URLLIST_NULL, "");
    expect(COLUMN_KEPT, URLLIST_JSON, "1.500");
    expect(COLUMN_KEPT + 1, URLLIST_JSON, "{\"a\":[1,2,{}],\"b\":\"\\\"\"}");
    next(3);
    expect(COLUMN_CAPTION, URLLIST_NULL, "");
    expect(COLUMN_KEPT, URLLIST_JSON, "12345678901234567890123");
    next(4);
    expect(COLUMN_KEPT, URLLIST_TEXT, "x");
    expect(COLUMN_KEPT + 1, URLLIST_JSON, "[]");
    expect_end();
}
END_TEST

START_TEST(a_line_that_is_no_object_is_bad_and_the_next_one_is_not)
{
    static const char *const bad[] = {"http://a/", "[{\"url\":\"http://a/\"}]", "7", "null",
        "\"http://a/\"", "{\"url\":\"http://a/\"", "{\"url\":\"http://a/\"} {}", "{\"url\":5}",
        "{\"id\":5}", "{\"url\":null}", "{\"url\":[\"http://a/\"]}", "{}"};
    enum { N = sizeof bad / sizeof *bad };
    use_only_id();
    char text[1000] = "";
    for (int i = 0; i < N; i++)
        sprintf(text + strlen(text), "%s\n{\"url\":\"http://b/\",\"id\":%d}\n", bad[i], i);
    open_text(URLLIST_JSONL, text);
    for (unsigned i = 0; i < N; i++) {
        expect_bad(2 * i + 1, bad[i], "");
        next(2 * i + 2);
        ck_assert_ptr_null(row.bad);
        expect(COLUMN_URL, URLLIST_TEXT, "http://b/");
    }
    expect_end();
}
END_TEST

START_TEST(json_that_is_nested_too_deep_is_bad_where_it_is_kept)
{
    char deep[500], text[1200];
    use_only_id();
    memset(deep, '[', 200);
    memset(deep + 200, ']', 200);
    deep[400] = '\0';
    sprintf(text,
        "{\"url\":\"http://a/\",\"id\":%s}\n{\"url\":\"http://b/\",\"id\":1,\"unused\":%s}\n", deep,
        deep);
    open_text(URLLIST_JSONL, text);
    next(1);
    ck_assert_str_eq(row.bad, "nested too deeply");
    next(2);
    ck_assert_ptr_null(row.bad);
    expect_end();
}
END_TEST

/* A row with one field of that many bytes: as `format` has it. */
static char *make_long(enum urllist_format format, size_t n, size_t *ret_len)
{
    char *text = NULL, *field = malloc(n);
    memset(field, 'x', n);
    FILE *f = open_memstream(&text, ret_len);
    if (format == URLLIST_CSV)
        fprintf(f, "url,text,md5,id,more\nhttp://a/,%.*s,,,\nhttp://b/,,,,\n", (int)n, field);
    else if (format == URLLIST_TSV)
        fprintf(f, "url\ttext\tmd5\tid\tmore\nhttp://a/\t%.*s\t\t\t\nhttp://b/\t\t\t\t\n", (int)n,
            field);
    else
        fprintf(f, "\n{\"url\":\"http://a/\",\"text\":\"%.*s\"}\n{\"url\":\"http://b/\"}\n", (int)n,
            field);
    fclose(f);
    free(field);
    return text;
}

static void expect_long(enum urllist_format format, size_t n, const char *bad, const char *url)
{
    size_t len;
    char *text = make_long(format, n, &len);
    open_bytes(format, text, len);
    next(2);
    ck_assert_int_eq(row.bad != NULL, bad != NULL);
    if (bad)
        ck_assert_str_eq(row.bad, bad);
    if (!bad)
        ck_assert_uint_eq(row.values[COLUMN_CAPTION].len, n);
    if (url)
        expect(COLUMN_URL, URLLIST_TEXT, url);
    else
        ck_assert_uint_eq(row.values[COLUMN_URL].len, URL_MAX + 1);
    next(3);
    ck_assert_ptr_null(row.bad);
    expect_end();
    free(text);
}

START_TEST(an_overlong_row_is_bad_and_the_next_one_is_not)
{
    for (int format = URLLIST_CSV; format <= URLLIST_JSONL; format++) {
        expect_long(format, URLLIST_COLUMNS_MAX, NULL, "http://a/");
        expect_long(format, URLLIST_COLUMNS_MAX + 1, "the columns are larger than 64 KiB together",
            "http://a/");
        expect_long(format, URLLIST_LINE_MAX, "a line of 1 MiB or more", NULL);
        expect_long(format, 3 * URLLIST_LINE_MAX, "a line of 1 MiB or more", NULL);
    }
}
END_TEST

START_TEST(nul_bytes_and_foreign_bytes_come_through)
{
    static const char csv[] = "url,text,md5,id,more\nhttp://a/\0,\"b\0\xff\",,,\n";
    open_bytes(URLLIST_CSV, csv, sizeof csv - 1);
    next(2);
    ck_assert_uint_eq(row.values[COLUMN_URL].len, 10);
    ck_assert_mem_eq(row.values[COLUMN_CAPTION].text, "b\0\xff", 3);
    expect_end();
    columns.n = COLUMN_KEPT;
    columns.at[COLUMN_HASH].name = NULL;
    static const char json[] = "{\"url\":\"http://a/\xff\",\"text\":\"b\\u0000\xff\"}\n\0\n";
    open_bytes(URLLIST_JSONL, json, sizeof json - 1);
    next(1);
    expect(COLUMN_URL, URLLIST_TEXT, "http://a/\xff");
    ck_assert_uint_eq(row.values[COLUMN_CAPTION].len, 3);
    ck_assert_mem_eq(row.values[COLUMN_CAPTION].text, "b\0\xff", 3);
    next(2);
    ck_assert_ptr_nonnull(row.bad);
    expect_end();
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, NULL);
    tcase_add_test(t, csv_has_quotes_commas_and_line_ends_inside_of_fields);
    tcase_add_test(t, a_record_with_too_few_or_too_many_fields_is_bad_and_the_next_one_is_not);
    tcase_add_test(t, a_quote_that_is_not_closed_costs_its_line_only);
    tcase_add_test(t, an_endless_quote_in_a_long_list_costs_its_line_only);
    tcase_add_test(t, quotes_where_they_should_not_be_are_characters);
    tcase_add_test(t, in_tsv_a_quote_is_a_character);
    tcase_add_test(t, columns_by_number_need_no_header);
    tcase_add_test(t, json_values_keep_their_type_and_numbers_their_digits);
    tcase_add_test(t, a_line_that_is_no_object_is_bad_and_the_next_one_is_not);
    tcase_add_test(t, json_that_is_nested_too_deep_is_bad_where_it_is_kept);
    tcase_add_test(t, an_overlong_row_is_bad_and_the_next_one_is_not);
    tcase_add_test(t, nul_bytes_and_foreign_bytes_come_through);
}

int main(void)
{
    return test_main("urllist_columns", add);
}
