#include "cmd/simulate/simulate.h"
#include "base/mem.h"
#include "base/test.h"
#include "pipeline/pipeline.h"

#include <math.h>

static struct simulate_conf conf;
static struct hosts hosts;
static double counts[8];
static struct simulate_result result;

/* A list with so many rows of each host, and a request of one second. */
static void set_up(const double *rows, size_t n)
{
    conf = (struct simulate_conf){.per_host = 2, .latency = 1, .concurrency = 1000, .body = 1000};
    hosts = (struct hosts){.rows = counts, .n = n};
    for (size_t i = 0; i < n; i++) {
        counts[i] = rows[i];
        hosts.total += rows[i];
        if (rows[i] > rows[hosts.widest])
            hosts.widest = i;
    }
}
#define LIST(...)                                                                                  \
    set_up((const double[]){__VA_ARGS__}, sizeof((double[]){__VA_ARGS__}) / sizeof(double))

static void run(size_t size, unsigned tasks, bool split)
{
    uint32_t *sample = hosts_sample(&hosts, size);
    simulate(&conf, &hosts, sample, size, tasks, split, &result);
    free(sample);
}

static void expect_seconds(double seconds)
{
    ck_assert_double_eq_tol(result.seconds, seconds, 1e-3);
}

START_TEST(a_host_takes_as_long_as_its_limit_says)
{
    LIST(9, 1);
    run(10, 1, false);
    expect_seconds(5); /* of nine rows two at once */
    ck_assert_uint_eq(result.at_once, 2);
    ck_assert_double_eq_tol(result.bounds.host, 4.5, 1e-9);
    ck_assert_double_eq(result.bounds.host_rows, 9);
}
END_TEST

START_TEST(a_rate_for_each_host_is_kept)
{
    LIST(9);
    conf.host_rate = 4;
    conf.per_host = 0;
    conf.latency = 0.5;
    run(9, 1, false);
    expect_seconds(8 * 0.25 + 0.5 - 0.02); /* the pace makes up for 20 ms once (fetch/pace.c) */
    ck_assert_double_eq_tol(result.bounds.host, 9 / 4.0, 1e-9);
}
END_TEST

START_TEST(a_task_has_no_more_at_once_than_it_may)
{
    LIST(4, 4, 4);
    conf.concurrency = 4;
    run(12, 1, false);
    expect_seconds(3);
    ck_assert_double_eq_tol(result.bounds.slots, 3, 1e-9);
}
END_TEST

START_TEST(the_line_is_filled_and_no_more)
{
    LIST(100, 100);
    conf.per_host = 0;
    conf.limit_rate = 10000;
    run(200, 1, false);
    expect_seconds(199 * 0.1 + 1);
    ck_assert_double_eq_tol(result.bounds.line, 20, 1e-9);
}
END_TEST

START_TEST(decoders_are_busy_and_no_more)
{
    LIST(100, 100);
    conf.per_host = 0;
    conf.work_rate = 4;
    run(200, 1, false);
    expect_seconds(199 * 0.25 + 1);
    ck_assert_double_eq_tol(result.bounds.work, 50, 1e-9);
}
END_TEST

START_TEST(a_list_in_parts_has_the_limit_of_each_task_at_a_host)
{
    LIST(12);
    run(12, 2, false);
    expect_seconds(3);
    ck_assert_uint_eq(result.at_once, 4);
}
END_TEST

START_TEST(a_split_list_has_one_limit_for_all_tasks)
{
    LIST(12);
    run(12, 2, true);
    expect_seconds(6);
    ck_assert_uint_eq(result.at_once, 2);
}
END_TEST

START_TEST(the_parts_of_a_limit_add_up_to_it)
{
    LIST(12);
    conf.per_host = 5;
    run(12, 3, true);
    expect_seconds(4); /* 2, 2 and 1 at once, with four rows each */
    ck_assert_uint_eq(result.at_once, 5);
}
END_TEST

START_TEST(the_largest_host_may_have_another_limit)
{
    LIST(4, 20, 4);
    conf.widest_per_host = 10;
    run(28, 1, false);
    expect_seconds(2);
    ck_assert_uint_eq(result.at_once, 10);
}
END_TEST

START_TEST(a_rate_is_divided_among_the_lists_that_have_a_host)
{
    LIST(12);
    conf.host_rate = 2;
    conf.latency = 0.5;
    run(12, 2, true);
    expect_seconds(5 + 0.5 - 0.02); /* six rows in each, one a second */
}
END_TEST

START_TEST(a_host_with_less_than_an_equal_share_is_in_one_list)
{
    LIST(8, 8, 8, 8);
    run(32, 2, true);
    expect_seconds(4);
    ck_assert_uint_eq(result.at_once, 2);
}
END_TEST

START_TEST(a_sample_takes_as_long_as_the_list)
{
    LIST(900, 100);
    run(10, 1, false);
    expect_seconds(500);
    ck_assert_double_eq_tol(result.bounds.host, 450, 1e-9);
}
END_TEST

/* The rows of the second host come behind so many of the first that its last one is read only when
 * 101 of these have ended. */
START_TEST(rows_of_a_slow_host_keep_others_from_being_read)
{
    enum { FIRST = PIPELINE_WINDOW + 100, SECOND = PIPELINE_WINDOW + 50, ALL = FIRST + SECOND };
    LIST(FIRST, SECOND);
    conf.per_host = 1;
    uint32_t *sample = mem_array(ALL, sizeof *sample);
    for (size_t i = FIRST; i < ALL; i++)
        sample[i] = 1;
    simulate(&conf, &hosts, sample, ALL, 1, false, &result);
    free(sample);
    expect_seconds(101 + SECOND);
}
END_TEST

static void add_tests(TCase *tcase)
{
    tcase_add_test(tcase, a_host_takes_as_long_as_its_limit_says);
    tcase_add_test(tcase, a_rate_for_each_host_is_kept);
    tcase_add_test(tcase, a_task_has_no_more_at_once_than_it_may);
    tcase_add_test(tcase, the_line_is_filled_and_no_more);
    tcase_add_test(tcase, decoders_are_busy_and_no_more);
    tcase_add_test(tcase, a_list_in_parts_has_the_limit_of_each_task_at_a_host);
    tcase_add_test(tcase, a_split_list_has_one_limit_for_all_tasks);
    tcase_add_test(tcase, the_parts_of_a_limit_add_up_to_it);
    tcase_add_test(tcase, the_largest_host_may_have_another_limit);
    tcase_add_test(tcase, a_rate_is_divided_among_the_lists_that_have_a_host);
    tcase_add_test(tcase, a_host_with_less_than_an_equal_share_is_in_one_list);
    tcase_add_test(tcase, a_sample_takes_as_long_as_the_list);
    tcase_add_test(tcase, rows_of_a_slow_host_keep_others_from_being_read);
}

int main(void)
{
    return test_main("simulate", add_tests);
}
