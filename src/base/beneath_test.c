#include "base/beneath.h"

#include "base/test_scratch.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

/* Every test runs with openat2(2), with a kernel that has none, and with a filter that forbids it.
 * Each is a process of its own, so that the filter holds for one test. */
enum { MODES = 3 };
static const int no_openat2[MODES] = {0, ENOSYS, EPERM};

static void forbid_openat2(int error)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof code / sizeof *code, code};
    ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
    ck_assert_int_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
    ck_assert_int_eq(syscall(SYS_openat2, 0, 0, 0, 0), -1);
    ck_assert_int_eq(errno, error);
}

static void begin(int mode)
{
    if (no_openat2[mode])
        forbid_openat2(no_openat2[mode]);
}

/* "in" is the directory that must not be left; "out" and the file "secret" are outside. */
static int in;

static void set_up(void)
{
    scratch_make();
    scratch_mkdir("in");
    scratch_mkdir("out");
    scratch_mkdir("in/folder");
    scratch_write("in/folder/file", "inside", 6);
    scratch_write("in/file", "inside", 6);
    scratch_write("out/file", "outside", 7);
    scratch_write("secret", "outside", 7);
    in = openat(scratch_dir, "in", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_ge(in, 0);
}

static void clean_up(void)
{
    close(in);
    scratch_remove();
}

static void make_link(const char *to, const char *path)
{
    ck_assert_int_eq(symlinkat(to, in, path), 0);
}

static int open_and_close(const char *path, int flags)
{
    int fd = beneath_open(in, path, flags);
    if (fd >= 0)
        close(fd);
    return fd < 0 ? fd : 0;
}

static int take_no_name(void *arg, const char *name)
{
    (void)arg;
    ck_abort_msg("it lists %s", name);
    return 0;
}

/* Whatever is done with the path fails with this error; what is outside stays as it is. */
static void expect_all_refuse(const char *path, int err)
{
    struct stat st;
    int fd = openat(in, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
    char other[200];
    snprintf(other, sizeof other, "%s.other", path);
    ck_assert_int_eq(open_and_close(path, O_RDONLY), err);
    ck_assert_int_eq(open_and_close(path, O_WRONLY), err);
    ck_assert_int_eq(open_and_close(path, O_RDWR | O_CREAT), err);
    ck_assert_int_eq(open_and_close(path, O_RDWR | O_CREAT | O_APPEND), err);
    ck_assert_int_eq(open_and_close(path, O_WRONLY | O_CREAT | O_EXCL), err);
    ck_assert_int_eq(beneath_open_folder(in, path), err);
    ck_assert_int_eq(beneath_make_folder(in, path), err);
    ck_assert_int_eq(beneath_list(in, path, take_no_name, NULL), err);
    ck_assert_int_eq(beneath_stat(in, path, &st), err);
    ck_assert_int_eq(beneath_link(fd, in, path), err);
    ck_assert_int_eq(beneath_rename(in, path, other, false), err);
    ck_assert_int_eq(beneath_rename(in, path, other, true), err);
    ck_assert_int_eq(beneath_remove(in, path), err);
    ck_assert_int_eq(beneath_remove_folder(in, path), err);
    expect_file("out/file", "outside");
    expect_file("secret", "outside");
    close(fd);
}

START_TEST(what_is_beneath_is_opened_made_listed_renamed_and_removed)
{
    struct stat st;
    begin(_i);
    ck_assert_int_eq(open_and_close("folder/file", O_RDONLY), 0);
    ck_assert_int_eq(open_and_close("folder/none", O_RDONLY), -ENOENT);
    ck_assert_int_eq(open_and_close("none/file", O_RDWR | O_CREAT), -ENOENT);
    ck_assert_int_eq(open_and_close("file/file", O_RDWR | O_CREAT), -ENOTDIR);
    ck_assert_int_eq(open_and_close("folder/new", O_RDWR | O_CREAT | O_EXCL), 0);
    ck_assert_int_eq(open_and_close("folder/new", O_RDWR | O_CREAT | O_EXCL), -EEXIST);
    ck_assert_int_eq(beneath_make_folder(in, "a/b/c"), 0);
    ck_assert_int_eq(beneath_make_folder(in, "a/b/c"), 0);
    ck_assert_int_eq(beneath_make_folder(in, "file/c"), -ENOTDIR);
    ck_assert_int_eq(beneath_rename(in, "folder/new", "folder/file", true), -EEXIST);
    ck_assert_int_eq(beneath_rename(in, "folder/new", "folder/newer", true), 0);
    ck_assert_int_eq(beneath_rename(in, "folder/newer", "folder/file", false), 0);
    ck_assert_int_eq(scratch_size("in/folder/file"), 0);
    ck_assert_int_eq(beneath_stat(in, "a/b/c", &st), 0);
    ck_assert(S_ISDIR(st.st_mode));
    ck_assert_int_eq(beneath_remove_folder(in, "a/b"), -ENOTEMPTY);
    ck_assert_int_eq(beneath_remove(in, "a/b/c"), -EISDIR);
    ck_assert_int_eq(beneath_remove_folder(in, "a/b/c"), 0);
    ck_assert_int_eq(beneath_list(in, "a/b", take_no_name, NULL), 0);
    ck_assert_int_eq(beneath_list(in, "none", take_no_name, NULL), -ENOENT);
    ck_assert_int_eq(beneath_remove(in, "folder/file"), 0);
    ck_assert_int_eq(beneath_stat(in, "folder/file", &st), -ENOENT);
}
END_TEST

START_TEST(a_file_without_a_name_gets_one)
{
    begin(_i);
    int fd = beneath_open_unnamed(in);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, "new", 3), 3);
    ck_assert_int_eq(beneath_link(fd, in, "folder/file"), -EEXIST);
    ck_assert_int_eq(beneath_link(fd, in, "folder/new"), 0);
    close(fd);
    expect_file("in/folder/new", "new");
}
END_TEST

static int count_name(void *arg, const char *name)
{
    unsigned *n = arg;
    *n += !strcmp(name, "file") ? 1 : !strcmp(name, "folder") ? 10 : 1000;
    return 0;
}

static int stop_at_once(void *arg, const char *name)
{
    (void)name;
    return ++*(int *)arg;
}

START_TEST(a_folder_is_listed_until_the_caller_has_seen_enough)
{
    unsigned n = 0;
    int calls = 6;
    begin(_i);
    ck_assert_int_eq(beneath_list(in, ".", count_name, &n), 0);
    ck_assert_uint_eq(n, 11);
    ck_assert_int_eq(beneath_list(in, ".", stop_at_once, &calls), 7);
}
END_TEST

START_TEST(a_path_that_leads_out_or_is_not_plain_is_refused)
{
    static const char *const paths[] = {"..", "../secret", "../out/file", "folder/../../secret",
        "folder/..", "/etc/hostname", "/", "", ".", "./file", "folder/.", "folder//file",
        "folder/file/", "file/", "folder/./file", "../in/file"};
    begin(_i);
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        if (strcmp(paths[i], ".") != 0) /* that can be listed */
            expect_all_refuse(paths[i], -EXDEV);
        ck_assert(!beneath_is_plain(paths[i]));
    }
    ck_assert(beneath_is_plain("..a/.b/c.."));
}
END_TEST

START_TEST(a_folder_on_the_way_that_is_a_link_is_refused_and_named)
{
    static const char *const targets[] = {"../out", "folder", ".", "/", "/proc/self/cwd"};
    begin(_i);
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        make_link(targets[i], "link");
        make_link(targets[i], "folder/link");
        expect_all_refuse("link/file", -ELOOP);
        ck_assert_ptr_eq(
            strstr(beneath_why(-ELOOP), "link is a symbolic link"), beneath_why(-ELOOP));
        expect_all_refuse("link/none/none", -ELOOP);
        expect_all_refuse("folder/link/file", -ELOOP);
        const char *why = beneath_why(-ELOOP);
        ck_assert_ptr_eq(strstr(why, "folder/link is a symbolic link"), why);
        ck_assert_int_eq(unlinkat(in, "link", 0), 0);
        ck_assert_int_eq(unlinkat(in, "folder/link", 0), 0);
    }
}
END_TEST

START_TEST(a_link_as_the_last_part_is_never_opened)
{
    static const char *const paths[] = {"link", "folder/link"};
    begin(_i);
    make_link("../secret", "link");
    make_link("../../out", "folder/link");
    for (size_t i = 0; i < 2; i++) {
        ck_assert_int_eq(open_and_close(paths[i], O_RDONLY), -ELOOP);
        const char *why = beneath_why(-ELOOP);
        ck_assert_ptr_eq(strstr(why, paths[i]), why);
        ck_assert_int_eq(open_and_close(paths[i], O_RDWR), -ELOOP);
        ck_assert_int_eq(open_and_close(paths[i], O_RDWR | O_CREAT | O_APPEND), -ELOOP);
        ck_assert_int_eq(open_and_close(paths[i], O_WRONLY | O_CREAT | O_EXCL), -EEXIST);
        ck_assert_int_eq(beneath_open_folder(in, paths[i]), -ELOOP);
        ck_assert_int_eq(beneath_make_folder(in, paths[i]), -ELOOP);
        ck_assert_int_eq(beneath_list(in, paths[i], take_no_name, NULL), -ELOOP);
        ck_assert_int_eq(beneath_remove_folder(in, paths[i]), -ENOTDIR);
    }
    make_link("nowhere", "dangling");
    ck_assert_int_eq(open_and_close("dangling", O_RDWR | O_CREAT), -ELOOP);
    ck_assert(!scratch_has("in/nowhere"));
}
END_TEST

START_TEST(what_names_a_link_as_the_last_part_means_the_link)
{
    struct stat st;
    begin(_i);
    make_link("../../secret", "folder/link");
    ck_assert_int_eq(beneath_stat(in, "folder/link", &st), 0);
    ck_assert(S_ISLNK(st.st_mode));
    int fd = beneath_open_unnamed(in);
    ck_assert_int_eq(beneath_link(fd, in, "folder/link"), -EEXIST);
    close(fd);
    ck_assert_int_eq(beneath_rename(in, "folder/file", "folder/link", true), -EEXIST);
    ck_assert_int_eq(beneath_rename(in, "folder/file", "folder/link", false), 0);
    expect_file("in/folder/link", "inside");
    make_link("../secret", "link");
    ck_assert_int_eq(beneath_remove(in, "link"), 0);
    expect_file("secret", "outside");
}
END_TEST

START_TEST(magic_links_are_refused)
{
    begin(_i);
    int self = open("/proc/self", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_ge(self, 0);
    ck_assert_int_eq(beneath_open(self, "root/etc/passwd", O_RDONLY), -ELOOP);
    ck_assert_int_eq(beneath_open(self, "fd/0", O_RDONLY), -ELOOP);
    ck_assert_int_eq(beneath_open(self, "exe", O_RDONLY), -ELOOP);
    ck_assert_int_eq(beneath_open_folder(self, "cwd"), -ELOOP);
    close(self);
}
END_TEST

START_TEST(what_is_no_regular_file_is_refused_and_blocks_nothing)
{
    static const int flags[] = {O_RDONLY, O_WRONLY, O_RDWR, O_RDWR | O_CREAT | O_APPEND};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    begin(_i);
    ck_assert_int_eq(mkfifoat(in, "folder/pipe", 0600), 0);
    int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%s/in/socket", scratch_path);
    ck_assert_int_eq(bind(s, (struct sockaddr *)&address, sizeof address), 0);
    bool has_device = !mknodat(in, "device", S_IFCHR | 0600, makedev(1, 3)); /* null(4) */
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        ck_assert_int_eq(open_and_close("folder/pipe", flags[i]), -ENXIO);
        ck_assert_int_eq(open_and_close("socket", flags[i]), -ENXIO);
        ck_assert_int_eq(open_and_close("folder", flags[i]), -EISDIR);
        int err = has_device ? open_and_close("device", flags[i]) : -ENXIO;
        ck_assert(err == -ENXIO || err == -EACCES); /* mounted without devices */
    }
    ck_assert_str_eq(beneath_why(-ENXIO), "not a regular file");
    ck_assert_int_eq(beneath_open_folder(in, "folder/pipe"), -ENOTDIR);
    ck_assert_int_eq(beneath_list(in, "socket", take_no_name, NULL), -ENOTDIR);
    close(s);
}
END_TEST

static void *swap(void *over)
{
    while (!atomic_load((atomic_bool *)over))
        renameat2(in, "folder", in, "link", RENAME_EXCHANGE);
    return NULL;
}

START_TEST(a_folder_that_is_swapped_for_a_link_all_the_time_leads_nowhere_else)
{
    atomic_bool over = false;
    unsigned opened = 0, refused = 0;
    pthread_t thread;
    begin(_i);
    make_link("../out", "link");
    ck_assert_int_eq(pthread_create(&thread, NULL, swap, &over), 0);
    for (int i = 0; i < 200000 && (i < 2000 || !opened || !refused); i++) {
        char text[8] = "";
        int fd = beneath_open(in, "folder/file", O_RDONLY);
        if (fd >= 0) {
            ck_assert_int_eq(read(fd, text, 7), 6);
            ck_assert_str_eq(text, "inside");
            close(fd);
        }
        opened += fd >= 0;
        refused += fd == -ELOOP;
        /* -ENOTDIR: it was a link, and is a folder again when the walk looks why. */
        ck_assert(fd >= 0 || fd == -ELOOP || fd == -ENOENT || fd == -ENOTDIR);
        (void)beneath_make_folder(in, "folder/made");
    }
    atomic_store(&over, true);
    pthread_join(thread, NULL);
    ck_assert_uint_gt(opened, 0);
    ck_assert_uint_gt(refused, 0);
    ck_assert(!scratch_has("out/made"));
}
END_TEST

START_TEST(the_root_may_be_a_link)
{
    char path[64];
    begin(_i);
    make_link("folder", "link");
    snprintf(path, sizeof path, "%s/in/link", scratch_path);
    int root = beneath_root(path, false);
    ck_assert_int_ge(root, 0);
    int fd = beneath_open(root, "file", O_RDONLY);
    ck_assert_int_ge(fd, 0);
    close(fd);
    close(root);
    snprintf(path, sizeof path, "%s/new", scratch_path);
    ck_assert_int_eq(beneath_root(path, false), -ENOENT);
    root = beneath_root(path, true);
    ck_assert_int_ge(root, 0);
    close(root);
    snprintf(path, sizeof path, "%s/secret", scratch_path);
    ck_assert_int_eq(beneath_root(path, true), -ENOTDIR);
}
END_TEST

START_TEST(what_is_told_of_a_link_is_fit_for_a_terminal)
{
    begin(_i);
    make_link("file", "a\033[31m\xc2\x9b"
                      "b");
    ck_assert_int_eq(open_and_close("a\033[31m\xc2\x9b"
                                    "b",
                         O_RDONLY),
        -ELOOP);
    const char *why = beneath_why(-ELOOP);
    ck_assert_ptr_eq(strstr(why, "a?[31m??b is a symbolic link"), why);
    ck_assert_str_eq(beneath_why(-ENOENT), strerror(ENOENT));
}
END_TEST

/* Closes two of the others after a while. */
static void *make_room(void *last)
{
    usleep(50000);
    close(*(int *)last - 1);
    close(*(int *)last);
    return NULL;
}

static struct rlimit before;
static pthread_t closer;
static int last; /* of all descriptors */

static void use_up_descriptors(void)
{
    struct rlimit few;
    int fd;
    getrlimit(RLIMIT_NOFILE, &before);
    few = (struct rlimit){16, before.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
    while ((fd = open("/dev/null", O_RDONLY)) >= 0)
        last = fd;
    ck_assert_int_eq(errno, EMFILE);
    ck_assert_int_eq(pthread_create(&closer, NULL, make_room, &last), 0);
}

/* What looks for leaks needs some. */
static void give_descriptors_back(void)
{
    pthread_join(closer, NULL);
    setrlimit(RLIMIT_NOFILE, &before);
}

START_TEST(it_waits_for_a_descriptor)
{
    begin(_i);
    use_up_descriptors();
    int fd = beneath_open(in, "folder/file", O_RDONLY);
    ck_assert_int_ge(fd, 0);
    close(fd);
    give_descriptors_back();
}
END_TEST

START_TEST(it_waits_for_the_descriptors_to_make_folders)
{
    begin(_i);
    use_up_descriptors();
    ck_assert_int_eq(beneath_make_folder(in, "a/b/c/d"), 0);
    give_descriptors_back();
    ck_assert(scratch_has("in/a/b/c/d"));
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, clean_up);
    tcase_add_loop_test(t, what_is_beneath_is_opened_made_listed_renamed_and_removed, 0, MODES);
    tcase_add_loop_test(t, a_file_without_a_name_gets_one, 0, MODES);
    tcase_add_loop_test(t, a_folder_is_listed_until_the_caller_has_seen_enough, 0, MODES);
    tcase_add_loop_test(t, a_path_that_leads_out_or_is_not_plain_is_refused, 0, MODES);
    tcase_add_loop_test(t, a_folder_on_the_way_that_is_a_link_is_refused_and_named, 0, MODES);
    tcase_add_loop_test(t, a_link_as_the_last_part_is_never_opened, 0, MODES);
    tcase_add_loop_test(t, what_names_a_link_as_the_last_part_means_the_link, 0, MODES);
    tcase_add_loop_test(t, magic_links_are_refused, 0, MODES);
    tcase_add_loop_test(t, what_is_no_regular_file_is_refused_and_blocks_nothing, 0, MODES);
    tcase_add_loop_test(
        t, a_folder_that_is_swapped_for_a_link_all_the_time_leads_nowhere_else, 0, MODES);
    tcase_add_loop_test(t, the_root_may_be_a_link, 0, MODES);
    tcase_add_loop_test(t, what_is_told_of_a_link_is_fit_for_a_terminal, 0, MODES);
    tcase_add_loop_test(t, it_waits_for_a_descriptor, 0, MODES);
    tcase_add_loop_test(t, it_waits_for_the_descriptors_to_make_folders, 0, MODES);
}

int main(void)
{
    return test_main("beneath", add);
}
