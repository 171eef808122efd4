#include "store/commit.h"
#include "base/test_scratch.h"

#include <pthread.h>
#include <stdatomic.h>

/* Most tests are run once for each way. */
#define WAY ((enum commit_way)_i)
enum { WAYS = COMMIT_RENAME + 1 };

static int commit_text(enum commit_way way, const char *name, const char *text)
{
    struct commit_part part = {text, strlen(text)};
    return commit_file(way, scratch_dir, name, &part, 1, false);
}

/* Commits a megabyte in two parts, of which only the first fits on a small disk. */
static int commit_too_much(enum commit_way way, const char *name, bool sync)
{
    static char bytes[1 << 20];
    struct commit_part parts[] = {{"begin", 5}, {bytes, sizeof bytes}};
    return commit_file(way, scratch_dir, name, parts, 2, sync);
}

START_TEST(the_parts_become_one_file_and_nothing_else)
{
    struct commit_part parts[] = {{"one ", 4}, {NULL, 0}, {"two", 3}};
    ck_assert_int_eq(commit_file(WAY, scratch_dir, "a", parts, 3, true), 0);
    expect_file("a", "one two");
    ck_assert_int_eq(commit_file(WAY, scratch_dir, "empty", NULL, 0, false), 0);
    expect_file("empty", "");
    ck_assert_uint_eq(scratch_count(), 2);
}
END_TEST

START_TEST(any_number_of_parts_become_one_file)
{
    enum { N = 5000 };
    static struct commit_part parts[N];
    static char expected[2 * N + 1];
    for (int i = 0; i < N; i++) {
        parts[i] = (struct commit_part){i % 2 ? "odd" : "e", i % 2 ? 3 : 1};
        strcat(expected + 2 * (i - i % 2), i % 2 ? "odd" : "e");
    }
    ck_assert_int_eq(commit_file(WAY, scratch_dir, "a", parts, N, false), 0);
    expect_file("a", expected);
}
END_TEST

START_TEST(a_file_below_a_folder_appears_there)
{
    scratch_mkdir("folder");
    ck_assert_int_eq(commit_text(WAY, "folder/a", "text"), 0);
    expect_file("folder/a", "text");
    ck_assert_uint_eq(scratch_count(), 1);
}
END_TEST

START_TEST(a_file_of_the_same_name_is_replaced_and_its_readers_keep_it)
{
    ck_assert_int_eq(commit_text(WAY, "a", "a long old text"), 0);
    int fd = openat(scratch_dir, "a", O_RDONLY | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(commit_text(WAY, "a", "new"), 0);
    expect_file("a", "new");
    char old[32] = "";
    ck_assert_int_eq(read(fd, old, sizeof old - 1), 15);
    ck_assert_str_eq(old, "a long old text");
    close(fd);
    ck_assert_uint_eq(scratch_count(), 1);
}
END_TEST

START_TEST(what_a_killed_run_left_half_written_is_no_hindrance)
{
    ck_assert_int_eq(commit_text(WAY, "a", "old"), 0);
    scratch_write("a.part", "a longer text than the new one", 30);
    ck_assert_int_eq(commit_text(WAY, "a", "new"), 0);
    expect_file("a", "new");
    ck_assert_uint_eq(scratch_count(), 1);
}
END_TEST

/* Becomes another user for a moment, because root may write anywhere. */
static bool lay_down_root(void)
{
    return geteuid() == 0 && seteuid(65534) == 0;
}

static void take_up_root(bool was_root)
{
    if (was_root)
        ck_assert_int_eq(seteuid(0), 0);
}

START_TEST(a_folder_that_cannot_be_written_is_told_and_left_alone)
{
    ck_assert_int_eq(commit_text(WAY, "a", "old"), 0);
    ck_assert_int_eq(fchmod(scratch_dir, 0555), 0);
    bool was_root = lay_down_root();
    int created = commit_text(WAY, "b", "text"), replaced = commit_text(WAY, "a", "text");
    int probed = commit_probe(scratch_dir, "probe");
    take_up_root(was_root);
    fchmod(scratch_dir, 0777);
    ck_assert_int_eq(created, -EACCES);
    ck_assert_int_eq(replaced, -EACCES);
    ck_assert_int_eq(probed, -EACCES);
    expect_file("a", "old");
    ck_assert_uint_eq(scratch_count(), 1);
}
END_TEST

static void expect_no_half_file(enum commit_way way, int expected)
{
    ck_assert_int_eq(commit_too_much(way, "new", false), expected);
    ck_assert_uint_eq(scratch_count(), 0);
    ck_assert_int_eq(commit_text(way, "old", "old"), 0);
    ck_assert_int_eq(commit_too_much(way, "old", true), expected);
    expect_file("old", "old");
    ck_assert_uint_eq(scratch_count(), 1);
    ck_assert_int_eq(commit_text(way, "next", "next"), 0); /* the space was released */
}

START_TEST(a_full_disk_leaves_no_half_file_and_the_old_one_as_it_was)
{
    int expected = scratch_on_small_disk();
    expect_no_half_file(WAY, expected);
}
END_TEST

START_TEST(a_file_beyond_the_size_limit_leaves_no_half_file)
{
    scratch_limit_files(SCRATCH_SMALL_DISK);
    expect_no_half_file(WAY, -EFBIG);
}
END_TEST

START_TEST(a_name_that_cannot_be_is_an_error_and_leaves_nothing)
{
    char name[600];
    scratch_mkdir("folder");
    memset(name, 'a', sizeof name);
    name[sizeof name - 1] = '\0';
    ck_assert_int_eq(commit_text(WAY, name, "text"), -ENAMETOOLONG);
    name[NAME_MAX + 1] = '\0';
    ck_assert_int_eq(commit_text(WAY, name, "text"), -ENAMETOOLONG);
    ck_assert_int_eq(commit_text(WAY, "missing/a", "text"), -ENOENT);
    ck_assert_int_eq(commit_text(WAY, "folder", "text"), -EISDIR);
    ck_assert_uint_eq(scratch_count(), 1);
}
END_TEST

struct watch {
    atomic_bool over;
    atomic_uint looks;
    unsigned missing, torn;
};

/* Reads the file again and again: its length must be what its first byte says. */
static void *watch(void *arg)
{
    struct watch *w = arg;
    while (!atomic_load(&w->over)) {
        char text[4096];
        int fd = openat(scratch_dir, "a", O_RDONLY | O_CLOEXEC);
        ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof text);
        if (fd >= 0)
            close(fd);
        if (len < 0)
            w->missing++;
        else if (len == 0 || len != 16 * (text[0] - '@'))
            w->torn++;
        atomic_fetch_add(&w->looks, 1);
    }
    return NULL;
}

START_TEST(a_reader_during_a_replacement_sees_the_old_or_the_new_file)
{
    struct watch w = {0};
    pthread_t thread;
    char text[512];
    for (int i = 0; i < 200 || atomic_load(&w.looks) < 200; i++) {
        int size = 1 + i % 26;
        memset(text, '@' + size, (size_t)size * 8);
        struct commit_part halves[] = {{text, (size_t)size * 8}, {text, (size_t)size * 8}};
        ck_assert_int_eq(commit_file(WAY, scratch_dir, "a", halves, 2, false), 0);
        if (i == 0)
            ck_assert_int_eq(pthread_create(&thread, NULL, watch, &w), 0);
    }
    atomic_store(&w.over, true);
    pthread_join(thread, NULL);
    ck_assert_uint_eq(w.torn, 0);
    ck_assert_uint_eq(w.missing, 0);
}
END_TEST

START_TEST(probing_finds_a_way_that_works_and_leaves_nothing)
{
    int way = commit_probe(scratch_dir, "probe");
    ck_assert(way == COMMIT_LINK || way == COMMIT_RENAME);
    ck_assert_uint_eq(scratch_count(), 0);
    ck_assert_int_eq(commit_text((enum commit_way)way, "a", "text"), 0);
    expect_file("a", "text");
}
END_TEST

START_TEST(what_is_written_to_a_closed_pipe_or_descriptor_is_an_error)
{
    int ends[2];
    signal(SIGPIPE, SIG_IGN);
    ck_assert_int_eq(pipe(ends), 0);
    close(ends[0]);
    ck_assert_int_eq(commit_write(ends[1], "x", 1), -EPIPE);
    ck_assert_int_eq(commit_write(ends[1], "", 0), 0);
    close(ends[1]);
    ck_assert_int_eq(commit_write(-1, "x", 1), -EBADF);
}
END_TEST

START_TEST(a_file_can_have_another_time)
{
    const struct commit_how how = {.modified = 981173106}, now = {.modified = -1};
    struct commit_part part = {"new", 3};
    struct stat st;
    for (int i = 0; i < 2; i++) { /* it is new, and replaced */
        ck_assert_int_eq(commit_file_as(WAY, scratch_dir, "a", &part, 1, &how), 0);
        ck_assert_int_eq(fstatat(scratch_dir, "a", &st, 0), 0);
        ck_assert_int_eq(st.st_mtim.tv_sec, 981173106);
        ck_assert_int_eq(st.st_mtim.tv_nsec, 0);
    }
    ck_assert_int_eq(commit_file_as(WAY, scratch_dir, "a", &part, 1, &now), 0);
    ck_assert_int_eq(fstatat(scratch_dir, "a", &st, 0), 0);
    ck_assert_int_gt(st.st_mtim.tv_sec, 1700000000);
}
END_TEST

START_TEST(an_unfinished_file_can_be_called_otherwise)
{
    const struct commit_how how = {.modified = -1, .part_prefix = ".mine-"};
    struct commit_part part = {"new", 3};
    scratch_mkdir("b");
    scratch_write("b/a.part", "another's", 9);
    scratch_write("b/.mine-a.part", "left by a kill", 14);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(commit_file_as(WAY, scratch_dir, "b/a", &part, 1, &how), 0);
        expect_file("b/a", "new");
        expect_file("b/a.part", "another's");
    }
    ck_assert(!scratch_has("b/.mine-a.part"));
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, scratch_make, scratch_remove);
    tcase_add_loop_test(t, a_file_can_have_another_time, 0, WAYS);
    tcase_add_loop_test(t, an_unfinished_file_can_be_called_otherwise, 0, WAYS);
    tcase_add_loop_test(t, the_parts_become_one_file_and_nothing_else, 0, WAYS);
    tcase_add_loop_test(t, any_number_of_parts_become_one_file, 0, WAYS);
    tcase_add_loop_test(t, a_file_below_a_folder_appears_there, 0, WAYS);
    tcase_add_loop_test(t, a_file_of_the_same_name_is_replaced_and_its_readers_keep_it, 0, WAYS);
    tcase_add_loop_test(t, what_a_killed_run_left_half_written_is_no_hindrance, 0, WAYS);
    tcase_add_loop_test(t, a_folder_that_cannot_be_written_is_told_and_left_alone, 0, WAYS);
    tcase_add_loop_test(t, a_full_disk_leaves_no_half_file_and_the_old_one_as_it_was, 0, WAYS);
    tcase_add_loop_test(t, a_file_beyond_the_size_limit_leaves_no_half_file, 0, WAYS);
    tcase_add_loop_test(t, a_name_that_cannot_be_is_an_error_and_leaves_nothing, 0, WAYS);
    tcase_add_loop_test(t, a_reader_during_a_replacement_sees_the_old_or_the_new_file, 0, WAYS);
    tcase_add_test(t, probing_finds_a_way_that_works_and_leaves_nothing);
    tcase_add_test(t, what_is_written_to_a_closed_pipe_or_descriptor_is_an_error);
}

int main(void)
{
    return test_main("commit", add);
}
