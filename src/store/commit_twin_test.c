#include "store/commit.h"
#include "base/test_scratch.h"

#include <linux/fs.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>

static bool can_share; /* what the file system can */
static unsigned asked;

/* Replaces libc's function. */
int ioctl(int fd, unsigned long request, ...)
{
    va_list args;
    va_start(args, request);
    int twin = va_arg(args, int);
    va_end(args);
    ck_assert_uint_eq(request, FICLONE);
    asked++;
    errno = EOPNOTSUPP;
    return can_share && sendfile(fd, twin, NULL, 100) >= 0 ? 0 : -1;
}

/* Commits "part" as a file whose twin says "twin", which tells them apart. */
static void commit_twin(enum commit_way way, bool sync)
{
    scratch_write("twin", "twin", 4);
    struct commit_part part = {"part", 4};
    struct commit_how how = {.modified = 1000, .sync = sync};
    how.twin = openat(scratch_dir, "twin", O_RDONLY | O_CLOEXEC);
    ck_assert_int_eq(commit_file_as(way, scratch_dir, "a", &part, 1, &how), 0);
    close(how.twin);
}

START_TEST(bytes_are_shared_where_the_file_system_can)
{
    struct stat st;
    can_share = true;
    commit_twin((enum commit_way)_i, true);
    expect_file("a", "twin");
    ck_assert_int_eq(fstatat(scratch_dir, "a", &st, 0), 0);
    ck_assert_int_eq(st.st_mtime, 1000);
    ck_assert_uint_eq(scratch_count(), 2);
}
END_TEST

START_TEST(they_are_written_where_it_cannot)
{
    commit_twin((enum commit_way)_i, false);
    expect_file("a", "part");
    ck_assert_uint_eq(asked, 1);
}
END_TEST

START_TEST(nothing_is_shared_without_a_twin)
{
    struct commit_part part = {"part", 4};
    can_share = true;
    ck_assert_int_eq(commit_file((enum commit_way)_i, scratch_dir, "a", &part, 1, false), 0);
    expect_file("a", "part");
    ck_assert_uint_eq(asked, 0);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, scratch_make, scratch_remove);
    tcase_add_loop_test(t, bytes_are_shared_where_the_file_system_can, 0, COMMIT_RENAME + 1);
    tcase_add_loop_test(t, they_are_written_where_it_cannot, 0, COMMIT_RENAME + 1);
    tcase_add_loop_test(t, nothing_is_shared_without_a_twin, 0, COMMIT_RENAME + 1);
}

int main(void)
{
    return test_main("commit_twin", add);
}
