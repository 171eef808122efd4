/* commit_new_file(): the file must not exist. */
#include "base/test_scratch.h"
#include "store/commit.h"

#include <pthread.h>
#include <sys/syscall.h>

/* Most tests are run once for each way. */
#define WAY ((enum commit_way)_i)
enum { WAYS = COMMIT_RENAME + 1 };

static int renameat2_error; /* 0: it works */

/* Replaces libc's function: not every file system supports RENAME_NOREPLACE. */
int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
    if (!renameat2_error)
        return (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, flags);
    errno = renameat2_error;
    return -1;
}

static int commit_new_text(enum commit_way way, const char *name, const char *text)
{
    struct commit_part part = {text, strlen(text)};
    return commit_new_file(way, scratch_dir, name, &part, 1);
}

START_TEST(a_new_file_appears_whole_and_alone)
{
    ck_assert_int_eq(commit_new_text(WAY, "a", "new"), 0);
    expect_file("a", "new");
    ck_assert_uint_eq(scratch_count(), 1);
}
END_TEST

static void expect_kept(enum commit_way way)
{
    scratch_write("a", "old", 3);
    ck_assert_int_eq(commit_new_text(way, "a", "new"), -EEXIST);
    expect_file("a", "old");
    ck_assert_uint_eq(scratch_count(), 1);
}

START_TEST(what_somebody_has_made_before_us_is_kept_and_told)
{
    expect_kept(WAY);
    scratch_write("a", "", 0); /* an empty file counts, too */
    ck_assert_int_eq(commit_new_text(WAY, "a", "new"), -EEXIST);
    expect_file("a", "");
}
END_TEST

START_TEST(a_link_or_a_folder_of_that_name_is_in_the_way_too)
{
    ck_assert_int_eq(symlinkat("nowhere", scratch_dir, "link"), 0);
    scratch_mkdir("folder");
    ck_assert_int_eq(commit_new_text(WAY, "link", "new"), -EEXIST);
    ck_assert_int_eq(commit_new_text(WAY, "folder", "new"), -EEXIST);
    ck_assert(!scratch_has("nowhere"));
    ck_assert_uint_eq(scratch_count(), 2);
}
END_TEST

START_TEST(what_a_killed_run_left_of_it_is_not_in_the_way)
{
    scratch_write("a" COMMIT_PART, "a longer text than the new one", 30);
    ck_assert_int_eq(commit_new_text(WAY, "a", "new"), 0);
    expect_file("a", "new");
}
END_TEST

START_TEST(where_renaming_cannot_be_exclusive_the_name_is_checked_first)
{
    static const int errors[] = {EINVAL, ENOSYS};
    renameat2_error = errors[_i];
    expect_kept(COMMIT_RENAME);
    ck_assert_int_eq(commit_new_text(COMMIT_RENAME, "b", "new"), 0);
    expect_file("b", "new");
    ck_assert_uint_eq(scratch_count(), 2);
}
END_TEST

START_TEST(another_error_of_renaming_is_told_and_leaves_nothing)
{
    renameat2_error = EACCES;
    ck_assert_int_eq(commit_new_text(COMMIT_RENAME, "a", "new"), -EACCES);
    ck_assert_uint_eq(scratch_count(), 0);
}
END_TEST

struct writer {
    pthread_barrier_t *begin;
    char text[2]; /* the content: a different letter for each thread */
    int fields;
};

static void *write_at_once(void *arg)
{
    struct writer *w = arg;
    pthread_barrier_wait(w->begin);
    w->fields = commit_new_text(COMMIT_LINK, "new", w->text);
    return NULL;
}

START_TEST(of_several_threads_that_create_it_at_once_one_succeeds)
{
    enum { N = 4, ROUNDS = 50 };
    for (int round = 0; round < ROUNDS; round++) {
        pthread_barrier_t begin;
        pthread_t threads[N];
        struct writer writers[N];
        const struct writer *winner = NULL;
        pthread_barrier_init(&begin, NULL, N);
        for (int i = 0; i < N; i++) {
            writers[i] = (struct writer){.begin = &begin, .text = {(char)('a' + i)}};
            ck_assert_int_eq(pthread_create(&threads[i], NULL, write_at_once, &writers[i]), 0);
        }
        for (int i = 0; i < N; i++) {
            pthread_join(threads[i], NULL);
            if (writers[i].fields) {
                ck_assert_int_eq(writers[i].fields, -EEXIST);
                continue;
            }
            ck_assert_ptr_null(winner);
            winner = &writers[i];
        }
        ck_assert_ptr_nonnull(winner);
        expect_file("new", winner->text);
        pthread_barrier_destroy(&begin);
        ck_assert_int_eq(unlinkat(scratch_dir, "new", 0), 0);
    }
}
END_TEST

static void add_tests(TCase *t)
{
    tcase_add_checked_fixture(t, scratch_make, scratch_remove);
    tcase_add_loop_test(t, a_new_file_appears_whole_and_alone, 0, WAYS);
    tcase_add_loop_test(t, what_somebody_has_made_before_us_is_kept_and_told, 0, WAYS);
    tcase_add_loop_test(t, a_link_or_a_folder_of_that_name_is_in_the_way_too, 0, WAYS);
    tcase_add_loop_test(t, what_a_killed_run_left_of_it_is_not_in_the_way, 0, WAYS);
    tcase_add_loop_test(t, where_renaming_cannot_be_exclusive_the_name_is_checked_first, 0, 2);
    tcase_add_test(t, another_error_of_renaming_is_told_and_leaves_nothing);
    tcase_add_test(t, of_several_threads_that_create_it_at_once_one_succeeds);
}

int main(void)
{
    return test_main("commit_new", add_tests);
}
