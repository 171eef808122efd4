/* What happens between two system calls of ours is done here by fcntl(2) and unlinkat(2), which
 * stand in for libc's; pwrite(2) writes as much as there is room for, and fsync(2) is counted. */
#include "store/shardlock.h"
#include "base/test_scratch.h"

#include <stdarg.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static const char note[] = ".imgfetch/00003.open";
static const char other_note[] = ".imgfetch/00004.open";
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

START_TEST(a_claim_keeps_others_away_from_its_shard_only)
{
    struct shardlock *c = take();
    ck_assert_int_eq(try_to_take(SHARD), -EAGAIN);
    ck_assert_int_eq(try_to_take(SHARD + 1), 0);
    shardlock_free(c, false);
    ck_assert_int_eq(try_to_take(SHARD), 0);
}
END_TEST

START_TEST(the_claim_of_another_process_ends_with_that_process)
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
    ck_assert(scratch_has(note));
    shardlock_free(take(), true);
    ck_assert(!scratch_has(note));
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
    expect_file(note, "00000000000000000017\n");
    ck_assert_int_eq(shardlock_forget(c), 0);
    ck_assert_int_eq(shardlock_checkpoint(c), 0);
    shardlock_free(c, false);
    ck_assert_int_eq(checkpoint_on_disk(), 0);
}
END_TEST

START_TEST(a_note_that_is_not_whole_is_none)
{
    static const char *const texts[] = {"", "00000000000000000017", "0000000000000000001\n7",
        "000000000000000000017", "0000000000000000001x\n", "-0000000000000000017\n",
        "00000000000000000017x", "99999999999999999999\n", " 0000000000000000017\n"};
    shardlock_free(take(), false);
    for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++) {
        scratch_write(note, texts[i], strlen(texts[i]));
        ck_assert_msg(checkpoint_on_disk() == 0, "%s", texts[i]);
    }
    scratch_write(note,
        "0000000000000000\0"
        "017\n",
        21);
    ck_assert_int_eq(checkpoint_on_disk(), 0);
    scratch_write(note, "00000000000000000017\n", 21);
    ck_assert_int_eq(checkpoint_on_disk(), 17);
}
END_TEST

START_TEST(a_note_that_does_not_fit_on_the_disk_is_told_and_is_not_believed)
{
    struct shardlock *c = take();
    for (room = 0; room <= 20; room++) {
        ck_assert_int_eq(shardlock_note(c, 5), -ENOSPC);
        ck_assert_int_eq(shardlock_checkpoint(c), 0);
        ck_assert_int_eq(shardlock_note(c, 0), 0); /* it is what is known already */
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
    ck_assert_uint_eq(syncs, 0); /* the next sync will do */
    ck_assert_int_eq(shardlock_forget(c), 0);
    ck_assert_uint_eq(syncs, 1);
    expect_file(note, "00000000000000000000\n");
    sync_error = EIO;
    ck_assert_int_eq(shardlock_forget(c), -EIO);
    shardlock_free(c, false);
}
END_TEST

static struct shardlock *others; /* of the one who came between */

/* Who had the shard closes it, between our opening of the file and our lock. */
static void close_shard(void)
{
    shardlock_free(others, true);
    others = NULL;
}

/* ... and the next one opens it anew. */
static void close_and_open_shard(void)
{
    close_shard();
    others = take();
}

START_TEST(a_lock_on_a_file_that_was_removed_meanwhile_is_no_claim)
{
    others = take();
    before_lock = close_shard;
    struct shardlock *c = take();
    ck_assert(scratch_has(note)); /* another one than was opened first */
    ck_assert_int_eq(try_to_take(SHARD), -EAGAIN);
    shardlock_free(c, true);
    ck_assert(!scratch_has(note));
}
END_TEST

START_TEST(a_lock_on_a_file_that_was_replaced_meanwhile_is_no_claim)
{
    others = take();
    before_lock = close_and_open_shard;
    ck_assert_int_eq(try_to_take(SHARD), -EAGAIN);
    ck_assert_ptr_nonnull(others);
    shardlock_free(others, false);
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
    ck_assert(!scratch_has(note));
}
END_TEST

START_TEST(sweeping_removes_what_a_kill_has_left)
{
    shardlock_free(take(), false);
    ck_assert_int_eq(try_to_take(SHARD + 1), 0);
    shardlock_sweep(scratch_dir, SHARD);
    ck_assert(!scratch_has(note));
    ck_assert(scratch_has(other_note));
    shardlock_sweep(scratch_dir, SHARD); /* nothing is there */
    ck_assert(!scratch_has(note));
}
END_TEST

START_TEST(sweeping_leaves_the_claim_of_who_works)
{
    struct shardlock *c = take();
    shardlock_sweep(scratch_dir, SHARD);
    ck_assert(scratch_has(note));
    ck_assert_int_eq(try_to_take(SHARD), -EAGAIN);
    shardlock_free(c, true);
    others = take(); /* and of one who comes while we sweep */
    before_lock = close_and_open_shard;
    shardlock_sweep(scratch_dir, SHARD);
    ck_assert(scratch_has(note));
    ck_assert_int_eq(try_to_take(SHARD), -EAGAIN);
    shardlock_free(others, true);
}
END_TEST

START_TEST(without_locks_the_claim_is_had_all_the_same)
{
    has_no_locks = true;
    struct shardlock *c = take();
    ck_assert_int_eq(shardlock_note(c, 17), 0);
    ck_assert_int_eq(try_to_take(SHARD), 0);
    shardlock_free(c, false);
    ck_assert_int_eq(checkpoint_on_disk(), 17);
    shardlock_sweep(scratch_dir, SHARD);
    ck_assert(!scratch_has(note));
}
END_TEST

START_TEST(what_is_no_file_cannot_be_claimed)
{
    scratch_write("mine", "mine", 4);
    scratch_mkdir(".imgfetch");
    ck_assert_int_eq(symlinkat("../mine", scratch_dir, note), 0);
    ck_assert_int_eq(try_to_take(SHARD), -ELOOP);
    scratch_mkdir(other_note);
    ck_assert_int_eq(try_to_take(SHARD + 1), -EISDIR);
    shardlock_sweep(scratch_dir, SHARD);
    expect_file("mine", "mine");
    ck_assert(scratch_has(note));
}
END_TEST

static void add_tests(TCase *t)
{
    tcase_add_checked_fixture(t, scratch_make, scratch_remove);
    tcase_add_test(t, a_claim_keeps_others_away_from_its_shard_only);
    tcase_add_test(t, the_claim_of_another_process_ends_with_that_process);
    tcase_add_test(t, the_file_goes_with_a_closed_shard_and_stays_with_an_open_one);
    tcase_add_test(t, the_last_checkpoint_is_there_for_the_next_run);
    tcase_add_test(t, a_note_that_is_not_whole_is_none);
    tcase_add_test(t, a_note_that_does_not_fit_on_the_disk_is_told_and_is_not_believed);
    tcase_add_test(t, a_checkpoint_is_forgotten_on_disk);
    tcase_add_test(t, a_lock_on_a_file_that_was_removed_meanwhile_is_no_claim);
    tcase_add_test(t, a_lock_on_a_file_that_was_replaced_meanwhile_is_no_claim);
    tcase_add_test(t, a_closed_shard_is_given_back_only_after_its_file_is_gone);
    tcase_add_test(t, sweeping_removes_what_a_kill_has_left);
    tcase_add_test(t, sweeping_leaves_the_claim_of_who_works);
    tcase_add_test(t, without_locks_the_claim_is_had_all_the_same);
    tcase_add_test(t, what_is_no_file_cannot_be_claimed);
}

int main(void)
{
    return test_main("claim", add_tests);
}
