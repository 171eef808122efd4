#include "pipeline/test_pipeline.h"

#include "store/shardlock.h"

static int writer = -1; /* of a list that is a pipe */

/* The list is not over until close_list(). */
static void start_pipe(const char *text)
{
    ck_assert_int_eq(mkfifoat(scratch_dir, "list", 0600), 0);
    writer = open(list, O_RDWR | O_CLOEXEC);
    ck_assert_int_ge(writer, 0);
    ck_assert_int_eq(write(writer, text, strlen(text)), (ssize_t)strlen(text));
    open_pipeline();
}

static void more_of_list(const char *text)
{
    ck_assert_int_eq(write(writer, text, strlen(text)), (ssize_t)strlen(text));
}

static void close_list(void)
{
    close(writer);
}

START_TEST(rows_are_asked_for_while_the_list_is_still_being_written)
{
    start_pipe("http://a/0\n");
    UNTIL(n_seen == 1);
    turn();
    ck_assert(!pipeline->stats.list_ended);
    ck_assert_uint_eq(n_ends, 0);
    more_of_list("http://a/1\n");
    UNTIL(n_seen == 2);
    close_list();
    expect_end(2);
    ck_assert(pipeline->stats.list_ended);
    ck_assert_uint_eq(pipeline->stats.list_rows, 2);
    close_pipeline();
}
END_TEST

START_TEST(what_is_no_url_is_written_without_a_request)
{
    start("http://a/0\nnone\nhttp://a/2\nftp://a/3\n");
    expect_end(4);
    expect_asked("http://a/0 http://a/2 ");
    expect_row(1, ERR_BAD_URL);
    expect_row(3, ERR_BAD_URL);
    ck_assert_uint_eq(seen[1].attempts, 0);
    ck_assert_uint_eq(pipeline->stats.tally.by_code[ERR_BAD_URL], 2);
    ck_assert_uint_eq(pipeline->stats.tally.by_code[ERR_OK], 2);
    close_pipeline();
    ck_assert_uint_eq(count_written(), 4);
}
END_TEST

START_TEST(no_more_rows_are_inside_than_the_window_has_room_for)
{
    enum { ROWS = PIPELINE_WINDOW + 1000 };
    net.holds = true;
    start_rows(ROWS);
    UNTIL(pipeline->stats.outstanding >= PIPELINE_WINDOW);
    turn();
    ck_assert_uint_eq(pipeline->stats.outstanding, PIPELINE_WINDOW);
    ck_assert(!pipeline->stats.list_ended);
    for (int i = 0; i < 5; i++)
        answer_next();
    UNTIL(n_seen == 5);
    turn();
    ck_assert_uint_eq(pipeline->stats.outstanding, PIPELINE_WINDOW);
    net.holds = false;
    pipeline->conf.concurrency = net.room = 4096; /* for speed */
    window_init(&pipeline->window, 4096, false);
    answer_all();
    expect_end(ROWS);
    ck_assert_uint_eq(pipeline->stats.list_rows, ROWS);
    close_pipeline();
    ck_assert_uint_eq(count_written(), ROWS);
}
END_TEST

START_TEST(the_columns_of_the_rows_inside_are_bounded)
{
    const size_t others = PIPELINE_COLUMNS_MAX - 30; /* as if many large rows were inside */
    conf.format = URLLIST_TSV;
    columns.at[COLUMN_CAPTION] = (struct column){"caption", 7};
    net.holds = true;
    start_pipe("url\tcaption\n");
    pipeline->columns_size += others;
    for (int i = 0; i < 6; i++)
        more_of_list("http://a/\tten bytes.\n");
    UNTIL(pipeline->stats.outstanding == 3);
    usleep(10000);
    turn();
    ck_assert_uint_eq(pipeline->stats.outstanding, 3);
    ck_assert_uint_eq(pipeline->columns_size, PIPELINE_COLUMNS_MAX);
    answer_next();
    UNTIL(net.n_asked == 4);
    turn();
    ck_assert_uint_eq(pipeline->stats.outstanding, 3);
    close_list();
    answer_all();
    UNTIL(pipeline->stats.list_ended);
    pipeline->columns_size -= others;
    expect_end(6);
    close_pipeline();
}
END_TEST

START_TEST(only_the_first_rows_are_done_if_there_is_a_limit)
{
    conf.limit = 3;
    start_rows(10);
    expect_end(3);
    expect_asked("http://a/0 http://a/1 http://a/2 ");
    ck_assert_uint_eq(pipeline->stats.list_rows, 3);
    close_pipeline();
}
END_TEST

START_TEST(only_the_shards_of_this_task_are_done)
{
    conf.store.shard_size = 2;
    conf.shards = (struct shards){SHARDS_TASK, 1, 2};
    start_rows(7);
    until_over();
    expect_asked("http://a/2 http://a/3 http://a/6 ");
    ck_assert_uint_eq(n_seen, 3);
    ck_assert_uint_eq(pipeline->stats.list_rows, 7);
    ck_assert_ptr_null(pipeline_error(pipeline));
    close_pipeline();
    ck_assert(scratch_has("00001_stats.json"));
    ck_assert(scratch_has("00003_stats.json"));
    ck_assert(!scratch_has("00000_stats.json"));
}
END_TEST

START_TEST(rows_that_are_done_are_counted_and_not_done_again)
{
    say((struct answer){.url = "http://a/1", .err = ERR_TLS_FAILED});
    start_rows(3);
    expect_end(3);
    ck_assert_uint_eq(tally_rows(&pipeline->stats.resume), 0);
    close_pipeline();
    open_pipeline();
    until_over();
    ck_assert_uint_eq(net.n_asked, 0);
    ck_assert_uint_eq(n_seen, 0);
    ck_assert_uint_eq(pipeline->stats.resume.by_code[ERR_OK], 2);
    ck_assert_uint_eq(pipeline->stats.resume.by_code[ERR_TLS_FAILED], 1);
    ck_assert_uint_eq(pipeline->stats.list_rows, 3);
    ck_assert_ptr_null(pipeline_error(pipeline));
    close_pipeline();
}
END_TEST

START_TEST(the_rows_of_an_open_shard_that_are_not_done_are_done)
{
    conf.concurrency = 2;
    net.holds = true;
    start_rows(5);
    until_held(2);
    pipeline_stop(pipeline, PIPELINE_FINISH);
    answer_all();
    until_over();
    ck_assert_uint_eq(n_seen, 2);
    close_pipeline();
    open_pipeline();
    until_over();
    expect_asked("http://a/2 http://a/3 http://a/4 ");
    ck_assert_uint_eq(n_seen, 3);
    ck_assert_uint_eq(tally_rows(&pipeline->stats.resume), 2);
    close_pipeline();
    ck_assert_uint_eq(count_written(), 5);
}
END_TEST

START_TEST(a_shard_that_another_process_writes_is_waited_for)
{
    struct shardlock *other;
    ck_assert_int_eq(shardlock_take(scratch_dir, 0, &other), 0);
    start_rows(2);
    UNTIL(said[0]);
    ck_assert_str_eq(said, "waiting for shard 00000: another imgfetch is writing it");
    turn();
    ck_assert_uint_eq(net.n_asked, 0);
    shardlock_free(other, false);
    expect_end(2);
    close_pipeline();
}
END_TEST

START_TEST(a_torn_stats_file_is_told_and_made_anew)
{
    static const char stats[] = "00000_stats.json";
    start_rows(3);
    expect_end(3);
    close_pipeline();
    char *text = scratch_read(stats);
    scratch_write(stats, text, strlen(text) - 20);
    conf.on_warn = on_say;
    start_rows(3);
    expect_end(0);
    ck_assert_str_eq(said, "00000_stats.json is torn: it is made anew from the shard's rows");
    ck_assert_uint_eq(net.n_asked, 0);
    close_pipeline();
    struct statsfile before, now;
    char *anew = scratch_read(stats);
    ck_assert(statsfile_parse(text, &before));
    ck_assert(statsfile_parse(anew, &now));
    ck_assert_str_eq(before.fingerprint, now.fingerprint);
    ck_assert_mem_eq(&before.tally, &now.tally, sizeof now.tally);
    free(text);
    free(anew);
}
END_TEST

/* ---- random order ---- */

static void ask_shuffled(uint64_t seed, char *ret)
{
    conf.shuffle = true;
    conf.seed = seed;
    conf.concurrency = 1;
    start_rows(40);
    expect_end(40);
    memcpy(ret, net.asked, ASKED_SIZE);
    close_pipeline();
    tear_down();
    set_up();
}

START_TEST(shuffled_rows_are_asked_for_once_each_in_an_order_that_the_seed_decides)
{
    char a[ASKED_SIZE], b[ASKED_SIZE], again[ASKED_SIZE];
    ask_shuffled(1, a);
    ask_shuffled(2, b);
    ask_shuffled(1, again);
    ck_assert_str_eq(a, again);
    ck_assert_str_ne(a, b);
    ck_assert(strncmp(a, "http://a/0 http://a/1 http://a/2 ", 33) != 0);
    ck_assert_uint_eq(strlen(a), strlen(b));
}
END_TEST

START_TEST(rows_are_shuffled_as_long_as_more_may_come)
{
    conf.shuffle = true;
    start_pipe("http://a/0\nhttp://a/1\n");
    UNTIL(pipeline->stats.outstanding == 2);
    turn();
    ck_assert_uint_eq(net.n_asked, 0);
    close_list();
    expect_end(2);
    close_pipeline();
}
END_TEST

/* ---- several rows with one URL ---- */

START_TEST(rows_with_the_same_url_share_one_request)
{
    conf.dedupe = DEDUPE_SHARD;
    net.holds = true;
    say((struct answer){.url = "http://a/x", .err = ERR_TLS_FAILED, .ms = 5});
    start("http://a/x\nhttp://a/x\nhttp://b/\nhttp://a/x\nhttp://b/\n");
    until_held(2);
    turn();
    ck_assert_uint_eq(pipeline->stats.outstanding, 5);
    answer_all();
    expect_end(5);
    expect_asked("http://a/x http://b/ ");
    for (unsigned i = 0; i < 5; i++) {
        expect_row(i, i == 2 || i == 4 ? ERR_OK : ERR_TLS_FAILED);
        ck_assert_int_eq(seen[i].is_duplicate, i != 0 && i != 2);
    }
    const struct pipeline_stats *s = pipeline_stats(pipeline);
    ck_assert_uint_eq(s->duplicates, 3);
    ck_assert_uint_eq(s->tally.by_code[ERR_TLS_FAILED], 3);
    ck_assert_uint_eq(s->latency.n, 1);
    close_pipeline();
    ck_assert_uint_eq(count_written(), 5);
}
END_TEST

START_TEST(rows_with_the_same_url_are_all_asked_for_if_the_user_wants_that)
{
    start("http://a/x\nhttp://a/x\n");
    expect_end(2);
    expect_asked("http://a/x http://a/x ");
    ck_assert_uint_eq(pipeline->stats.duplicates, 0);
    close_pipeline();
}
END_TEST

START_TEST(a_row_whose_url_was_asked_for_long_ago_goes_to_the_store_at_once)
{
    struct buf png = {0};
    put_png(&png, 40, 30, 0);
    conf.dedupe = DEDUPE_SHARD;
    say((struct answer){.url = "http://a/x", .body = &png});
    start_pipe("http://a/x\n");
    UNTIL(n_seen == 1);
    more_of_list("http://a/x\n");
    UNTIL(n_seen == 2);
    close_list();
    expect_end(2);
    expect_asked("http://a/x ");
    ck_assert(seen[1].is_duplicate);
    ck_assert_uint_eq(pipeline->stats.bytes, png.len); /* they came once */
    close_pipeline();
    buf_fini(&png);
}
END_TEST

/* The first row can no longer be read. */
static void spoil_manifest(void)
{
    int64_t size = scratch_size("manifest/00000.jsonl");
    int fd = openat(scratch_dir, "manifest/00000.jsonl", O_WRONLY | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_gt(size, 1);
    for (int64_t i = 0; i < size - 1; i++)
        ck_assert_int_eq(pwrite(fd, "x", 1, i), 1);
    close(fd);
}

START_TEST(a_row_whose_first_one_cannot_be_read_is_fetched_after_all)
{
    conf.dedupe = DEDUPE_SHARD;
    start_pipe("http://a/x\n");
    UNTIL(n_seen == 1);
    spoil_manifest();
    say((struct answer){.url = "http://a/x", .err = ERR_TLS_FAILED});
    more_of_list("http://a/x\n");
    UNTIL(n_seen == 2);
    pipeline_stop(pipeline, PIPELINE_ABORT); /* (such a shard cannot be closed) */
    close_list();
    until_over();
    expect_asked("http://a/x http://a/x ");
    expect_row(1, ERR_TLS_FAILED);
    ck_assert(!seen[1].is_duplicate);
    ck_assert_uint_eq(pipeline->stats.duplicates, 0);
    close_pipeline();
}
END_TEST

START_TEST(such_a_row_is_dropped_if_the_run_is_stopping)
{
    conf.dedupe = DEDUPE_SHARD;
    start_pipe("http://a/x\n");
    UNTIL(n_seen == 1);
    spoil_manifest();
    more_of_list("http://a/x\n");
    /* Takes the row in here, without a turn of the loop in which the store could reply. */
    uv_prepare_cb pump = pipeline->turn.prepare_cb;
    uv_prepare_stop(&pipeline->turn);
    while (!pipeline->stats.storing) {
        one_turn();
        intake_take_rows(pipeline);
    }
    uv_prepare_start(&pipeline->turn, pump);
    pipeline_stop(pipeline, PIPELINE_FINISH);
    close_list();
    until_over();
    expect_asked("http://a/x ");
    ck_assert_uint_eq(n_seen, 1);
    ck_assert_uint_eq(pipeline->stats.dropped, 1);
    close_pipeline();
}
END_TEST

/* ---- lists that end the run ---- */

static void expect_failure(const char *text, bool is_misuse)
{
    until_over();
    ck_assert_ptr_nonnull(pipeline_error(pipeline));
    ck_assert_msg(strstr(pipeline_error(pipeline), text) != NULL, "%s", pipeline_error(pipeline));
    ck_assert_int_eq(pipeline_is_misuse(pipeline), is_misuse);
    close_pipeline();
}

START_TEST(a_list_that_cannot_be_read_on_ends_the_run)
{
    scratch_write("list", BYTES("\x1f\x8b\x08\0\0\0\0\0\0\0no such bits"));
    open_pipeline();
    expect_failure("list", false);
}
END_TEST

START_TEST(another_list_than_before_is_a_misuse)
{
    start_rows(3);
    expect_end(3);
    close_pipeline();
    start("http://b/0\nhttp://b/1\nhttp://b/2\n");
    expect_failure("made from other list lines", true);
}
END_TEST

START_TEST(a_list_without_a_column_that_is_used_is_a_misuse)
{
    conf.format = URLLIST_TSV;
    start("uri\tcaption\nhttp://a/0\tx\n");
    expect_failure("url", true);
}
END_TEST

static void add(TCase *t)
{
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, rows_are_asked_for_while_the_list_is_still_being_written);
    tcase_add_test(t, what_is_no_url_is_written_without_a_request);
    tcase_add_test(t, no_more_rows_are_inside_than_the_window_has_room_for);
    tcase_add_test(t, the_columns_of_the_rows_inside_are_bounded);
    tcase_add_test(t, only_the_first_rows_are_done_if_there_is_a_limit);
    tcase_add_test(t, only_the_shards_of_this_task_are_done);
    tcase_add_test(t, rows_that_are_done_are_counted_and_not_done_again);
    tcase_add_test(t, the_rows_of_an_open_shard_that_are_not_done_are_done);
    tcase_add_test(t, a_shard_that_another_process_writes_is_waited_for);
    tcase_add_test(t, a_torn_stats_file_is_told_and_made_anew);
    tcase_add_test(t, shuffled_rows_are_asked_for_once_each_in_an_order_that_the_seed_decides);
    tcase_add_test(t, rows_are_shuffled_as_long_as_more_may_come);
    tcase_add_test(t, rows_with_the_same_url_share_one_request);
    tcase_add_test(t, rows_with_the_same_url_are_all_asked_for_if_the_user_wants_that);
    tcase_add_test(t, a_row_whose_url_was_asked_for_long_ago_goes_to_the_store_at_once);
    tcase_add_test(t, a_row_whose_first_one_cannot_be_read_is_fetched_after_all);
    tcase_add_test(t, such_a_row_is_dropped_if_the_run_is_stopping);
    tcase_add_test(t, a_list_that_cannot_be_read_on_ends_the_run);
    tcase_add_test(t, another_list_than_before_is_a_misuse);
    tcase_add_test(t, a_list_without_a_column_that_is_used_is_a_misuse);
}

int main(void)
{
    return test_main("intake", add);
}
