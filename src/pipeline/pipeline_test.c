#include "pipeline/test_decoder.h"

#include <stdatomic.h>
#include <sys/syscall.h>

static atomic_bool disk_is_slow; /* then syncfs(2) waits */

int syncfs(int fd)
{
    while (atomic_load(&disk_is_slow))
        usleep(1000);
    return (int)syscall(SYS_syncfs, fd);
}

/* ---- the end of a run ---- */

START_TEST(a_run_ends_once_when_its_last_shard_is_closed)
{
    conf.store.shard_size = 2;
    start_rows(5);
    UNTIL(n_ends > 0);
    ck_assert(scratch_has("00000_stats.json"));
    ck_assert(scratch_has("00001_stats.json"));
    ck_assert(scratch_has("00002_stats.json"));
    expect_end(5);
    close_pipeline();
}
END_TEST

START_TEST(an_empty_list_is_a_run_without_rows)
{
    start("");
    expect_end(0);
    ck_assert_uint_eq(pipeline->stats.list_rows, 0);
    ck_assert(!pipeline_is_misuse(pipeline));
    close_pipeline();
}
END_TEST

START_TEST(a_pipeline_tells_how_long_it_has_been_there)
{
    start_rows(1);
    test_clock_pass_ms(2500);
    ck_assert_double_eq(pipeline_stats(pipeline)->seconds, 2.5);
    expect_end(1);
    close_pipeline();
}
END_TEST

/* ---- errors at the start ---- */

static void expect_no_pipeline(const char *why)
{
    message[0] = '\0';
    ck_assert_ptr_null(pipeline_new(&conf, &loop, message));
    ck_assert_msg(strstr(message, why) != NULL, "%s", message);
    uv_run(&loop, UV_RUN_DEFAULT); /* and no handle is left: tear_down() */
}

START_TEST(a_list_that_is_not_there_keeps_a_pipeline_from_beginning)
{
    expect_no_pipeline("list");
}
END_TEST

START_TEST(a_directory_that_cannot_be_made_keeps_a_pipeline_from_beginning)
{
    conf.store.dir = "/dev/null/out";
    expect_no_pipeline("/dev/null/out");
}
END_TEST

static struct stage *open_nothing(const struct backend_conf *c, uv_loop_t *l, char *why)
{
    (void)c, (void)l;
    snprintf(why, BACKEND_MESSAGE_SIZE, "no such way");
    return NULL;
}

START_TEST(a_backend_that_does_not_open_keeps_a_pipeline_from_beginning)
{
    static const struct backend none = {.name = "none", .open = open_nothing};
    conf.backend = &none;
    expect_no_pipeline("no such way");
}
END_TEST

START_TEST(a_resolver_that_is_needed_and_does_not_open_keeps_a_pipeline_from_beginning)
{
    net_backend.needs_address = true;
    conf.resolver.servers = "no address";
    expect_no_pipeline("no address");
    conf.transfer.proxies.http = conf.transfer.proxies.https =
        (struct proxy){"http://192.0.2.1/", true}; /* then no resolver is needed */
    start_rows(1);
    expect_end(1);
    close_pipeline();
}
END_TEST

/* ---- errors that end a run ---- */

static void expect_error(const char *text)
{
    until_over();
    ck_assert_ptr_nonnull(pipeline_error(pipeline));
    ck_assert_msg(strstr(pipeline_error(pipeline), text) != NULL, "%s", pipeline_error(pipeline));
    ck_assert(!pipeline_is_misuse(pipeline));
    close_pipeline();
}

START_TEST(a_disk_that_takes_nothing_more_ends_the_run)
{
    struct buf large = {0};
    put_large(&large, SCRATCH_SMALL_DISK + 1);
    net.holds = true;
    say((struct answer){.url = "http://a/1", .body = &large});
    start_rows(20);
    until_held(8);
    answer_next();
    UNTIL(n_seen == 1);
    scratch_limit_files(SCRATCH_SMALL_DISK);
    answer_next();
    until_over();
    ck_assert_uint_eq(n_seen, 1);
    ck_assert_uint_eq(pipeline->stats.dropped, 19);
    ck_assert_uint_eq(pipeline->stats.tally.by_code[ERR_IO_ERROR], 0);
    ck_assert(net.is_stopped);
    expect_error(scratch_path);
    ck_assert_uint_eq(count_written(), 1);
    buf_fini(&large);
}
END_TEST

START_TEST(a_row_for_which_this_machine_had_too_little_is_no_failure_of_the_run)
{
    conf.retries = 0;
    say((struct answer){.url = "http://a/0", .err = ERR_IO_ERROR});
    start_rows(2);
    expect_end(2);
    expect_row(0, ERR_IO_ERROR);
    close_pipeline();
    ck_assert_uint_eq(count_written(), 2);
}
END_TEST

START_TEST(a_backend_that_can_fetch_nothing_more_ends_the_run)
{
    net.holds = true;
    start_rows(20);
    until_held(8);
    net.error = "the fetchers are gone";
    until_over();
    ck_assert_str_eq(pipeline_error(pipeline), "the fetchers are gone");
    ck_assert_uint_eq(pipeline->stats.dropped, 20);
    pipeline_fail(pipeline, "something else"); /* the first error is reported */
    expect_error("the fetchers are gone");
    net.error = NULL;
}
END_TEST

static const struct buf *image(void)
{
    static struct buf png;
    if (!png.len)
        put_png(&png, 40, 30, 0);
    return &png;
}

START_TEST(decoders_that_are_gone_end_the_run)
{
    set_up_decoder(1);
    for (int i = 0; i < 3; i++)
        say((struct answer){
            (const char *[]){"http://a/0", "http://a/1", "http://a/2"}[i], .body = image()});
    start_rows(4);
    UNTIL(n_seen == 1); /* the last one, which has no image */
    decoder_answer(TASK_BROKEN, NULL);
    UNTIL(decoder.is_stopped);
    decoder_cancel_all();
    until_over();
    ck_assert_uint_eq(pipeline->stats.dropped, 3);
    expect_error("the decoding processes have died");
    ck_assert_uint_eq(count_written(), 1);
}
END_TEST

/* ---- stopping ---- */

/* Rows that are dropped leave no trace. */
static void expect_stopped(unsigned written, unsigned dropped)
{
    until_over();
    ck_assert_ptr_null(pipeline_error(pipeline));
    ck_assert_uint_eq(n_seen, written);
    ck_assert_uint_eq(pipeline->stats.dropped, dropped);
    ck_assert(!pipeline_is_complete(pipeline));
    for (unsigned i = 0; i < written + dropped; i++)
        ck_assert_uint_le(seen[i].n, 1);
    close_pipeline();
    ck_assert_uint_eq(count_written(), written);
    ck_assert(!scratch_has("00000_stats.json"));
}

START_TEST(who_finishes_waits_for_what_is_in_flight_and_drops_the_rest)
{
    net.holds = true;
    conf.concurrency = 3;
    start_rows(10);
    until_held(3);
    pipeline_stop(pipeline, PIPELINE_FINISH);
    turn();
    ck_assert_uint_eq(n_ends, 0);
    ck_assert(!net.is_stopped);
    ck_assert_uint_eq(pipeline->stats.dropped, 7);
    answer_next();
    turn();
    ck_assert_uint_eq(net.n_asked, 3);
    answer_all();
    expect_stopped(3, 7);
}
END_TEST

START_TEST(who_finishes_drops_rows_that_would_have_to_be_asked_for_again)
{
    static const struct answer last[] = {
        {.url = "http://a/0", .redirect = "http://b/"},
        {.url = "http://a/1", .err = ERR_TIMEOUT},
        {.url = "http://a/2", .err = ERR_HTTP_ERROR, .http_status = 429},
        {.url = "http://a/3", .err = ERR_STARVED},
        {.url = "http://a/4", .err = ERR_EVICTED},
        {.url = "http://a/5", .err = ERR_TLS_FAILED},
    };
    for (size_t i = 0; i < sizeof last / sizeof *last; i++)
        say(last[i]);
    net.holds = true;
    start_rows(7);
    until_held(7);
    pipeline_stop(pipeline, PIPELINE_FINISH);
    answer_all();
    UNTIL(n_ends > 0);
    expect_row(5, ERR_TLS_FAILED);
    expect_row(6, ERR_OK);
    ck_assert_uint_eq(net.n_asked, 7);
    ck_assert_uint_eq(pipeline->stats.redirects + pipeline->stats.retries, 0);
    expect_stopped(2, 5);
}
END_TEST

/* The list ends on a pipe, after its rows, and the shard is not closed yet. */
static void start_closing(void)
{
    ck_assert_int_eq(mkfifoat(scratch_dir, "list", 0600), 0);
    int writer = openat(scratch_dir, "list", O_RDWR | O_CLOEXEC);
    ck_assert_int_eq(write(writer, "http://a/0\n", 11), 11);
    open_pipeline();
    UNTIL(n_seen == 1);
    atomic_store(&disk_is_slow, true);
    close(writer);
    UNTIL(pipeline->stats.list_ended);
    pipeline_stop(pipeline, PIPELINE_FINISH);
    turn();
    ck_assert_uint_eq(n_ends, 0);
}

START_TEST(who_finishes_while_the_last_shard_is_closed_waits_for_that)
{
    start_closing();
    ck_assert(!pipeline_is_complete(pipeline));
    atomic_store(&disk_is_slow, false);
    UNTIL(n_ends > 0);
    ck_assert(pipeline_is_complete(pipeline));
    ck_assert(scratch_has("00000_stats.json"));
    close_pipeline();
}
END_TEST

START_TEST(who_aborts_then_does_not_wait)
{
    start_closing();
    pipeline_stop(pipeline, PIPELINE_ABORT);
    UNTIL(n_ends > 0);
    ck_assert(!pipeline_is_complete(pipeline));
    atomic_store(&disk_is_slow, false);
    close_pipeline();
}
END_TEST

START_TEST(who_aborts_drops_what_is_in_flight_too)
{
    net.holds = true;
    conf.concurrency = 3;
    start_rows(10);
    until_held(3);
    answer_next();
    UNTIL(n_seen == 1);
    pipeline_stop(pipeline, PIPELINE_FINISH);
    turn();
    pipeline_stop(pipeline, PIPELINE_ABORT);
    pipeline_stop(pipeline, PIPELINE_ABORT);
    expect_stopped(1, 9);
}
END_TEST

START_TEST(a_row_that_the_backend_had_no_room_for_is_dropped_with_its_slot)
{
    net.refusals = 1000;
    start_rows(3);
    UNTIL(pipeline->held && pipeline->stats.list_ended);
    pipeline_stop(pipeline, PIPELINE_FINISH);
    ck_assert_ptr_null(pipeline->held);
    expect_stopped(0, 3);
}
END_TEST

START_TEST(rows_that_wait_for_their_time_are_dropped)
{
    say((struct answer){.url = "http://a/0", .err = ERR_TIMEOUT});
    say((struct answer){
        .url = "http://b/0", .err = ERR_HTTP_ERROR, .http_status = 429, .retry_after_s = 9});
    start("http://a/0\nhttp://b/0\nhttp://c/0\n");
    UNTIL(n_seen == 1);
    turn();
    pipeline_stop(pipeline, PIPELINE_FINISH);
    expect_stopped(1, 2);
}
END_TEST

START_TEST(rows_that_share_a_request_are_dropped_together_or_written_together)
{
    conf.dedupe = DEDUPE_SHARD;
    conf.concurrency = 1;
    net.holds = true;
    start("http://a/\nhttp://a/\nhttp://a/\nhttp://b/\nhttp://b/\n");
    until_held(1);
    pipeline_stop(pipeline, PIPELINE_FINISH);
    ck_assert_uint_eq(pipeline->stats.dropped, 2);
    answer_all();
    expect_stopped(3, 2);
}
END_TEST

START_TEST(rows_in_the_shuffle_are_dropped)
{
    net.holds = true;
    conf.shuffle = true;
    start_rows(PIPELINE_WINDOW + 1); /* so the list does not end */
    UNTIL(pipeline->stats.outstanding == PIPELINE_WINDOW && net.n_inside == 8);
    ck_assert_uint_eq(pipeline->shuffle.n, SHUFFLE_ROOM);
    pipeline_stop(pipeline, PIPELINE_FINISH);
    ck_assert_uint_eq(pipeline->shuffle.n, 0);
    answer_all();
    expect_stopped(8, PIPELINE_WINDOW - 8);
}
END_TEST

/* Three images: one is being decoded, one waits for the decoder, one is still being fetched. */
static void start_images(void)
{
    static const char *const urls[] = {"http://a/0", "http://a/1", "http://a/2"};
    set_up_decoder(1);
    net.holds = true;
    for (int i = 0; i < 3; i++)
        say((struct answer){.url = urls[i], .body = image()});
    start_rows(3);
    until_held(3);
    answer_next();
    answer_next();
    turn();
    ck_assert_uint_eq(decoder.n, 1);
    ck_assert_uint_eq(pipeline_stats(pipeline)->decoding, 2);
}

START_TEST(who_finishes_waits_for_thumbnails)
{
    start_images();
    pipeline_stop(pipeline, PIPELINE_FINISH);
    answer_next();
    ck_assert(!decoder.is_stopped);
    for (int i = 0; i < 3; i++) {
        UNTIL(decoder.n == 1);
        decoder_succeed(false);
    }
    until_over();
    ck_assert_uint_eq(pipeline->stats.thumbs, 3);
    expect_end(3);
    close_pipeline();
}
END_TEST

START_TEST(who_aborts_waits_for_no_thumbnail)
{
    start_images();
    struct job *fetched = TAILQ_FIRST(&net.inside);
    pipeline_stop(pipeline, PIPELINE_ABORT);
    ck_assert(decoder.is_stopped);
    ck_assert_uint_eq(pipeline->to_thumb.waiting.n, 0);
    ck_assert_uint_eq(pipeline->stats.decoding, 1);
    net.is_stopped = false; /* its body had come before it could be cancelled */
    give_back(fetched);
    decoder_cancel_all();
    ck_assert_str_eq(decoder.widths, "40 ");
    expect_stopped(0, 3);
}
END_TEST

static void add(TCase *t)
{
    tcase_set_timeout(t, 30);
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, a_run_ends_once_when_its_last_shard_is_closed);
    tcase_add_test(t, an_empty_list_is_a_run_without_rows);
    tcase_add_test(t, a_pipeline_tells_how_long_it_has_been_there);
    tcase_add_test(t, a_list_that_is_not_there_keeps_a_pipeline_from_beginning);
    tcase_add_test(t, a_directory_that_cannot_be_made_keeps_a_pipeline_from_beginning);
    tcase_add_test(t, a_backend_that_does_not_open_keeps_a_pipeline_from_beginning);
    tcase_add_test(t, a_resolver_that_is_needed_and_does_not_open_keeps_a_pipeline_from_beginning);
    tcase_add_test(t, a_disk_that_takes_nothing_more_ends_the_run);
    tcase_add_test(t, a_row_for_which_this_machine_had_too_little_is_no_failure_of_the_run);
    tcase_add_test(t, a_backend_that_can_fetch_nothing_more_ends_the_run);
    tcase_add_test(t, decoders_that_are_gone_end_the_run);
    tcase_add_test(t, who_finishes_waits_for_what_is_in_flight_and_drops_the_rest);
    tcase_add_test(t, who_finishes_drops_rows_that_would_have_to_be_asked_for_again);
    tcase_add_test(t, who_finishes_while_the_last_shard_is_closed_waits_for_that);
    tcase_add_test(t, who_aborts_then_does_not_wait);
    tcase_add_test(t, who_aborts_drops_what_is_in_flight_too);
    tcase_add_test(t, a_row_that_the_backend_had_no_room_for_is_dropped_with_its_slot);
    tcase_add_test(t, rows_that_wait_for_their_time_are_dropped);
    tcase_add_test(t, rows_that_share_a_request_are_dropped_together_or_written_together);
    tcase_add_test(t, rows_in_the_shuffle_are_dropped);
    tcase_add_test(t, who_finishes_waits_for_thumbnails);
    tcase_add_test(t, who_aborts_waits_for_no_thumbnail);
}

int main(void)
{
    return test_main("pipeline", add);
}
