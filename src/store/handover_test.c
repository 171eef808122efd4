#include "store/handover.h"
#include "store/test_share.h"

static struct resume_rerun again;
static struct job_before *before[5];

/* Rows 0, 2, 3 and 4 have one body, 1 another one. 3 has copied the result of 2. The shard is
 * closed, and reopened to do all rows again. */
static void set_up_rows(void)
{
    share_set_up();
    put_picture(0, 'a');
    put_picture(1, 'b');
    put_picture(2, 'a');
    struct job *j = make_picture(3, 'a');
    j->started = 0;
    put_job(j);
    put_picture(4, 'a');
    shard->expected = 5;
    memcpy(shard->fingerprint, fingerprint, sizeof fingerprint);
    ck_assert_int_eq(shard_close(shard), 0);
    expect_owners("0 1");
    close_shard();
    again = (struct resume_rerun){.refresh = true};
    struct resume resume = {0};
    ck_assert_int_eq(resume_load(&output, 0, &again, &resume, message), 0);
    for (uint32_t pos = 0; pos < 5; pos++)
        before[pos] = resume_take_before(&resume, pos);
    struct resume ours = resume_hand_over(&resume);
    ck_assert_int_eq(shard_open(&output, 0, &ours, &shard), 0);
    resume_fini(&resume);
}

static void tear_down_rows(void)
{
    for (unsigned i = 0; i < 5; i++)
        job_before_free(before[i]);
    share_tear_down();
}

/* Does a row again as the store does. Returns whether its files were handed over. */
static bool replace(uint32_t pos, char body)
{
    struct job *j = make_picture(pos, body);
    j->before = before[pos];
    before[pos] = NULL;
    ck_assert_int_eq(shard_flush(shard), 0);
    bool is_due = handover_is_due(shard, j);
    if (is_due)
        ck_assert_int_eq(handover_pass(shard, writer, j), 0);
    handover_note(shard, j);
    put_job(j);
    ck_assert_int_eq(shard_flush(shard), 0);
    return is_due;
}

/* The last row of this position names this file, as a duplicate of that row, or as its own. */
static void expect_row(uint32_t pos, const char *path, const char *duplicate_of)
{
    char wanted[100];
    struct buf line = {0};
    ck_assert_int_eq(shard_read_row(shard, pos, &line), 0);
    snprintf(wanted, sizeof wanted, "\"path\":\"%s\"", path);
    ck_assert_msg(strstr((char *)line.data, wanted) != NULL, "%s", (char *)line.data);
    snprintf(wanted, sizeof wanted, "\"duplicate_of\":%s", duplicate_of);
    ck_assert_msg(strstr((char *)line.data, wanted) != NULL, "%s", (char *)line.data);
    buf_fini(&line);
}

static const char of_0[] = "images/00000/000000000.png", of_2[] = "images/00000/000000002.png",
                  of_4[] = "images/00000/000000004.png";

START_TEST(the_next_row_that_was_fetched_gets_the_files)
{
    ck_assert(replace(0, 'c'));
    expect_file(of_0, "ccccc");
    expect_file(of_2, "aaaaa");
    expect_file("thumbs/256/00000/000000002.jpg", "ta");
    expect_file("thumbs/64x48-cover/00000/000000002.jpg", "ua");
    expect_row(0, of_0, "null");
    expect_row(2, of_2, "null");
    expect_row(3, of_2, "\"000000002\"");
    expect_row(4, of_2, "\"000000002\"");
}
END_TEST

START_TEST(the_heir_hands_them_over_too)
{
    ck_assert(replace(0, 'c'));
    ck_assert(replace(2, 'd'));
    expect_file(of_2, "ddddd");
    expect_file(of_4, "aaaaa"); /* not 3, which has fetched nothing */
    expect_row(4, of_4, "null");
    ck_assert(replace(4, 'e'));
    expect_file(of_4, "eeeee");
}
END_TEST

/* Its old files have other names than the new ones. */
START_TEST(what_an_heir_got_goes_with_its_row)
{
    ck_assert(replace(0, 'c'));
    struct job *j = make_picture(4, 'f');
    j->before = before[4];
    before[4] = NULL;
    ck_assert(!handover_is_due(shard, j)); /* it has none of its own */
    handover_note(shard, j);
    put_job(j);
    ck_assert_int_eq(shard_flush(shard), 0);
    j = make_job(0, 2);
    job_fail(j, ERR_HTTP_ERROR, "gone");
    j->before = before[2];
    before[2] = NULL;
    ck_assert(handover_is_due(shard, j));
    ck_assert_int_eq(handover_pass(shard, writer, j), 0);
    handover_note(shard, j);
    put_job(j);
    ck_assert_int_eq(shard_flush(shard), 0);
    ck_assert(!scratch_has(of_2));
    ck_assert(!scratch_has("thumbs/256/00000/000000002.jpg"));
    expect_file(of_4, "fffff");
}
END_TEST

START_TEST(files_that_no_other_row_names_are_not_handed_over)
{
    ck_assert(!replace(1, 'c'));
    ck_assert(!replace(2, 'c')); /* they are those of 0 */
    expect_file(of_0, "aaaaa");
    expect_row(3, of_0, "\"000000000\"");
}
END_TEST

START_TEST(rows_that_share_again_do_so_when_the_shard_is_closed)
{
    ck_assert(replace(0, 'c'));
    for (uint32_t pos = 1; pos < 5; pos++) {
        struct job *j = make_job(0, pos);
        j->before = before[pos];
        before[pos] = NULL;
        shard_keep_row(shard, j);
        job_free(j, NULL);
    }
    shard->expected = 5;
    ck_assert_int_eq(shard_close(shard), 0);
    expect_ordered(manifest, 0, 5);
    expect_owners("0 1 2");
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up_rows, tear_down_rows);
    tcase_add_test(t, the_next_row_that_was_fetched_gets_the_files);
    tcase_add_test(t, the_heir_hands_them_over_too);
    tcase_add_test(t, what_an_heir_got_goes_with_its_row);
    tcase_add_test(t, files_that_no_other_row_names_are_not_handed_over);
    tcase_add_test(t, rows_that_share_again_do_so_when_the_shard_is_closed);
}

int main(void)
{
    return test_main("handover", add);
}
