/* What was delivered (store/sent.h) may be missing. */
#include "audit/test_verify.h"

static const char sent[] = ".imgfetch/00000.sent";

static void remove_file(const char *name)
{
    ck_assert_int_eq(unlinkat(scratch_dir, name, 0), 0);
}

START_TEST(what_was_delivered_may_be_missing)
{
    make_shard(&store_files);
    scratch_write(sent, "", 0);
    expect_faults("");
    ck_assert_uint_eq(counts.gone, 0);
    remove_file(image);
    expect_faults("");
    ck_assert_uint_eq(counts.gone, 1);
    remove_file(manifest);
    expect_faults("");
    ck_assert_uint_eq(counts.gone, 1);
    ck_assert_uint_eq(counts.rows, 2); /* as its statistics say */
    remove_file(sent);
    expect_faults("manifest/00000.jsonl: missing\n"
                  "thumbs/256/00000/000000000.jpg: no row names it\n");
    ck_assert_uint_eq(counts.gone, 0);
}
END_TEST

START_TEST(what_is_still_here_of_a_delivered_shard_is_checked)
{
    make_shard(&store_files);
    scratch_write(sent, "", 0);
    scratch_write(image, "cut", 3);
    expect_faults("images/00000/000000000.png: not a file of 100 bytes, as its row says\n");
    remove_file(stats); /* it is not complete, so nobody has delivered it */
    remove_file(image);
    expect_faults("images/00000/000000000.png: missing\n"
                  "shard 00000: not complete: 2 rows so far; run the same command again to "
                  "continue\n");
}
END_TEST

START_TEST(a_delivered_tar_may_be_missing)
{
    make_shard(&store_tar);
    scratch_write(sent, "", 0);
    expect_faults("");
    ck_assert_uint_eq(counts.gone, 0);
    remove_file(tar);
    expect_faults("");
    ck_assert_uint_eq(counts.gone, 1);
    ck_assert_uint_eq(counts.rows, 2);
    remove_file(tarred);
    expect_faults("");
    ck_assert_uint_eq(counts.rows, 2);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, store_set_up, store_tear_down);
    tcase_add_test(t, what_was_delivered_may_be_missing);
    tcase_add_test(t, what_is_still_here_of_a_delivered_shard_is_checked);
    tcase_add_test(t, a_delivered_tar_may_be_missing);
}

int main(void)
{
    return test_main("verify_sent", add);
}
