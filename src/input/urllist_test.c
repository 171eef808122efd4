#include "input/urllist.h"
#include "base/test.h"
#include "input/url.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

static char path[2][64];
static char message[URLLIST_MESSAGE_SIZE];

static void make_file(int i, const void *bytes, size_t len)
{
    snprintf(path[i], sizeof path[i], "/tmp/urllist_test.%d.%d", (int)getpid(), i);
    FILE *f = fopen(path[i], "w");
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(bytes, 1, len, f), len);
    fclose(f);
}

static struct urllist *open_list(size_t n)
{
    static const char *paths[2];
    paths[0] = path[0];
    paths[1] = path[1];
    struct urllist *l = urllist_open(paths, n, NULL, NULL, message);
    ck_assert_msg(l != NULL, "%s", message);
    return l;
}

static void expect(struct urllist *l, const char *text, uint64_t number)
{
    struct urllist_line line;
    ck_assert_int_eq(urllist_next(l, &line), URLLIST_LINE);
    ck_assert_uint_eq(line.len, strlen(text));
    ck_assert_mem_eq(line.text, text, line.len);
    ck_assert_uint_eq(line.number, number);
}

static void expect_end(struct urllist *l)
{
    struct urllist_line line;
    ck_assert_int_eq(urllist_next(l, &line), URLLIST_END);
    urllist_free(l);
    unlink(path[0]);
    unlink(path[1]);
}

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

static void gzip_append(int i, const char *text)
{
    snprintf(path[i], sizeof path[i], "/tmp/urllist_test.%d.%d", (int)getpid(), i);
    gzFile f = gzopen(path[i], "a");
    ck_assert_int_gt(gzputs(f, text), 0);
    gzclose(f);
}

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
    struct urllist_line line;
    enum urllist_answer answer;
    while ((answer = urllist_next(l, &line)) == URLLIST_LINE)
        ;
    ck_assert_int_eq(answer, URLLIST_ERROR);
    ck_assert_ptr_nonnull(strstr(urllist_error(l), path[0]));
    ck_assert_ptr_nonnull(strstr(urllist_error(l), "ends early"));
    urllist_free(l);
    unlink(path[0]);
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
    struct urllist_line line;
    ck_assert_int_eq(urllist_next(l, &line), URLLIST_LINE);
    ck_assert_uint_eq(line.len, URL_MAX + 1);
    expect(l, "http://b/", 2);
    expect_end(l);
    free(text);
}
END_TEST

START_TEST(a_nul_byte_is_a_byte_like_others)
{
    make_file(0, "http://a/\0b\n\0\n", 14);
    struct urllist *l = open_list(1);
    struct urllist_line line;
    ck_assert_int_eq(urllist_next(l, &line), URLLIST_LINE);
    ck_assert_uint_eq(line.len, 11);
    ck_assert_int_eq(urllist_next(l, &line), URLLIST_LINE);
    ck_assert_uint_eq(line.len, 1);
    expect_end(l);
}
END_TEST

START_TEST(a_missing_file_or_a_folder_is_told_at_once)
{
    ck_assert_ptr_null(urllist_open((const char *[]){"/nonexistent/list"}, 1, NULL, NULL, message));
    ck_assert_str_eq(message, "/nonexistent/list: No such file or directory");
    ck_assert_ptr_null(urllist_open((const char *[]){"/tmp"}, 1, NULL, NULL, message));
    ck_assert_str_eq(message, "/tmp: Is a directory");
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
    struct urllist *l = urllist_open((const char *[]){"-"}, 1, NULL, NULL, message);
    pthread_t thread;
    pthread_create(&thread, NULL, interrupt, l);
    struct urllist_line line;
    ck_assert_int_eq(urllist_next(l, &line), URLLIST_INTERRUPTED);
    pthread_join(thread, NULL);
    urllist_free(l);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, comments_blanks_crlf_and_bom_are_not_part_of_a_url);
    tcase_add_test(t, several_files_follow_each_other_with_line_numbers_of_their_own);
    tcase_add_test(t, gzip_is_seen_by_its_content_and_may_have_several_members);
    tcase_add_test(t, gzip_that_ends_early_is_an_error_with_the_name_of_the_file);
    tcase_add_test(t, an_overlong_line_is_cut_and_the_next_one_is_whole);
    tcase_add_test(t, a_nul_byte_is_a_byte_like_others);
    tcase_add_test(t, a_missing_file_or_a_folder_is_told_at_once);
    tcase_add_test(t, a_blocked_read_can_be_interrupted);
}

int main(void)
{
    return test_main("urllist", add);
}
