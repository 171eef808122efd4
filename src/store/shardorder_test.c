#include "store/shardorder.h"
#include "store/test_share.h"

/* Rows 0, 2 and 3 have one body, 1 another one. */
static void put_four(void)
{
    put_picture(3, 'a');
    put_picture(1, 'b');
    put_picture(2, 'a');
    put_picture(0, 'a');
    ck_assert_int_eq(shard_flush(shard), 0);
    shard->expected = 4;
}

static bool has_all_files(void)
{
    return scratch_has("images/00000/000000002.png") && scratch_has("images/00000/000000003.png") &&
           scratch_has("thumbs/256/00000/000000003.jpg");
}

START_TEST(rows_share_the_files_of_the_first_in_the_list)
{
    put_four();
    ck_assert_int_eq(shard_close(shard), 0);
    ck_assert_uint_eq(shard->shared, 2);
    expect_ordered(manifest, 0, 4);
    expect_owners("0 1");
    expect_file("images/00000/000000000.png", "aaaaa");
    expect_file("thumbs/256/00000/000000000.jpg", "ta");
    ck_assert(!scratch_has("thumbs/256/00000/000000002.jpg"));
    ck_assert(!scratch_has("thumbs/64x48-cover/00000/000000003.jpg"));
}
END_TEST

START_TEST(without_the_option_each_has_its_own)
{
    conf.shares = false;
    put_four();
    ck_assert_int_eq(shard_close(shard), 0);
    ck_assert_uint_eq(shard->shared, 0);
    expect_owners("0 1 2 3");
}
END_TEST

/* A power cut could take the new manifest. */
START_TEST(files_stay_until_the_rows_that_do_not_name_them_are_on_disk)
{
    put_four();
    char *before = scratch_read(manifest);
    bad_sync = syncs + (unsigned)_i;
    ck_assert_int_eq(shard_close(shard), -EIO);
    ck_assert(has_all_files());
    if (_i == 1)
        expect_file(manifest, before);
    else
        expect_ordered(manifest, 0, 4);
    free(before);
}
END_TEST

START_TEST(it_goes_on_where_it_was_interrupted)
{
    put_four();
    bad_sync = syncs + 2;
    ck_assert_int_eq(shard_close(shard), -EIO);
    bad_sync = 0;
    close_shard();
    struct resume resume = {0};
    ck_assert_int_eq(resume_load(&output, 0, NULL, &resume, message), 0);
    ck_assert_uint_eq(resume.rows, 4);
    ck_assert_int_eq(output.layout->settle(resume.samples, &resume), 0);
    struct resume ours = resume_hand_over(&resume);
    ck_assert_int_eq(shard_open(&output, 0, &ours, &shard), 0);
    resume_fini(&resume);
    ck_assert(!has_all_files());
    shard->expected = 4;
    ck_assert_int_eq(shard_close(shard), 0);
    ck_assert_uint_eq(shard->shared, 0); /* they do already */
    expect_owners("0 1");
}
END_TEST

/* Rows that name files of another row are given up with it. */
START_TEST(no_row_is_believed_without_the_one_it_shares_with)
{
    put_four();
    bad_sync = syncs + 2;
    ck_assert_int_eq(shard_close(shard), -EIO);
    bad_sync = 0;
    char *text = scratch_read(manifest);
    size_t first = (size_t)(strchr(text, '\n') + 1 - text);
    scratch_write(manifest, text + first, strlen(text) - first);
    free(text);
    close_shard();
    struct resume resume = {0};
    ck_assert_int_eq(resume_load(&output, 0, NULL, &resume, message), 0);
    ck_assert_uint_eq(resume.rows, 1);
    ck_assert(resume_is_done(&resume, 1));
    resume_fini(&resume);
    open_shard();
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, share_set_up, share_tear_down);
    tcase_add_test(t, rows_share_the_files_of_the_first_in_the_list);
    tcase_add_test(t, without_the_option_each_has_its_own);
    tcase_add_loop_test(t, files_stay_until_the_rows_that_do_not_name_them_are_on_disk, 1, 3);
    tcase_add_test(t, it_goes_on_where_it_was_interrupted);
    tcase_add_test(t, no_row_is_believed_without_the_one_it_shares_with);
}

int main(void)
{
    return test_main("shardorder", add);
}
