#include "input/test_listfiles.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <zstd.h>

START_TEST(comments_blanks_crlf_and_bom_are_not_part_of_a_url)
{
    const char text[] = "\xef\xbb\xbfhttp://a/\r\n# no\r\n\r\n  \t\n  http://b/,\"x \nhttp://c/";
    make_file(0, text, strlen(text));
    struct urllist *l = open_list(1);
    expect(l, "http://a/", 1);
    expect(l, "http://b/,\"x", 5);
    expect(l, "http://c/", 6);
    expect_end(l);
}
END_TEST

START_TEST(a_byte_order_mark_is_one_only_where_the_file_begins)
{
    const char text[] = "http://a/\n\xef\xbb\xbfhttp://b/\n";
    make_file(0, text, strlen(text));
    struct urllist *l = open_list(1);
    expect(l, "http://a/", 1);
    expect(l, "\xef\xbb\xbfhttp://b/", 2);
    expect_end(l);
}
END_TEST

START_TEST(several_files_follow_each_other_with_line_numbers_of_their_own)
{
    make_file(0, "http://a/", 9);
    make_file(1, "\nhttp://b/\n", 11);
    struct urllist *l = open_list(2);
    expect(l, "http://a/", 1);
    expect(l, "http://b/", 2);
    expect_end(l);
}
END_TEST

START_TEST(gzip_is_seen_by_its_content_and_may_have_several_members)
{
    gzip_append(0, "http://a/\nhttp://");
    gzip_append(0, "b/\n");
    struct urllist *l = open_list(1);
    expect(l, "http://a/", 1);
    expect(l, "http://b/", 2);
    expect_end(l);
}
END_TEST

START_TEST(gzip_that_ends_early_is_an_error_with_the_name_of_the_file)
{
    gzip_append(0, "http://a/\nhttp://b/\n");
    ck_assert_int_eq(truncate(path[0], 24), 0);
    struct urllist *l = open_list(1);
    struct urllist_row row;
    enum urllist_status status;
    while ((status = urllist_next(l, &row)) == URLLIST_ROW)
        ;
    ck_assert_int_eq(status, URLLIST_ERROR);
    ck_assert_ptr_nonnull(strstr(urllist_error(l), path[0]));
    ck_assert_ptr_nonnull(strstr(urllist_error(l), "ends early"));
    urllist_free(l);
    unlink(path[0]);
}
END_TEST

static size_t zstd_add(char *at, size_t room, const char *text, size_t len)
{
    size_t n = ZSTD_compress(at, room, text, len, 3);
    ck_assert(!ZSTD_isError(n));
    return n;
}

START_TEST(zstd_is_seen_by_its_content_and_may_have_several_frames)
{
    char packed[1000];
    size_t len = zstd_add(packed, sizeof packed, "http://a/\nhttp://", 17);
    len += zstd_add(packed + len, sizeof packed - len, "b/\n", 3);
    make_file(0, packed, len);
    struct urllist *l = open_list(1);
    expect(l, "http://a/", 1);
    expect(l, "http://b/", 2);
    expect_end(l);
}
END_TEST

/* The last step of the decoder fills its buffer while nothing more is to be read. */
START_TEST(compressed_lists_that_blow_up_are_read_to_their_end)
{
    enum { LINES = 300000 };
    char *text = malloc(LINES * 10), *packed = malloc(LINES * 10);
    for (int i = 0; i < LINES; i++)
        memcpy(text + i * 10, "http://a/\n", 10);
    size_t len = zstd_add(packed, LINES * 10, text, LINES * 10);
    ck_assert_uint_lt(len, 65536);
    make_file(0, packed, len);
    snprintf(path[1], sizeof path[1], "/tmp/urllist_test.%d.1", (int)getpid());
    gzFile gzip = gzopen(path[1], "w");
    ck_assert_int_eq(gzwrite(gzip, text, LINES * 10), LINES * 10);
    gzclose(gzip);
    struct urllist *l = open_list(2);
    for (uint64_t i = 0; i < 2 * LINES; i++)
        expect(l, "http://a/", i % LINES + 1);
    expect_end(l);
    free(text);
    free(packed);
}
END_TEST

static void expect_broken(const char *bytes, size_t len, const char *why)
{
    make_file(0, bytes, len);
    struct urllist *l = open_list(1);
    struct urllist_row row;
    enum urllist_status status;
    while ((status = urllist_next(l, &row)) == URLLIST_ROW)
        ;
    ck_assert_int_eq(status, URLLIST_ERROR);
    ck_assert_int_eq(urllist_next(l, &row), URLLIST_ERROR);
    ck_assert_ptr_nonnull(strstr(urllist_error(l), why));
    urllist_free(l);
    unlink(path[0]);
}

START_TEST(zstd_that_ends_early_or_is_garbage_is_an_error)
{
    char packed[1000];
    size_t len = zstd_add(packed, sizeof packed, "http://a/\nhttp://b/\n", 20);
    expect_broken(packed, len - 3, "ends early");
    packed[len] = 'x';
    expect_broken(packed, len + 1, "");
    packed[4] ^= 0x08; /* RFC 8878, 3.1.1.1.1: the reserved bit */
    expect_broken(packed, len, path[0]);
}
END_TEST

START_TEST(a_pipe_may_give_the_magic_number_byte_by_byte)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    dup2(ends[0], STDIN_FILENO);
    struct urllist_conf conf = {.n_paths = 1, .columns = &only_url};
    conf.paths = (const char *[]){"-"};
    struct urllist *l = urllist_open(&conf, message);
    char packed[1000];
    size_t len = zstd_add(packed, sizeof packed, "http://a/\n", 10);
    pid_t writer = fork();
    if (writer == 0) {
        for (size_t i = 0; i < len; i++) {
            usleep(1000);
            if (write(ends[1], packed + i, 1) != 1)
                _exit(1);
        }
        _exit(0);
    }
    close(ends[1]);
    expect(l, "http://a/", 1);
    struct urllist_row row;
    ck_assert_int_eq(urllist_next(l, &row), URLLIST_END);
    urllist_free(l);
    ck_assert_int_eq(waitpid(writer, NULL, 0), writer);
}
END_TEST

static void expect_format(const char *name, bool is_csv)
{
    char dir[] = "/tmp/urllist_test.XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(path[0], sizeof path[0], "%s/%s", dir, name);
    FILE *f = fopen(path[0], "w");
    fputs("url,a\nhttp://a/,b\n", f);
    fclose(f);
    struct urllist *l = open_list(1);
    struct urllist_row row;
    if (is_csv)
        expect(l, "http://a/", 2);
    else
        ck_assert_int_eq(urllist_next(l, &row), URLLIST_MISUSE); /* of the header */
    urllist_free(l);
    unlink(path[0]);
    rmdir(dir);
}

START_TEST(the_name_says_the_format)
{
    expect_format("a.csv", true);
    expect_format("a.CSV.gz", true);
    expect_format("a.csv.zst", true);
    expect_format("a.txt.csv.zstd", true);
    expect_format("csv", false);
    expect_format("a.csv.txt", false);
    expect_format("a.csv.gz.gz", false);
}
END_TEST

START_TEST(an_overlong_line_is_cut_and_the_next_one_is_whole)
{
    size_t len = 300000;
    char *text = malloc(len);
    memset(text, 'a', len);
    memcpy(text + len - 11, "\nhttp://b/\n", 11);
    make_file(0, text, len);
    struct urllist *l = open_list(1);
    struct urllist_row row;
    ck_assert_int_eq(urllist_next(l, &row), URLLIST_ROW);
    ck_assert_uint_eq(row.values[COLUMN_URL].len, URL_MAX + 1);
    expect(l, "http://b/", 2);
    expect_end(l);
    free(text);
}
END_TEST

START_TEST(a_nul_byte_is_a_byte_like_others)
{
    make_file(0, "http://a/\0b\n\0\n", 14);
    struct urllist *l = open_list(1);
    struct urllist_row row;
    ck_assert_int_eq(urllist_next(l, &row), URLLIST_ROW);
    ck_assert_uint_eq(row.values[COLUMN_URL].len, 11);
    ck_assert_int_eq(urllist_next(l, &row), URLLIST_ROW);
    ck_assert_uint_eq(row.values[COLUMN_URL].len, 1);
    expect_end(l);
}
END_TEST

/* Opens the first n files; expects that they are refused with such a message before any row. */
static void expect_refused(size_t n, const char *expected)
{
    struct urllist *l = open_list(n);
    struct urllist_row row;
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(urllist_next(l, &row), URLLIST_MISUSE);
    ck_assert_msg(strstr(urllist_error(l), expected) != NULL, "%s", urllist_error(l));
    urllist_free(l);
    unlink(path[0]);
    unlink(path[1]);
}

START_TEST(a_missing_file_is_told_at_once_and_a_folder_before_any_row)
{
    struct urllist_conf conf = {.n_paths = 1, .columns = &only_url};
    conf.paths = (const char *[]){"/nonexistent/list"};
    ck_assert_ptr_null(urllist_open(&conf, message));
    ck_assert_str_eq(message, "/nonexistent/list: No such file or directory");
    conf.paths = (const char *[]){"/tmp"};
    strcpy(path[0], "/tmp");
    expect_refused(
        1, "/tmp is a directory: name the lists in it: /tmp/*; if imgfetch made it: -o /tmp");
    conf.paths = (const char *[]){"ftp://a/b"};
    ck_assert_ptr_null(urllist_open(&conf, message));
    ck_assert_str_eq(message, "ftp://a/b: only http and https URLs can be fetched");
}
END_TEST

START_TEST(a_file_that_is_no_list_is_refused_before_the_rows_of_others)
{
    make_file(0, "http://a/\n", 10);
    make_file(1, "\x89PNG\r\n\x1a\n...", 11);
    expect_refused(2, "1 is a PNG image: a LIST has the URLs of images, one a line");
    make_file(0, "http://a/\n", 10);
    make_file(1, "[\n {\"url\": 1}\n]\n", 16);
    expect_refused(2, "one object a line is wanted: jq -c '.[]' /tmp/");
    make_file(0, "[\n {\"url\": 1}\n]\n", 16);
    make_file(1, "http://a/\n", 10);
    expect_refused(2, "one object a line is wanted: jq -c '.[]' /tmp/");
    /* bzip2 inside of gzip */
    gzip_append(0, "BZh91AY&SY.");
    expect_refused(1, "is compressed with bzip2: gzip -dc ");
    gzip_append(0, "BZh91AY&SY.");
    expect_refused(1, "0 | bzip2 -dc | imgfetch -");
    make_file(0, "\n# a comment\nname;\"image_url\"\n7;http://a/\n", 42);
    expect_refused(1, "begins with the header of a table: --format=csv reads it");
}
END_TEST

START_TEST(a_url_in_place_of_a_file_is_a_row)
{
    make_file(0, "http://b/\n", 10);
    const char *paths[] = {"http://a/", path[0], "HTTPS://c/d,e"};
    struct urllist_conf conf = {.paths = paths, .n_paths = 3, .columns = &only_url};
    struct urllist *l = urllist_open(&conf, message);
    struct urllist_row row;
    for (int i = 0; i < 3; i++) {
        static const char *const urls[] = {"http://a/", "http://b/", "HTTPS://c/d,e"};
        ck_assert_int_eq(urllist_next(l, &row), URLLIST_ROW);
        ck_assert_uint_eq(row.values[COLUMN_URL].len, strlen(urls[i]));
        ck_assert_mem_eq(row.values[COLUMN_URL].text, urls[i], strlen(urls[i]));
        ck_assert_uint_eq(row.line, i == 2 ? 3 : 1);
        ck_assert_int_eq(row.is_argument, i != 1);
    }
    ck_assert_int_eq(urllist_next(l, &row), URLLIST_END);
    urllist_free(l);
    unlink(path[0]);
    ck_assert(!urllist_is_url("http:/a") && !urllist_is_url("httpx://a") && !urllist_is_url("-"));
    ck_assert(!urllist_has_columns(&conf));
    conf.format = URLLIST_CSV;
    ck_assert(urllist_has_columns(&conf));
}
END_TEST

START_TEST(standard_input_is_looked_at_first_and_read_from_where_it_stands)
{
    make_file(0, "no row\nhttp://b/\n", 17);
    make_file(1, "http://a/\n", 10);
    const char *paths[] = {path[1], "-"};
    struct urllist_conf conf = {.paths = paths, .n_paths = 2, .columns = &only_url};
    int fd = open(path[0], O_RDONLY);
    ck_assert_int_eq(dup2(fd, STDIN_FILENO), STDIN_FILENO);
    ck_assert_int_eq(lseek(STDIN_FILENO, 7, SEEK_SET), 7);
    close(fd);
    struct urllist *l = urllist_open(&conf, message);
    expect(l, "http://a/", 1);
    expect(l, "http://b/", 1);
    expect_end(l);
}
END_TEST

static void *interrupt(void *arg)
{
    usleep(20000);
    urllist_interrupt(arg);
    return NULL;
}

START_TEST(a_blocked_read_can_be_interrupted)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    dup2(ends[0], STDIN_FILENO);
    struct urllist_conf conf = {.n_paths = 1, .columns = &only_url};
    conf.paths = (const char *[]){"-"};
    struct urllist *l = urllist_open(&conf, message);
    pthread_t thread;
    pthread_create(&thread, NULL, interrupt, l);
    struct urllist_row row;
    ck_assert_int_eq(urllist_next(l, &row), URLLIST_INTERRUPTED);
    pthread_join(thread, NULL);
    urllist_free(l);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, comments_blanks_crlf_and_bom_are_not_part_of_a_url);
    tcase_add_test(t, a_byte_order_mark_is_one_only_where_the_file_begins);
    tcase_add_test(t, several_files_follow_each_other_with_line_numbers_of_their_own);
    tcase_add_test(t, gzip_is_seen_by_its_content_and_may_have_several_members);
    tcase_add_test(t, gzip_that_ends_early_is_an_error_with_the_name_of_the_file);
    tcase_add_test(t, zstd_is_seen_by_its_content_and_may_have_several_frames);
    tcase_add_test(t, compressed_lists_that_blow_up_are_read_to_their_end);
    tcase_add_test(t, zstd_that_ends_early_or_is_garbage_is_an_error);
    tcase_add_test(t, a_pipe_may_give_the_magic_number_byte_by_byte);
    tcase_add_test(t, the_name_says_the_format);
    tcase_add_test(t, an_overlong_line_is_cut_and_the_next_one_is_whole);
    tcase_add_test(t, a_nul_byte_is_a_byte_like_others);
    tcase_add_test(t, a_missing_file_is_told_at_once_and_a_folder_before_any_row);
    tcase_add_test(t, a_file_that_is_no_list_is_refused_before_the_rows_of_others);
    tcase_add_test(t, a_url_in_place_of_a_file_is_a_row);
    tcase_add_test(t, standard_input_is_looked_at_first_and_read_from_where_it_stands);
    tcase_add_test(t, a_blocked_read_can_be_interrupted);
}

int main(void)
{
    return test_main("urllist", add);
}
