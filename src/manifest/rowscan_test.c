#include "manifest/rowscan.h"
#include "base/test_scratch.h"

static char line[4096];

/* A row of which only these values matter, as JSON. */
static const char *row(const char *url, const char *final, const char *status, const char *path)
{
    bool is_good = !strcmp(status, "success");
    snprintf(line, sizeof line,
        "{\"key\":\"000000000\",\"index\":0,\"line\":1,\"url\":%s,\"final_url\":%s,"
        "\"status\":\"%s\",\"error\":%s,\"message\":null,\"http_status\":200,\"path\":%s,"
        "\"thumbs\":[{\"path\":\"thumbs/8/00000/000000000.jpg\"}],\"duplicate_of\":null,"
        "\"caption\":\"\\\"url\\\":\\\"http://b/\\\"\",\"x\":{\"path\":\"images/x\"}}",
        url, final, status, is_good ? "null" : "\"http_error\"", path);
    return line;
}

/* Both ways of reading say this. */
static void expect(const char *text, const char *url, const char *path)
{
    struct rowscan fast, whole;
    enum rowscan_result should = url ? ROWSCAN_BODY : ROWSCAN_NONE;
    ck_assert_int_eq(rowscan_line(text, strlen(text), &fast), should);
    ck_assert_int_eq(rowscan_read(text, &whole), should);
    if (!url)
        return;
    ck_assert_str_eq(whole.url, url);
    ck_assert_str_eq(whole.path, path);
    ck_assert_uint_eq(whole.url_len, strlen(url));
    ck_assert_uint_eq(whole.path_len, strlen(path));
    ck_assert_mem_eq(fast.url, url, fast.url_len);
    ck_assert_uint_eq(fast.url_len, strlen(url));
    ck_assert_mem_eq(fast.path, path, fast.path_len);
    ck_assert_uint_eq(fast.path_len, strlen(path));
    rowscan_fini(&fast);
    rowscan_fini(&whole);
}

START_TEST(most_rows_are_not_parsed)
{
    struct rowscan s;
    const char *text = row("\"http://a/1\"", "\"http://a/1\"", "success", "\"images/00000/1.jpg\"");
    expect(text, "http://a/1", "images/00000/1.jpg");
    ck_assert_int_eq(rowscan_line(text, strlen(text), &s), ROWSCAN_BODY);
    ck_assert_ptr_null(s.row.tree);
    ck_assert(s.url > line && s.url < line + sizeof line);
}
END_TEST

START_TEST(a_url_is_normalised)
{
    expect(row("\"HTTP://A/x/../1#y\"", "\"http://a/1\"", "success", "\"images/1\""), "http://a/1",
        "images/1");
    expect(row("\"http://a/%C3%A4 \\\"\"", "\"http://a/%C3%A4%20%22\"", "success", "\"images/1\""),
        "http://a/%C3%A4%20%22", "images/1");
}
END_TEST

START_TEST(a_redirected_row_has_the_url_that_was_asked_for)
{
    expect(row("\"http://a/1\"", "\"http://b/2\"", "success", "\"images/1\""), "http://a/1",
        "images/1");
}
END_TEST

START_TEST(a_row_of_another_url_of_its_list_has_the_url_that_answered)
{
    expect(row("\"http://a/1\"", "\"http://b/2\",\"url_index\":1", "success", "\"images/1\""),
        "http://b/2", "images/1");
    expect(row("\"http://a/1\"", "\"http://b/2\",\"url_index\":0", "success", "\"images/1\""),
        "http://a/1", "images/1");
}
END_TEST

START_TEST(a_path_may_have_escapes)
{
    expect(row("\"http://a/1\"", "\"http://a/1\"", "success", "\"images/a\\u0022b\""), "http://a/1",
        "images/a\"b");
}
END_TEST

START_TEST(rows_without_a_body_are_none)
{
    expect(row("\"http://a/1\"", "\"http://a/1\"", "success", "null"), NULL, NULL);
    expect(row("\"http://a/1\"", "\"http://a/1\"", "failed_to_resize", "\"images/1\""), NULL, NULL);
    expect(row("\"no url\"", "null", "failed_to_download", "null"), NULL, NULL);
    expect(row("\"no url\"", "\"http://a/\"", "success", "\"images/1\""), NULL, NULL);
}
END_TEST

START_TEST(other_lines_are_no_rows)
{
    struct rowscan s;
    char torn[4096];
    static const char *const lines[] = {"", "{\"key\":\"", "{}", "{\"key\":\"0\"}",
        "[{\"key\":\"000000000\",\"thumbs\":[]}]", "{\"url\":\"http://a/\",\"thumbs\":[]}"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        ck_assert_int_eq(rowscan_line(lines[i], strlen(lines[i]), &s), ROWSCAN_NO_ROW);
    const char *text = row("\"http://a/1\"", "\"http://a/1\"", "success", "\"images/1\"");
    size_t len = strlen(text);
    for (size_t cut = 1; cut < len; cut++) {
        memcpy(torn, text, len - cut);
        torn[len - cut] = '\0';
        ck_assert_msg(
            rowscan_line(torn, len - cut, &s) != ROWSCAN_BODY || torn[len - cut - 1] == '}',
            "cut by %zu", cut);
        ck_assert_int_eq(rowscan_read(torn, &s), ROWSCAN_NO_ROW);
    }
}
END_TEST

/* ---- lines ---- */

static struct {
    int64_t offset;
    size_t len;
    char first;
} seen[16];
static unsigned n_seen, n_wanted;

static bool note(void *arg, int64_t offset, const char *text, size_t len)
{
    ck_assert_ptr_eq(arg, seen);
    ck_assert_uint_lt(n_seen, 16);
    seen[n_seen].offset = offset;
    seen[n_seen].len = len;
    seen[n_seen++].first = len ? *text : '\0';
    return n_seen < n_wanted;
}

static void read_lines(const void *text, size_t len)
{
    scratch_write("lines", text, len);
    int fd = openat(scratch_dir, "lines", O_RDONLY | O_CLOEXEC);
    n_seen = 0;
    ck_assert_int_eq(rowscan_lines(fd, note, seen), 0);
    close(fd);
}

static void expect_line(unsigned i, int64_t offset, size_t len, char first)
{
    ck_assert_uint_lt(i, n_seen);
    ck_assert_int_eq(seen[i].offset, offset);
    ck_assert_uint_eq(seen[i].len, len);
    ck_assert_int_eq(seen[i].first, first);
}

START_TEST(lines_come_with_their_offset)
{
    n_wanted = 16;
    read_lines("one\n\nthree\ntorn", 15);
    ck_assert_uint_eq(n_seen, 4);
    expect_line(0, 0, 3, 'o');
    expect_line(1, 4, 0, '\0');
    expect_line(2, 5, 5, 't');
    expect_line(3, 11, 0, '\0');
    read_lines("", 0);
    ck_assert_uint_eq(n_seen, 0);
    n_wanted = 1;
    read_lines("one\ntwo\n", 8);
    ck_assert_uint_eq(n_seen, 1);
}
END_TEST

START_TEST(a_line_that_is_too_long_is_passed_as_an_empty_one)
{
    enum { LONG = 3 * ROWSCAN_LINE_MAX };
    char *text = malloc(LONG + 100);
    n_wanted = 16;
    memset(text, 'x', LONG + 100);
    text[2] = text[LONG] = text[LONG + 4] = '\n';
    text[LONG + 1] = 'y';
    read_lines(text, LONG + 5);
    ck_assert_uint_eq(n_seen, 3);
    expect_line(0, 0, 2, 'x');
    ck_assert_uint_eq(seen[1].len, 0);
    expect_line(2, LONG + 1, 3, 'y');
    text[2] = text[ROWSCAN_LINE_MAX - 1] = 'x';
    text[ROWSCAN_LINE_MAX] = '\n';
    read_lines(text, LONG + 5);
    ck_assert_uint_eq(n_seen, 3);
    expect_line(2, LONG + 1, 3, 'y');
    free(text);
}
END_TEST

START_TEST(what_cannot_be_read_is_an_error)
{
    ck_assert_int_eq(rowscan_lines(scratch_dir, note, seen), -EISDIR);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, scratch_make, scratch_remove);
    tcase_add_test(t, most_rows_are_not_parsed);
    tcase_add_test(t, a_url_is_normalised);
    tcase_add_test(t, a_redirected_row_has_the_url_that_was_asked_for);
    tcase_add_test(t, a_row_of_another_url_of_its_list_has_the_url_that_answered);
    tcase_add_test(t, a_path_may_have_escapes);
    tcase_add_test(t, rows_without_a_body_are_none);
    tcase_add_test(t, other_lines_are_no_rows);
    tcase_add_test(t, lines_come_with_their_offset);
    tcase_add_test(t, a_line_that_is_too_long_is_passed_as_an_empty_one);
    tcase_add_test(t, what_cannot_be_read_is_an_error);
}

int main(void)
{
    return test_main("rowscan", add);
}
