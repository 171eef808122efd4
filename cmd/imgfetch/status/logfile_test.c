#include "cmd/imgfetch/status/logfile.h"
#include "base/test.h"
#include "base/test_scratch.h"

#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static struct logfile l;
static char path[300];

static void set_up(void)
{
    scratch_make();
    snprintf(path, sizeof path, "%s/log", scratch_path);
    l = (struct logfile){0};
}

static void tear_down(void)
{
    scratch_remove();
}

static void expect(const char *pattern)
{
    char text[1000] = "";
    regex_t regex;
    FILE *f = fopen(path, "r");
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_gt(fread(text, 1, sizeof text - 1, f), 0);
    fclose(f);
    ck_assert_int_eq(regcomp(&regex, pattern, REG_EXTENDED), 0);
    ck_assert_msg(regexec(&regex, text, 0, NULL, 0) == 0, "%s", text);
    regfree(&regex);
}

#define TIME "20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z "

START_TEST(lines_have_times_and_are_appended)
{
    for (int i = 0; i < 2; i++) {
        ck_assert(logfile_open(&l, path));
        logfile_add(&l, LOGFILE_INFO, "one", 3); /* waits for the thread */
        ck_assert_int_eq(logfile_start(&l), 0);
        logfile_add(&l, LOGFILE_INFO, "", 0);
        logfile_close(&l);
        ck_assert_int_eq(logfile_error(&l), 0);
    }
    expect("^" TIME "one\n" TIME "\n" TIME "one\n" TIME "\n$");
}
END_TEST

START_TEST(a_file_of_that_name_has_json_lines)
{
    strcat(path, ".jsonl");
    ck_assert(logfile_open(&l, path));
    logfile_add(&l, LOGFILE_ERROR, "a \"b\" c\\d \xC3\xA4", 12);
    logfile_add(&l, LOGFILE_INFO, "", 0);
    logfile_close(&l);
    expect("^\\{\"time\":\"20[^\"]*Z\",\"level\":\"error\","
           "\"message\":\"a \\\\\"b\\\\\" c\\\\\\\\d \xC3\xA4\"\\}\n"
           "\\{\"time\":\"20[^\"]*Z\",\"level\":\"info\",\"message\":\"\"\\}\n$");
}
END_TEST

START_TEST(a_full_disk_is_told_once)
{
    ck_assert(logfile_open(&l, "/dev/full"));
    ck_assert_int_eq(logfile_start(&l), 0);
    logfile_add(&l, LOGFILE_INFO, "one", 3);
    logfile_close(&l);
    ck_assert_int_eq(logfile_error(&l), -ENOSPC);
    ck_assert_int_eq(logfile_error(&l), 0);
}
END_TEST

START_TEST(lines_for_which_there_is_no_room_are_lost_and_that_is_told)
{
    static char large[LOGFILE_WAITING_MAX / 4];
    memset(large, 'x', sizeof large);
    ck_assert(logfile_open(&l, path));
    for (int i = 0; i < 5; i++)
        logfile_add(&l, LOGFILE_INFO, large, sizeof large);
    ck_assert_int_eq(logfile_error(&l), -EAGAIN);
    ck_assert_uint_le(l.waiting.len, LOGFILE_WAITING_MAX);
    ck_assert_int_eq(logfile_start(&l), 0);
    logfile_close(&l);
    struct stat st;
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_int_gt(st.st_size, 3 * (off_t)sizeof large);
    ck_assert_int_lt(st.st_size, 4 * (off_t)sizeof large);
}
END_TEST

START_TEST(a_log_that_cannot_be_opened_is_none)
{
    ck_assert_ptr_nonnull(freopen("/dev/null", "w", stderr));
    ck_assert(!logfile_open(&l, scratch_path)); /* a folder */
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ck_assert(!logfile_open(&l, path)); /* nobody reads it */
    logfile_add(&l, LOGFILE_INFO, "one", 3);
    ck_assert_int_eq(logfile_error(&l), 0);
    logfile_close(&l);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, lines_have_times_and_are_appended);
    tcase_add_test(t, a_file_of_that_name_has_json_lines);
    tcase_add_test(t, a_full_disk_is_told_once);
    tcase_add_test(t, lines_for_which_there_is_no_room_are_lost_and_that_is_told);
    tcase_add_test(t, a_log_that_cannot_be_opened_is_none);
}

int main(void)
{
    return test_main("logfile", add);
}
