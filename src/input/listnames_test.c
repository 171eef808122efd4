#include "input/listnames.h"
#include "base/test.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

static char path[] = "/tmp/listnames_test.XXXXXX", out[1000];

static void make_file(void)
{
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
}

static void remove_file(void)
{
    unlink(path);
}

static void add_name(void *arg, const char *name, size_t len)
{
    (void)arg;
    size_t at = strlen(out);
    snprintf(out + at, sizeof out - at, "<%.*s>", (int)len, name);
}

static const char *names_in(const char *name)
{
    *out = '\0';
    listnames_each(name, add_name, NULL);
    return out;
}

static const char *names_of_bytes(const char *text, size_t len)
{
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(text, 1, len, f), len);
    ck_assert_int_eq(fclose(f), 0);
    return names_in(path);
}

static const char *names(const char *text)
{
    return names_of_bytes(text, strlen(text));
}

START_TEST(a_table_has_the_names_of_its_first_line)
{
    ck_assert_str_eq(names("url,caption\nhttp://a/,b\n"), "<url><caption>");
    ck_assert_str_eq(names("url\tcaption\r\nhttp://a/\tb,c\r\n"), "<url><caption>");
    ck_assert_str_eq(names("\xef\xbb\xbfid;url;title"), "<id><url><title>");
    ck_assert_str_eq(names("id|url\n1|2\n"), "<id><url>");
    ck_assert_str_eq(names("\"my, url\",\"a \"\"b\"\"\"\nx,y\n"), "<my, url><a \"b\">");
    ck_assert_str_eq(names("url\nhttp://a/\n"), "<url>");
}
END_TEST

START_TEST(an_object_has_the_names_of_its_fields)
{
    ck_assert_str_eq(names("{\"url\":\"http://a/"
                           "\",\"size\":{\"w\":1},\"tags\":[{\"x\":1}],\"alt\":null}\n{\"y\":1}\n"),
        "<url><size><tags><alt>");
    ck_assert_str_eq(names("{\"url\":1,\"cut"), "<url>");
    ck_assert_str_eq(names("{\"a\\u0000b\":1,\"c\":2}"), "<c>");
    ck_assert_str_eq(names("{not json"), "");
}
END_TEST

START_TEST(what_is_no_table_has_none)
{
    ck_assert_str_eq(names(""), "");
    ck_assert_str_eq(names("http://a/b.jpg\nhttp://a/c,d.jpg\n"), "");
    ck_assert_str_eq(names_of_bytes("\xff\xd8\0\1", 4), "");
    ck_assert_str_eq(names_in("/nonexistent/list.csv"), "");
    ck_assert_str_eq(names_in("/tmp"), "");
    ck_assert_str_eq(names_in("-"), "");
}
END_TEST

START_TEST(a_pipe_is_not_waited_for)
{
    unlink(path);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ck_assert_str_eq(names_in(path), "");
}
END_TEST

START_TEST(a_compressed_list_has_the_names_of_what_is_in_it)
{
    gzFile file = gzopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_gt(gzputs(file, "url,caption\nhttp://a/,b\n"), 0);
    ck_assert_int_eq(gzclose(file), Z_OK);
    ck_assert_str_eq(names_in(path), "<url><caption>");
}
END_TEST

START_TEST(a_long_first_line_is_read_only_so_far)
{
    static char text[3 * LISTNAMES_AHEAD];
    memset(text, 'x', sizeof text);
    memcpy(text, "url,", 4);
    ck_assert_int_eq(strncmp(names_of_bytes(text, sizeof text), "<url><xxx", 9), 0);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, make_file, remove_file);
    tcase_add_test(t, a_table_has_the_names_of_its_first_line);
    tcase_add_test(t, an_object_has_the_names_of_its_fields);
    tcase_add_test(t, what_is_no_table_has_none);
    tcase_add_test(t, a_pipe_is_not_waited_for);
    tcase_add_test(t, a_compressed_list_has_the_names_of_what_is_in_it);
    tcase_add_test(t, a_long_first_line_is_read_only_so_far);
}

int main(void)
{
    return test_main("listnames", add);
}
