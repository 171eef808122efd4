#include "store/update.h"

#include "base/beneath.h"
#include "base/filelock.h"
#include "base/test_scratch.h"
#include "store/outdir.h"
#include "store/update_mark.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <sys/syscall.h>

static struct update *u;
static char message[UPDATE_MESSAGE_SIZE], path[64];
static int exchange_fails; /* an errno; 0: it does not */

/* Replaces libc's function. */
int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
    int (*next)(int, const char *, int, const char *, unsigned) =
        (int (*)(int, const char *, int, const char *, unsigned))dlsym(RTLD_NEXT, "renameat2");
    if (!(flags & RENAME_EXCHANGE) || !exchange_fails)
        return next(from_dir, from, to_dir, to, flags);
    errno = exchange_fails;
    return -1;
}

static void (*on_lock)(void); /* called before the next lock is taken; NULL: nothing is */

/* Likewise. */
int fcntl64(int fd, int command, ...)
{
    va_list args;
    va_start(args, command);
    void *arg = va_arg(args, void *);
    va_end(args);
    void (*call)(void) = command == F_OFD_SETLK ? on_lock : NULL;
    if (call) {
        on_lock = NULL;
        call();
    }
    return (int)syscall(SYS_fcntl, fd, command, arg);
}

int fcntl(int, int, ...) __attribute__((alias("fcntl64")));

static const char *stubborn; /* a folder that cannot be removed; NULL: none */

/* Likewise. */
int unlinkat(int dir, const char *name, int flags)
{
    if (!stubborn || !(flags & AT_REMOVEDIR) || strcmp(name, stubborn) != 0)
        return (int)syscall(SYS_unlinkat, dir, name, flags);
    errno = EIO;
    return -1;
}

static void write_text(const char *name, const char *text)
{
    scratch_write(name, text, strlen(text));
}

/* An output directory with one row and its file. */
static void make_output(const char *dir, const char *url, const char *error)
{
    static const char *const folders[] = {
        "", "/.imgfetch", "/manifest", "/images", "/images/00000"};
    char name[80], row[300];
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        snprintf(name, sizeof name, "%s%s", dir, folders[i]);
        ck_assert(!mkdirat(scratch_dir, name, 0777) || errno == EEXIST);
    }
    snprintf(row, sizeof row,
        "{\"key\":\"000000000\",\"index\":0,\"url\":\"%s\",\"error\":%s,\"http_status\":503,"
        "\"path\":\"images/00000/000000000.jpg\",\"thumbs\":[]}\n",
        url, error);
    snprintf(name, sizeof name, "%s/manifest/00000.jsonl", dir);
    write_text(name, row);
    snprintf(name, sizeof name, "%s/images/00000/000000000.jpg", dir);
    write_text(name, url);
    snprintf(name, sizeof name, "%s/.imgfetch/options.json", dir);
    write_text(name, "{}");
    snprintf(name, sizeof name, "%s/.imgfetch/lock", dir);
    write_text(name, "");
}

static void set_up(void)
{
    scratch_make();
    snprintf(path, sizeof path, "%s/a", scratch_path);
    make_output("a", "http://old/", "null");
    exchange_fails = 0;
}

static void tear_down(void)
{
    update_close(u);
    scratch_remove();
}

static void expect(enum update_status is, enum update_status should)
{
    ck_assert_msg(is == should, "%d: %s", (int)is, message);
}

static void open_it(void)
{
    u = NULL;
    expect(update_open(path, &u, message), UPDATE_OK);
}

static void close_it(void)
{
    update_close(u);
    u = NULL;
}

static void begin(void)
{
    open_it();
    expect(update_begin(u, message), UPDATE_OK);
}

static void expect_url(const char *name, const char *url)
{
    char file[80];
    snprintf(file, sizeof file, "%s/images/00000/000000000.jpg", name);
    expect_file(file, url);
}

static void expect_done(void)
{
    expect_url("a", "http://new/");
    ck_assert(!scratch_has("a.update"));
    ck_assert(!scratch_has("a/.imgfetch/update"));
}

START_TEST(the_new_directory_takes_the_place_of_the_old_one)
{
    begin();
    make_output("a.update", "http://new/", "null");
    expect_url("a", "http://old/");
    expect(update_exchange(u, message), UPDATE_OK);
    expect_url("a", "http://new/");
    expect_url("a.update", "http://old/");
    expect(update_remove_old(u, message), UPDATE_OK);
    expect_done();
}
END_TEST

START_TEST(a_kill_after_each_step_leaves_one_of_the_two)
{
    begin();
    close_it();
    open_it();
    ck_assert(update_is_begun(u));
    expect(update_begin(u, message), UPDATE_OK);
    make_output("a.update", "http://new/", "null");
    close_it();
    begin();
    ck_assert(update_is_begun(u));
    exchange_fails = EIO; /* the old one has its mark already */
    expect(update_exchange(u, message), UPDATE_FAILED);
    expect_url("a", "http://old/");
    close_it();
    exchange_fails = 0;
    begin();
    ck_assert(update_is_begun(u));
    expect(update_exchange(u, message), UPDATE_OK);
    close_it();
    expect_url("a", "http://new/");
    open_it();
    ck_assert(!update_is_begun(u));
    expect_done();
}
END_TEST

/* What is there after each of the last steps. */
START_TEST(a_removal_goes_on_wherever_it_was_interrupted)
{
    static const char *const gone[] = {"a.update/images/00000/000000000.jpg",
        "a.update/manifest/00000.jsonl", "a.update/.imgfetch/options.json",
        "a.update/.imgfetch/lock", "a.update/.imgfetch/update"};
    begin();
    make_output("a.update", "http://new/", "null");
    expect(update_exchange(u, message), UPDATE_OK);
    close_it();
    for (int i = 0; i <= _i && i < 5; i++)
        ck_assert_int_eq(unlinkat(scratch_dir, gone[i], 0), 0);
    if (_i >= 4) { /* folders went before the last files */
        ck_assert_int_eq(unlinkat(scratch_dir, "a.update/images/00000", AT_REMOVEDIR), 0);
        ck_assert_int_eq(unlinkat(scratch_dir, "a.update/images", AT_REMOVEDIR), 0);
        ck_assert_int_eq(unlinkat(scratch_dir, "a.update/manifest", AT_REMOVEDIR), 0);
    }
    if (_i >= 5)
        ck_assert_int_eq(unlinkat(scratch_dir, "a.update/.imgfetch", AT_REMOVEDIR), 0);
    if (_i >= 6)
        ck_assert_int_eq(unlinkat(scratch_dir, "a.update", AT_REMOVEDIR), 0);
    open_it();
    ck_assert(!update_is_begun(u));
    expect_done();
    expect(update_begin(u, message), UPDATE_OK);
}
END_TEST

/* A kill between the folder and its mark. */
START_TEST(an_empty_directory_beside_it_is_taken)
{
    scratch_mkdir("a.update");
    if (_i)
        scratch_mkdir("a.update/.imgfetch");
    if (_i == 2)
        write_text("a.update/.imgfetch/update.part", "ne");
    begin();
    make_output("a.update", "http://new/", "null");
    expect(update_exchange(u, message), UPDATE_OK);
    expect(update_remove_old(u, message), UPDATE_OK);
    expect_done();
}
END_TEST

static void expect_impossible(const char *text)
{
    open_it();
    expect(update_begin(u, message), UPDATE_IMPOSSIBLE);
    ck_assert_msg(strstr(message, text) != NULL, "%s", message);
    expect_url("a", "http://old/");
    close_it();
}

START_TEST(what_an_update_did_not_make_is_not_touched)
{
    make_output("a.update", "http://other/", "null");
    expect_impossible("no --update has made it");
    expect_url("a.update", "http://other/");
    write_text("a.update/.imgfetch/update", "old 0123456789abcdef\n");
    expect_impossible("no --update has made it");
    write_text("a.update/.imgfetch/update", "new 0123\n");
    expect_impossible("no --update has made it");
    /* DIR is a new one, but not of that old one */
    write_text("a.update/.imgfetch/update", "old 0123456789abcdef\n");
    write_text("a/.imgfetch/update", "new 0123456789abcdee\n");
    expect_impossible("no --update has made it");
    expect_url("a.update", "http://other/");
}
END_TEST

START_TEST(a_link_beside_it_is_not_followed)
{
    make_output("b", "http://other/", "null");
    write_text("b/.imgfetch/update", "old 0123456789abcdef\n");
    write_text("a/.imgfetch/update", "new 0123456789abcdef\n");
    ck_assert_int_eq(symlinkat("b", scratch_dir, "a.update"), 0);
    expect_impossible("no --update has made it");
    expect_url("b", "http://other/");
}
END_TEST

/* Its mark stays until all else is gone. */
START_TEST(an_old_directory_that_cannot_be_removed_is_removed_later)
{
    begin();
    make_output("a.update", "http://new/", "null");
    expect(update_exchange(u, message), UPDATE_OK);
    stubborn = _i ? "00000" : "images";
    expect(update_remove_old(u, message), UPDATE_FAILED);
    ck_assert_msg(strstr(message, "run the same command again") != NULL, "%s", message);
    ck_assert(scratch_has("a.update/.imgfetch/update"));
    close_it();
    stubborn = NULL;
    open_it();
    expect_done();
}
END_TEST

START_TEST(files_of_others_are_named_and_stay)
{
    write_text("a/mine", "mine");
    expect_impossible("files there that no row names: 1: mine");
    ck_assert(!scratch_has("a.update"));
    ck_assert_int_eq(unlinkat(scratch_dir, "a/mine", 0), 0);
    begin();
    make_output("a.update", "http://new/", "null");
    write_text("a/mine", "mine");
    expect(update_exchange(u, message), UPDATE_OK);
    expect(update_remove_old(u, message), UPDATE_FAILED);
    ck_assert_msg(strstr(message, "have stayed in") != NULL, "%s", message);
    expect_file("a.update/mine", "mine");
    ck_assert(!scratch_has("a.update/.imgfetch") && !scratch_has("a.update/images"));
    expect_url("a", "http://new/");
}
END_TEST

START_TEST(a_file_system_that_cannot_exchange_is_found_out_first)
{
    exchange_fails = EINVAL;
    expect_impossible("its file system cannot exchange two directories");
    ck_assert(!scratch_has("a.update"));
}
END_TEST

START_TEST(a_link_cannot_be_replaced)
{
    ck_assert_int_eq(symlinkat("a", scratch_dir, "link"), 0);
    snprintf(path, sizeof path, "%s/link", scratch_path);
    expect_impossible("it is a symbolic link");
}
END_TEST

START_TEST(there_may_be_nothing_to_replace)
{
    snprintf(path, sizeof path, "%s/b", scratch_path);
    expect(update_open(path, &u, message), UPDATE_NONE);
    scratch_mkdir("b");
    expect(update_open(path, &u, message), UPDATE_NONE);
    write_text("b/mine", "");
    expect(update_open(path, &u, message), UPDATE_NONE);
}
END_TEST

START_TEST(the_old_directory_is_locked)
{
    struct outdir_conf conf = {.path = path};
    struct outdir_told told;
    struct outdir *out;
    struct update *other = NULL;
    begin();
    ck_assert_int_eq(outdir_open(&conf, &out, &told), OUTDIR_FAILED);
    ck_assert_msg(strstr(told.message, "replacing the directory") != NULL, "%s", told.message);
    expect(update_open(path, &other, message), UPDATE_OK);
    expect(update_begin(other, message), UPDATE_FAILED);
    ck_assert_msg(strstr(message, "is at work there") != NULL, "%s", message);
    close_it();
    expect(update_begin(other, message), UPDATE_OK);
    update_close(other);
}
END_TEST

static void replace_all(void)
{
    begin();
    make_output("a.update", "http://new/", "null");
    expect(update_exchange(u, message), UPDATE_OK);
    expect(update_remove_old(u, message), UPDATE_OK);
    close_it();
}

/* Another update was quicker, between this one's look and its lock. */
START_TEST(a_directory_that_was_replaced_meanwhile_is_left_alone)
{
    struct update *late = NULL;
    expect(update_open(path, &late, message), UPDATE_OK);
    begin();
    make_output("a.update", "http://new/", "null");
    expect(update_exchange(u, message), UPDATE_OK);
    close_it(); /* killed */
    expect(update_begin(late, message), UPDATE_FAILED);
    update_close(late);
    expect_url("a", "http://new/");
    expect_url("a.update", "http://old/");
}
END_TEST

START_TEST(a_run_does_not_begin_in_a_directory_that_is_gone)
{
    struct outdir_conf conf = {.path = path};
    struct outdir_told told;
    struct outdir *out;
    on_lock = replace_all;
    ck_assert_int_eq(outdir_open(&conf, &out, &told), OUTDIR_FAILED);
    ck_assert_msg(strstr(told.message, "has just replaced") != NULL, "%s", told.message);
    ck_assert_int_eq(outdir_open(&conf, &out, &told), OUTDIR_OPEN);
    outdir_close(out);
    expect_done();
}
END_TEST

START_TEST(rows_whose_servers_are_down_are_counted)
{
    static const struct {
        const char *url, *error;
        unsigned lost;
    } cases[] = {
        {"http://old/", "null", 0},
        {"http://old", "\"timeout\"", 1}, /* the same in its normal form */
        {"http://old/", "\"http_error\"", 1},
        {"http://old/", "\"host_down\"", 1},
        {"http://old/", "\"blocked_address\"", 1},
        {"http://old/", "\"image_too_small\"", 0},
        {"http://other/", "\"timeout\"", 0},
    };
    uint64_t lost;
    begin();
    make_output("a.update", cases[_i].url, cases[_i].error);
    ck_assert_int_eq(update_count_lost(u, &lost), 0);
    ck_assert_uint_eq(lost, cases[_i].lost);
    make_output("a", "http://old/", "\"timeout\"");
    ck_assert_int_eq(update_count_lost(u, &lost), 0);
    ck_assert_uint_eq(lost, 0);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, the_new_directory_takes_the_place_of_the_old_one);
    tcase_add_test(t, a_kill_after_each_step_leaves_one_of_the_two);
    tcase_add_loop_test(t, a_removal_goes_on_wherever_it_was_interrupted, 0, 7);
    tcase_add_loop_test(t, an_empty_directory_beside_it_is_taken, 0, 3);
    tcase_add_test(t, what_an_update_did_not_make_is_not_touched);
    tcase_add_test(t, a_link_beside_it_is_not_followed);
    tcase_add_loop_test(t, an_old_directory_that_cannot_be_removed_is_removed_later, 0, 2);
    tcase_add_test(t, files_of_others_are_named_and_stay);
    tcase_add_test(t, a_file_system_that_cannot_exchange_is_found_out_first);
    tcase_add_test(t, a_link_cannot_be_replaced);
    tcase_add_test(t, there_may_be_nothing_to_replace);
    tcase_add_test(t, the_old_directory_is_locked);
    tcase_add_test(t, a_directory_that_was_replaced_meanwhile_is_left_alone);
    tcase_add_test(t, a_run_does_not_begin_in_a_directory_that_is_gone);
    tcase_add_loop_test(t, rows_whose_servers_are_down_are_counted, 0, 7);
}

int main(void)
{
    return test_main("update", add);
}
