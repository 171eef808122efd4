#include "cmd/imgfetch/options/shardopt.h"

#include "base/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct shards shards;

/* Returns "I/N", "A-B", or what is wrong. */
static const char *read_as(const char *value)
{
    static char text[64];
    const char *why = shardopt_shards(value, &shards);
    if (why)
        return why;
    snprintf(text, sizeof text, shards.kind == SHARDS_TASK ? "%u/%u" : "%u-%u", shards.a, shards.b);
    return text;
}

static void expect_error(const char *value, const char *part)
{
    const char *why = read_as(value);
    ck_assert_msg(strstr(why, part) != NULL, "--shard=%s: %s", value, why);
}

/* Sets only these variables: name, value, ..., NULL. */
static void with_variables(const char *const *pairs)
{
    clearenv();
    for (; *pairs; pairs += 2)
        setenv(pairs[0], pairs[1], 1);
}
#define WITH(...) with_variables((const char *const[]){__VA_ARGS__, NULL})
#define SLURM(id, min, max, step, count)                                                           \
    "SLURM_ARRAY_TASK_ID", id, "SLURM_ARRAY_TASK_MIN", min, "SLURM_ARRAY_TASK_MAX", max,           \
        "SLURM_ARRAY_TASK_STEP", step, "SLURM_ARRAY_TASK_COUNT", count

START_TEST(a_task_and_a_range_are_read)
{
    ck_assert_str_eq(read_as("0/1"), "0/1");
    ck_assert_str_eq(read_as("3/16"), "3/16");
    ck_assert_str_eq(read_as("999999999/1000000000"), "999999999/1000000000");
    ck_assert_str_eq(read_as("3-7"), "3-7");
    ck_assert_str_eq(read_as("4-4"), "4-4");
    ck_assert_str_eq(read_as("5-"), "5-1000000000");
}
END_TEST

START_TEST(what_is_neither_says_why)
{
    static const char *const nonsense[] = {"", "3", "/", "1/", "/2", "1/2/3", "-1/2", "1/-2",
        "1-2-3", "-", "-3", "x", "1 /2", "+1/2", "0x1/2", "1000000001/1000000002", "auto/",
        "auto/0", "auto/x", "auto/3x", "automatic", "99999999999999999999/3"};
    for (size_t i = 0; i < sizeof nonsense / sizeof *nonsense; i++)
        expect_error(nonsense[i], "must be I/N");
    expect_error("4/4", "there is no task 4 of 4: tasks are numbered from 0");
    expect_error("0/0", "there is no task 0 of 0");
    expect_error("7-3", "ends before it begins");
}
END_TEST

START_TEST(a_slurm_array_counts_from_anywhere_in_any_step)
{
    WITH(SLURM("3", "0", "7", "1", "8"));
    ck_assert_str_eq(read_as("auto"), "3/8");
    WITH(SLURM("1", "1", "8", "1", "8"));
    ck_assert_str_eq(read_as("auto"), "0/8");
    WITH(SLURM("22", "10", "22", "4", "4"));
    ck_assert_str_eq(read_as("auto"), "3/4");
    ck_assert_str_eq(read_as("auto/4"), "3/4");
    WITH(SLURM("7", "7", "7", "1", "1"));
    ck_assert_str_eq(read_as("auto"), "0/1");
}
END_TEST

START_TEST(a_slurm_array_with_gaps_is_refused)
{
    WITH(SLURM("7", "1", "7", "1", "3")); /* 1,3,7 */
    expect_error("auto", "gaps");
    WITH(SLURM("8", "1", "7", "2", "4"));
    expect_error("auto", "gaps");
    WITH(SLURM("1", "1", "7", "0", "4"));
    expect_error("auto", "gaps");
    WITH(SLURM("5", "5", "5", "1", "1")); /* one task of an array of 8, alone */
    expect_error("auto/8", "Slurm says there are 1 tasks");
    WITH(SLURM("5", "5", "5", "1", "0"));
    expect_error("auto", "does not say");
}
END_TEST

START_TEST(kubernetes_tells_the_index_but_not_the_count)
{
    WITH("JOB_COMPLETION_INDEX", "0");
    ck_assert_str_eq(read_as("auto/5"), "0/5");
    expect_error("auto", "Kubernetes does not say how many tasks there are; give auto/N");
    WITH("JOB_COMPLETION_INDEX", "5");
    expect_error("auto/5", "there is no task 5 of 5");
}
END_TEST

START_TEST(aws_batch_and_open_mpi_tell_both)
{
    WITH("AWS_BATCH_JOB_ARRAY_INDEX", "9", "AWS_BATCH_JOB_ARRAY_SIZE", "10");
    ck_assert_str_eq(read_as("auto"), "9/10");
    WITH("OMPI_COMM_WORLD_RANK", "1", "OMPI_COMM_WORLD_SIZE", "4");
    ck_assert_str_eq(read_as("auto"), "1/4");
    expect_error("auto/3", "Open MPI says there are 4 tasks");
}
END_TEST

START_TEST(no_scheduler_two_or_a_broken_one_are_told)
{
    WITH("PATH", "/bin");
    expect_error("auto", "not running as an array task");
    expect_error("auto/3", "not running as an array task");
    WITH("OMPI_COMM_WORLD_RANK", "1", "JOB_COMPLETION_INDEX", "4");
    expect_error("auto", "both JOB_COMPLETION_INDEX and OMPI_COMM_WORLD_RANK are set");
    WITH("AWS_BATCH_JOB_ARRAY_INDEX", "9");
    expect_error("auto", "AWS_BATCH_JOB_ARRAY_SIZE is not set");
    WITH("AWS_BATCH_JOB_ARRAY_INDEX", "", "AWS_BATCH_JOB_ARRAY_SIZE", "3");
    expect_error("auto", "AWS_BATCH_JOB_ARRAY_INDEX is not a number");
    WITH("SLURM_ARRAY_TASK_ID", "1", "SLURM_ARRAY_TASK_COUNT", "4");
    expect_error("auto", "SLURM_ARRAY_TASK_MIN is not set");
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, a_task_and_a_range_are_read);
    tcase_add_test(t, what_is_neither_says_why);
    tcase_add_test(t, a_slurm_array_counts_from_anywhere_in_any_step);
    tcase_add_test(t, a_slurm_array_with_gaps_is_refused);
    tcase_add_test(t, kubernetes_tells_the_index_but_not_the_count);
    tcase_add_test(t, aws_batch_and_open_mpi_tell_both);
    tcase_add_test(t, no_scheduler_two_or_a_broken_one_are_told);
}

int main(void)
{
    return test_main("shardopt", add);
}
