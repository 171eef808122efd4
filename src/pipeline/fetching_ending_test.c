/* Bodies that may end early, and images that tell whether they do. */
#include "pipeline/test_pipeline.h"

static struct buf whole, half, text;

static void set_up_bodies(void)
{
    set_up();
    whole = half = text = (struct buf){0};
    put_png(&whole, 40, 30, 0);
    put_png(&half, 40, 30, 0);
    half.len -= 12; /* the last chunk */
    ck_assert(buf_append(&text, "<html>", 6));
    conf.retries = 1;
}

static void tear_down_bodies(void)
{
    buf_fini(&whole);
    buf_fini(&half);
    buf_fini(&text);
    tear_down();
}

/* Runs a single row whose first responses are these. */
static void run_row(unsigned retries)
{
    conf.retries = retries;
    start_rows(1);
    for (unsigned i = 0; i < retries && !n_seen; i++) {
        UNTIL(n_seen || pipeline->stats.retries == i + 1);
        test_clock_pass_ms(30000);
    }
    expect_end(1);
    ck_assert_uint_eq(atomic_load(&pipeline->budget.used), 0);
    close_pipeline();
}

START_TEST(an_image_that_ends_early_is_fetched_again_if_its_transfer_may_have)
{
    say((struct answer){.url = "http://a/0", .body = &half, .may_be_cut = true});
    say((struct answer){.url = "http://a/0", .body = &whole, .may_be_cut = true});
    run_row(1);
    expect_row(0, ERR_OK);
    ck_assert_uint_eq(seen[0].attempts, 2);
    ck_assert(!seen[0].truncated && !seen[0].truncated_transfer);
}
END_TEST

START_TEST(the_last_attempt_keeps_an_image_that_ends_early)
{
    for (int i = 0; i < 2; i++)
        say((struct answer){.url = "http://a/0", .body = &half, .may_be_cut = true});
    run_row(1);
    expect_row(0, ERR_OK);
    ck_assert_uint_eq(seen[0].attempts, 2);
    ck_assert(seen[0].truncated && !seen[0].truncated_transfer);
}
END_TEST

START_TEST(what_is_known_to_be_complete_or_is_no_image_is_not_fetched_again)
{
    say((struct answer){.url = "http://a/0", .body = &half});
    say((struct answer){.url = "http://a/1", .body = &text, .may_be_cut = true});
    conf.retries = 1;
    start_rows(2);
    expect_end(2);
    ck_assert_uint_eq(seen[0].attempts + seen[1].attempts, 2);
    ck_assert(seen[0].truncated);
    expect_row(1, ERR_NOT_AN_IMAGE);
    close_pipeline();
}
END_TEST

START_TEST(a_whole_image_of_a_broken_transfer_is_kept_by_the_last_attempt_only)
{
    static const enum err errors[] = {ERR_TRUNCATED_BODY, ERR_STALLED, ERR_TIMEOUT};
    struct answer broken = {
        .url = "http://a/0", .err = errors[_i], .http_status = 200, .body = &whole};
    say(broken);
    say(broken);
    run_row(1);
    expect_row(0, ERR_OK);
    ck_assert_str_eq(seen[0].message, "");
    ck_assert_uint_eq(seen[0].attempts, 2);
    ck_assert(seen[0].truncated_transfer && !seen[0].truncated);
}
END_TEST

START_TEST(half_an_image_of_a_broken_transfer_is_a_failure)
{
    say((struct answer){
        .url = "http://a/0", .err = ERR_TRUNCATED_BODY, .http_status = 200, .body = &half});
    run_row(0);
    expect_row(0, ERR_TRUNCATED_BODY);
    ck_assert(!seen[0].truncated_transfer);
}
END_TEST

static void add(TCase *t)
{
    tcase_set_timeout(t, 30);
    tcase_add_checked_fixture(t, set_up_bodies, tear_down_bodies);
    tcase_add_test(t, an_image_that_ends_early_is_fetched_again_if_its_transfer_may_have);
    tcase_add_test(t, the_last_attempt_keeps_an_image_that_ends_early);
    tcase_add_test(t, what_is_known_to_be_complete_or_is_no_image_is_not_fetched_again);
    tcase_add_loop_test(
        t, a_whole_image_of_a_broken_transfer_is_kept_by_the_last_attempt_only, 0, 3);
    tcase_add_test(t, half_an_image_of_a_broken_transfer_is_a_failure);
}

int main(void)
{
    return test_main("fetching_ending", add);
}
