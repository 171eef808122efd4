#include "base/beneath_folders.h"

#include "base/test_scratch.h"

static struct beneath_folders folders;

static void clean_up(void)
{
    beneath_folders_fini(&folders);
    scratch_remove();
}

static int open_folder(const char *path)
{
    return beneath_folders_open(&folders, scratch_dir, path);
}

/* True if the descriptor is of that folder. */
static bool is_of(int fd, const char *path)
{
    struct stat a, b;
    return !fstat(fd, &a) && !fstatat(scratch_dir, path, &b, 0) && a.st_ino == b.st_ino;
}

START_TEST(a_folder_is_made_once_and_stays_open)
{
    int fd = open_folder("images/00000/a");
    ck_assert_int_ge(fd, 0);
    ck_assert(is_of(fd, "images/00000/a"));
    ck_assert_int_eq(open_folder("images/00000/a"), fd);
    ck_assert(is_of(open_folder("images"), "images"));
    ck_assert_int_eq(open_folder("images/00000/a"), fd);
}
END_TEST

START_TEST(the_folder_that_was_not_used_for_longest_makes_room)
{
    char path[16];
    int first = open_folder("0");
    ck_assert_int_eq(renameat(scratch_dir, "0", scratch_dir, "first"), 0);
    for (int i = 1; i < 100; i++) {
        snprintf(path, sizeof path, "%d", i);
        int fd = open_folder(path);
        ck_assert(is_of(fd, path));
        ck_assert_int_eq(open_folder("0"), first); /* it is in use */
        ck_assert(is_of(first, "first"));
        ck_assert_int_le(fd, first + BENEATH_FOLDERS);
    }
    ck_assert(is_of(open_folder("1"), "1"));
}
END_TEST

START_TEST(a_folder_that_cannot_be_opened_is_told_each_time)
{
    ck_assert_int_eq(symlinkat("elsewhere", scratch_dir, "link"), 0);
    scratch_write("file", "", 0);
    for (int i = 0; i < 2 * BENEATH_FOLDERS; i++) {
        ck_assert_int_eq(open_folder("link/a"), -ELOOP);
        ck_assert_int_eq(open_folder("file"), -ENOTDIR);
        ck_assert_int_eq(open_folder("../a"), -EXDEV);
    }
    ck_assert_int_ge(open_folder("a"), 0);
}
END_TEST

START_TEST(a_folder_that_becomes_a_link_while_it_is_open_is_still_the_folder)
{
    int fd = open_folder("a");
    ck_assert_int_eq(renameat(scratch_dir, "a", scratch_dir, "b"), 0);
    scratch_mkdir("elsewhere");
    ck_assert_int_eq(symlinkat("elsewhere", scratch_dir, "a"), 0);
    ck_assert_int_eq(open_folder("a"), fd);
    ck_assert(is_of(fd, "b"));
    beneath_folders_fini(&folders);
    ck_assert_int_eq(open_folder("a"), -ELOOP);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, scratch_make, clean_up);
    tcase_add_test(t, a_folder_is_made_once_and_stays_open);
    tcase_add_test(t, the_folder_that_was_not_used_for_longest_makes_room);
    tcase_add_test(t, a_folder_that_cannot_be_opened_is_told_each_time);
    tcase_add_test(t, a_folder_that_becomes_a_link_while_it_is_open_is_still_the_folder);
}

int main(void)
{
    return test_main("beneath_folders", add);
}
