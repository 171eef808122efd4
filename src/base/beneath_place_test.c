#include "base/beneath_place.h"
#include "base/test_scratch.h"

#include <limits.h>

static struct beneath_place place;

static void find(const char *path)
{
    ck_assert_int_eq(beneath_place_find(path, &place), 0);
}

static void go_there(void)
{
    ck_assert_int_eq(fchdir(scratch_dir), 0);
}

START_TEST(a_place_is_a_folder_and_a_name)
{
    struct stat is, should;
    static const char *const paths[] = {"a", "a/", "a///", "./a", "b/../a"};
    go_there();
    scratch_mkdir("b");
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        find(paths[i]);
        ck_assert_str_eq(place.name, "a");
        ck_assert(!fstat(place.parent, &is) && !fstat(scratch_dir, &should));
        ck_assert_uint_eq(is.st_ino, should.st_ino);
        beneath_place_fini(&place);
    }
    find("b/c//");
    ck_assert_str_eq(place.path, "b/c");
    ck_assert_str_eq(place.name, "c");
    beneath_place_fini(&place);
    ck_assert_int_eq(beneath_place_find("missing/a", &place), -ENOENT);
}
END_TEST

START_TEST(a_path_without_a_name_is_resolved)
{
    static const char *const paths[] = {".", "./", "../b", "c/..", "c/../."};
    char expected[PATH_MAX];
    scratch_mkdir("b");
    scratch_mkdir("b/c");
    go_there();
    ck_assert_int_eq(chdir("b"), 0);
    snprintf(expected, sizeof expected, "%s/b", scratch_path);
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        find(paths[i]);
        ck_assert_str_eq(place.name, "b");
        ck_assert_str_eq(place.path, i == 2 ? "../b" : expected);
        beneath_place_fini(&place);
    }
    ck_assert_int_eq(beneath_place_find("/", &place), -EBUSY);
    ck_assert_int_eq(beneath_place_find("missing/.", &place), -ENOENT);
    ck_assert_ptr_null(beneath_place_path("missing/.."));
}
END_TEST

START_TEST(a_link_and_a_mount_point_are_fixed)
{
    go_there();
    scratch_mkdir("a");
    find("a");
    ck_assert_ptr_null(beneath_place_why_fixed(&place));
    beneath_place_fini(&place);
    ck_assert_int_eq(symlinkat("a", scratch_dir, "link"), 0);
    find("link");
    ck_assert_str_eq(beneath_place_why_fixed(&place), "it is a symbolic link");
    beneath_place_fini(&place);
    find("/proc");
    ck_assert_str_eq(beneath_place_why_fixed(&place), "it is a mount point");
    beneath_place_fini(&place);
    if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
        mount("a", "a", NULL, MS_BIND, NULL))
        return; /* needs root */
    find("a");  /* on the same file system */
    ck_assert_str_eq(beneath_place_why_fixed(&place), "it is a mount point");
    beneath_place_fini(&place);
    ck_assert_int_eq(umount2("a", MNT_DETACH), 0);
}
END_TEST

START_TEST(anothers_directory_in_a_shared_folder_is_fixed)
{
    go_there();
    scratch_mkdir("a");
    if (geteuid() || fchmod(scratch_dir, 01777) || chown("a", 1, 1))
        return; /* needs root */
    find("a");
    ck_assert_ptr_null(beneath_place_why_fixed(&place));
    ck_assert_int_eq(setresuid(-1, 2, -1), 0);
    ck_assert_ptr_nonnull(beneath_place_why_fixed(&place));
    ck_assert_int_eq(setresuid(-1, 0, -1), 0);
    ck_assert_int_eq(chown("a", 2, 2), 0);
    ck_assert_int_eq(setresuid(-1, 2, -1), 0);
    ck_assert_ptr_null(beneath_place_why_fixed(&place));
    ck_assert_int_eq(setresuid(-1, 0, -1), 0);
    beneath_place_fini(&place);
}
END_TEST

START_TEST(two_directories_are_exchanged)
{
    scratch_mkdir("a");
    scratch_mkdir("b");
    scratch_write("a/was_a", "", 0);
    ck_assert_int_eq(beneath_place_exchange(scratch_dir, "a", "b"), 0);
    ck_assert(scratch_has("b/was_a") && scratch_has("a"));
    ck_assert_int_eq(beneath_place_exchange(scratch_dir, "a", "c"), -ENOENT);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, scratch_make, scratch_remove);
    tcase_add_test(t, a_place_is_a_folder_and_a_name);
    tcase_add_test(t, a_path_without_a_name_is_resolved);
    tcase_add_test(t, a_link_and_a_mount_point_are_fixed);
    tcase_add_test(t, anothers_directory_in_a_shared_folder_is_fixed);
    tcase_add_test(t, two_directories_are_exchanged);
}

int main(void)
{
    return test_main("beneath_place", add);
}
