#include "store/checkpoint.h"
#include "base/clock.h"
#include "base/test_scratch.h"
#include "store/shardlock.h"

#include <sys/syscall.h>

enum { N = 3, OFTEN = 1, NEVER = 1000000000 /* ms */ };

/* Open shards, with the fields that checkpoints use. */
static struct shard shards[N], *open_shards;
static struct checkpoint *checkpoint;
static struct job job;

static bool is_full; /* the disk: then the test's own pwrite(2) fails */

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t offset)
{
    if (!is_full)
        return syscall(SYS_pwrite64, fd, bytes, len, offset);
    errno = ENOSPC;
    return -1;
}

static void set_up(void)
{
    scratch_make();
    for (uint32_t i = 0; i < N; i++) {
        shards[i] = (struct shard){.number = i, .size = 100 * (i + 1)};
        ck_assert_int_eq(shardlock_take(scratch_dir, i, &shards[i].lock), 0);
        HASH_ADD(hh, open_shards, number, sizeof shards[i].number, &shards[i]);
    }
}

static void tear_down(void)
{
    checkpoint_free(checkpoint);
    HASH_CLEAR(hh, open_shards);
    for (int i = 0; i < N; i++)
        shardlock_free(shards[i].lock, false);
    scratch_remove();
}

static void begin(int dir, uint64_t every_ms)
{
    int err = 0;
    checkpoint = checkpoint_new(dir, every_ms, &err);
    ck_assert_int_eq(err, 0);
}

static int turn(void)
{
    return checkpoint_turn(checkpoint, open_shards);
}

/* Counts a write, which makes a checkpoint due, and begins the sync. */
static void begin_sync(void)
{
    checkpoint_wrote(checkpoint, &job);
    uint64_t due = checkpoint_due(checkpoint);
    ck_assert_uint_gt(due, 0);
    while (clock_ns() < due)
        usleep(100);
    ck_assert_int_eq(turn(), 0);
}

/* Waits until the sync has ended and the checkpoints are noted. */
static int end_sync(void)
{
    int err = 0;
    while (!err && checkpoint_due(checkpoint)) {
        usleep(100);
        err = turn();
    }
    return err;
}

static void expect_noted(int64_t first, int64_t second, int64_t third)
{
    ck_assert_int_eq(shardlock_checkpoint(shards[0].lock), first);
    ck_assert_int_eq(shardlock_checkpoint(shards[1].lock), second);
    ck_assert_int_eq(shardlock_checkpoint(shards[2].lock), third);
}

START_TEST(after_a_sync_each_shard_notes_how_much_is_sure)
{
    begin(scratch_dir, OFTEN);
    begin_sync();
    ck_assert_int_eq(end_sync(), 0);
    expect_noted(100, 200, 300);
    expect_file(".imgfetch/00001.open", "00000000000000000200\n");
    shards[1].size = 250;
    begin_sync();
    ck_assert_int_eq(end_sync(), 0);
    expect_noted(100, 250, 300);
}
END_TEST

START_TEST(what_was_written_while_it_synced_is_not_sure)
{
    begin(scratch_dir, OFTEN);
    begin_sync();
    shards[0].size = 1000;
    checkpoint_wrote(checkpoint, &job);
    while (!shardlock_checkpoint(shards[0].lock)) {
        usleep(100);
        shards[0].size++;
        ck_assert_int_eq(turn(), 0);
    }
    expect_noted(100, 200, 300);
}
END_TEST

START_TEST(a_shard_whose_rows_are_replaced_has_no_checkpoint)
{
    shards[1].replaces = true;
    begin(scratch_dir, OFTEN);
    begin_sync();
    ck_assert_int_eq(end_sync(), 0);
    expect_noted(100, 0, 300);
    expect_file(".imgfetch/00001.open", "");
}
END_TEST

START_TEST(a_shard_that_was_opened_while_it_synced_notes_nothing_yet)
{
    HASH_DEL(open_shards, &shards[1]);
    HASH_DEL(open_shards, &shards[2]);
    ck_assert_int_eq(shardlock_note(shards[1].lock, 77), 0); /* by an earlier run */
    begin(scratch_dir, OFTEN);
    begin_sync();
    HASH_ADD(hh, open_shards, number, sizeof shards[1].number, &shards[1]);
    HASH_ADD(hh, open_shards, number, sizeof shards[2].number, &shards[2]);
    ck_assert_int_eq(end_sync(), 0);
    expect_noted(100, 77, 0);
}
END_TEST

START_TEST(an_empty_shard_and_one_without_a_claim_are_passed_over)
{
    struct shardlock *lock = shards[0].lock;
    shards[0].lock = NULL;
    shards[1].size = 0;
    begin(scratch_dir, OFTEN);
    begin_sync();
    ck_assert_int_eq(end_sync(), 0);
    shards[0].lock = lock;
    expect_noted(0, 0, 300);
}
END_TEST

START_TEST(nothing_is_synced_while_nothing_is_written)
{
    begin(scratch_dir, 0);
    ck_assert_uint_eq(checkpoint_due(checkpoint), 0);
    ck_assert_int_eq(turn(), 0);
    ck_assert_uint_eq(checkpoint_due(checkpoint), 0);
    for (int i = 0; i < N; i++)
        ck_assert_int_eq(shards[i].syncing, 0);
}
END_TEST

START_TEST(before_its_time_none_is_begun)
{
    begin(scratch_dir, NEVER);
    uint64_t before = clock_ns();
    checkpoint_wrote(checkpoint, &job);
    uint64_t due = checkpoint_due(checkpoint);
    ck_assert_uint_ge(due, before + NEVER * UINT64_C(1000000));
    ck_assert_uint_le(due, clock_ns() + NEVER * UINT64_C(1000000));
    usleep(1000);
    checkpoint_wrote(checkpoint, &job); /* the time counts from the first write */
    ck_assert_uint_eq(checkpoint_due(checkpoint), due);
    ck_assert_int_eq(turn(), 0);
    ck_assert_int_eq(shards[0].syncing, 0);
}
END_TEST

START_TEST(many_bytes_make_one_due_whatever_the_time)
{
    struct job_thumb thumbs[2] = {{.size = CHECKPOINT_BYTES / 4}, {.size = CHECKPOINT_BYTES / 4}};
    struct job large = {.thumbs = thumbs, .n_thumbs = 2};
    large.response.body.len = CHECKPOINT_BYTES / 2 - 2000;
    begin(scratch_dir, NEVER);
    checkpoint_wrote(checkpoint, &large);
    ck_assert_int_eq(turn(), 0);
    ck_assert_int_eq(shards[0].syncing, 0);
    for (int i = 0; i < 3; i++)
        checkpoint_wrote(checkpoint, &job); /* a row without files counts, too */
    ck_assert_int_eq(turn(), 0);
    ck_assert_int_eq(shards[0].syncing, 100);
    ck_assert_int_eq(end_sync(), 0);
    expect_noted(100, 200, 300);
    checkpoint_wrote(checkpoint, &job); /* these count for the next checkpoint */
    ck_assert_int_eq(turn(), 0);
    ck_assert_uint_gt(checkpoint_due(checkpoint), clock_ns() + NEVER / 2 * UINT64_C(1000000));
}
END_TEST

START_TEST(a_sync_that_fails_is_told_and_nothing_is_noted)
{
    begin(-1, OFTEN);
    begin_sync();
    ck_assert_int_eq(end_sync(), -EBADF);
    expect_noted(0, 0, 0);
}
END_TEST

START_TEST(a_note_that_cannot_be_written_is_told)
{
    begin(scratch_dir, OFTEN);
    begin_sync();
    is_full = true;
    ck_assert_int_eq(end_sync(), -ENOSPC);
    expect_noted(0, 0, 0);
}
END_TEST

START_TEST(it_can_be_ended_while_it_syncs)
{
    begin(scratch_dir, OFTEN);
    begin_sync();
    checkpoint_free(checkpoint);
    checkpoint = NULL;
    expect_noted(0, 0, 0);
    checkpoint_free(NULL);
}
END_TEST

static void add_tests(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, after_a_sync_each_shard_notes_how_much_is_sure);
    tcase_add_test(t, what_was_written_while_it_synced_is_not_sure);
    tcase_add_test(t, a_shard_whose_rows_are_replaced_has_no_checkpoint);
    tcase_add_test(t, a_shard_that_was_opened_while_it_synced_notes_nothing_yet);
    tcase_add_test(t, an_empty_shard_and_one_without_a_claim_are_passed_over);
    tcase_add_test(t, nothing_is_synced_while_nothing_is_written);
    tcase_add_test(t, before_its_time_none_is_begun);
    tcase_add_test(t, many_bytes_make_one_due_whatever_the_time);
    tcase_add_test(t, a_sync_that_fails_is_told_and_nothing_is_noted);
    tcase_add_test(t, a_note_that_cannot_be_written_is_told);
    tcase_add_test(t, it_can_be_ended_while_it_syncs);
}

int main(void)
{
    return test_main("checkpoint", add_tests);
}
