#include "store/intents.h"

#include "base/test_scratch.h"

#include <sys/syscall.h>

static const char file[] = ".imgfetch/00003.files";
static struct intents intents;
static char taken[400];                       /* by intents_read() */
static unsigned n_file_syncs, n_folder_syncs; /* these two calls stand in for libc's */
static int sync_error;

int fsync(int fd)
{
    n_folder_syncs++;
    errno = sync_error;
    return sync_error ? -1 : (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
    n_file_syncs++;
    errno = sync_error;
    return sync_error ? -1 : (int)syscall(SYS_fdatasync, fd);
}

static void set_up(void)
{
    scratch_make();
    scratch_mkdir(".imgfetch");
    intents_init(&intents, scratch_dir, 3);
    n_file_syncs = n_folder_syncs = 0;
    sync_error = 0;
}

static void tear_down(void)
{
    intents_fini(&intents);
    scratch_remove();
}

static int take(void *arg, uint32_t pos, const char *path)
{
    size_t len = strlen(taken);
    ck_assert_ptr_eq(arg, taken);
    snprintf(taken + len, sizeof taken - len, "%u:%s ", pos, path);
    return strcmp(path, "stop.jpg") ? 0 : 7;
}

static int read_notes(void)
{
    taken[0] = '\0';
    return intents_read(scratch_dir, 3, take, taken);
}

static void expect_notes(const char *expected)
{
    ck_assert_int_eq(read_notes(), 0);
    ck_assert_str_eq(taken, expected);
}

START_TEST(notes_are_on_disk_once_they_are_synced)
{
    expect_notes("");
    ck_assert_int_eq(intents_add(&intents, 0, "a.jpg"), 0);
    ck_assert_int_eq(intents_add(&intents, 4294967295, "thumbs/256/a.jpg"), 0);
    ck_assert(!scratch_has(file));
    ck_assert_int_eq(intents_sync(&intents), 0);
    ck_assert_uint_eq(n_file_syncs, 1);
    ck_assert_uint_eq(n_folder_syncs, 1);
    expect_notes("0:a.jpg 4294967295:thumbs/256/a.jpg ");
    ck_assert_int_eq(intents_sync(&intents), 0); /* there is nothing new */
    ck_assert_uint_eq(n_file_syncs, 1);
    ck_assert_int_eq(intents_add(&intents, 1, "b.jpg"), 0);
    ck_assert_int_eq(intents_sync(&intents), 0);
    ck_assert_uint_eq(n_file_syncs, 2);
    ck_assert_uint_eq(n_folder_syncs, 1);
    expect_notes("0:a.jpg 4294967295:thumbs/256/a.jpg 1:b.jpg ");
}
END_TEST

START_TEST(a_disk_that_cannot_sync_is_told)
{
    sync_error = EIO;
    ck_assert_int_eq(intents_add(&intents, 0, "a.jpg"), 0);
    ck_assert_int_eq(intents_sync(&intents), -EIO);
    ck_assert_int_eq(intents_add(&intents, 0, "b.jpg"), 0);
    ck_assert_int_eq(intents_sync(&intents), -EIO);
}
END_TEST

START_TEST(a_note_that_is_withdrawn_is_none_until_it_is_made_again)
{
    ck_assert_int_eq(intents_add(&intents, 1, "a.jpg"), 0);
    ck_assert_int_eq(intents_add(&intents, 2, "b.jpg"), 0);
    ck_assert_int_eq(intents_withdraw(&intents, 1, "a.jpg"), 0);
    ck_assert_int_eq(intents_withdraw(&intents, 1, "b.jpg"), 0); /* another's */
    ck_assert_int_eq(intents_sync(&intents), 0);
    expect_notes("2:b.jpg ");
    ck_assert_int_eq(intents_add(&intents, 1, "a.jpg"), 0);
    ck_assert_int_eq(intents_sync(&intents), 0);
    expect_notes("2:b.jpg 1:a.jpg ");
}
END_TEST

START_TEST(a_torn_end_is_no_note_and_spoils_none)
{
    scratch_write(file, "1 a.jpg\n2 b.jp", 14);
    expect_notes("1:a.jpg ");
    ck_assert_int_eq(intents_withdraw(&intents, 1, "a.jpg"), 0);
    ck_assert_int_eq(intents_add(&intents, 3, "c.jpg"), 0);
    ck_assert_int_eq(intents_sync(&intents), 0);
    expect_notes("2:b.jp 3:c.jpg ");
}
END_TEST

START_TEST(what_is_no_note_of_ours_is_passed_over)
{
    static const char text[] =
        "x a.jpg\n\n1\n1 \n 1 a.jpg\n1 ../a.jpg\n1 /a.jpg\n1 a/b.jpg\n"
        "1 .a.jpg\n4294967296 a.jpg\n1 00000_stats.json\n1 a.jpg\0.jpg\n2 b.jpg\n";
    scratch_write(file, text, sizeof text - 1);
    expect_notes("2:b.jpg ");
}
END_TEST

START_TEST(reading_ends_when_the_caller_says_so)
{
    scratch_write(file, "1 a.jpg\n2 stop.jpg\n3 b.jpg\n", 27);
    ck_assert_int_eq(read_notes(), 7);
    ck_assert_str_eq(taken, "1:a.jpg 2:stop.jpg ");
    ck_assert_int_eq(intents_remove(scratch_dir, 3), 0);
    ck_assert_int_eq(intents_remove(scratch_dir, 3), 0);
    expect_notes("");
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, notes_are_on_disk_once_they_are_synced);
    tcase_add_test(t, a_disk_that_cannot_sync_is_told);
    tcase_add_test(t, a_note_that_is_withdrawn_is_none_until_it_is_made_again);
    tcase_add_test(t, a_torn_end_is_no_note_and_spoils_none);
    tcase_add_test(t, what_is_no_note_of_ours_is_passed_over);
    tcase_add_test(t, reading_ends_when_the_caller_says_so);
}

int main(void)
{
    return test_main("intents", add);
}
