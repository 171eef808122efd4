/* Rows with other URLs, in all the ways in which a URL can fail for good. */
#include "pipeline/test_decoder.h"
#include "store/store_flat.h"

static struct buf png, html;

static void set_up_fallbacks(void)
{
    set_up();
    put_png(&png, 40, 30, 0);
    put(&html, BYTES("<!DOCTYPE html><html><body>no image"));
    columns.at[COLUMN_HASH] = (struct column){"sum", 3};
    columns.at[COLUMN_FALLBACK] = (struct column){"b", 1};
    columns.at[COLUMN_FALLBACK + 1] = (struct column){"c", 1};
    conf.format = URLLIST_CSV;
    conf.retries = 0;
}

static void tear_down_fallbacks(void)
{
    buf_fini(&png);
    buf_fini(&html);
    tear_down();
}

#define HEADER "url,b,c,sum\n"

static void expect_whence(unsigned index, enum err err, const char *url, unsigned attempts)
{
    expect_row(index, err);
    ck_assert_str_eq(seen[index].url, url);
    ck_assert_uint_eq(seen[index].attempts, attempts);
}

START_TEST(a_url_that_has_failed_for_good_is_followed_by_the_next)
{
    say((struct answer){.url = "http://a/0", .err = ERR_TLS_FAILED});
    say((struct answer){.url = "http://b/0", .err = ERR_HTTP_ERROR, .http_status = 503});
    say((struct answer){.url = "http://c/0", .body = &png});
    say((struct answer){.url = "http://a/1", .body = &html});
    say((struct answer){.url = "http://c/1", .body = &png});
    say((struct answer){.url = "http://a/2", .body = &png});
    say((struct answer){.url = "http://b/3", .body = &png});
    say((struct answer){.url = "http://a/4", .err = ERR_TLS_FAILED});
    say((struct answer){.url = "http://b/4", .err = ERR_ROBOTS_TAG});
    start(HEADER "http://a/0,http://b/0,http://c/0,\n"
                 "http://a/1,,http://c/1,\n"
                 "http://a/2,http://b/2,,\n"
                 "no URL,http://b/3,,\n"
                 "http://a/4,http://b/4,,\n");
    expect_end(5);
    expect_whence(0, ERR_OK, "http://c/0", 3);
    expect_whence(1, ERR_OK, "http://c/1", 2);
    expect_whence(2, ERR_OK, "http://a/2", 1);
    expect_whence(3, ERR_OK, "http://b/3", 1);
    expect_whence(4, ERR_ROBOTS_TAG, "http://b/4", 2);
    ck_assert_uint_eq(net.n_asked, 9);
    close_pipeline();
    ck_assert_uint_eq(count_written(), 5);
}
END_TEST

START_TEST(an_image_that_cannot_be_decoded_is_followed_by_the_next_url)
{
    static const struct thumbmake_reply broken = {.err = ERR_DECODE_ERROR, .message = "broken"};
    set_up_decoder(4);
    say((struct answer){.url = "http://a/", .body = &png});
    say((struct answer){.url = "http://b/", .body = &png});
    start(HEADER "http://a/,http://b/,,\n");
    UNTIL(decoder.n == 1);
    decoder_answer(TASK_DONE, &broken);
    UNTIL(decoder.n == 1);
    decoder_succeed(false);
    expect_end(1);
    expect_whence(0, ERR_OK, "http://b/", 2);
    ck_assert_uint_eq(seen[0].n_thumbs, 1);
    close_pipeline();
}
END_TEST

/* In the flat layout the name is that of the first URL, whichever succeeds, so another one would
 * not help. */
START_TEST(a_name_that_is_taken_is_followed_by_no_other_url)
{
    char why[NAME_MESSAGE_SIZE];
    struct name name;
    ck_assert(name_parse("{basename}", &columns, true, &name, why));
    conf.store.layout = &store_flat;
    conf.store.name = &name;
    scratch_write("cat.png", "mine", 4);
    say((struct answer){.url = "http://a/cat.jpg", .body = &png});
    say((struct answer){.url = "http://a/dog.jpg", .err = ERR_TLS_FAILED});
    say((struct answer){.url = "http://b/2", .body = &png});
    start(HEADER "http://a/cat.jpg,http://b/1,,\n"
                 "http://a/dog.jpg,http://b/2,,\n");
    expect_end(2);
    expect_whence(0, ERR_NAME_TAKEN, "http://a/cat.jpg", 1);
    expect_whence(1, ERR_OK, "http://b/2", 2);
    close_pipeline();
    ck_assert_uint_eq(count_written(), 2);
    expect_file("cat.png", "mine");
    ck_assert(scratch_has("dog.png") && !scratch_has("2.png"));
}
END_TEST

/* The store is the first to know. */
START_TEST(a_body_with_another_hash_is_followed_by_the_next_url)
{
    static const char sum[] = "00000000000000000000000000000000";
    char text[200];
    set_up_decoder(4);
    say((struct answer){.url = "http://a/", .body = &png});
    say((struct answer){.url = "http://b/", .body = &png});
    say((struct answer){.url = "http://d/", .body = &png});
    snprintf(text, sizeof text, HEADER "http://a/,http://b/,,%s\nhttp://d/,no URL,,%s\n", sum, sum);
    start(text);
    for (int i = 0; i < 3; i++) {
        UNTIL(decoder.n > 0);
        decoder_succeed(false);
    }
    expect_end(2);
    expect_whence(0, ERR_HASH_MISMATCH, "http://b/", 2);
    expect_whence(1, ERR_BAD_URL, "", 1);
    ck_assert_uint_eq(seen[0].n_thumbs, 0);
    close_pipeline();
    ck_assert_uint_eq(count_written(), 2);
    ck_assert(!scratch_has("images/00000/0000000000.png"));
}
END_TEST

START_TEST(each_url_has_its_own_last_attempt)
{
    struct buf half = {0};
    put_png(&half, 40, 30, 0);
    half.len -= 12; /* its IEND */
    conf.retries = 1;
    say((struct answer){.url = "http://a/", .err = ERR_TLS_FAILED});
    say((struct answer){.url = "http://b/", .body = &half, .may_be_cut = true});
    say((struct answer){.url = "http://b/", .body = &png, .may_be_cut = true});
    start(HEADER "http://a/,http://b/,,\n");
    UNTIL(n_seen || pipeline->stats.retries == 1);
    test_clock_pass_ms(30000);
    expect_end(1);
    expect_whence(0, ERR_OK, "http://b/", 3);
    ck_assert(!seen[0].truncated);
    close_pipeline();
    buf_fini(&half);
}
END_TEST

START_TEST(a_duplicate_waits_until_the_last_url_has_failed)
{
    conf.dedupe = DEDUPE_SHARD;
    say((struct answer){.url = "http://a/", .err = ERR_TLS_FAILED});
    say((struct answer){.url = "http://b/", .body = &png});
    start(HEADER "http://a/,http://b/,,\nhttp://a/,http://c/,,\n");
    expect_end(2);
    expect_row(0, ERR_OK);
    expect_row(1, ERR_OK);
    ck_assert(seen[1].is_duplicate);
    expect_asked("http://a/ http://b/ ");
    close_pipeline();
}
END_TEST

START_TEST(a_row_that_is_between_two_urls_when_the_run_stops_is_not_done)
{
    net.holds = true;
    say((struct answer){.url = "http://a/", .err = ERR_TLS_FAILED});
    start(HEADER "http://a/,http://b/,,\n");
    until_held(1);
    pipeline_stop(pipeline, PIPELINE_FINISH);
    answer_next();
    until_over();
    ck_assert_uint_eq(n_seen, 0);
    ck_assert_uint_eq(pipeline->stats.dropped, 1);
    close_pipeline();
    ck_assert_uint_eq(count_written(), 0);
}
END_TEST

static void run_again(struct answer a, struct answer b)
{
    net.n_answers = 0;
    a.url = "http://a/";
    b.url = "http://b/";
    say(a);
    say(b);
    conf.again.refresh = true;
    open_pipeline();
    expect_end(1);
    close_pipeline();
}

START_TEST(an_outage_of_any_url_keeps_the_image_that_is_there)
{
    const struct answer outage = {.err = ERR_HTTP_ERROR, .http_status = 503};
    const struct answer gone = {.err = ERR_HTTP_ERROR, .http_status = 404};
    const struct answer text = {.body = &html}, picture = {.body = &png};
    say((struct answer){.url = "http://a/", .body = &png});
    start(HEADER "http://a/,http://b/,,\n");
    expect_end(1);
    close_pipeline();
    run_again(outage, gone);
    ck_assert(seen[0].keeps_before);
    run_again(outage, text);
    ck_assert(seen[0].keeps_before);
    run_again(gone, outage);
    ck_assert(seen[0].keeps_before);
    run_again(gone, (struct answer){.http_status = 304, .is_unchanged = true});
    ck_assert(seen[0].keeps_before);
    run_again(outage, picture);
    ck_assert(!seen[0].keeps_before);
    expect_whence(0, ERR_OK, "http://b/", 2);
    run_again(gone, text);
    ck_assert(!seen[0].keeps_before);
    expect_whence(0, ERR_NOT_AN_IMAGE, "http://b/", 2);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up_fallbacks, tear_down_fallbacks);
    tcase_add_test(t, a_url_that_has_failed_for_good_is_followed_by_the_next);
    tcase_add_test(t, a_name_that_is_taken_is_followed_by_no_other_url);
    tcase_add_test(t, an_image_that_cannot_be_decoded_is_followed_by_the_next_url);
    tcase_add_test(t, a_body_with_another_hash_is_followed_by_the_next_url);
    tcase_add_test(t, each_url_has_its_own_last_attempt);
    tcase_add_test(t, a_duplicate_waits_until_the_last_url_has_failed);
    tcase_add_test(t, a_row_that_is_between_two_urls_when_the_run_stops_is_not_done);
    tcase_add_test(t, an_outage_of_any_url_keeps_the_image_that_is_there);
}

int main(void)
{
    return test_main("finishing_fallback", add);
}
