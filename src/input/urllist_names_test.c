/* How the columns of a list are found. */
#include "input/test_urllist.h"

static void expect_refused(enum urllist_format format, const char *text, const char *expected)
{
    open_text(format, text);
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(urllist_next(l, &row), URLLIST_MISUSE);
    ck_assert_msg(strstr(urllist_error(l), path) != NULL, "%s", urllist_error(l));
    ck_assert_msg(strstr(urllist_error(l), expected) != NULL, "%s", urllist_error(l));
    ck_assert_uint_lt(strlen(urllist_error(l)), URLLIST_MESSAGE_SIZE);
    urllist_free(l);
    unlink(path);
}

static void expect_no_column(const char *text, const char *expected)
{
    expect_refused(URLLIST_CSV, text, expected);
}

START_TEST(columns_by_name_and_by_number_do_not_mix)
{
    columns = (struct columns){.at = {{"2", 1}, {"text", 4}}, .n = COLUMN_KEPT};
    conf.format = URLLIST_CSV;
    ck_assert_ptr_nonnull(urllist_check(&conf));
    columns.at[COLUMN_CAPTION] = (struct column){"0", 1};
    ck_assert_ptr_nonnull(urllist_check(&conf));
    columns.at[COLUMN_CAPTION] = (struct column){"1024", 4};
    ck_assert_ptr_null(urllist_check(&conf));
    columns.at[COLUMN_CAPTION] = (struct column){"1025", 4};
    ck_assert_ptr_nonnull(urllist_check(&conf));
    conf.format = URLLIST_JSONL; /* where all names are names */
    ck_assert_ptr_null(urllist_check(&conf));
    conf.format = URLLIST_TXT; /* where there are none */
    ck_assert_ptr_null(urllist_check(&conf));
}
END_TEST

START_TEST(a_missing_column_is_named_with_the_existing_ones)
{
    expect_no_column("url, text ,md5,i\033d\n",
        "no column \"id\"; the list has: url, text, md5, i?d; did you mean \"i?d\"?");
    expect_no_column("\"url\nhttp://a/\n", "the header: a quoted field does not end");
    char many[3000] = "";
    for (int i = 0; i < 500; i++)
        strcat(many, "name,");
    expect_no_column(many, "name, name, name");
    expect_no_column(many, "...");
    strcat(many, "urls");
    expect_no_column(many, "...; did you mean \"urls\"?");
    memset(many, ',', sizeof many - 1);
    expect_no_column(many, "more than 1024 columns");
}
END_TEST

START_TEST(a_list_without_a_header_and_one_of_another_format_are_told)
{
    expect_no_column("a,http://a/b\nc,http://a/d\n",
        "no column \"url\"; the list has: a, http://a/b; without a header columns have numbers: "
        "--url-col=2");
    expect_refused(URLLIST_TSV, "url,text,md5,id,more\nhttp://a/,b,,1,2\n",
        "the list has: url,text,md5,id,more; fields between commas: --format=csv");
}
END_TEST

START_TEST(a_column_that_is_there_twice_is_refused_if_it_is_used)
{
    expect_no_column("url,text,md5,id,more, text\nhttp://a/\n", "two columns are named \"text\"");
    open_text(URLLIST_CSV, "url,other,text,md5,id,more,other\nhttp://a/,1,2,3,4,5,6\n");
    expect_row(2, "http://a/", "2", "4");
    expect_end();
}
END_TEST

START_TEST(a_column_is_found_in_any_case_if_that_is_unique)
{
    open_text(URLLIST_CSV, "URL,Text,md5,ID,More,mORE,more\nhttp://a/,1,,2,3,4,5\n");
    expect_row(2, "http://a/", "1", "2");
    expect(COLUMN_KEPT + 1, URLLIST_TEXT, "5");
    expect_end();
    open_text(URLLIST_TSV, "URL\tTEXT\tMD5\tid\tMore\nhttp://a/\t1\t\t2\t3\n");
    expect_row(2, "http://a/", "1", "2");
    expect_end();
    expect_no_column("Url,URL,text,md5,id,more\n", "no column \"url\", but Url and URL");
}
END_TEST

START_TEST(a_csv_may_have_other_delimiters_than_commas)
{
    for (const char *c = ";\t|"; *c; c++) {
        char text[100];
        snprintf(text, sizeof text, "url%ctext%cmd5%cid%cmore\nhttp://a/%c\"b,%c\"\"\"%c%c7%c\n",
            *c, *c, *c, *c, *c, *c, *c, *c, *c);
        char caption[] = {'b', ',', *c, '"', '\0'};
        open_text(URLLIST_CSV, text);
        expect_row(2, "http://a/", caption, "7");
        expect_end();
    }
    expect_no_column("url;text;md5;i;more\nhttp://a/\n",
        "no column \"id\"; the list has: url, text, md5, i, more");
    expect_no_column("\"a\nb;c\";url\n", "the list has: a?b;c, url");
}
END_TEST

START_TEST(a_field_is_found_in_any_case_if_that_is_unique_in_its_object)
{
    use_only_id();
    open_text(URLLIST_JSONL,
        "{\"URL\":\"http://a/\",\"Id\":\"1\"}\n"
        "{\"URL\":\"http://b/\",\"url\":\"http://c/\",\"ID\":\"2\"}\n"
        "{\"url\":\"http://d/\",\"Url\":\"http://e/\",\"ID\":\"3\",\"Id\":\"4\"}\n"
        "{\"Url\":\"http://f/\",\"URL\":\"http://g/\",\"id\":\"5\"}\n");
    next(1);
    expect(COLUMN_URL, URLLIST_TEXT, "http://a/");
    expect(COLUMN_KEPT, URLLIST_TEXT, "1");
    next(2);
    expect(COLUMN_URL, URLLIST_TEXT, "http://c/");
    expect(COLUMN_KEPT, URLLIST_TEXT, "2");
    next(3);
    expect(COLUMN_URL, URLLIST_TEXT, "http://d/");
    expect(COLUMN_KEPT, URLLIST_NULL, "");
    next(4);
    ck_assert_ptr_nonnull(row.bad);
    expect_end();
}
END_TEST

START_TEST(a_field_that_no_object_has_is_refused_with_the_fields_there_are)
{
    use_only_id();
    expect_refused(URLLIST_JSONL, "{\"uri\":\"http://a/\",\"id\":1}\n\n{\"id\":2,\"x\":[]}",
        "no column \"url\"; the list has: uri, id, x; did you mean \"uri\"?");
    expect_refused(URLLIST_JSONL, "{\"broken\":1,\n{\"url\":\"http://a/\",\"key\":1}\n",
        "no column \"id\"; the list has: url, key");
    expect_refused(URLLIST_JSONL, "\nurl,id\nhttp://a/,b\n", "no line is a JSON object; line 2: ");
    /* One of the first objects is enough, and those are some tens of KiB. */
    char *text = malloc(120000), *at = text;
    at += sprintf(text, "{\"url\":\"http://a/\"}\n");
    for (int i = 0; i < 1000; i++)
        at += sprintf(at, "{\"url\":\"http://a/\"}\n");
    strcpy(at, "{\"id\":7}\n");
    open_text(URLLIST_JSONL, text);
    for (unsigned i = 1; i <= 1001; i++)
        next(i);
    urllist_free(l);
    for (int i = 0; i < 3000; i++)
        at += sprintf(at, "{\"url\":\"http://a/\"}\n");
    strcpy(at, "{\"id\":7}\n");
    expect_refused(URLLIST_JSONL, text, "no column \"id\"; the list has: url");
    free(text);
}
END_TEST

START_TEST(rows_of_a_txt_have_no_other_columns)
{
    open_text(URLLIST_TXT, "http://a/\n");
    next(1);
    expect(COLUMN_URL, URLLIST_TEXT, "http://a/");
    for (unsigned i = COLUMN_CAPTION; i < columns.n; i++)
        ck_assert_int_eq(row.values[i].kind, URLLIST_NULL);
    expect_end();
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, NULL);
    tcase_add_test(t, columns_by_name_and_by_number_do_not_mix);
    tcase_add_test(t, a_missing_column_is_named_with_the_existing_ones);
    tcase_add_test(t, a_list_without_a_header_and_one_of_another_format_are_told);
    tcase_add_test(t, a_column_that_is_there_twice_is_refused_if_it_is_used);
    tcase_add_test(t, a_column_is_found_in_any_case_if_that_is_unique);
    tcase_add_test(t, a_csv_may_have_other_delimiters_than_commas);
    tcase_add_test(t, a_field_is_found_in_any_case_if_that_is_unique_in_its_object);
    tcase_add_test(t, a_field_that_no_object_has_is_refused_with_the_fields_there_are);
    tcase_add_test(t, rows_of_a_txt_have_no_other_columns);
}

int main(void)
{
    return test_main("urllist_names", add);
}
