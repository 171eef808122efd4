#include "exec/confine_test.h"

#include <netdb.h>

static void write_a_tree(void)
{
    SHOULD(mkdir("a", 0777) == 0 && mkdir("b", 0777) == 0);
    int fd = open("a/new", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    SHOULD(fd >= 0 && write(fd, "abc", 3) == 3 && ftruncate(fd, 1) == 0 && fsync(fd) == 0);
    SHOULD(futimens(fd, (const struct timespec[]){{1, 0}, {1, 0}}) == 0);
    SHOULD(rename("a/new", "b/moved") == 0 && link("b/moved", "a/linked") == 0);
    SHOULD(open("a/linked", O_RDONLY | O_TRUNC) >= 0);
    int dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), flag = O_TMPFILE | O_WRONLY;
    int unnamed = openat(dir, "b", flag, 0666);
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", unnamed);
    SHOULD(unnamed >= 0 && linkat(AT_FDCWD, path, dir, "b/named", AT_SYMLINK_FOLLOW) == 0);
    SHOULD(unlink("b/named") == 0 && unlink("b/moved") == 0 && rmdir("b") == 0);
    SHOULD(syncfs(dir) == 0);
    DIR *folder = opendir("a");
    SHOULD(folder && readdir(folder));
}

START_TEST(the_output_directory_can_be_changed)
{
    run_confined(CONFINE_NONE, false, write_a_tree);
}
END_TEST

static void read_inputs(void)
{
    int fd = open(list, O_RDONLY | O_CLOEXEC);
    char byte;
    SHOULD(fd >= 0 && read(fd, &byte, 1) == 1);
    SHOULD(open("/dev/urandom", O_RDONLY) >= 0 && open("/etc/hosts", O_RDONLY) >= 0);
    SHOULD(open("/dev/null", O_RDONLY) >= 0);
    struct addrinfo *found = NULL; /* with the modules of nsswitch.conf(5), as curl for a proxy */
    SHOULD(getaddrinfo("localhost", NULL, NULL, &found) == 0 && found);
}

START_TEST(lists_and_the_systems_own_files_can_be_read)
{
    run_confined(CONFINE_NONE, false, read_inputs);
    run_confined(CONFINE_NONE, true, read_inputs);
}
END_TEST

static void read_a_directory(void)
{
    DIR *folder = opendir("../earlier");
    SHOULD(folder && readdir(folder));
    SHOULD(open("../earlier/file", O_RDONLY) >= 0);
}

static void change_a_directory(void)
{
    read_a_directory();
    SHOULD_FAIL(open("../earlier/file", O_WRONLY), EACCES);
    SHOULD_FAIL(open("../earlier/new", O_WRONLY | O_CREAT, 0666), EACCES);
    SHOULD_FAIL(unlink("../earlier/file"), EACCES);
    SHOULD_FAIL(rename("../earlier/file", "moved"), EACCES);
    SHOULD_FAIL(link("../earlier/file", "linked"), EXDEV);
}

START_TEST(a_readable_directory_can_be_read_and_not_changed)
{
    run_confined(CONFINE_NONE, false, read_a_directory);
    run_confined(CONFINE_FILES, false, change_a_directory);
}
END_TEST

static void replace_a_file(void)
{
    SHOULD(open("../replaced/file.tmp", O_WRONLY | O_CREAT | O_TRUNC, 0666) >= 0);
    SHOULD(rename("../replaced/file.tmp", "../replaced/file") == 0);
    SHOULD(open("../replaced/file", O_RDONLY) >= 0 && unlink("../replaced/file") == 0);
    SHOULD_FAIL(mkdir("../replaced/new", 0777), EACCES);
    SHOULD_FAIL(open("../replaced", O_RDONLY | O_DIRECTORY), EACCES);
    SHOULD_FAIL(open("../other", O_RDONLY), EACCES);
}

START_TEST(files_are_replaced_in_a_directory_for_it)
{
    run_confined(CONFINE_FILES, false, replace_a_file);
}
END_TEST

static void reach_out(void)
{
    static const char *const unreadable[] = {"/etc/shadow", "/etc/passwd", "/", "/etc",
        "/proc/self", "/proc/1", "/proc/self/mem", other};
    SHOULD(mkdir("inside", 0777) == 0);
    for (size_t i = 0; i < sizeof unreadable / sizeof *unreadable; i++)
        SHOULD_FAIL(open(unreadable[i], O_RDONLY), EACCES);
    SHOULD_FAIL(open("../other", O_RDONLY), EACCES);
    SHOULD_FAIL(open(list, O_WRONLY), EACCES);
    SHOULD_FAIL(open(list, O_RDONLY | O_TRUNC), EACCES);
    SHOULD_FAIL(open("../new", O_WRONLY | O_CREAT, 0666), EACCES);
    SHOULD_FAIL(open("..", O_TMPFILE | O_WRONLY, 0666), EACCES);
    SHOULD_FAIL(mkdir("../new", 0777), EACCES);
    SHOULD_FAIL(unlink(other), EACCES);
    SHOULD_FAIL(rename("inside", "../moved"), EACCES);
    SHOULD_FAIL(rename("../other", "inside/other"), EACCES);
    SHOULD_FAIL(link("../other", "linked"), EXDEV);
}

START_TEST(nothing_else_can_be_opened_or_changed)
{
    run_confined(CONFINE_FILES, false, reach_out);
}
END_TEST

static void exchange(void)
{
    int dir = open("../old", O_RDONLY | O_DIRECTORY);
    SHOULD(dir >= 0 && openat(dir, "new", O_WRONLY | O_CREAT, 0666) >= 0);
    SHOULD(!renameat2(AT_FDCWD, out, AT_FDCWD, old, RENAME_EXCHANGE));
    SHOULD(open("new2", O_WRONLY | O_CREAT, 0666) >= 0);
    SHOULD(!unlinkat(dir, "new", 0) && !rmdir(out)); /* where the old one is now */
    /* no more than that */
    SHOULD_FAIL(open("../new", O_WRONLY | O_CREAT, 0666), EACCES);
    SHOULD_FAIL(open("../earlier/new", O_WRONLY | O_CREAT, 0666), EACCES);
    SHOULD_FAIL(open(other, O_RDONLY), EACCES);
    SHOULD_FAIL(unlink(other), EACCES);
    SHOULD_FAIL(rename(other, "stolen"), EACCES);
    SHOULD_FAIL(rename(other, list), EACCES);
}

START_TEST(two_directories_can_be_exchanged_in_their_folder)
{
    renames = scratch_path;
    run_confined(CONFINE_FILES, false, exchange);
}
END_TEST

static void exchange_anyway(void)
{
    SHOULD(open("../old/new", O_WRONLY | O_CREAT, 0666) >= 0);
    SHOULD_FAIL(renameat2(AT_FDCWD, out, AT_FDCWD, old, RENAME_EXCHANGE), EACCES);
}

START_TEST(without_that_they_cannot)
{
    run_confined(CONFINE_FILES, false, exchange_anyway);
}
END_TEST

static void follow_a_link(void)
{
    SHOULD_FAIL(open("way/other", O_RDONLY), EACCES);
    SHOULD_FAIL(open("way/new", O_WRONLY | O_CREAT, 0666), EACCES);
    SHOULD_FAIL(unlink("way/other"), EACCES);
}

START_TEST(a_link_in_the_output_directory_leads_nowhere)
{
    char way[80];
    snprintf(way, sizeof way, "%s/way", out);
    ck_assert_int_eq(symlink("..", way), 0);
    run_confined(CONFINE_FILES, false, follow_a_link);
}
END_TEST

static void change_attributes(void)
{
    SHOULD_TRAP(truncate, other, 0);
    SHOULD_TRAP(fchmodat, AT_FDCWD, other, 0777);
    SHOULD_TRAP(fchownat, AT_FDCWD, other, 1, 1, 0);
    SHOULD_TRAP(utimensat, AT_FDCWD, other, NULL, 0);
    SHOULD_TRAP(utimensat, AT_FDCWD, (uintptr_t)1 << 32, NULL, 0); /* no low half */
    SHOULD_TRAP(setxattr, other, "user.a", "b", 1, 0);
    SHOULD_TRAP(symlinkat, other, AT_FDCWD, "new");
    SHOULD_TRAP(mknodat, AT_FDCWD, "new", 0666, 0);
}

START_TEST(what_landlock_does_not_guard_is_not_called)
{
    run_confined(CONFINE_CALLS, false, change_attributes);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, prepare, clean_up);
    tcase_add_test(t, the_output_directory_can_be_changed);
    tcase_add_test(t, lists_and_the_systems_own_files_can_be_read);
    tcase_add_test(t, a_readable_directory_can_be_read_and_not_changed);
    tcase_add_test(t, files_are_replaced_in_a_directory_for_it);
    tcase_add_test(t, nothing_else_can_be_opened_or_changed);
    tcase_add_test(t, two_directories_can_be_exchanged_in_their_folder);
    tcase_add_test(t, without_that_they_cannot);
    tcase_add_test(t, a_link_in_the_output_directory_leads_nowhere);
    tcase_add_test(t, what_landlock_does_not_guard_is_not_called);
}

int main(void)
{
    return test_main("confine_files", add);
}
