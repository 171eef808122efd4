#include "feed/test_feeder.h"

#include <zlib.h>

START_TEST(a_row_has_its_line_its_position_and_its_url)
{
    const char text[] = "# a list\nhttp://A/x\n\n http://b/\xc3\xa9 y \nhttp://c/\n";
    scratch_write("list", text, strlen(text));
    conf.shard_size = 2;
    open_feeder();
    ck_assert_int_eq(take().kind, FEEDER_SHARD_BEGIN);
    struct job *j = take().job;
    ck_assert_uint_eq(j->index, 0);
    ck_assert_uint_eq(j->line, 2);
    ck_assert_str_eq(j->source, "http://A/x");
    ck_assert_str_eq(j->request.url.text, "http://a/x");
    job_free(j, NULL);
    j = take().job;
    ck_assert_uint_eq(j->index, 1);
    ck_assert_uint_eq(j->line, 4);
    ck_assert_uint_eq(j->shard, 0);
    ck_assert_uint_eq(j->pos, 1);
    ck_assert_str_eq(j->source, "http://b/\xc3\xa9 y");
    ck_assert_str_eq(j->request.url.text, "http://b/%C3%A9%20y");
    ck_assert_int_eq(j->err, ERR_OK);
    job_free(j, NULL);
    ck_assert_int_eq(take().kind, FEEDER_SHARD_END);
    ck_assert_int_eq(take().kind, FEEDER_SHARD_BEGIN);
    j = take().job;
    ck_assert_uint_eq(j->index, 2);
    ck_assert_uint_eq(j->shard, 1);
    ck_assert_uint_eq(j->pos, 0);
    job_free(j, NULL);
    close_feeder(); /* frees what was not taken */
}
END_TEST

START_TEST(a_list_is_cut_into_shards_each_with_a_beginning_and_an_end)
{
    conf.shard_size = 2;
    expect_events("", ".");
    expect_events("# nothing\n\n", ".");
    expect_events("http://a/", "[0 0 ]0:1 .");
    expect_events(FIVE, "[0 0 1 ]0:2 [1 2 3 ]1:2 [2 4 ]2:1 .");
    conf.shard_size = 5;
    expect_events(FIVE, "[0 0 1 2 3 4 ]0:5 .");
    conf.shard_size = 1;
    expect_events("http://a/\nhttp://b/\n", "[0 0 ]0:1 [1 1 ]1:1 .");
}
END_TEST

START_TEST(the_first_shard_may_have_another_number)
{
    conf.shard_size = 2;
    conf.first_shard = 3;
    expect_events(FIVE, "[3 6 7 ]3:2 [4 8 9 ]4:2 [5 10 ]5:1 .");
    conf.limit = 3;
    expect_events(FIVE, "[3 6 7 ]3:2 [4 8 ]4:1 .");
    conf.dedupe = DEDUPE_RUN;
    expect_events("http://a/\nhttp://b/\nhttp://a/\n", "[3 6 7 ]3:2 [4 8=6 ]4:1 .");
    scratch_write("list", FIVE, strlen(FIVE));
    open_feeder();
    while (take_event())
        ;
    ck_assert_uint_eq(last.index, 3);
    ck_assert_uint_eq(feeder_total(feeder).rows, 3);
    close_feeder();
}
END_TEST

START_TEST(the_total_is_known_when_the_list_has_been_read)
{
    const char text[] = "http://a/\nhttp://b/\nhttp://c/\n";
    scratch_write("list", text, strlen(text));
    conf.shard_size = 1;
    conf.shards = (struct shards){SHARDS_TASK, 0, 2};
    open_feeder();
    while (take_event())
        ;
    struct rowtotal total = feeder_total(feeder);
    ck_assert_int_eq(total.kind, ROWTOTAL_EXACT);
    ck_assert_uint_eq(total.rows, 2);
    close_feeder();
}
END_TEST

START_TEST(the_total_is_estimated_before_that)
{
    static char text[20 * 65536]; /* more rows than the feeder is ahead of the loop */
    for (size_t i = 0; i < sizeof text / 16; i++)
        memcpy(text + 16 * i, "http://a/bcdefg\n", 16);
    scratch_write("list", text, sizeof text);
    conf.shard_size = 1000000;
    open_feeder();
    wait_until_feeder_sleeps();
    while (feeder_total(feeder).kind == ROWTOTAL_UNKNOWN)
        take_event();
    ck_assert_int_eq(feeder_total(feeder).kind, ROWTOTAL_ABOUT);
    ck_assert_uint_eq(feeder_total(feeder).rows, (sizeof text / 16 + 99) / 100 * 100);
    close_feeder();
}
END_TEST

START_TEST(several_lists_are_one)
{
    static const char *const three[] = {list, list, list};
    conf.paths = three;
    conf.n_paths = 3;
    conf.shard_size = 4;
    expect_events("http://a/\nhttp://b/\n", "[0 0 1 2=0 3=1 ]0:4 [1 4 5 ]1:2 .");
}
END_TEST

START_TEST(the_limit_may_fall_anywhere)
{
    conf.shard_size = 2;
    conf.limit = 1;
    expect_events(FIVE, "[0 0 ]0:1 .");
    conf.limit = 2;
    expect_events(FIVE, "[0 0 1 ]0:2 .");
    conf.limit = 3;
    expect_events(FIVE, "[0 0 1 ]0:2 [1 2 ]1:1 .");
    conf.limit = 100;
    expect_events(FIVE, "[0 0 1 ]0:2 [1 2 3 ]1:2 [2 4 ]2:1 .");
}
END_TEST

static void expect_of(struct shards shards, uint64_t limit, const char *expected, uint64_t rows)
{
    conf.shards = shards;
    conf.limit = limit;
    expect_events(FIVE, expected);
    ck_assert_uint_eq(last.index, rows);
}

START_TEST(shards_that_this_run_does_not_do_give_no_items)
{
    conf.shard_size = 2;
    expect_of((struct shards){SHARDS_TASK, 0, 1}, 0, "[0 0 1 ]0:2 [1 2 3 ]1:2 [2 4 ]2:1 .", 5);
    expect_of((struct shards){SHARDS_TASK, 0, 2}, 0, "[0 0 1 ]0:2 [2 4 ]2:1 .", 5);
    expect_of((struct shards){SHARDS_TASK, 1, 2}, 0, "[1 2 3 ]1:2 .", 5);
    expect_of((struct shards){SHARDS_TASK, 1, 2}, 3, "[1 2 ]1:1 .", 3);
    expect_of((struct shards){SHARDS_TASK, 0, 2}, 3, "[0 0 1 ]0:2 .", 3);
    expect_of((struct shards){SHARDS_TASK, 5, 6}, 0, ".", 5);
}
END_TEST

START_TEST(behind_a_range_nothing_is_read)
{
    conf.shard_size = 2;
    expect_of((struct shards){SHARDS_RANGE, 1, 1}, 0, "[1 2 3 ]1:2 .", 4);
    expect_of((struct shards){SHARDS_RANGE, 0, 1}, 0, "[0 0 1 ]0:2 [1 2 3 ]1:2 .", 4);
    expect_of((struct shards){SHARDS_RANGE, 1, 9}, 0, "[1 2 3 ]1:2 [2 4 ]2:1 .", 5);
    expect_of((struct shards){SHARDS_RANGE, 3, 9}, 0, ".", 5);
}
END_TEST

START_TEST(the_final_item_comes_again_at_every_call)
{
    read_list("http://a/\n");
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(take().kind, FEEDER_END);
    close_feeder();
}
END_TEST

START_TEST(a_line_that_is_no_url_is_a_row_with_an_error)
{
    const char text[] = "http://a/\nno scheme\nfile:///etc/passwd\n\xff\xfe\nhttp://b/\n";
    scratch_write("list", text, strlen(text));
    open_feeder();
    for (int i = 0; i < 2; i++)
        job_free(take().job, NULL); /* the shard's beginning, and a good row */
    static const char *const sources[] = {
        "no scheme", "file:///etc/passwd", "\xef\xbf\xbd\xef\xbf\xbd"};
    for (int i = 0; i < 3; i++) {
        struct feeder_item item = take();
        ck_assert_int_eq(item.kind, FEEDER_ROW);
        ck_assert_int_eq(item.job->err, ERR_BAD_URL);
        ck_assert_str_ne(item.job->message, "");
        ck_assert_str_eq(item.job->source, sources[i]);
        ck_assert_ptr_null(item.job->request.url.text);
        ck_assert_uint_eq(item.job->pos, i + 1);
        job_free(item.job, NULL);
    }
    ck_assert(take_event());
    ck_assert_str_eq(events, "4 ");
    close_feeder();
}
END_TEST

START_TEST(a_line_without_an_end_in_sight_is_a_row_with_an_error)
{
    char text[20000];
    memset(text, 'a', sizeof text);
    memcpy(text, "http://a/", 9);
    strcpy(text + sizeof text - 11, "\nhttp://b/");
    read_list(text);
    ck_assert_str_eq(events, "[0 0! 1 ]0:2 .");
    close_feeder();
}
END_TEST

START_TEST(a_list_that_breaks_off_gives_its_rows_before_the_error)
{
    gzFile f = gzopen(list, "w");
    ck_assert_int_gt(gzputs(f, FIVE), 0);
    gzclose(f);
    ck_assert_int_eq(
        truncate(list, scratch_size("list") - 8), 0); /* the checksum and size of gzip */
    open_feeder();
    while (take_event())
        ;
    expect_error("[0 0 1 2 3 4 ", "ends early");
}
END_TEST

START_TEST(a_missing_list_is_told_at_once)
{
    ck_assert_ptr_null(feeder_new(&conf, &loop, message));
    ck_assert_ptr_nonnull(strstr(message, list));
    ck_assert_ptr_nonnull(strstr(message, strerror(ENOENT)));
    feeder_free(NULL);
}
END_TEST

/* More than twice the rows that the feeder may be ahead. */
enum { MANY = 10000 };
static void write_many(void)
{
    FILE *f = fopen(list, "w");
    ck_assert_ptr_nonnull(f);
    for (int i = 0; i < MANY; i++)
        fprintf(f, "http://h%d/\n", i);
    fclose(f);
}

START_TEST(many_rows_come_each_once_and_in_order)
{
    write_many();
    open_feeder();
    wait_until_feeder_sleeps();
    uint64_t next = 0;
    for (struct feeder_item item; (item = take()).kind != FEEDER_END;) {
        if (item.kind != FEEDER_ROW)
            continue;
        ck_assert_uint_eq(item.job->index, next++);
        ck_assert_int_eq(atoi(item.job->request.url.host + 1), (int)item.job->index);
        job_free(item.job, NULL);
    }
    ck_assert_uint_eq(next, MANY);
    close_feeder();
}
END_TEST

START_TEST(freeing_does_not_wait_for_somebody_to_take_the_rows)
{
    write_many();
    open_feeder();
    wait_until_feeder_sleeps();
    close_feeder();
}
END_TEST

/* Makes the list a pipe; returns the end to write to. */
static int open_pipe(int *read_end)
{
    int ends[2];
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    snprintf(list, sizeof list, "/proc/self/fd/%d", ends[0]);
    *read_end = ends[0];
    return ends[1];
}

static void say(int fd, const char *text)
{
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

static void expect_next_events(int n, const char *expected)
{
    events[0] = '\0';
    while (n-- > 0)
        take_event();
    ck_assert_str_eq(events, expected);
}

START_TEST(rows_of_a_slow_pipe_come_at_once)
{
    int read_end, write_end = open_pipe(&read_end);
    conf.shard_size = 2;
    open_feeder();
    say(write_end, "http://a/\n");
    expect_next_events(2, "[0 0 ");
    say(write_end, "http://b/\nhttp:");
    expect_next_events(2, "1 ]0:2 ");
    say(write_end, "//c/\n");
    expect_next_events(2, "[1 2 ");
    struct feeder_item item;
    feeder_next(feeder, &item);
    ck_assert_int_eq(item.kind, FEEDER_NOTHING);
    close(write_end);
    expect_next_events(2, "]1:1 .");
    close_feeder();
    close(read_end);
}
END_TEST

START_TEST(the_limit_is_reached_without_waiting_for_more)
{
    int read_end, write_end = open_pipe(&read_end);
    conf.limit = 2;
    open_feeder();
    say(write_end, "http://a/\nhttp://b/\n");
    expect_next_events(5, "[0 0 1 ]0:2 .");
    close_feeder();
    close(write_end);
    close(read_end);
}
END_TEST

START_TEST(freeing_does_not_wait_for_a_silent_pipe)
{
    int read_end, write_end = open_pipe(&read_end);
    open_feeder();
    close_feeder(); /* most likely before it reads at all */
    open_feeder();
    wait_until_feeder_sleeps();
    close_feeder();
    open_feeder();
    say(write_end, "http://a/\nhttp:");
    expect_next_events(2, "[0 0 ");
    wait_until_feeder_sleeps();
    close_feeder();
    close(write_end);
    close(read_end);
}
END_TEST

START_TEST(freeing_does_not_wait_for_a_pipe_that_nobody_opens)
{
    ck_assert_int_eq(mkfifo(list, 0600), 0);
    open_feeder();
    wait_until_feeder_sleeps();
    close_feeder();
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, feeder_set_up, feeder_tear_down);
    tcase_set_timeout(t, 10); /* some tests could wait forever */
    tcase_add_test(t, a_row_has_its_line_its_position_and_its_url);
    tcase_add_test(t, a_list_is_cut_into_shards_each_with_a_beginning_and_an_end);
    tcase_add_test(t, the_first_shard_may_have_another_number);
    tcase_add_test(t, the_total_is_known_when_the_list_has_been_read);
    tcase_add_test(t, the_total_is_estimated_before_that);
    tcase_add_test(t, several_lists_are_one);
    tcase_add_test(t, the_limit_may_fall_anywhere);
    tcase_add_test(t, shards_that_this_run_does_not_do_give_no_items);
    tcase_add_test(t, behind_a_range_nothing_is_read);
    tcase_add_test(t, the_final_item_comes_again_at_every_call);
    tcase_add_test(t, a_line_that_is_no_url_is_a_row_with_an_error);
    tcase_add_test(t, a_line_without_an_end_in_sight_is_a_row_with_an_error);
    tcase_add_test(t, a_list_that_breaks_off_gives_its_rows_before_the_error);
    tcase_add_test(t, a_missing_list_is_told_at_once);
    tcase_add_test(t, many_rows_come_each_once_and_in_order);
    tcase_add_test(t, freeing_does_not_wait_for_somebody_to_take_the_rows);
    tcase_add_test(t, rows_of_a_slow_pipe_come_at_once);
    tcase_add_test(t, the_limit_is_reached_without_waiting_for_more);
    tcase_add_test(t, freeing_does_not_wait_for_a_silent_pipe);
    tcase_add_test(t, freeing_does_not_wait_for_a_pipe_that_nobody_opens);
}

int main(void)
{
    return test_main("feeder", add);
}
