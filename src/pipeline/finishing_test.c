#include "pipeline/test_decoder.h"
#include "input/reject.h"

#include "store/store_tar.h"

static struct buf png;

static void set_up_png(void)
{
    set_up();
    put_png(&png, 40, 30, 0);
}

static void tear_down_png(void)
{
    buf_fini(&png);
    tear_down();
}

START_TEST(a_body_is_inspected_and_a_failure_or_an_empty_success_is_not)
{
    struct buf html = {0};
    put(&html, BYTES("<!DOCTYPE html><html><body>no image"));
    conf.limits.min_side = 100;
    say((struct answer){.url = "http://a/0", .body = &html});
    say((struct answer){.url = "http://a/1", .body = &png});
    say((struct answer){.url = "http://a/2", .body = &html, .err = ERR_ROBOTS_TAG});
    start_rows(4);
    expect_end(4);
    expect_row(0, ERR_NOT_AN_IMAGE);
    expect_row(1, ERR_IMAGE_TOO_SMALL);
    expect_row(2, ERR_ROBOTS_TAG);
    expect_row(3, ERR_OK);
    const struct pipeline_stats *s = pipeline_stats(pipeline);
    ck_assert_uint_eq(s->tally.by_code[ERR_NOT_AN_IMAGE], 1);
    ck_assert_uint_eq(s->tally.by_code[ERR_IMAGE_TOO_SMALL], 1);
    ck_assert_uint_eq(s->thumbs, 0);
    close_pipeline();
    ck_assert_uint_eq(count_written(), 4);
    buf_fini(&html);
}
END_TEST

START_TEST(an_image_that_ends_early_fails_if_the_user_is_strict)
{
    png.len -= 12; /* its IEND */
    for (int strict = 0; strict < 2; strict++) {
        conf.strict = strict;
        say((struct answer){.url = "http://a/0", .body = &png});
        start_rows(1);
        expect_end(1);
        expect_row(0, strict ? ERR_DECODE_ERROR : ERR_OK);
        close_pipeline();
        tear_down();
        set_up();
    }
}
END_TEST

START_TEST(the_hosts_of_rows_that_failed_are_counted)
{
    say((struct answer){.url = "http://b/0", .err = ERR_TLS_FAILED});
    say((struct answer){.url = "http://b/1", .err = ERR_TLS_FAILED});
    say((struct answer){.url = "http://c/0", .err = ERR_TLS_FAILED});
    start("http://a/0\nhttp://b/0\nno URL\nhttp://b/1\nhttp://c/0\n");
    expect_end(5);
    struct hostcount_row hosts[3];
    ck_assert_uint_eq(pipeline_failing_hosts(pipeline, hosts, 3), 2);
    ck_assert_str_eq(hosts[0].host, "b");
    ck_assert_uint_eq(hosts[0].n, 2);
    ck_assert_str_eq(hosts[1].host, "c");
    close_pipeline();
}
END_TEST

/* ---- thumbnails ---- */

START_TEST(an_image_is_written_with_the_thumbnail_that_is_made_of_it)
{
    set_up_decoder(4);
    say((struct answer){.url = "http://a/0", .body = &png});
    start_rows(1);
    UNTIL(decoder.n == 1);
    turn();
    ck_assert_uint_eq(pipeline_stats(pipeline)->decoding, 1);
    ck_assert_uint_eq(n_seen, 0);
    decoder_succeed(false);
    expect_end(1);
    expect_row(0, ERR_OK);
    ck_assert_uint_eq(seen[0].n_thumbs, 1);
    ck_assert_uint_eq(pipeline->stats.thumbs, 1);
    close_pipeline();
    ck_assert_uint_eq(count_written(), 1);
}
END_TEST

START_TEST(only_a_sound_image_goes_to_the_decoders)
{
    set_up_decoder(4);
    conf.limits.min_side = 35;
    say((struct answer){.url = "http://a/0", .body = &png});
    say((struct answer){.url = "http://a/1", .err = ERR_TLS_FAILED});
    start_rows(3); /* the last one has no body */
    expect_end(3);
    ck_assert_str_eq(decoder.widths, "");
    close_pipeline();
}
END_TEST

START_TEST(what_a_decoder_says_is_what_becomes_of_the_row)
{
    static const struct thumbmake_reply broken = {.err = ERR_DECODE_ERROR, .message = "broken"};
    set_up_decoder(4);
    for (int i = 0; i < 3; i++)
        say((struct answer){
            (const char *[]){"http://a/0", "http://a/1", "http://a/2"}[i], .body = &png});
    start_rows(3);
    UNTIL(decoder.n == 3);
    decoder_answer(TASK_DONE, &broken);
    decoder_answer(TASK_TIMED_OUT, NULL);
    decoder_answer(TASK_CRASHED, NULL);
    expect_end(3);
    expect_row(0, ERR_DECODE_ERROR);
    ck_assert_str_eq(seen[0].message, "broken");
    expect_row(1, ERR_DECODE_TIMEOUT);
    expect_row(2, ERR_DECODE_CRASH);
    ck_assert_uint_eq(pipeline->stats.thumbs, 0);
    close_pipeline();
}
END_TEST

START_TEST(an_image_whose_end_the_decoder_missed_fails_if_the_user_is_strict)
{
    set_up_decoder(4);
    for (int strict = 0; strict < 2; strict++) {
        conf.strict = strict;
        say((struct answer){.url = "http://a/0", .body = &png});
        start_rows(1);
        UNTIL(decoder.n == 1);
        decoder_succeed(true);
        expect_end(1);
        expect_row(0, strict ? ERR_DECODE_ERROR : ERR_OK);
        close_pipeline();
        tear_down();
        set_up();
        set_up_decoder(4);
    }
}
END_TEST

/* Images of these widths arrive while the only decoder is busy with the first. */
static void decode_while_busy(const unsigned *widths, unsigned n)
{
    static const char *const urls[] = {"http://a/0", "http://a/1", "http://a/2", "http://a/3"};
    struct buf bodies[4] = {0};
    set_up_decoder(1);
    net.holds = true;
    for (unsigned i = 0; i < n; i++) {
        put_png(&bodies[i], widths[i], 30, 0);
        for (unsigned w = 0; w < widths[i]; w++) /* a wider image has a longer body */
            put(&bodies[i], "x", 1);
        say((struct answer){.url = urls[i], .body = &bodies[i]});
    }
    start_rows(n);
    until_held(n);
    while (net.n_inside)
        answer_next();
    turn();
    ck_assert_uint_eq(pipeline_stats(pipeline)->decoding, n);
    ck_assert_uint_gt(decoder.n_refused, 0);
    for (unsigned i = 0; i < n; i++) {
        UNTIL(decoder.n == 1);
        decoder_succeed(false);
    }
    expect_end(n);
    ck_assert_uint_eq(pipeline->stats.thumbs, n);
    close_pipeline();
    for (unsigned i = 0; i < n; i++)
        buf_fini(&bodies[i]);
}

START_TEST(images_wait_for_a_decoder_in_the_order_in_which_they_came)
{
    decode_while_busy((unsigned[]){40, 60, 500, 50}, 4);
    ck_assert_str_eq(decoder.widths, "40 60 500 50 ");
}
END_TEST

START_TEST(the_largest_of_those_that_wait_is_decoded_first_if_that_is_wanted)
{
    conf.largest_first = true;
    decode_while_busy((unsigned[]){40, 60, 500, 50}, 4);
    ck_assert_str_eq(decoder.widths, "40 500 60 50 ");
}
END_TEST

START_TEST(an_image_that_takes_long_makes_room_for_those_of_other_hosts)
{
    struct buf narrow = {0}, wide = {0};
    put_png(&narrow, 40, 30, 0);
    put_png(&wide, 60, 30, 0);
    set_up_decoder(1);
    say((struct answer){.url = "http://slow/", .body = &narrow});
    say((struct answer){.url = "http://quick/", .body = &wide});
    start("http://slow/\nhttp://quick/\n");
    UNTIL(decoder.n == 1 && pipeline_stats(pipeline)->decoding == 2);
    turn();
    ck_assert_ptr_null(decoder.given_up);
    test_clock_pass_ms(DECODEORDER_SLICE_MS);
    UNTIL(decoder.given_up);
    ck_assert_ptr_eq(decoder.given_up, decoder.tasks[0]);
    decoder_answer(TASK_CANCELLED, NULL);
    UNTIL(decoder.n == 1);
    decoder_succeed(false);
    UNTIL(decoder.n == 1);
    decoder_succeed(false);
    expect_end(2);
    ck_assert_str_eq(decoder.widths, "40 60 40 ");
    ck_assert_int_eq(seen[0].err, ERR_OK);
    ck_assert_uint_eq(pipeline->stats.thumbs, 2);
    close_pipeline();
    buf_fini(&narrow);
    buf_fini(&wide);
}
END_TEST

/* In a tar the second row has a copy of the sample. */
START_TEST(what_a_row_got_from_an_earlier_one_is_not_counted_as_made)
{
    set_up_decoder(4);
    conf.store.layout = &store_tar;
    conf.dedupe = DEDUPE_SHARD;
    say((struct answer){.url = "http://a/0", .body = &png});
    start("http://a/0\nhttp://a/0\n");
    UNTIL(decoder.n == 1);
    decoder_succeed(false);
    expect_end(2);
    ck_assert_uint_eq(seen[1].n_thumbs, 1);
    ck_assert_uint_eq(pipeline->stats.thumbs, 1);
    ck_assert_uint_eq(pipeline->stats.bytes, png.len);
    ck_assert_uint_eq(pipeline->stats.duplicates, 1);
    close_pipeline();
}
END_TEST

/* ---- rows of an earlier run ---- */

static const struct later {
    enum err err;
    int http_status;
    bool keeps;
} later[] = {
    {ERR_HOST_DOWN, 0, true},
    {ERR_DNS_FAILURE, 0, true},
    {ERR_CONNECT_FAILED, 0, true},
    {ERR_CONNECT_TIMEOUT, 0, true},
    {ERR_TIMEOUT, 0, true},
    {ERR_STALLED, 0, true},
    {ERR_TRUNCATED_BODY, 0, true},
    {ERR_PROTOCOL_ERROR, 0, true},
    {ERR_IO_ERROR, 0, true},
    {ERR_HTTP_ERROR, 408, true},
    {ERR_HTTP_ERROR, 425, true},
    {ERR_HTTP_ERROR, 429, true},
    {ERR_HTTP_ERROR, 500, true},
    {ERR_HTTP_ERROR, 599, true},
    {ERR_HTTP_ERROR, 404, false},
    {ERR_HTTP_ERROR, 410, false},
    {ERR_BLOCKED_ADDRESS, 0, true},
    {ERR_DNS_NOT_FOUND, 0, false},
    {ERR_TLS_FAILED, 0, false},
    {ERR_REDIRECT_LOOP, 0, false},
    {ERR_TOO_LARGE, 0, false},
    {ERR_ROBOTS_TAG, 0, false},
};
enum { N_LATER = sizeof later / sizeof *later };

/* Two runs over the same rows, each with a host of its own. In the first run all rows have an
 * image, or none; the second run fetches them again. */
static void refresh(const struct buf *first, enum err first_err)
{
    static char urls[N_LATER][24];
    struct buf text = {0};
    conf.retries = 0;
    for (unsigned i = 0; i < N_LATER; i++) {
        snprintf(urls[i], sizeof urls[i], "http://h%u/", i);
        put(&text, urls[i], strlen(urls[i]));
        put(&text, "\n", 1);
        say((struct answer){.url = urls[i], .body = first, .err = first_err});
    }
    put(&text, "", 1);
    start((const char *)text.data);
    expect_end(N_LATER);
    close_pipeline();
    net.n_answers = 0;
    for (unsigned i = 0; i < N_LATER; i++)
        say((struct answer){
            .url = urls[i], .err = later[i].err, .http_status = later[i].http_status});
    conf.again.refresh = true;
    open_pipeline();
    expect_end(N_LATER);
    buf_fini(&text);
}

START_TEST(a_trouble_that_may_pass_keeps_the_image_that_is_there)
{
    uint64_t n_kept = 0;
    refresh(&png, ERR_OK);
    for (unsigned i = 0; i < N_LATER; i++) {
        const char *what = err_name(later[i].err);
        expect_row(i, later[i].err);
        ck_assert_msg(seen[i].keeps_before == later[i].keeps, "%s %d", what, later[i].http_status);
        n_kept += later[i].keeps;
    }
    const struct pipeline_stats *s = pipeline_stats(pipeline);
    ck_assert_uint_eq(s->unasked, n_kept);
    ck_assert_uint_eq(s->unchanged, 0);
    ck_assert_uint_eq(s->tally.by_code[ERR_OK], n_kept);
    ck_assert_uint_eq(s->tally.by_code[ERR_HOST_DOWN], 0);
    struct hostcount_row hosts[N_LATER];
    ck_assert_uint_eq(pipeline_failing_hosts(pipeline, hosts, N_LATER), N_LATER - n_kept);
    close_pipeline();
    for (unsigned i = 0; i < N_LATER; i++) {
        char name[48];
        snprintf(name, sizeof name, "images/00000/00000%05u.png", i);
        ck_assert_msg(scratch_has(name) == later[i].keeps, "%s", name);
    }
}
END_TEST

START_TEST(a_row_that_had_no_image_keeps_nothing)
{
    refresh(NULL, ERR_TLS_FAILED);
    for (unsigned i = 0; i < N_LATER; i++)
        ck_assert_msg(!seen[i].keeps_before, "%s", err_name(later[i].err));
    ck_assert_uint_eq(pipeline->stats.unasked, 0);
    ck_assert_uint_eq(pipeline->stats.tally.by_code[ERR_OK], 0);
    close_pipeline();
}
END_TEST

/* The file of placeholders has grown since then. */
START_TEST(an_image_that_is_still_the_same_is_lost_if_it_is_a_placeholder_now)
{
    static const char refused[] = "http://a/1\n";
    char path[100], why[REJECT_MESSAGE_SIZE];
    say((struct answer){.url = "http://a/0", .body = &png});
    say((struct answer){.url = "http://a/1", .body = &png});
    start_rows(2);
    expect_end(2);
    close_pipeline();
    scratch_write("reject", refused, sizeof refused - 1);
    snprintf(path, sizeof path, "%s/reject", scratch_path);
    struct reject *reject = reject_load(path, why);
    ck_assert_msg(reject != NULL, "%s", why);
    conf.store.reject = reject;
    conf.again.refresh = true;
    say((struct answer){.url = "http://a/0", .http_status = 304, .is_unchanged = true});
    say((struct answer){.url = "http://a/1", .http_status = 304, .is_unchanged = true});
    open_pipeline();
    expect_end(2);
    ck_assert(seen[0].keeps_before);
    ck_assert(!seen[1].keeps_before);
    expect_row(1, ERR_PLACEHOLDER);
    ck_assert_uint_eq(pipeline->stats.unchanged, 1);
    close_pipeline();
    ck_assert(scratch_has("images/00000/0000000000.png"));
    ck_assert(!scratch_has("images/00000/0000000001.png"));
    conf.store.reject = NULL;
    reject_free(reject);
}
END_TEST

START_TEST(an_image_that_is_still_the_same_is_kept)
{
    say((struct answer){.url = "http://a/0", .body = &png});
    say((struct answer){.url = "http://a/1", .body = &png});
    start_rows(2);
    expect_end(2);
    close_pipeline();
    conf.again.refresh = true;
    say((struct answer){.url = "http://a/0", .http_status = 304, .is_unchanged = true});
    say((struct answer){.url = "http://a/1", .body = &png});
    open_pipeline();
    expect_end(2);
    ck_assert(seen[0].keeps_before);
    ck_assert(!seen[1].keeps_before);
    ck_assert_uint_eq(pipeline->stats.unchanged, 1);
    ck_assert_uint_eq(pipeline->stats.unasked, 0);
    ck_assert_uint_eq(pipeline->stats.tally.by_code[ERR_OK], 2);
    close_pipeline();
    ck_assert(scratch_has("images/00000/0000000000.png"));
    ck_assert_uint_eq(count_written(), 2);
}
END_TEST

START_TEST(failures_that_may_pass_are_counted)
{
    conf.retries = 0;
    say((struct answer){.url = "http://a/0", .err = ERR_HTTP_ERROR, .http_status = 503});
    say((struct answer){.url = "http://a/1", .err = ERR_HTTP_ERROR, .http_status = 404});
    say((struct answer){.url = "http://a/2", .err = ERR_STALLED});
    start_rows(4);
    expect_end(4);
    const struct pipeline_stats *s = pipeline_stats(pipeline);
    ck_assert_uint_eq(s->may_pass.by_code[ERR_HTTP_ERROR], 1);
    ck_assert_uint_eq(s->may_pass.by_code[ERR_STALLED], 1);
    ck_assert_uint_eq(tally_rows(&s->may_pass), 2);
    close_pipeline();
}
END_TEST

static void add(TCase *t)
{
    tcase_set_timeout(t, 30);
    tcase_add_checked_fixture(t, set_up_png, tear_down_png);
    tcase_add_test(t, a_body_is_inspected_and_a_failure_or_an_empty_success_is_not);
    tcase_add_test(t, an_image_that_ends_early_fails_if_the_user_is_strict);
    tcase_add_test(t, the_hosts_of_rows_that_failed_are_counted);
    tcase_add_test(t, an_image_is_written_with_the_thumbnail_that_is_made_of_it);
    tcase_add_test(t, only_a_sound_image_goes_to_the_decoders);
    tcase_add_test(t, what_a_decoder_says_is_what_becomes_of_the_row);
    tcase_add_test(t, an_image_whose_end_the_decoder_missed_fails_if_the_user_is_strict);
    tcase_add_test(t, images_wait_for_a_decoder_in_the_order_in_which_they_came);
    tcase_add_test(t, the_largest_of_those_that_wait_is_decoded_first_if_that_is_wanted);
    tcase_add_test(t, an_image_that_takes_long_makes_room_for_those_of_other_hosts);
    tcase_add_test(t, what_a_row_got_from_an_earlier_one_is_not_counted_as_made);
    tcase_add_test(t, a_trouble_that_may_pass_keeps_the_image_that_is_there);
    tcase_add_test(t, a_row_that_had_no_image_keeps_nothing);
    tcase_add_test(t, an_image_that_is_still_the_same_is_kept);
    tcase_add_test(t, an_image_that_is_still_the_same_is_lost_if_it_is_a_placeholder_now);
    tcase_add_test(t, failures_that_may_pass_are_counted);
}

int main(void)
{
    return test_main("finishing", add);
}
