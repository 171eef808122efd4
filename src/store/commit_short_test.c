/* Short writes: disks, pipes and network file systems may take fewer bytes than they were given.
 * The test's own writev(2) replaces libc's and does so. */
#include "base/test_scratch.h"
#include "store/commit.h"

#include <sys/syscall.h>
#include <sys/uio.h>

/* Most tests are run once for each way. */
#define WAY ((enum commit_way)_i)
enum { WAYS = COMMIT_RENAME + 1, LEN = 5000 };

static size_t takes;          /* bytes at a time; 0: all */
static unsigned interrupt;    /* every n-th call fails with EINTR; 0: none */
static unsigned calls, fails; /* fails: the call that fails with EIO; 0: none */

ssize_t writev(int fd, const struct iovec *v, int n)
{
    calls++;
    if (calls == fails || (interrupt && calls % interrupt == 0)) {
        errno = calls == fails ? EIO : EINTR;
        return -1;
    }
    struct iovec some[8];
    size_t left = takes;
    int i = 0;
    for (; takes && i < n && i < 8 && left; i++) {
        some[i] = (struct iovec){v[i].iov_base, v[i].iov_len < left ? v[i].iov_len : left};
        left -= some[i].iov_len;
    }
    return takes ? syscall(SYS_writev, fd, some, i) : syscall(SYS_writev, fd, v, n);
}

static unsigned syncs;
static const char *unnamed; /* a file that has no name before it was synced */
static bool bad_sync;

/* So does this one. */
int fsync(int fd)
{
    syncs++;
    ck_assert(!unnamed || !scratch_has(unnamed));
    errno = EIO;
    return bad_sync ? -1 : (int)syscall(SYS_fsync, fd);
}

static char bytes[LEN];

static void set_up(void)
{
    scratch_make();
    for (int i = 0; i < LEN; i++)
        bytes[i] = (char)('!' + i % 89);
}

/* Commits LEN bytes in five parts, one of them empty and two short. */
static int commit_parts(enum commit_way way, const char *name, bool is_new)
{
    const struct commit_part parts[] = {
        {bytes, 1}, {bytes + 1, 1999}, {NULL, 0}, {bytes + 2000, 2}, {bytes + 2002, LEN - 2002}};
    calls = 0;
    return is_new ? commit_new_file(way, scratch_dir, name, parts, 5)
                  : commit_file(way, scratch_dir, name, parts, 5, false);
}

static void expect_all(const char *name)
{
    ck_assert_int_eq(scratch_size(name), LEN);
    char *text = scratch_read(name);
    ck_assert_mem_eq(text, bytes, LEN);
    free(text);
}

START_TEST(the_rest_of_a_short_write_is_written_next)
{
    static const size_t most[] = {1, 2, 3, 7, 1999, 2000, 2001, 2002, 2003, LEN - 1, LEN};
    for (unsigned i = 0; i < sizeof most / sizeof *most; i++) {
        takes = most[i];
        ck_assert_int_eq(commit_parts(WAY, "a", false), 0);
        expect_all("a");
        ck_assert_uint_eq(calls, (LEN + takes - 1) / takes);
    }
    ck_assert_uint_eq(scratch_count(), 1);
}
END_TEST

START_TEST(a_new_file_is_written_to_its_end_too)
{
    takes = 700;
    ck_assert_int_eq(commit_parts(WAY, "a", true), 0);
    expect_all("a");
}
END_TEST

START_TEST(a_write_that_a_signal_interrupts_goes_on)
{
    takes = 600;
    interrupt = 2;
    ck_assert_int_eq(commit_parts(WAY, "a", false), 0);
    expect_all("a");
}
END_TEST

START_TEST(a_disk_that_fails_after_a_short_write_leaves_no_half_file)
{
    scratch_write("a", "old", 3);
    takes = 1000;
    for (fails = 1; fails <= 5; fails++) {
        ck_assert_int_eq(commit_parts(WAY, "a", false), -EIO);
        ck_assert_int_eq(commit_parts(WAY, "b", true), -EIO);
        expect_file("a", "old");
        ck_assert_uint_eq(scratch_count(), 1);
    }
}
END_TEST

START_TEST(what_is_synced_is_so_before_it_has_its_name)
{
    const struct commit_part part = {bytes, LEN};
    unnamed = "a";
    ck_assert_int_eq(commit_file(WAY, scratch_dir, "a", &part, 1, true), 0);
    unnamed = "b";
    ck_assert_int_eq(commit_new_file(WAY, scratch_dir, "b", &part, 1), 0);
    ck_assert_uint_eq(syncs, 2);
    ck_assert_int_eq(commit_file(WAY, scratch_dir, "c", &part, 1, false), 0);
    ck_assert_uint_eq(syncs, 2);
    bad_sync = true;
    unnamed = "d";
    ck_assert_int_eq(commit_file(WAY, scratch_dir, "d", &part, 1, true), -EIO);
    ck_assert_int_eq(commit_new_file(WAY, scratch_dir, "d", &part, 1), -EIO);
    ck_assert_uint_eq(scratch_count(), 3);
}
END_TEST

START_TEST(bytes_for_a_descriptor_are_written_to_the_end)
{
    for (takes = 1; takes <= LEN; takes = takes * 3 + 1) {
        int fd = openat(scratch_dir, "a", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(commit_write(fd, bytes, LEN), 0);
        close(fd);
        expect_all("a");
    }
}
END_TEST

static void add_tests(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, scratch_remove);
    tcase_add_loop_test(t, the_rest_of_a_short_write_is_written_next, 0, WAYS);
    tcase_add_loop_test(t, a_new_file_is_written_to_its_end_too, 0, WAYS);
    tcase_add_loop_test(t, a_write_that_a_signal_interrupts_goes_on, 0, WAYS);
    tcase_add_loop_test(t, a_disk_that_fails_after_a_short_write_leaves_no_half_file, 0, WAYS);
    tcase_add_loop_test(t, what_is_synced_is_so_before_it_has_its_name, 0, WAYS);
    tcase_add_test(t, bytes_for_a_descriptor_are_written_to_the_end);
}

int main(void)
{
    return test_main("commit_short", add_tests);
}
