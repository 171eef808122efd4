/* Deliveries of closed shards by scripts; the clock stands still until the test moves it. */
#include "pipeline/delivery.h"

#include "base/test_clock.h"
#include "base/thread.h"
#include "pipeline/test_launcher.h"
#include "store/sent.h"
#include "store/shardlock.h"
#include "store/store_tar.h"

#include <signal.h>

enum { QUIET_TURNS = 50, SECOND_MS = 1000 };

/* Waits until the test makes the file "go". */
#define WAIT_FOR_GO "echo started; while [ ! -e go ]; do sleep 0.01; done; "

static uv_loop_t loop;
static struct store_conf store;
static struct output output;
static struct delivery_conf conf;
static struct delivery *delivery;
static uint64_t due; /* what the last turn returned */
static unsigned n_lines, n_warnings, n_fails;
static char line[1100], warning[DELIVERY_MESSAGE_SIZE], failure[DELIVERY_MESSAGE_SIZE];
static bool is_misuse;

static void on_line(void *arg, const char *text)
{
    ck_assert_ptr_eq(arg, &conf);
    snprintf(line, sizeof line, "%s", text);
    n_lines++;
}

static void on_warn(void *arg, const char *text)
{
    ck_assert_ptr_eq(arg, &conf);
    snprintf(warning, sizeof warning, "%s", text);
    n_warnings++;
}

static void on_fail(void *arg, const char *why, bool misuse)
{
    ck_assert_ptr_eq(arg, &conf);
    snprintf(failure, sizeof failure, "%s", why);
    is_misuse = misuse;
    n_fails++;
}

static void set_up(void)
{
    scratch_make();
    ck_assert_int_eq(uv_loop_init(&loop), 0);
    store = (struct store_conf){.layout = &store_tar, .dir = scratch_path, .shard_size = 10};
    ck_assert_int_eq(output_open(&store, &output), 0);
    output.conf = &store;
    conf = (struct delivery_conf){.output = &output, .max_wait_ms = 60 * SECOND_MS};
    conf.on_line = on_line;
    conf.on_warn = on_warn;
    conf.on_fail = on_fail;
    conf.arg = &conf;
}

static void start_with(const char *text, unsigned timeout_s)
{
    char message[DELIVERY_MESSAGE_SIZE];
    launch(text, timeout_s); /* the helper has the real time */
    test_clock_set((uint64_t)1000 * SECOND_MS * 1000000);
    conf.launcher = launcher;
    delivery = delivery_new(&conf, &loop, message);
    ck_assert_msg(delivery != NULL, "%s", message);
}

static void start(const char *text)
{
    start_with(text, DELIVERY_TIMEOUT_S);
}

static void tear_down(void)
{
    delivery_free(delivery);
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
    launcher_free(launcher);
    output_close(&output);
    scratch_remove();
}

static void one_turn(void)
{
    due = delivery_turn(delivery);
    uv_run(&loop, UV_RUN_NOWAIT);
    usleep(200);
}

#define UNTIL(state)                                                                               \
    do {                                                                                           \
        one_turn();                                                                                \
    } while (!(state))

static void turn(void)
{
    for (int i = 0; i < QUIET_TURNS; i++)
        one_turn();
}

static void write_text(const char *name, const char *text)
{
    scratch_write(name, text, strlen(text));
}

/* What a run leaves of a closed shard. */
static void close_shard(unsigned shard)
{
    static const enum shardfiles_kind kinds[] = {
        SHARDFILES_TAR, SHARDFILES_ROOT_MANIFEST, SHARDFILES_STATS};
    char name[SHARDFILES_NAME_SIZE];
    for (int i = 0; i < 3; i++) {
        shardfiles_name(shard, JOB_SHARD_DIGITS, kinds[i], name);
        write_text(name, "text");
    }
}

static void find(unsigned shard)
{
    close_shard(shard);
    delivery_found(delivery, shard);
}

static bool is_noted(unsigned shard)
{
    return sent_is_noted(scratch_dir, shard) == 1;
}

static void expect_over(unsigned done, unsigned left)
{
    UNTIL(delivery_waiting(delivery) == 0);
    ck_assert_uint_eq(delivery_done(delivery), done);
    ck_assert_uint_eq(delivery_left(delivery), left);
    ck_assert(!delivery_runs(delivery));
    ck_assert(!scratch_has(".imgfetch/00000.open"));
}

START_TEST(a_closed_shard_is_delivered_and_that_is_noted)
{
    start("echo got $1; echo $1 >>log");
    find(0);
    ck_assert_uint_eq(delivery_waiting(delivery), 1);
    expect_over(1, 0);
    ck_assert(is_noted(0));
    ck_assert_str_eq(line, "shard 00000: got 00000");
    expect_file("log", "00000\n");
    delivery_found(delivery, 0);
    expect_over(1, 0);
    expect_file("log", "00000\n");
    ck_assert_uint_eq(n_warnings + n_fails, 0);
}
END_TEST

static void close_from_thread(void *arg)
{
    delivery_closed(arg, 7);
}

START_TEST(shards_that_this_run_has_closed_count_at_once)
{
    pthread_t thread;
    start("");
    close_shard(7);
    ck_assert_int_eq(thread_start(&thread, "store", 0, close_from_thread, delivery), 0);
    pthread_join(thread, NULL);
    ck_assert_uint_eq(delivery_waiting(delivery), 1);
    expect_over(1, 0);
    ck_assert(is_noted(7));
}
END_TEST

START_TEST(two_programs_run_at_once)
{
    start(WAIT_FOR_GO);
    for (unsigned i = 0; i < 5; i++)
        find(i);
    UNTIL(n_lines == 2);
    turn();
    ck_assert_uint_eq(n_lines, 2);
    ck_assert_uint_eq(delivery_waiting(delivery), 5);
    ck_assert(delivery_runs(delivery));
    write_text("go", "");
    expect_over(5, 0);
    ck_assert_uint_eq(n_lines, 5);
    for (unsigned i = 0; i < 5; i++)
        ck_assert(is_noted(i));
}
END_TEST

/* Another run neither changes nor delivers it meanwhile. */
START_TEST(a_shard_is_locked_while_it_is_delivered)
{
    struct shardlock *lock = NULL;
    start(WAIT_FOR_GO);
    find(0);
    UNTIL(n_lines == 1);
    ck_assert_int_eq(shardlock_take(scratch_dir, 0, &lock), -EAGAIN);
    write_text("go", "");
    expect_over(1, 0);
}
END_TEST

START_TEST(a_shard_that_another_run_has_is_waited_for)
{
    struct shardlock *lock;
    start("echo $1");
    ck_assert_int_eq(shardlock_take(scratch_dir, 0, &lock), 0);
    find(0);
    UNTIL(due > clock_ns());
    ck_assert_uint_eq(n_lines, 0);
    ck_assert_uint_eq(delivery_waiting(delivery), 1);
    shardlock_free(lock, true);
    test_clock_pass_ms(SECOND_MS);
    expect_over(1, 0);
    ck_assert_uint_eq(n_fails, 0);
}
END_TEST

START_TEST(a_shard_that_another_run_has_opened_again_is_not_delivered)
{
    start("echo $1");
    close_shard(0);
    ck_assert_int_eq(unlinkat(scratch_dir, "00000_stats.json", 0), 0);
    delivery_found(delivery, 0);
    expect_over(0, 0);
    ck_assert_uint_eq(n_lines, 0);
    ck_assert(!is_noted(0));
}
END_TEST

START_TEST(what_is_delivered_can_be_removed)
{
    conf.removes = true;
    start("[ -e $1.tar ] || exit 1");
    find(0);
    expect_over(1, 0);
    ck_assert(is_noted(0));
    ck_assert(!scratch_has("00000.tar"));
    ck_assert(!scratch_has("00000.jsonl"));
    ck_assert(scratch_has("00000_stats.json"));
}
END_TEST

/* As when a run was killed in the middle, or had not to remove anything. */
START_TEST(what_was_delivered_by_earlier_runs_is_removed)
{
    conf.removes = true;
    start("echo $1");
    close_shard(0);
    write_text(".imgfetch/00000.sent", "");
    delivery_found(delivery, 0);
    expect_over(0, 0);
    ck_assert(!scratch_has("00000.tar"));
    ck_assert(!scratch_has("00000.jsonl"));
    delivery_found(delivery, 0); /* nothing is left */
    expect_over(0, 0);
    ck_assert_uint_eq(n_lines, 0);
}
END_TEST

/* ---- failures ---- */

static void expect_wait(unsigned failures, uint64_t ms)
{
    UNTIL(n_warnings == failures && due);
    ck_assert_uint_eq((due - clock_ns()) / 1000000, ms);
    ck_assert(!is_noted(0));
    test_clock_pass_ms(ms - 1);
    turn();
    ck_assert_uint_eq(n_lines, failures);
    test_clock_pass_ms(1);
}

START_TEST(a_program_that_fails_is_started_again_later_and_later)
{
    start("echo no such bucket; exit 9");
    find(0);
    expect_wait(1, 2000);
    ck_assert_str_eq(warning,
        "--on-shard: shard 00000: exit status 9: no such bucket (failure 1 of 5; again in 2 s)");
    expect_wait(2, 8000);
    expect_wait(3, 32000);
    expect_wait(4, 60000);
    UNTIL(n_fails > 0);
    ck_assert_str_eq(
        failure, "--on-shard: shard 00000: exit status 9: no such bucket (failure 5, the last)");
    ck_assert(!is_misuse);
    expect_over(0, 1);
    ck_assert_uint_eq(n_lines, 5);
    ck_assert_uint_eq(n_fails, 1);
    ck_assert(!is_noted(0));
}
END_TEST

START_TEST(a_program_that_succeeds_at_last_has_delivered)
{
    start("echo try >>tries; [ $(wc -l <tries) = 3 ]");
    find(0);
    UNTIL(n_warnings == 1 && due);
    test_clock_pass_ms(2000);
    UNTIL(n_warnings == 2 && due);
    test_clock_pass_ms(8000);
    expect_over(1, 0);
    ck_assert(is_noted(0));
}
END_TEST

START_TEST(a_program_that_takes_too_long_is_killed_and_has_failed)
{
    start_with("sleep 1000", 1);
    find(0);
    UNTIL(n_warnings == 1);
    ck_assert_str_eq(
        warning, "--on-shard: shard 00000: killed after 600 s (failure 1 of 5; again in 2 s)");
    ck_assert(!is_noted(0));
}
END_TEST

START_TEST(a_program_that_crashes_has_failed)
{
    start("kill -SEGV $$");
    find(0);
    UNTIL(n_warnings == 1);
    ck_assert_ptr_nonnull(strstr(warning, "shard 00000: killed by signal 11"));
}
END_TEST

START_TEST(a_shard_without_its_files_is_not_delivered)
{
    start("echo $1");
    close_shard(0);
    ck_assert_int_eq(unlinkat(scratch_dir, "00000.tar", 0), 0);
    delivery_found(delivery, 0);
    UNTIL(n_fails > 0);
    ck_assert_str_eq(failure,
        "shard 00000 is complete and not noted as delivered, but 00000.tar is not here: put its "
        "files back; or if it was delivered, make an empty file .imgfetch/00000.sent");
    ck_assert(is_misuse);
    expect_over(0, 1);
    ck_assert_uint_eq(n_lines, 0);
}
END_TEST

START_TEST(a_delivery_that_cannot_be_noted_ends_the_run)
{
    conf.removes = true;
    start("mkdir -p .imgfetch/$1.sent/in/the/way");
    find(0);
    UNTIL(n_fails > 0);
    ck_assert_ptr_nonnull(strstr(failure, "delivering shard 00000: Is a directory"));
    ck_assert(!is_misuse);
    expect_over(0, 1);
    ck_assert(scratch_has("00000.tar"));
}
END_TEST

START_TEST(the_end_of_the_helper_ends_the_run)
{
    start("kill -KILL $PPID; sleep 1000");
    find(0);
    UNTIL(n_fails > 0);
    ck_assert_str_eq(failure, "the helper process that starts programs has ended");
    ck_assert(!is_misuse);
    delivery_stop(delivery, true);
    expect_over(0, 1);
    ck_assert(!is_noted(0));
}
END_TEST

/* ---- stopping ---- */

START_TEST(when_the_run_is_stopped_running_programs_end_and_no_others_start)
{
    start(WAIT_FOR_GO);
    for (unsigned i = 0; i < 4; i++)
        find(i);
    UNTIL(n_lines == 2);
    delivery_stop(delivery, false);
    find(4);
    UNTIL(delivery_waiting(delivery) == 2);
    write_text("go", "");
    expect_over(2, 3);
    ck_assert_uint_eq(n_lines, 2);
    ck_assert_uint_eq(n_fails + n_warnings, 0);
    ck_assert_int_eq(is_noted(0) + is_noted(1) + is_noted(2) + is_noted(3) + is_noted(4), 2);
    ck_assert(!scratch_has(".imgfetch/00003.open"));
}
END_TEST

START_TEST(a_program_that_fails_while_the_run_stops_is_not_started_again)
{
    start(WAIT_FOR_GO "exit 1");
    find(0);
    UNTIL(n_lines == 1);
    delivery_stop(delivery, false);
    write_text("go", "");
    expect_over(0, 1);
    ck_assert_uint_eq(n_lines, 1);
    ck_assert_uint_eq(n_fails, 0);
}
END_TEST

START_TEST(a_run_that_is_aborted_kills_its_programs)
{
    start(WAIT_FOR_GO);
    find(0);
    UNTIL(n_lines == 1);
    delivery_stop(delivery, true);
    expect_over(0, 1);
    ck_assert(!is_noted(0));
    ck_assert_uint_eq(n_fails, 0);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, a_closed_shard_is_delivered_and_that_is_noted);
    tcase_add_test(t, shards_that_this_run_has_closed_count_at_once);
    tcase_add_test(t, two_programs_run_at_once);
    tcase_add_test(t, a_shard_is_locked_while_it_is_delivered);
    tcase_add_test(t, a_shard_that_another_run_has_is_waited_for);
    tcase_add_test(t, a_shard_that_another_run_has_opened_again_is_not_delivered);
    tcase_add_test(t, what_is_delivered_can_be_removed);
    tcase_add_test(t, what_was_delivered_by_earlier_runs_is_removed);
    tcase_add_test(t, a_program_that_fails_is_started_again_later_and_later);
    tcase_add_test(t, a_program_that_succeeds_at_last_has_delivered);
    tcase_add_test(t, a_program_that_takes_too_long_is_killed_and_has_failed);
    tcase_add_test(t, a_program_that_crashes_has_failed);
    tcase_add_test(t, a_shard_without_its_files_is_not_delivered);
    tcase_add_test(t, a_delivery_that_cannot_be_noted_ends_the_run);
    tcase_add_test(t, the_end_of_the_helper_ends_the_run);
    tcase_add_test(t, when_the_run_is_stopped_running_programs_end_and_no_others_start);
    tcase_add_test(t, a_program_that_fails_while_the_run_stops_is_not_started_again);
    tcase_add_test(t, a_run_that_is_aborted_kills_its_programs);
}

int main(void)
{
    return test_main("delivery", add);
}
