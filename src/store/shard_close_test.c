#include "store/test_shard.h"

static int close_with(uint32_t rows)
{
    shard->expected = rows;
    memcpy(shard->fingerprint, fingerprint, sizeof fingerprint);
    return shard_close(shard);
}

static ino_t inode(void)
{
    struct stat st;
    ck_assert_int_eq(fstatat(scratch_dir, manifest, &st, 0), 0);
    return st.st_ino;
}

START_TEST(closing_puts_the_rows_in_order_and_writes_the_statistics_last)
{
    struct statsfile s;
    ino_t before = inode();
    for (uint32_t pos = 9; pos < 10; pos--)
        write_row(pos, pos ? ERR_OK : ERR_TIMEOUT);
    ck_assert(!shard->is_closed);
    ck_assert_int_eq(close_with(10), 0);
    ck_assert(shard->is_closed);
    expect_ordered(manifest, 0, 10);
    ck_assert_int_ne(inode(), before);
    ck_assert_uint_eq(syncs, 2); /* before the manifest is sorted, and before the stats file */
    ck_assert(!had_stats);
    expect_stats(stats, &s);
    ck_assert_uint_eq(s.tally.by_code[ERR_OK], 9);
    ck_assert_uint_eq(s.tally.by_code[ERR_TIMEOUT], 1);
    ck_assert(scratch_has(lock));
    close_shard();
    ck_assert(!scratch_has(lock));
}
END_TEST

START_TEST(rows_that_came_in_order_are_not_written_again)
{
    ino_t before = inode();
    for (uint32_t pos = 0; pos < 10; pos++)
        add_row(pos, ERR_OK);
    ck_assert_int_eq(close_with(10), 0); /* also rows that were not flushed */
    expect_ordered(manifest, 0, 10);
    ck_assert_int_eq(inode(), before);
    ck_assert_uint_eq(syncs, 1);
    ck_assert(!had_stats);
}
END_TEST

START_TEST(of_a_row_that_was_done_again_the_last_one_stays)
{
    write_row(0, ERR_TIMEOUT);
    write_row(1, ERR_OK);
    close_shard();
    open_shard();
    ck_assert_uint_eq(shard->rows, 2);
    write_row(0, ERR_OK);
    ck_assert_int_eq(close_with(2), 0);
    expect_ordered(manifest, 0, 2);
    char *text = scratch_read(manifest);
    ck_assert_ptr_null(strstr(text, "timeout"));
    free(text);
}
END_TEST

START_TEST(what_an_earlier_run_has_written_is_put_in_order_too)
{
    write_row(1, ERR_OK);
    write_row(0, ERR_OK);
    close_shard();
    open_shard();
    write_row(2, ERR_OK);
    ck_assert_int_eq(close_with(3), 0);
    expect_ordered(manifest, 0, 3);
}
END_TEST

START_TEST(statistics_that_somebody_has_written_meanwhile_are_kept)
{
    write_row(0, ERR_OK);
    scratch_write(stats, "theirs", 6);
    ck_assert_int_eq(close_with(1), -EEXIST);
    ck_assert(!shard->is_closed);
    expect_file(stats, "theirs");
    close_shard();
    ck_assert(scratch_has(lock));
}
END_TEST

START_TEST(without_its_syncs_no_shard_is_closed)
{
    write_row(1, ERR_OK);
    write_row(0, ERR_OK);
    bad_sync = (unsigned)_i;
    ck_assert_int_eq(close_with(2), -EIO);
    ck_assert(!shard->is_closed);
    ck_assert(!scratch_has(stats));
    close_shard();
    ck_assert(scratch_has(lock));
    open_shard(); /* it can be resumed */
    ck_assert_uint_eq(shard->rows, 2);
    ck_assert_int_eq(close_with(2), 0);
}
END_TEST

/* Else a power cut could take the statistics back, and the claim is removed already. */
START_TEST(a_shard_is_closed_once_the_name_of_its_statistics_is_on_disk)
{
    write_row(0, ERR_OK);
    bad_folder_sync = true;
    ck_assert_int_eq(close_with(1), -EIO);
    ck_assert(folder_sync_had_stats);
    ck_assert(!shard->is_closed);
    close_shard();
    ck_assert(scratch_has(lock));
}
END_TEST

START_TEST(a_disk_that_is_full_at_the_end_leaves_the_shard_open)
{
    write_row(1, ERR_OK);
    write_row(0, ERR_OK);
    room = 100;
    ck_assert_int_eq(close_with(2), -ENOSPC);
    ck_assert(!scratch_has(stats));
    close_shard();
    open_shard();
    ck_assert_uint_eq(shard->rows, 2);
}
END_TEST

START_TEST(there_is_room_for_rows_on_the_disk_until_the_shard_is_closed)
{
    struct stat st;
    ck_assert_int_eq(fstat(shard->manifest, &st), 0);
    ck_assert_int_eq(st.st_size, 0);
    bool keeps_room = !fallocate(shard->manifest, FALLOC_FL_KEEP_SIZE, 0, SHARD_RESERVE);
    ck_assert(!keeps_room || st.st_blocks * 512 >= SHARD_RESERVE);
    write_row(0, ERR_OK);
    ck_assert_int_eq(close_with(1), 0);
    ck_assert_int_eq(fstat(shard->manifest, &st), 0);
    ck_assert_int_lt(st.st_blocks * 512, SHARD_RESERVE);
}
END_TEST

static void add_tests(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, closing_puts_the_rows_in_order_and_writes_the_statistics_last);
    tcase_add_test(t, rows_that_came_in_order_are_not_written_again);
    tcase_add_test(t, of_a_row_that_was_done_again_the_last_one_stays);
    tcase_add_test(t, what_an_earlier_run_has_written_is_put_in_order_too);
    tcase_add_test(t, statistics_that_somebody_has_written_meanwhile_are_kept);
    tcase_add_loop_test(t, without_its_syncs_no_shard_is_closed, 1, 3);
    tcase_add_test(t, a_shard_is_closed_once_the_name_of_its_statistics_is_on_disk);
    tcase_add_test(t, a_disk_that_is_full_at_the_end_leaves_the_shard_open);
    tcase_add_test(t, there_is_room_for_rows_on_the_disk_until_the_shard_is_closed);
}

int main(void)
{
    return test_main("shard_close", add_tests);
}
