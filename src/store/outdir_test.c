#include "store/outdir.h"
#include "base/filelock.h"
#include "base/test_scratch.h"

#include <stdarg.h>
#include <sys/syscall.h>

static const char note[] = ".imgfetch/options.json", lock[] = ".imgfetch/lock";

static void (*before_wait)(
    void); /* called once by the test's own fcntl(2) before it waits for a lock */
static bool has_no_locks;

int fcntl(int fd, int command, ...)
{
    va_list args;
    va_start(args, command);
    long arg = va_arg(args, long);
    va_end(args);
    void (*call)(void) = before_wait;
    if (has_no_locks && (command == F_OFD_SETLK || command == F_OFD_SETLKW)) {
        errno = ENOLCK;
        return -1;
    }
    if (command == F_OFD_SETLKW && call) {
        before_wait = NULL;
        call();
    }
    return (int)syscall(SYS_fcntl, fd, command, arg);
}

static struct outdir_option options[2];
static struct outdir_conf conf;
static char message[OUTDIR_MESSAGE_SIZE];

static void set_up(void)
{
    scratch_make();
    options[0] = (struct outdir_option){.name = "quality", .value = "85", .initial = "85"};
    options[1] = (struct outdir_option){.name = "max-bytes", .value = "9", .initial = ""};
    options[1].may_change = true;
    conf = (struct outdir_conf){.path = scratch_path, .options = options, .n_options = 2};
}

static struct outdir *open_it(void)
{
    struct outdir *d = NULL;
    ck_assert_msg(outdir_open(&conf, &d, message) == OUTDIR_OPEN, "%s", message);
    return d;
}

static void expect_answer(enum outdir_status fields, const char *why)
{
    struct outdir *d = NULL;
    ck_assert_int_eq(outdir_open(&conf, &d, message), fields);
    ck_assert_ptr_null(d);
    ck_assert_msg(strstr(message, why) != NULL, "%s", message);
}

START_TEST(a_directory_is_made_and_notes_its_options)
{
    char path[100];
    snprintf(path, sizeof path, "%s/new", scratch_path);
    conf.path = path;
    outdir_close(open_it());
    expect_file(
        "new/.imgfetch/options.json", "{\n    \"quality\": \"85\",\n    \"max-bytes\": \"9\"\n}\n");
    outdir_close(open_it()); /* it exists now */
    outdir_close(NULL);
}
END_TEST

START_TEST(what_cannot_be_a_directory_is_told)
{
    char path[100];
    scratch_write("file", "mine", 4);
    snprintf(path, sizeof path, "%s/file", scratch_path);
    conf.path = path;
    expect_answer(OUTDIR_FAILED, strerror(ENOTDIR));
    snprintf(path, sizeof path, "%s/missing/new", scratch_path);
    expect_answer(OUTDIR_FAILED, strerror(ENOENT));
    conf.path = scratch_path;
    scratch_write(".imgfetch", "mine", 4);
    expect_answer(OUTDIR_FAILED, "/.imgfetch: ");
    expect_file(".imgfetch", "mine");
}
END_TEST

START_TEST(other_options_are_refused_and_the_note_stays)
{
    outdir_close(open_it());
    char *before = scratch_read(note);
    options[0].value = "70";
    expect_answer(OUTDIR_DIFFERS, "--quality=85, not 70");
    ck_assert_ptr_nonnull(strstr(message, scratch_path));
    options[0].value = "85";
    options[1].value = "10";
    expect_answer(OUTDIR_DIFFERS, "--max-bytes=9, not 10");
    expect_file(note, before);
    free(before);
}
END_TEST

START_TEST(a_limit_may_change_where_rows_are_done_again)
{
    outdir_close(open_it());
    conf.redo = true;
    options[1].value = "10";
    outdir_close(open_it());
    conf.redo = false;
    outdir_close(open_it()); /* the new value was noted */
    options[1].value = "9";
    expect_answer(OUTDIR_DIFFERS, "--max-bytes=10, not 9");
    conf.redo = true;
    options[0].value = "70";
    expect_answer(OUTDIR_DIFFERS, "--quality=85, not 70");
}
END_TEST

START_TEST(a_note_of_somebody_else_is_refused_and_stays)
{
    scratch_mkdir(".imgfetch");
    scratch_write(note, "[]", 2);
    expect_answer(OUTDIR_DIFFERS, "options.json: not written by imgfetch");
    expect_file(note, "[]");
}
END_TEST

START_TEST(a_refused_run_gives_its_locks_back)
{
    outdir_close(open_it());
    options[0].value = "70";
    expect_answer(OUTDIR_DIFFERS, "");
    conf.fresh = true;
    outdir_close(open_it());
}
END_TEST

START_TEST(runs_share_a_directory_but_for_one_that_starts_over)
{
    struct outdir *first = open_it(), *second = open_it();
    conf.fresh = true;
    options[0].value = "70";
    scratch_write("00000.jsonl", "{\"key\":\"000000000\"}\n", 20);
    expect_answer(OUTDIR_FAILED, "--fresh needs the directory to itself");
    outdir_close(first);
    expect_answer(OUTDIR_FAILED, "--fresh needs the directory to itself");
    ck_assert(scratch_has("00000.jsonl"));
    outdir_close(second);
    struct outdir *third = open_it();
    ck_assert(!scratch_has("00000.jsonl"));
    conf.fresh = false;
    struct outdir *fourth = open_it(); /* with the options noted now */
    options[0].value = "85";
    expect_answer(OUTDIR_DIFFERS, "--quality=70, not 85");
    outdir_close(fourth);
    outdir_close(third);
}
END_TEST

START_TEST(what_cannot_be_removed_keeps_a_run_from_starting_over)
{
    outdir_close(open_it());
    scratch_mkdir(".imgfetch/00000.open");
    conf.fresh = true;
    expect_answer(OUTDIR_FAILED, "/.imgfetch/00000.open: cannot start over: ");
}
END_TEST

static int others_lock; /* of another run, which is opening the directory */

/* The other run notes its options before this one gets the lock. */
static void note_and_unlock(void)
{
    ck_assert(!scratch_has(note)); /* this run waits, and has noted nothing */
    scratch_write(note, "{\"quality\":\"70\"}", 16);
    close(others_lock);
}

START_TEST(runs_begin_one_after_the_other)
{
    scratch_mkdir(".imgfetch");
    others_lock = openat(scratch_dir, lock, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    ck_assert_int_eq(filelock_try(others_lock, FILELOCK_EXCLUSIVE, 0), 0);
    before_wait = note_and_unlock;
    expect_answer(OUTDIR_DIFFERS, "--quality=70, not 85");
    ck_assert_ptr_null(before_wait); /* it was called */
}
END_TEST

START_TEST(outdir_look_tells_whether_a_run_is_writing)
{
    ck_assert_int_eq(outdir_look(scratch_dir), -ENOENT);
    ck_assert_uint_eq(scratch_count(), 0);
    struct outdir *first = open_it(), *second = open_it();
    ck_assert(!outdir_has_no_locks(first));
    ck_assert_int_eq(outdir_look(scratch_dir), -EBUSY);
    outdir_close(first);
    ck_assert_int_eq(outdir_look(scratch_dir), -EBUSY);
    outdir_close(second);
    ck_assert_int_eq(outdir_look(scratch_dir), 0);
    conf.fresh = true;
    first = open_it();
    ck_assert_int_eq(outdir_look(scratch_dir), -EBUSY);
    outdir_close(first);
    ck_assert_int_eq(outdir_look(scratch_dir), 0);
}
END_TEST

START_TEST(without_locks_a_run_is_told_so)
{
    has_no_locks = true;
    struct outdir *first = open_it(), *second = open_it();
    ck_assert(outdir_has_no_locks(first));
    ck_assert(outdir_has_no_locks(second));
    outdir_close(first);
    outdir_close(second);
    conf.fresh = true;
    outdir_close(open_it());
}
END_TEST

static void add_tests(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, scratch_remove);
    tcase_add_test(t, a_directory_is_made_and_notes_its_options);
    tcase_add_test(t, what_cannot_be_a_directory_is_told);
    tcase_add_test(t, other_options_are_refused_and_the_note_stays);
    tcase_add_test(t, a_limit_may_change_where_rows_are_done_again);
    tcase_add_test(t, a_note_of_somebody_else_is_refused_and_stays);
    tcase_add_test(t, a_refused_run_gives_its_locks_back);
    tcase_add_test(t, runs_share_a_directory_but_for_one_that_starts_over);
    tcase_add_test(t, what_cannot_be_removed_keeps_a_run_from_starting_over);
    tcase_add_test(t, runs_begin_one_after_the_other);
    tcase_add_test(t, outdir_look_tells_whether_a_run_is_writing);
    tcase_add_test(t, without_locks_a_run_is_told_so);
}

int main(void)
{
    return test_main("outdir", add_tests);
}
