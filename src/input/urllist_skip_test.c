/* Rows that are passed are counted as they are when they are read. */
#include "input/test_urllist.h"
#include "base/mem.h"

#include <stdlib.h>

enum { ROWS_MAX = 64 };

/* The rows as they are read: of each its line, why it is bad, and its URL. */
static char *expected[ROWS_MAX];
static unsigned n_expected;

static char *describe(void)
{
    const struct urllist_value *url = &row.values[COLUMN_URL];
    size_t room = url->len + strlen(row.bad ? row.bad : "") + 40;
    char *text = mem_array(room, 1);
    snprintf(text, room, "%llu %s %.*s", (unsigned long long)row.line, row.bad ? row.bad : "good",
        (int)url->len, url->text);
    return text;
}

static enum urllist_status read_rows(void)
{
    enum urllist_status status;
    while ((status = urllist_next(l, &row)) == URLLIST_ROW) {
        ck_assert_uint_lt(n_expected, ROWS_MAX);
        expected[n_expected++] = describe();
    }
    urllist_free(l);
    return status;
}

/* pattern: bit i tells whether row i is read; the others are passed. */
static void expect_rows(uint64_t pattern, enum urllist_status end)
{
    for (unsigned i = 0; i < n_expected; i++) {
        bool reads = pattern >> i & 1;
        ck_assert_int_eq(reads ? urllist_next(l, &row) : urllist_skip(l), URLLIST_ROW);
        if (!reads)
            continue;
        char *found = describe();
        ck_assert_str_eq(found, expected[i]);
        free(found);
    }
    ck_assert_int_eq(urllist_skip(l), end);
    ck_assert_int_eq(urllist_next(l, &row), end);
    urllist_free(l);
}

static void forget_rows(void)
{
    while (n_expected)
        free(expected[--n_expected]);
    unlink(path);
}

/* url and id. */
static void use_two_columns(void)
{
    columns = (struct columns){.n = COLUMN_KEPT + 1};
    columns.at[COLUMN_URL] = (struct column){"url", 3};
    columns.at[COLUMN_KEPT] = (struct column){"id", 2};
}

/* Reads the text, and then passes all rows, all but one, and every other one. */
static void hold_to_reading(enum urllist_format format, const char *text, size_t len)
{
    open_bytes(format, text, len);
    enum urllist_status end = read_rows();
    const uint64_t others = UINT64_C(0x5555555555555555);
    for (unsigned i = 0; i < n_expected; i++) {
        open_bytes(format, text, len);
        expect_rows(UINT64_C(1) << i, end);
    }
    const uint64_t patterns[] = {0, others, ~others};
    for (unsigned i = 0; i < 3; i++) {
        open_bytes(format, text, len);
        expect_rows(patterns[i], end);
    }
    forget_rows();
}

static void hold_all_cuts(enum urllist_format format, const char *text, size_t begin)
{
    for (size_t len = begin; len <= strlen(text); len++)
        hold_to_reading(format, text, len);
}

START_TEST(rows_of_a_hostile_csv_at_all_cuts)
{
    static const char head[] = "url,id\n";
    static const char *const texts[] = {
        "x,1\r\n\n \r\nhttp://b/,\"x,\"\"y\"\"\nz\"\nc,\"2\"\r\n\"http://d/\",\"\"\n",
        "a,\"b\"c\"d\"\n\"a\"\"\n\",1\n\"a\" \"b\"\nx\"y\",\"2\"\r\r\n\r\"q\nr\",3\n",
        "a,\r\"b\n\",1\n,\n\"\",\"\"\n\"\"\",\"\"\",\"\nx,1\na\"b\nc,d\n",
        "\"a\"\r\"b\n\",1\n\"a\"\r\r,2\n\"a\",\"b\"\",\n\",3\n\r\r\n\t\nx\n",
        "a,\"never closed\nb,2\n\nc,\"3\"\n\"d\"x,4\n"};
    char text[400];
    use_two_columns();
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        snprintf(text, sizeof text, "%s%s", head, texts[i]);
        hold_all_cuts(URLLIST_CSV, text, sizeof head - 1);
    }
}
END_TEST

/* All short texts of the bytes that mean something. */
START_TEST(rows_of_every_short_csv)
{
    static const char bytes[] = "\",\r\na";
    enum { LEN = 6, N = 5 };
    char text[] = "url,id\n\"a\n______\n\",1\nb,2\n";
    char *at = strchr(text, '_');
    use_two_columns();
    for (unsigned number = 0; number < N * N * N * N * N * N; number++) {
        unsigned rest = number;
        for (unsigned i = 0; i < LEN; i++, rest /= N)
            at[i] = bytes[rest % N];
        char whole[64];
        snprintf(whole, sizeof whole, "url,id\n%s", number % 2 ? strchr(text, '\n') + 1 : at);
        open_bytes(URLLIST_CSV, whole, strlen(whole));
        enum urllist_status end = read_rows();
        open_bytes(URLLIST_CSV, whole, strlen(whole));
        expect_rows(number % 3 ? 2 : 4, end);
        forget_rows();
    }
}
END_TEST

START_TEST(rows_of_a_csv_between_semicolons)
{
    use_two_columns();
    hold_all_cuts(URLLIST_CSV, "url;id\nhttp://a/;\"1,;\n\"\n\"x\",\"y\n\";2\n\"a\";\"b\"\n", 8);
}
END_TEST

START_TEST(rows_of_a_csv_without_a_header)
{
    use_two_columns();
    columns.at[COLUMN_URL] = (struct column){"1", 1};
    columns.at[COLUMN_KEPT] = (struct column){"2", 1};
    hold_all_cuts(URLLIST_CSV, "http://a/,\"1\n\"\nx\n\n\"a\",\"b\"\n", 10);
}
END_TEST

START_TEST(rows_of_a_hostile_jsonl_at_all_cuts)
{
    static const char text[] =
        "{\"url\": \"http://a/\", \"id\": 1}\n\n \r\n[1]\nno\n{\"url\": 2}\n{}\r\n"
        "\t\n{\"url\": \"http://b/\", \"id\": \"\\n\"}\n{\"url\": \"x\"\n}\n";
    use_two_columns();
    hold_all_cuts(URLLIST_JSONL, text, 29);
}
END_TEST

START_TEST(rows_of_a_tsv_and_a_txt_at_all_cuts)
{
    use_two_columns();
    hold_all_cuts(URLLIST_TSV, "url\tid\n\nhttp://a/\t1\r\n \"a\n\" \r\nx\ty\tz\n", 7);
    hold_all_cuts(URLLIST_TXT, "http://a/\n\n# x\n \t\nb\r\nno url\n", 10);
}
END_TEST

static void hold_long_field(const char *begin, size_t len, const char *end)
{
    size_t room = len + 200;
    char *text = mem_array(room, 1);
    int at = snprintf(text, room, "url,id\nx,1\n%s", begin);
    for (size_t i = 0; i < len; i++)
        text[(size_t)at + i] = i % 100 == 99 && len < URLLIST_LINE_MAX - 100 ? '\n' : 'a';
    int more = snprintf(text + at + len, room - (size_t)at - len, "%s\ny,2\nz,\"3\"\n", end);
    open_bytes(URLLIST_CSV, text, (size_t)at + len + (size_t)more);
    unsigned read = 0, passed = 0;
    while (urllist_next(l, &row) == URLLIST_ROW)
        read++;
    urllist_free(l);
    open_bytes(URLLIST_CSV, text, (size_t)at + len + (size_t)more);
    while (urllist_skip(l) == URLLIST_ROW)
        passed++;
    urllist_free(l);
    ck_assert_uint_eq(passed, read);
    free(text);
    unlink(path);
}

START_TEST(fields_and_lines_that_are_too_long)
{
    use_two_columns();
    for (size_t more = 0; more < 300; more += 50) {
        hold_long_field("x,\"", URLLIST_QUOTE_MAX - 150 + more, "\"");
        hold_long_field("x,\"", URLLIST_QUOTE_MAX - 150 + more, "");
        hold_long_field("x,\"", URLLIST_LINE_MAX - 150 + more, "\"");
        hold_long_field("x,", URLLIST_LINE_MAX - 150 + more, "");
        hold_long_field("x,\"", URLLIST_LINE_MAX - 150 + more, "");
    }
}
END_TEST

static void add(TCase *t)
{
    tcase_set_timeout(t, 120);
    tcase_add_checked_fixture(t, set_up, NULL);
    tcase_add_test(t, rows_of_a_hostile_csv_at_all_cuts);
    tcase_add_test(t, rows_of_every_short_csv);
    tcase_add_test(t, rows_of_a_csv_between_semicolons);
    tcase_add_test(t, rows_of_a_csv_without_a_header);
    tcase_add_test(t, rows_of_a_hostile_jsonl_at_all_cuts);
    tcase_add_test(t, rows_of_a_tsv_and_a_txt_at_all_cuts);
    tcase_add_test(t, fields_and_lines_that_are_too_long);
}

int main(void)
{
    return test_main("urllist_skip", add);
}
