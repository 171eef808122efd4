/* Resuming shards that were delivered (store/sent.h). */
#include "store/test_resume.h"

static const char sent[] = ".imgfetch/00003.sent";

/* A closed shard with a row that failed and one with an image, which was delivered. */
static void deliver(void)
{
    write_stats();
    scratch_mkdir("images/00003");
    scratch_write("images/00003/1.jpg", "12345", 5);
    add_row(0, ERR_TIMEOUT);
    add_row_with_path(1, "images/00003/1.jpg", 5);
    scratch_write(manifest, rows.data, rows.len);
    scratch_write(sent, "", 0);
}

static void expect_gone(const char *missing)
{
    ck_assert_int_eq(load_resume(SHARD_SIZE), RESUME_GONE);
    ck_assert_ptr_nonnull(strstr(message, "shard 00003 was delivered, and "));
    ck_assert_ptr_nonnull(strstr(message, missing));
    ck_assert(scratch_has(stats));
    ck_assert(scratch_has(sent));
}

START_TEST(a_delivered_shard_is_done_though_nothing_else_is_there)
{
    write_stats();
    scratch_write(sent, "", 0);
    again.failed[ERR_DNS_NOT_FOUND] = true; /* it has no such row */
    ck_assert_int_eq(load_resume(SHARD_SIZE), 0);
    ck_assert(resume.closed);
    ck_assert(resume.is_sent);
    ck_assert(scratch_has(sent));
}
END_TEST

START_TEST(a_closed_shard_without_that_note_is_not_delivered)
{
    write_stats();
    ck_assert_int_eq(load_resume(SHARD_SIZE), 0);
    ck_assert(resume.closed);
    ck_assert(!resume.is_sent);
}
END_TEST

START_TEST(the_note_of_a_delivery_goes_when_its_shard_is_opened_again)
{
    deliver();
    again.failed[ERR_TIMEOUT] = true;
    ck_assert_int_eq(load_resume(SHARD_SIZE), 0);
    ck_assert(!resume.closed);
    expect_done("1");
    ck_assert(!scratch_has(sent));
    ck_assert(!scratch_has(stats));
}
END_TEST

/* As when only the notes were fetched to another machine. */
START_TEST(a_note_without_a_stats_file_says_nothing_and_goes)
{
    scratch_write(sent, "", 0);
    ck_assert_int_eq(load_resume(SHARD_SIZE), 0);
    ck_assert(!resume.closed);
    ck_assert(!scratch_has(sent));
}
END_TEST

/* Whatever is changed, the note is gone first. */
START_TEST(nothing_is_changed_while_the_note_cannot_be_removed)
{
    deliver();
    ck_assert_int_eq(unlinkat(scratch_dir, sent, 0), 0);
    scratch_mkdir(sent); /* which is not removed as a file is */
    scratch_write("00003_stats.json.part", "", 0);
    again.refresh = true;
    ck_assert_int_lt(load_resume(SHARD_SIZE), 0);
    ck_assert_ptr_eq(strstr(message, sent), message);
    ck_assert(scratch_has(stats));
    ck_assert(scratch_has("00003_stats.json.part"));
    expect_untouched();
}
END_TEST

START_TEST(rows_of_a_delivered_shard_that_is_not_here_are_not_done_again)
{
    deliver();
    again.failed[ERR_TIMEOUT] = true;
    scratch_write("images/00003/1.jpg", "1234", 4);
    expect_gone("images/00003/1.jpg");
    ck_assert_int_eq(unlinkat(scratch_dir, manifest, 0), 0);
    expect_gone(manifest);
    again.failed[ERR_TIMEOUT] = false;
    again.longer = true;
    expect_gone(manifest);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, a_delivered_shard_is_done_though_nothing_else_is_there);
    tcase_add_test(t, a_closed_shard_without_that_note_is_not_delivered);
    tcase_add_test(t, the_note_of_a_delivery_goes_when_its_shard_is_opened_again);
    tcase_add_test(t, a_note_without_a_stats_file_says_nothing_and_goes);
    tcase_add_test(t, nothing_is_changed_while_the_note_cannot_be_removed);
    tcase_add_test(t, rows_of_a_delivered_shard_that_is_not_here_are_not_done_again);
}

int main(void)
{
    return test_main("resume_sent", add);
}
