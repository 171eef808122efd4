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
static struct outdir_told told;

static void set_up(void)
{
    scratch_make();
    options[0] = (struct outdir_option){.name = "quality", .value = "85", .initial = "85"};
    options[1] = (struct outdir_option){.name = "max-bytes", .value = "9", .initial = ""};
    options[1].effect = OUTDIR_LIMITS;
    conf = (struct outdir_conf){.path = scratch_path, .options = options, .n_options = 2};
}

static struct outdir *open_it(void)
{
    struct outdir *d = NULL;
    ck_assert_msg(outdir_open(&conf, &d, &told) == OUTDIR_OPEN, "%s", told.message);
    return d;
}

static void expect_answer(enum outdir_status fields, const char *why)
{
    struct outdir *d = NULL;
    ck_assert_int_eq(outdir_open(&conf, &d, &told), fields);
    ck_assert_ptr_null(d);
    ck_assert_msg(strstr(told.message, why) != NULL, "%s", told.message);
}

#define ROW(pos, error)                                                                            \
    "{\"key\":\"00000000" pos "\",\"url\":\"http://a/\",\"error\":" error ",\"thumbs\":[]}\n"
#define FAILED ROW("0", "\"blocked_address\"")

static void write_rows(const char *rows)
{
    if (!scratch_has("manifest"))
        scratch_mkdir("manifest");
    scratch_write("manifest/00000.jsonl", rows, strlen(rows));
}

/* From here on other options are refused. */
static void succeed(void)
{
    write_rows(ROW("0", "null"));
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
    succeed();
    char *before = scratch_read(note);
    options[0].value = "70";
    expect_answer(OUTDIR_DIFFERS, "--quality=85, not 70");
    ck_assert_ptr_nonnull(strstr(told.message, scratch_path));
    ck_assert(told.other_options);
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
    succeed();
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
    ck_assert(!told.other_options);
    expect_file(note, "[]");
}
END_TEST

START_TEST(a_refused_run_gives_its_locks_back)
{
    outdir_close(open_it());
    succeed();
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
    succeed();
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
    succeed();
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

START_TEST(without_a_success_other_options_start_anew)
{
    outdir_close(open_it());
    ck_assert(!told.anew);
    write_rows(FAILED ROW("1", "\"timeout\""));
    outdir_close(open_it()); /* the same ones go on */
    ck_assert(!told.anew);
    ck_assert(scratch_has("manifest"));
    options[0].value = "70";
    outdir_close(open_it());
    ck_assert(told.anew);
    ck_assert_uint_eq(told.dropped, 2);
    ck_assert(!scratch_has("manifest"));
    succeed();
    options[0].value = "85";
    expect_answer(OUTDIR_DIFFERS, "--quality=70, not 85");
}
END_TEST

START_TEST(a_note_of_an_older_version_without_a_success_is_replaced)
{
    scratch_mkdir(".imgfetch");
    scratch_write(note, "{\"quality\":\"70\"}", 16);
    write_rows(FAILED);
    outdir_close(open_it());
    ck_assert(told.anew);
    expect_file(note, "{\n    \"quality\": \"85\",\n    \"max-bytes\": \"9\"\n}\n");
}
END_TEST

START_TEST(without_a_success_another_list_starts_anew)
{
    struct listmark lists[2];
    char path[100];
    snprintf(path, sizeof path, "%s/list", scratch_path);
    scratch_write("list", "a\n", 2);
    listmark_take(path, &lists[0]);
    conf.lists = &lists[0];
    conf.n_lists = 1;
    outdir_close(open_it());
    write_rows(FAILED);
    outdir_close(open_it());
    ck_assert(!told.anew);
    scratch_write("list", "b\n", 2);
    listmark_take(path, &lists[1]);
    conf.lists = &lists[1];
    outdir_close(open_it());
    ck_assert(told.anew);
    outdir_close(open_it()); /* it is noted now */
    ck_assert(!told.anew);
    succeed();
    conf.lists = &lists[0]; /* now the rows are compared, not the lists */
    scratch_write("list", "c\n", 2);
    struct outdir *d = open_it();
    ck_assert(!told.anew);
    ck_assert_int_eq(outdir_note_lists(d, &conf), 0);
    outdir_close(d);
    char *text = scratch_read(note);
    ck_assert_ptr_nonnull(strstr(text, lists[0].head));
    ck_assert_ptr_nonnull(strstr(text, "\"quality\": \"85\""));
    free(text);
    listmark_fini(&lists[0]);
    listmark_fini(&lists[1]);
}
END_TEST

START_TEST(a_run_at_work_keeps_others_from_starting_anew)
{
    char dash[] = "-";
    struct listmark stdin_list = {.path = dash, .size = -1};
    struct outdir *first = open_it();
    write_rows(FAILED);
    options[0].value = "70";
    expect_answer(OUTDIR_FAILED, "another imgfetch is writing there with --quality=85, not 70");
    options[0].value = "85";
    conf.lists = &stdin_list; /* the same kind of rows, and perhaps the same rows */
    conf.n_lists = 1;
    outdir_close(open_it());
    ck_assert(!told.anew);
    ck_assert(scratch_has("manifest/00000.jsonl"));
    outdir_close(first);
    outdir_close(open_it());
    ck_assert(told.anew);
}
END_TEST

START_TEST(a_run_that_started_anew_shares_the_directory_like_others)
{
    outdir_close(open_it());
    options[0].value = "70";
    struct outdir *first = open_it(), *second = open_it();
    ck_assert_int_eq(outdir_look(scratch_dir), -EBUSY);
    outdir_close(first);
    outdir_close(second);
}
END_TEST

/* Whatever the kill leaves is of the old kind, or nothing is left. */
START_TEST(the_old_note_stays_while_anything_is_left)
{
    outdir_close(open_it());
    char *before = scratch_read(note);
    write_rows(FAILED);
    scratch_mkdir(".imgfetch/00000.open"); /* which cannot be removed */
    options[0].value = "70";
    expect_answer(OUTDIR_FAILED, "/.imgfetch/00000.open: cannot start over: ");
    expect_file(note, before);
    conf.fresh = true;
    expect_answer(OUTDIR_FAILED, "/.imgfetch/00000.open: cannot start over: ");
    expect_file(note, before);
    free(before);
}
END_TEST

static void expect_try(enum outdir_status status, bool anew)
{
    ck_assert_int_eq(outdir_try(&conf, &told), status);
    ck_assert_int_eq(told.anew, anew);
}

START_TEST(outdir_try_tells_the_same_and_writes_nothing)
{
    static char path[100];
    snprintf(path, sizeof path, "%s/new", scratch_path);
    conf.path = path;
    expect_try(OUTDIR_OPEN, false);
    ck_assert(!scratch_has("new"));
    conf.path = scratch_path;
    expect_try(OUTDIR_OPEN, false);
    ck_assert_uint_eq(scratch_count(), 0);
    outdir_close(open_it());
    char *before = scratch_read(note);
    write_rows(FAILED);
    options[0].value = "70";
    expect_try(OUTDIR_OPEN, true);
    ck_assert_uint_eq(told.dropped, 1);
    ck_assert(scratch_has("manifest/00000.jsonl"));
    options[0].value = "85";
    struct outdir *other = open_it();
    options[0].value = "70";
    expect_try(OUTDIR_FAILED, false);
    ck_assert_ptr_nonnull(strstr(told.message, "another imgfetch is writing there"));
    outdir_close(other);
    succeed();
    expect_try(OUTDIR_DIFFERS, false);
    ck_assert_ptr_nonnull(strstr(told.message, "--quality=85, not 70"));
    conf.fresh = true;
    expect_try(OUTDIR_OPEN, false);
    ck_assert(scratch_has("manifest/00000.jsonl"));
    expect_file(note, before);
    free(before);
    conf.fresh = false;
    scratch_write(note, "[]", 2);
    expect_try(OUTDIR_DIFFERS, false);
    snprintf(path, sizeof path, "%s/%s", scratch_path, note);
    conf.path = path;
    expect_try(OUTDIR_FAILED, false);
}
END_TEST

START_TEST(without_locks_nothing_is_started_anew)
{
    has_no_locks = true;
    outdir_close(open_it());
    write_rows(FAILED);
    options[0].value = "70";
    expect_answer(OUTDIR_DIFFERS, "--quality=85, not 70");
    ck_assert(scratch_has("manifest/00000.jsonl"));
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
    tcase_add_test(t, without_a_success_other_options_start_anew);
    tcase_add_test(t, a_note_of_an_older_version_without_a_success_is_replaced);
    tcase_add_test(t, without_a_success_another_list_starts_anew);
    tcase_add_test(t, a_run_at_work_keeps_others_from_starting_anew);
    tcase_add_test(t, a_run_that_started_anew_shares_the_directory_like_others);
    tcase_add_test(t, the_old_note_stays_while_anything_is_left);
    tcase_add_test(t, without_locks_nothing_is_started_anew);
    tcase_add_test(t, outdir_try_tells_the_same_and_writes_nothing);
}

int main(void)
{
    return test_main("outdir", add_tests);
}
