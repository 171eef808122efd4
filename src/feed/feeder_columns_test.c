/* Lists with columns. */
#include "feed/test_feeder.h"

static struct columns columns;

static void set_up(void)
{
    feeder_set_up();
    columns = (struct columns){.n = COLUMN_KEPT + 1};
    columns.at[COLUMN_URL] = (struct column){"url", 3};
    columns.at[COLUMN_CAPTION] = (struct column){"text", 4};
    columns.at[COLUMN_HASH] = (struct column){"sum", 3};
    columns.at[COLUMN_KEPT] = (struct column){"id", 2};
    conf.columns = &columns;
    conf.format = URLLIST_CSV;
}

#define HEADER "url,text,sum,id,other\n"
#define SUM "900150983cd24fb0d6963f7d28e17f72"

static struct job *take_job(void)
{
    struct feeder_item item = take();
    ck_assert_int_eq(item.kind, FEEDER_ROW);
    return item.job;
}

static void open_text(const char *text)
{
    scratch_write("list", text, strlen(text));
    open_feeder();
    ck_assert_int_eq(take().kind, FEEDER_SHARD_BEGIN);
}

START_TEST(a_job_has_what_its_row_says)
{
    open_text(HEADER "http://a/,\"b\xff\n\",9001"
                     "50983CD24FB0D6963F7D28E17F72,7,x\n"
                     "http://b/,,,,\n");
    struct job *j = take_job();
    ck_assert_int_eq(j->err, ERR_OK);
    ck_assert_uint_eq(j->line, 2);
    ck_assert_str_eq(j->columns->caption, "b\xef\xbf\xbd\n");
    ck_assert(j->is_malformed);
    ck_assert_uint_eq(j->columns->hash_len, 16);
    ck_assert_uint_eq(j->columns->hash[4], 0x3c);
    ck_assert_uint_eq(j->columns->n_kept, 1);
    ck_assert_str_eq(j->columns->kept[0].text, "7");
    ck_assert(!j->columns->kept[0].is_json);
    job_free(j, NULL);
    j = take_job();
    ck_assert_uint_eq(j->line, 4);
    ck_assert_str_eq(j->columns->caption, "");
    ck_assert(!j->is_malformed);
    ck_assert_uint_eq(j->columns->hash_len, 0);
    job_free(j, NULL);
    close_feeder();
}
END_TEST

START_TEST(json_stays_json)
{
    conf.format = URLLIST_JSONL;
    open_text("{\"url\":\"http://a/\",\"id\":[1,\"\xff\"],\"text\":null,\"SUM\":null}\n"
              "{\"url\":\"http://b/\"}\n");
    struct job *j = take_job();
    ck_assert_ptr_null(j->columns->caption);
    ck_assert_str_eq(j->columns->kept[0].text, "[1,\"\xef\xbf\xbd\"]");
    ck_assert(j->columns->kept[0].is_json);
    job_free(j, NULL);
    j = take_job();
    ck_assert_ptr_null(j->columns->kept[0].text);
    ck_assert(!j->columns->kept[0].is_json);
    job_free(j, NULL);
    close_feeder();
}
END_TEST

START_TEST(a_bad_row_or_a_bad_hash_is_a_row_with_an_error)
{
    open_text(HEADER "http://a/,b\n"
                     "http://a/,b,0123,,\n"
                     "nonsense,b,0123,,\n");
    static const enum err errs[] = {ERR_BAD_URL, ERR_HASH_MISMATCH, ERR_BAD_URL};
    for (int i = 0; i < 3; i++) {
        struct job *j = take_job();
        ck_assert_int_eq(j->err, errs[i]);
        ck_assert_str_ne(j->message, "");
        ck_assert_ptr_nonnull(j->columns);
        if (i == 0)
            ck_assert_str_eq(j->source, "http://a/,b");
        job_free(j, NULL);
    }
    close_feeder();
}
END_TEST

/* Opens a list with only URLs and Referers. */
static void open_referers(enum urllist_format format, const char *text)
{
    columns = (struct columns){.at = {{"url", 3}}, .n = COLUMN_KEPT};
    columns.at[COLUMN_REFERER] = (struct column){"page", 4};
    conf.format = format;
    open_text(text);
}

static void expect_referer(const char *referer)
{
    struct job *j = take_job();
    ck_assert_int_eq(j->err, ERR_OK);
    ck_assert_int_eq(j->columns->lacks_referer, !referer);
    if (referer)
        ck_assert_str_eq(j->request.referer, referer);
    else
        ck_assert_ptr_null(j->request.referer);
    job_free(j, NULL);
}

START_TEST(a_referer_is_the_normal_form_of_a_url_of_http)
{
    open_referers(URLLIST_TSV, "url\tpage\n"
                               "http://a/\t HTTPS://P.example/ä?b#c \n"
                               "http://a/\thttp:\\\\p.example\n"
                               "http://a/\t\n"
                               "http://a/\tp.example\n"
                               "http://a/\tftp://p.example/\n"
                               "http://a/\thttp://user:secret@p.example/\n");
    expect_referer("https://p.example/%C3%A4?b");
    expect_referer("http://p.example/");
    for (int i = 0; i < 4; i++)
        expect_referer(NULL);
    close_feeder();
}
END_TEST

START_TEST(a_referer_of_a_jsonl_may_be_null_or_of_another_type)
{
    open_referers(URLLIST_JSONL, "{\"url\":\"http://a/\",\"page\":\"http://p.example/\"}\n"
                                 "{\"url\":\"http://a/\",\"page\":null}\n"
                                 "{\"url\":\"http://a/\",\"page\":[\"http://p.example/\"]}\n"
                                 "{\"url\":\"http://a/\"}\n");
    expect_referer("http://p.example/");
    for (int i = 0; i < 3; i++)
        expect_referer(NULL);
    close_feeder();
}
END_TEST

START_TEST(a_row_that_is_bad_itself_lacks_no_referer)
{
    open_referers(URLLIST_CSV, "url,page\nno url,\nhttp://a/\n");
    for (int i = 0; i < 2; i++) {
        struct job *j = take_job();
        ck_assert_int_eq(j->err, ERR_BAD_URL);
        ck_assert(!j->columns->lacks_referer);
        job_free(j, NULL);
    }
    close_feeder();
}
END_TEST

START_TEST(a_row_knows_its_other_urls)
{
    columns = (struct columns){.at = {{"url", 3}}, .n = COLUMN_KEPT};
    columns.at[COLUMN_HASH] = (struct column){"sum", 3};
    columns.at[COLUMN_FALLBACK] = (struct column){"b", 1};
    columns.at[COLUMN_FALLBACK + 1] = (struct column){"c", 1};
    open_text("url,b,sum,c\n"
              "http://a/,,,\xe4 \n"
              ",http://b/,,\n"
              "http://a/,http://b/,0123,http://c/\n"
              "http://a/\n");
    struct job *j = take_job();
    ck_assert_uint_eq(j->columns->n_fallbacks, 2);
    ck_assert_ptr_null(j->columns->fallbacks[0].text);
    ck_assert_str_eq(j->columns->fallbacks[1].text, "\xe4 ");
    job_free(j, NULL);
    j = take_job();
    ck_assert_int_eq(j->err, ERR_BAD_URL);
    ck_assert_uint_eq(job_next_url(j), 1);
    job_free(j, NULL);
    for (int i = 0; i < 2; i++) { /* no URL has what the row expects; and the row is unreadable */
        j = take_job();
        ck_assert_int_ne(j->err, ERR_OK);
        ck_assert_uint_eq(job_next_url(j), 0);
        job_free(j, NULL);
    }
    close_feeder();
}
END_TEST

static void expect_boxes(enum err err, const char *part, int n)
{
    struct job *j = take_job();
    ck_assert_int_eq(j->err, err);
    ck_assert_msg(strstr(j->message, part) != NULL, "%s", j->message);
    ck_assert_int_eq(j->columns->boxes ? (int)j->columns->boxes->n : -1, n);
    ck_assert_uint_eq(job_next_url(j), n < 0 ? 0 : 1); /* bad boxes: no other URL is tried */
    job_free(j, NULL);
}

START_TEST(a_row_has_boxes_or_an_error)
{
    columns.at[COLUMN_BLUR] = (struct column){"faces", 5};
    columns.at[COLUMN_FALLBACK] = (struct column){"b", 1};
    open_text("url,text,sum,id,faces,b\n"
              "http://a/,,,,\"[[0.1,0.2,0.3,0.4],[0,0,1,1]]\",http://b/\n"
              "http://a/,,,,[],http://b/\n"
              "http://a/,,,,,http://b/\n"
              "http://a/,,,,null,http://b/\n"
              "http://a/,,,,\"[[0,0,1,2]]\",http://b/\n"
              "nonsense,,,,[[]],http://b/\n"
              "http://a/,,0123,,[[]],http://b/\n");
    expect_boxes(ERR_OK, "", 2);
    expect_boxes(ERR_OK, "", 0);
    expect_boxes(ERR_BAD_BOXES, "no boxes", -1);
    expect_boxes(ERR_BAD_BOXES, "not a list", -1);
    expect_boxes(ERR_BAD_BOXES, "0 to 1", -1);
    expect_boxes(ERR_BAD_URL, "", -1);
    expect_boxes(ERR_BAD_BOXES, "not a list", -1);
    close_feeder();
}
END_TEST

START_TEST(boxes_of_a_jsonl_are_an_array_or_its_text)
{
    columns.at[COLUMN_BLUR] = (struct column){"faces", 5};
    columns.at[COLUMN_FALLBACK] = (struct column){"b", 1};
    conf.format = URLLIST_JSONL;
    open_text("{\"url\":\"http://a/\",\"b\":\"http://b/\",\"faces\":[[0.1,0.2,0.3,0.4]],"
              "\"text\":null,\"sum\":null,\"id\":null}\n"
              "{\"url\":\"http://a/\",\"b\":\"http://b/\",\"faces\":\"[[0,0,1,1]]\"}\n"
              "{\"url\":\"http://a/\",\"b\":\"http://b/\",\"faces\":[]}\n"
              "{\"url\":\"http://a/\",\"b\":\"http://b/\",\"faces\":null}\n"
              "{\"url\":\"http://a/\",\"b\":\"http://b/\"}\n"
              "{\"url\":\"http://a/\",\"b\":\"http://b/\",\"faces\":false}\n");
    expect_boxes(ERR_OK, "", 1);
    expect_boxes(ERR_OK, "", 1);
    expect_boxes(ERR_OK, "", 0);
    expect_boxes(ERR_BAD_BOXES, "no boxes", -1);
    expect_boxes(ERR_BAD_BOXES, "no boxes", -1);
    expect_boxes(ERR_BAD_BOXES, "not a list", -1);
    close_feeder();
}
END_TEST

START_TEST(a_missing_column_ends_the_list)
{
    read_list("url,text,id\nhttp://a/,b,c\n");
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(last.kind, FEEDER_MISUSE);
        ck_assert_ptr_nonnull(
            strstr(last.message, "no column \"sum\"; the list has: url, text, id"));
        last = take();
    }
    close_feeder();
}
END_TEST

static void print_of(const char *text, char *ret)
{
    read_list(text);
    close_feeder();
    memcpy(ret, fingerprints[0], sizeof fingerprints[0]);
}

START_TEST(the_fingerprint_is_that_of_all_columns_used_and_of_no_other)
{
    char first[STATSFILE_FINGERPRINT_SIZE], other[STATSFILE_FINGERPRINT_SIZE];
    print_of(HEADER "http://a/,b,,c,d\n", first);
    print_of("id,sum,unused,text,url\r\n\"c\",,x,b, http://a/\r\n", other);
    ck_assert_str_eq(first, other);
    static const char *const changed[] = {"http://b/,b,,c,d\n", "http://a/,,,c,d\n",
        "http://a/,b," SUM ",c,d\n", "http://a/,b,,,d\n", "http://a/,bc,,,d\n",
        "http://a/,\"b\n1:c\",,,d\n"};
    for (size_t i = 0; i < sizeof changed / sizeof *changed; i++) {
        char text[200];
        snprintf(text, sizeof text, HEADER "%s", changed[i]);
        print_of(text, other);
        ck_assert_msg(strcmp(first, other) != 0, "%s", changed[i]);
    }
    columns.at[COLUMN_KEPT] = (struct column){"key", 3}; /* the same value under another name */
    print_of("url,text,sum,key\nhttp://a/,b,,c\n", other);
    ck_assert_str_ne(first, other);
}
END_TEST

/* Of "c4:text\nc0:\nhttp://a/\nt1:b\n", and of "c0:\nc0:\nr4:page\nhttp://a/\nt1:b\n". */
START_TEST(the_fingerprint_stays_what_it_was)
{
    char print[STATSFILE_FINGERPRINT_SIZE];
    columns = (struct columns){.at = {{"url", 3}, {"text", 4}}, .n = COLUMN_KEPT};
    print_of("url,text\nhttp://a/,b\n", print);
    ck_assert_str_eq(print, "ca72837ff3c7d041ff6ec9c61749a701ffa52a95034b1bb02e3c2867578c7f55");
    columns = (struct columns){.at = {{"url", 3}}, .n = COLUMN_KEPT};
    columns.at[COLUMN_REFERER] = (struct column){"page", 4};
    print_of("url,page\nhttp://a/,b\n", print);
    ck_assert_str_eq(print, "4a257064424440bed454bff43e4d9dbe572238b2d0896e53d0e9509131b53acb");
}
END_TEST

START_TEST(the_fingerprint_tells_text_json_and_nothing_apart)
{
    columns.at[COLUMN_CAPTION] = columns.at[COLUMN_HASH] = (struct column){0};
    static const char *const lines[] = {"{\"url\":\"http://a/\",\"id\":\"5\"}",
        "{\"url\":\"http://a/\",\"id\":5}", "{\"url\":\"http://a/\",\"id\":\"\"}",
        "{\"url\":\"http://a/\",\"id\":null}"};
    enum { N = sizeof lines / sizeof *lines };
    char prints[N][STATSFILE_FINGERPRINT_SIZE];
    conf.format = URLLIST_JSONL;
    for (int i = 0; i < N; i++) {
        print_of(lines[i], prints[i]);
        for (int k = 0; k < i; k++)
            ck_assert_msg(strcmp(prints[i], prints[k]) != 0, "%s", lines[i]);
    }
}
END_TEST

START_TEST(with_only_a_url_a_csv_has_the_fingerprint_of_a_txt)
{
    char csv[STATSFILE_FINGERPRINT_SIZE], txt[STATSFILE_FINGERPRINT_SIZE];
    columns.n = COLUMN_KEPT;
    columns.at[COLUMN_CAPTION].name = columns.at[COLUMN_HASH].name = NULL;
    print_of(HEADER "http://a/,b,,c,d\n http://b/,,,,\n", csv);
    conf.format = URLLIST_TXT;
    print_of("http://a/\nhttp://b/\n", txt);
    ck_assert_str_eq(csv, txt);
}
END_TEST

START_TEST(rows_that_are_not_in_the_encoding_are_marked)
{
    columns.n = COLUMN_KEPT;
    columns.at[COLUMN_CAPTION] = columns.at[COLUMN_HASH] = (struct column){0};
    conf.format = URLLIST_TXT;
    open_text("http://a/\xe9\nhttp://b/\nhttp://c/\xff \xff\n");
    for (int i = 0; i < 3; i++) {
        struct job *j = take_job();
        ck_assert_int_eq(j->is_malformed, i != 1);
        job_free(j, NULL);
    }
    close_feeder();
    conf.encoding = "latin1";
    open_text("http://a/\xe9\n");
    struct job *j = take_job();
    ck_assert(!j->is_malformed);
    ck_assert_str_eq(j->source, "http://a/\xc3\xa9");
    job_free(j, NULL);
    close_feeder();
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, feeder_tear_down);
    tcase_add_test(t, a_job_has_what_its_row_says);
    tcase_add_test(t, json_stays_json);
    tcase_add_test(t, rows_that_are_not_in_the_encoding_are_marked);
    tcase_add_test(t, a_bad_row_or_a_bad_hash_is_a_row_with_an_error);
    tcase_add_test(t, a_referer_is_the_normal_form_of_a_url_of_http);
    tcase_add_test(t, a_referer_of_a_jsonl_may_be_null_or_of_another_type);
    tcase_add_test(t, a_row_that_is_bad_itself_lacks_no_referer);
    tcase_add_test(t, a_row_knows_its_other_urls);
    tcase_add_test(t, a_row_has_boxes_or_an_error);
    tcase_add_test(t, boxes_of_a_jsonl_are_an_array_or_its_text);
    tcase_add_test(t, a_missing_column_ends_the_list);
    tcase_add_test(t, the_fingerprint_is_that_of_all_columns_used_and_of_no_other);
    tcase_add_test(t, the_fingerprint_stays_what_it_was);
    tcase_add_test(t, the_fingerprint_tells_text_json_and_nothing_apart);
    tcase_add_test(t, with_only_a_url_a_csv_has_the_fingerprint_of_a_txt);
}

int main(void)
{
    return test_main("feeder_columns", add);
}
