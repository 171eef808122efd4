/* A run whose closed shards are delivered by a script (pipeline/delivery.h). */
#include "pipeline/test_launcher.h"
#include "pipeline/test_pipeline.h"

/* Waits until the test makes the file "go". */
#define WAIT_FOR_GO "echo started; while [ ! -e go ]; do sleep 0.01; done; "

static unsigned n_lines;
static char warned[200];

static void on_log(void *arg, const char *text)
{
    ck_assert_ptr_eq(arg, &conf);
    ck_assert_ptr_nonnull(strstr(text, "shard 0000"));
    n_lines++;
}

static void on_warn(void *arg, const char *text)
{
    ck_assert_ptr_eq(arg, &conf);
    snprintf(warned, sizeof warned, "%s", text);
}

static void set_up_shards(void)
{
    set_up();
    conf.store.shard_size = 2;
    conf.retry_max_wait_ms = 0;
    conf.on_log = on_log;
    conf.on_warn = on_warn;
}

static void deliver_by(const char *text)
{
    launch(text, 600);
    conf.launcher = launcher;
}

static void tear_down_all(void)
{
    launcher_free(launcher);
    tear_down();
}

static void go(void)
{
    scratch_write("go", "", 0);
}

static void remove_file(const char *name)
{
    ck_assert_int_eq(unlinkat(scratch_dir, name, 0), 0);
}

START_TEST(shards_are_delivered_as_they_close)
{
    deliver_by("[ -e ${1}_stats.json ] && echo $1");
    start_rows(5);
    expect_end(5);
    ck_assert_uint_eq(pipeline_stats(pipeline)->delivered, 3);
    ck_assert_uint_eq(pipeline_stats(pipeline)->undelivered, 0);
    ck_assert(pipeline_is_complete(pipeline));
    ck_assert_uint_eq(n_lines, 3);
    ck_assert(scratch_has(".imgfetch/00000.sent"));
    ck_assert(scratch_has(".imgfetch/00001.sent"));
    ck_assert(scratch_has(".imgfetch/00002.sent"));
    close_pipeline();
    open_pipeline(); /* once more: they are noted */
    UNTIL(n_ends > 0);
    ck_assert_uint_eq(pipeline_stats(pipeline)->delivered, 0);
    ck_assert_uint_eq(n_lines, 3);
    close_pipeline();
}
END_TEST

START_TEST(the_run_ends_when_the_last_shard_is_delivered)
{
    deliver_by(WAIT_FOR_GO);
    start_rows(2);
    UNTIL(n_lines == 1);
    turn();
    ck_assert_uint_eq(n_ends, 0);
    ck_assert(!pipeline_is_complete(pipeline));
    ck_assert_uint_eq(pipeline_stats(pipeline)->undelivered, 1);
    go();
    expect_end(2);
    ck_assert(pipeline_is_complete(pipeline));
    close_pipeline();
}
END_TEST

START_TEST(the_list_waits_while_more_than_four_closed_shards_do)
{
    start_rows(20);
    expect_end(20);
    close_pipeline();
    deliver_by(WAIT_FOR_GO);
    open_pipeline();
    UNTIL(n_lines == 2);
    turn();
    ck_assert_uint_eq(delivery_waiting(pipeline->delivery), DELIVERY_BEHIND + 1);
    ck_assert(!pipeline->stats.list_ended);
    ck_assert_str_eq(said, "5 complete shards wait for --on-shard, and the list for them");
    go();
    UNTIL(n_ends > 0);
    ck_assert_uint_eq(pipeline_stats(pipeline)->delivered, 10);
    close_pipeline();
}
END_TEST

START_TEST(a_run_that_is_stopped_waits_for_its_programs)
{
    deliver_by(WAIT_FOR_GO);
    start_rows(8);
    UNTIL(n_lines == 2 && n_seen == 8 && !store_open_shards(pipeline->store));
    pipeline_stop(pipeline, PIPELINE_FINISH);
    turn();
    ck_assert_uint_eq(n_ends, 0);
    go();
    until_over();
    ck_assert(!pipeline_is_complete(pipeline)); /* the next run delivers the others */
    ck_assert_uint_eq(pipeline_stats(pipeline)->delivered, 2);
    ck_assert_uint_eq(pipeline_stats(pipeline)->undelivered, 2);
    close_pipeline();
}
END_TEST

START_TEST(five_failures_of_a_shard_end_the_run)
{
    deliver_by("echo $1; exit 1");
    start_rows(2);
    until_over();
    ck_assert_ptr_nonnull(strstr(pipeline_error(pipeline), "shard 00000: exit status 1"));
    ck_assert(!pipeline_is_misuse(pipeline));
    ck_assert_ptr_nonnull(strstr(warned, "failure 4 of 5"));
    ck_assert_uint_eq(n_lines, 5);
    close_pipeline();
}
END_TEST

START_TEST(a_shard_that_is_not_here_is_for_the_user_to_bring)
{
    start_rows(2);
    expect_end(2);
    close_pipeline();
    remove_file("manifest/00000.jsonl");
    deliver_by("echo $1");
    open_pipeline();
    until_over();
    ck_assert_ptr_nonnull(strstr(pipeline_error(pipeline), "manifest/00000.jsonl is not here"));
    ck_assert(pipeline_is_misuse(pipeline));
    ck_assert_uint_eq(n_lines, 0);
    close_pipeline();
}
END_TEST

START_TEST(what_is_delivered_is_removed_also_later)
{
    deliver_by("echo $1");
    start_rows(2);
    expect_end(2);
    close_pipeline();
    ck_assert(scratch_has("manifest/00000.jsonl"));
    conf.removes_delivered = true;
    open_pipeline();
    UNTIL(n_ends > 0);
    close_pipeline();
    ck_assert(!scratch_has("manifest/00000.jsonl"));
    ck_assert_uint_eq(n_lines, 1);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up_shards, tear_down_all);
    tcase_add_test(t, shards_are_delivered_as_they_close);
    tcase_add_test(t, the_run_ends_when_the_last_shard_is_delivered);
    tcase_add_test(t, the_list_waits_while_more_than_four_closed_shards_do);
    tcase_add_test(t, a_run_that_is_stopped_waits_for_its_programs);
    tcase_add_test(t, five_failures_of_a_shard_end_the_run);
    tcase_add_test(t, a_shard_that_is_not_here_is_for_the_user_to_bring);
    tcase_add_test(t, what_is_delivered_is_removed_also_later);
}

int main(void)
{
    return test_main("delivering", add);
}
