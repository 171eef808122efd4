/* The test replaces libc's fcntl(2) and unlinkat(2) to act as another process between two system
 * calls. Its pwrite(2) writes only what fits into `room`, and its fsync(2) counts the calls. */
#include "store/shardlock.h"
#include "base/test_scratch.h"

#include <stdarg.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static const char lock_file[] = ".imgfetch/00003.open";
static const char other_lock_file[] = ".imgfetch/00004.open";
enum { SHARD = 3 };

static void (*before_lock)(void), (*before_unlink)(void); /* each is called once */
static bool has_no_locks;
static size_t room = SIZE_MAX; /* bytes, on the disk */

static void call_once(void (**hook)(void))
{
    void (*call)(void) = *hook;
    *hook = NULL;
    if (call)
        call();
}

int fcntl(int fd, int command, ...)
{
    va_list args;
    va_start(args, command);
    long arg = va_arg(args, long);
    va_end(args);
    if (command == F_OFD_SETLK && has_no_locks) {
        errno = ENOLCK;
        return -1;
    }
    if (command == F_OFD_SETLK)
        call_once(&before_lock);
    return (int)syscall(SYS_fcntl, fd, command, arg);
}

int unlinkat(int dir, const char *name, int flags)
{
    call_once(&before_unlink);
    return (int)syscall(SYS_unlinkat, dir, name, flags);
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t offset)
{
    if (room)
        return syscall(SYS_pwrite64, fd, bytes, len < room ? len : room, offset);
    errno = ENOSPC;
    return -1;
}

static int stat_error;      /* of fstatat(2); 0: none */
static bool numbers_change; /* a file has another number each time */

int fstatat(int dir, const char *name, struct stat *ret, int flags)
{
    static ino_t number;
    errno = stat_error;
    if (stat_error || syscall(SYS_newfstatat, dir, name, ret, flags))
        return -1;
    ret->st_ino = numbers_change ? ++number : ret->st_ino;
    return 0;
}

static unsigned syncs;
static int sync_error; /* 0: none */

int fsync(int fd)
{
    syncs++;
    errno = sync_error ? sync_error : errno;
    return sync_error ? -1 : (int)syscall(SYS_fsync, fd);
}

static struct shardlock *take(void)
{
    struct shardlock *c = NULL;
    ck_assert_int_eq(shardlock_take(scratch_dir, SHARD, &c), 0);
    return c;
}

static int try_to_take(uint32_t shard)
{
    struct shardlock *c = NULL;
    int err = shardlock_take(scratch_dir, shard, &c);
    shardlock_free(c, false);
    return err;
}

static int64_t checkpoint_on_disk(void)
{
    struct shardlock *c = take();
    int64_t bytes = shardlock_checkpoint(c);
    shardlock_free(c, false);
    return bytes;
}

START_TEST(a_shard_lock_excludes_others_from_its_shard_only)
{
    struct shardlock *c = take();
    ck_assert_int_eq(try_to_take(SHARD), -EAGAIN);
    ck_assert_int_eq(try_to_take(SHARD + 1), 0);
    shardlock_free(c, false);
    ck_assert_int_eq(try_to_take(SHARD), 0);
}
END_TEST

START_TEST(the_shard_lock_of_another_process_ends_with_that_process)
{
    int ends[2];
    char byte;
    ck_assert_int_eq(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        take();
        _exit(write(ends[1], "x", 1) == 1 && pause());
    }
    ck_assert_int_eq(read(ends[0], &byte, 1), 1);
    ck_assert_int_eq(try_to_take(SHARD), -EAGAIN);
    kill(child, SIGKILL);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    ck_assert_int_eq(try_to_take(SHARD), 0);
}
END_TEST

START_TEST(the_file_goes_with_a_closed_shard_and_stays_with_an_open_one)
{
    shardlock_free(take(), false);
    ck_assert(scratch_has(lock_file));
    shardlock_free(take(), true);
    ck_assert(!scratch_has(lock_file));
    shardlock_free(NULL, true);
}
END_TEST

START_TEST(the_last_checkpoint_is_there_for_the_next_run)
{
    static const int64_t bytes[] = {1, 4711, (int64_t)1 << 40, INT64_MAX, 17};
    struct shardlock *c = take();
    ck_assert_int_eq(shardlock_checkpoint(c), 0);
    for (unsigned i = 0; i < sizeof bytes / sizeof *bytes; i++) {
        ck_assert_int_eq(shardlock_note(c, bytes[i]), 0);
        ck_assert_int_eq(shardlock_checkpoint(c), bytes[i]);
        shardlock_free(c, false);
        c = take();
        ck_assert_int_eq(shardlock_checkpoint(c), bytes[i]);
    }
    expect_file(lock_file, "00000000000000000017\n");
    ck_assert_int_eq(shardlock_forget(c), 0);
    ck_assert_int_eq(shardlock_checkpoint(c), 0);
    shardlock_free(c, false);
    ck_assert_int_eq(checkpoint_on_disk(), 0);
}
END_TEST

START_TEST(an_incomplete_note_does_not_count)
{
    static const char *const texts[] = {"", "00000000000000000017", "0000000000000000001\n7",
        "000000000000000000017", "0000000000000000001x\n", "-0000000000000000017\n",
        "00000000000000000017x", "99999999999999999999\n", " 0000000000000000017\n"};
    shardlock_free(take(), false);
    for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++) {
        scratch_write(lock_file, texts[i], strlen(texts[i]));
        ck_assert_msg(checkpoint_on_disk() == 0, "%s", texts[i]);
    }
    scratch_write(lock_file,
        "0000000000000000\0"
        "017\n",
        21);
    ck_assert_int_eq(checkpoint_on_disk(), 0);
    scratch_write(lock_file, "00000000000000000017\n", 21);
    ck_assert_int_eq(checkpoint_on_disk(), 17);
}
END_TEST

START_TEST(a_note_that_does_not_fit_on_the_disk_is_an_error_and_does_not_count)
{
    struct shardlock *c = take();
    for (room = 0; room <= 20; room++) {
        ck_assert_int_eq(shardlock_note(c, 5), -ENOSPC);
        ck_assert_int_eq(shardlock_checkpoint(c), 0);
        ck_assert_int_eq(shardlock_note(c, 0), 0); /* no change, so nothing is written */
    }
    shardlock_free(c, false);
    ck_assert_int_eq(checkpoint_on_disk(), 0);
    room = SIZE_MAX;
    c = take();
    ck_assert_int_eq(shardlock_note(c, 5), 0);
    shardlock_free(c, false);
    ck_assert_int_eq(checkpoint_on_disk(), 5);
}
END_TEST

START_TEST(a_checkpoint_is_forgotten_on_disk)
{
    struct shardlock *c = take();
    ck_assert_int_eq(shardlock_note(c, 5), 0);
    ck_assert_uint_eq(syncs, 0); /* the next sync writes it */
    ck_assert_int_eq(shardlock_forget(c), 0);
    ck_assert_uint_eq(syncs, 1);
    expect_file(lock_file, "00000000000000000000\n");
    sync_error = EIO;
    ck_assert_int_eq(shardlock_forget(c), -EIO);
    shardlock_free(c, false);
}
END_TEST

static struct shardlock *others; /* of another process */

/* The other process closes the shard after we open the file and before we lock it. */
static void close_shard(void)
{
    shardlock_free(others, true);
    others = NULL;
}

/* Then it also opens the shard anew. */
static void close_and_open_shard(void)
{
    close_shard();
    others = take();
}

START_TEST(a_lock_on_a_file_that_was_removed_meanwhile_does_not_count)
{
    others = take();
    before_lock = close_shard;
    struct shardlock *c = take();
    ck_assert(scratch_has(lock_file)); /* a new file, not the one that was opened first */
    ck_assert_int_eq(try_to_take(SHARD), -EAGAIN);
    shardlock_free(c, true);
    ck_assert(!scratch_has(lock_file));
}
END_TEST

START_TEST(a_lock_on_a_file_that_was_replaced_meanwhile_does_not_count)
{
    others = take();
    before_lock = close_and_open_shard;
    ck_assert_int_eq(try_to_take(SHARD), -EAGAIN);
    ck_assert_ptr_nonnull(others);
    shardlock_free(others, false);
}
END_TEST

START_TEST(a_file_that_cannot_be_looked_at_is_an_error)
{
    static const int errors[] = {EIO, ESTALE, EACCES};
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        stat_error = errors[i];
        ck_assert_int_eq(try_to_take(SHARD), -errors[i]);
        shardlock_sweep(scratch_dir, SHARD);
    }
    stat_error = 0;
    ck_assert_int_eq(try_to_take(SHARD), 0);
}
END_TEST

START_TEST(a_file_that_is_another_one_each_time_is_an_error)
{
    numbers_change = true;
    ck_assert_int_eq(try_to_take(SHARD), -ESTALE);
    stat_error = ENOENT;
    ck_assert_int_eq(try_to_take(SHARD), -ESTALE);
}
END_TEST

static void expect_taken(void)
{
    ck_assert_int_eq(try_to_take(SHARD), -EAGAIN);
}

START_TEST(a_closed_shard_is_given_back_only_after_its_file_is_gone)
{
    struct shardlock *c = take();
    before_unlink = expect_taken;
    shardlock_free(c, true);
    ck_assert_ptr_null(before_unlink); /* it was called */
    ck_assert(!scratch_has(lock_file));
}
END_TEST

START_TEST(sweeping_removes_what_a_kill_has_left)
{
    shardlock_free(take(), false);
    ck_assert_int_eq(try_to_take(SHARD + 1), 0);
    shardlock_sweep(scratch_dir, SHARD);
    ck_assert(!scratch_has(lock_file));
    ck_assert(scratch_has(other_lock_file));
    shardlock_sweep(scratch_dir, SHARD); /* there is no file */
    ck_assert(!scratch_has(lock_file));
}
END_TEST

START_TEST(sweeping_leaves_a_shard_lock_that_is_held)
{
    struct shardlock *c = take();
    shardlock_sweep(scratch_dir, SHARD);
    ck_assert(scratch_has(lock_file));
    ck_assert_int_eq(try_to_take(SHARD), -EAGAIN);
    shardlock_free(c, true);
    others = take(); /* also one that is taken during the sweep */
    before_lock = close_and_open_shard;
    shardlock_sweep(scratch_dir, SHARD);
    ck_assert(scratch_has(lock_file));
    ck_assert_int_eq(try_to_take(SHARD), -EAGAIN);
    shardlock_free(others, true);
}
END_TEST

START_TEST(without_locks_the_shard_lock_is_taken_even_so)
{
    has_no_locks = true;
    struct shardlock *c = take();
    ck_assert_int_eq(shardlock_note(c, 17), 0);
    ck_assert_int_eq(try_to_take(SHARD), 0);
    shardlock_free(c, false);
    ck_assert_int_eq(checkpoint_on_disk(), 17);
    shardlock_sweep(scratch_dir, SHARD);
    ck_assert(!scratch_has(lock_file));
}
END_TEST

START_TEST(a_link_or_a_folder_cannot_be_locked)
{
    scratch_write("mine", "mine", 4);
    scratch_mkdir(".imgfetch");
    ck_assert_int_eq(symlinkat("../mine", scratch_dir, lock_file), 0);
    ck_assert_int_eq(try_to_take(SHARD), -ELOOP);
    scratch_mkdir(other_lock_file);
    ck_assert_int_eq(try_to_take(SHARD + 1), -EISDIR);
    shardlock_sweep(scratch_dir, SHARD);
    expect_file("mine", "mine");
    ck_assert(scratch_has(lock_file));
}
END_TEST

static void add_tests(TCase *t)
{
    tcase_add_checked_fixture(t, scratch_make, scratch_remove);
    tcase_add_test(t, a_shard_lock_excludes_others_from_its_shard_only);
    tcase_add_test(t, the_shard_lock_of_another_process_ends_with_that_process);
    tcase_add_test(t, the_file_goes_with_a_closed_shard_and_stays_with_an_open_one);
    tcase_add_test(t, the_last_checkpoint_is_there_for_the_next_run);
    tcase_add_test(t, an_incomplete_note_does_not_count);
    tcase_add_test(t, a_note_that_does_not_fit_on_the_disk_is_an_error_and_does_not_count);
    tcase_add_test(t, a_checkpoint_is_forgotten_on_disk);
    tcase_add_test(t, a_lock_on_a_file_that_was_removed_meanwhile_does_not_count);
    tcase_add_test(t, a_lock_on_a_file_that_was_replaced_meanwhile_does_not_count);
    tcase_add_test(t, a_file_that_cannot_be_looked_at_is_an_error);
    tcase_add_test(t, a_file_that_is_another_one_each_time_is_an_error);
    tcase_add_test(t, a_closed_shard_is_given_back_only_after_its_file_is_gone);
    tcase_add_test(t, sweeping_removes_what_a_kill_has_left);
    tcase_add_test(t, sweeping_leaves_a_shard_lock_that_is_held);
    tcase_add_test(t, without_locks_the_shard_lock_is_taken_even_so);
    tcase_add_test(t, a_link_or_a_folder_cannot_be_locked);
}

int main(void)
{
    return test_main("shardlock", add_tests);
}
