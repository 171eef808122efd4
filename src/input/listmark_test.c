#include "input/listmark.h"
#include "base/test_scratch.h"

static struct listmark mark;
static char path[64];

static void set_up(void)
{
    scratch_make();
    snprintf(path, sizeof path, "%s/list", scratch_path);
}

static void tear_down(void)
{
    listmark_fini(&mark);
    scratch_remove();
}

static void write_list(const char *text)
{
    scratch_write("list", text, strlen(text));
}

START_TEST(a_list_is_the_same_until_it_changes)
{
    write_list("a\nb\n");
    listmark_take(path, &mark);
    ck_assert_str_eq(mark.path, path);
    ck_assert_int_eq(mark.size, 4);
    ck_assert_int_eq(listmark_compare(&mark, path), LISTMARK_SAME);
    write_list("a\nb\nc\n");
    ck_assert_int_eq(listmark_compare(&mark, path), LISTMARK_GROWN);
    write_list("a\nc\nb\n");
    ck_assert_int_eq(listmark_compare(&mark, path), LISTMARK_OTHER);
    write_list("a\n");
    ck_assert_int_eq(listmark_compare(&mark, path), LISTMARK_OTHER);
    ck_assert_int_eq(unlinkat(scratch_dir, "list", 0), 0);
    ck_assert_int_eq(listmark_compare(&mark, path), LISTMARK_GONE);
    ck_assert_int_eq(errno, ENOENT);
}
END_TEST

START_TEST(only_the_beginning_is_read)
{
    static char text[3 * LISTMARK_HEAD];
    memset(text, 'x', sizeof text);
    scratch_write("list", text, sizeof text);
    listmark_take(path, &mark);
    text[LISTMARK_HEAD] = 'y';
    scratch_write("list", text, sizeof text);
    ck_assert_int_eq(listmark_compare(&mark, path), LISTMARK_SAME);
    scratch_write("list", text, LISTMARK_HEAD);
    ck_assert_int_eq(listmark_compare(&mark, path), LISTMARK_OTHER);
    text[LISTMARK_HEAD - 1] = 'y';
    scratch_write("list", text, sizeof text);
    ck_assert_int_eq(listmark_compare(&mark, path), LISTMARK_OTHER);
}
END_TEST

START_TEST(the_same_list_may_be_another_file)
{
    char copy[64];
    snprintf(copy, sizeof copy, "%s/copy", scratch_path);
    write_list("a\n");
    scratch_write("copy", "a\n", 2);
    listmark_take(path, &mark);
    ck_assert_int_eq(listmark_compare(&mark, copy), LISTMARK_SAME);
}
END_TEST

START_TEST(a_relative_path_becomes_absolute)
{
    write_list("a\n");
    ck_assert_int_eq(fchdir(scratch_dir), 0);
    listmark_take("list", &mark);
    ck_assert_int_eq(chdir("/"), 0);
    ck_assert_str_eq(mark.path, path);
    ck_assert_int_eq(listmark_compare(&mark, mark.path), LISTMARK_SAME);
    listmark_fini(&mark);
    listmark_take("no-such-list", &mark); /* the root ends with a slash already */
    ck_assert_str_eq(mark.path, "/no-such-list");
    ck_assert_int_eq(mark.size, -1);
}
END_TEST

START_TEST(what_is_no_regular_file_cannot_be_told_apart)
{
    static const char *const others[] = {"-", "/dev/null", "/"};
    char fifo[64];
    snprintf(fifo, sizeof fifo, "%s/fifo", scratch_path);
    ck_assert_int_eq(mkfifo(fifo, 0600), 0);
    for (int i = 0; i < 4; i++) {
        const char *other = i < 3 ? others[i] : fifo;
        listmark_take(other, &mark); /* a pipe without a writer does not block it */
        ck_assert_str_eq(mark.path, other);
        ck_assert_int_eq(mark.size, -1);
        ck_assert_int_eq(listmark_compare(&mark, other), LISTMARK_UNKNOWN);
        write_list("a\n");
        ck_assert_int_eq(listmark_compare(&mark, path), LISTMARK_UNKNOWN);
        listmark_fini(&mark);
    }
    listmark_take(path, &mark);
    ck_assert_int_eq(listmark_compare(&mark, "-"), LISTMARK_UNKNOWN);
}
END_TEST

START_TEST(a_url_is_told_apart_by_its_text)
{
    write_list("a\n");
    listmark_take("HTTPS://example.com/a.jpg", &mark);
    ck_assert_str_eq(mark.path, "HTTPS://example.com/a.jpg");
    ck_assert_int_eq(listmark_compare(&mark, "HTTPS://example.com/a.jpg"), LISTMARK_SAME);
    ck_assert_int_eq(listmark_compare(&mark, "https://example.com/b.jpg"), LISTMARK_OTHER);
    ck_assert_int_eq(listmark_compare(&mark, path), LISTMARK_OTHER);
    listmark_fini(&mark);
    listmark_take(path, &mark);
    ck_assert_int_eq(listmark_compare(&mark, "http://example.com/"), LISTMARK_OTHER);
}
END_TEST

static void add_tests(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, a_list_is_the_same_until_it_changes);
    tcase_add_test(t, only_the_beginning_is_read);
    tcase_add_test(t, the_same_list_may_be_another_file);
    tcase_add_test(t, a_relative_path_becomes_absolute);
    tcase_add_test(t, what_is_no_regular_file_cannot_be_told_apart);
    tcase_add_test(t, a_url_is_told_apart_by_its_text);
}

int main(void)
{
    return test_main("listmark", add_tests);
}
