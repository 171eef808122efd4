#include "store/parquetfile.h"
#include "input/test_parquet.h"
#include "store/test_shard.h"

static const char parquet[] = "manifest/00000.parquet";
static struct parquetfile_conf how_parquet;

/* Two rows, and an engine with this answer. */
static int close_with(const char *bytes, const char *how)
{
    asked = 0;
    answers[0].rows = bytes;
    answers[0].status = how;
    how_parquet = (struct parquetfile_conf){.engine = &given_engine};
    conf.parquet = &how_parquet;
    write_row(1, ERR_OK);
    write_row(0, ERR_TIMEOUT);
    shard->expected = 2;
    memcpy(shard->fingerprint, fingerprint, sizeof fingerprint);
    return shard_close(shard);
}

START_TEST(the_file_is_there_before_the_statistics)
{
    ck_assert_int_eq(close_with("PAR1 rows PAR1", "+"), 0);
    expect_file(parquet, "PAR1 rows PAR1");
    ck_assert(scratch_has(stats));
    ck_assert_uint_eq(asked, 1);
}
END_TEST

START_TEST(every_field_has_its_type)
{
    ck_assert_int_eq(close_with("PAR1", "+"), 0);
    static const char *const parts[] = {
        "COPY (SELECT CAST(json_extract_string(j, '/key') AS VARCHAR) AS \"key\", ",
        "CAST(json_extract_string(j, '/index') AS BIGINT) AS \"index\"",
        "CAST(json_extract_string(j, '/truncated') AS BOOLEAN) AS \"truncated\"",
        "CAST(json_extract(j, '/thumbs') AS STRUCT(spec VARCHAR, ",
        "CAST(json_extract_string(j, '/started') AS TIMESTAMPTZ) AS \"started\"",
        " FROM (SELECT json AS j FROM read_json_objects('/the/file', format = "
        "'newline_delimited'))) "
        "TO '/the/pipe' (FORMAT parquet, COMPRESSION zstd)"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        ck_assert_msg(strstr(asked_sql[0], parts[i]) != NULL, "%s", asked_sql[0]);
}
END_TEST

START_TEST(without_the_file_the_shard_is_not_complete)
{
    ck_assert_int_eq(close_with("PAR1", "-Out of Memory Error: too much"), -EREMOTEIO);
    ck_assert_str_eq(shard->why, "cannot be made: too much");
    ck_assert(!scratch_has(parquet) && !scratch_has(stats));
}
END_TEST

START_TEST(half_a_file_is_none)
{
    ck_assert_int_eq(close_with("PAR1", ""), -EREMOTEIO);
    ck_assert_str_eq(shard->why, "cannot be made: the process (DuckDB) died");
    ck_assert(!scratch_has(parquet) && !scratch_has(stats));
}
END_TEST

START_TEST(the_file_of_another_is_not_replaced)
{
    scratch_write(parquet, "mine", 4);
    ck_assert_int_eq(close_with("PAR1", "+"), -EEXIST);
    expect_file(parquet, "mine");
    ck_assert(!scratch_has(stats));
}
END_TEST

START_TEST(an_error_of_the_engine_is_passed_on)
{
    answers[0].err = -EPIPE;
    ck_assert_int_eq(close_with("", ""), -EPIPE);
    ck_assert(!scratch_has(stats));
}
END_TEST

/* A kill between the file and the statistics: the next run makes it of the rows that are there. */
START_TEST(a_shard_that_is_opened_again_has_none)
{
    ck_assert_int_eq(close_with("PAR1", "+"), 0);
    close_shard();
    ck_assert_int_eq(unlinkat(scratch_dir, stats, 0), 0);
    open_shard();
    ck_assert(!scratch_has(parquet));
    shard->expected = 2;
    asked = 0;
    answers[0].rows = "PAR1 again";
    ck_assert_int_eq(shard_close(shard), 0);
    expect_file(parquet, "PAR1 again");
}
END_TEST

/* Where no row is ours, nothing is. */
START_TEST(a_shard_that_begins_removes_nothing)
{
    close_shard();
    scratch_write(parquet, "mine", 4);
    open_shard();
    ck_assert(scratch_has(parquet));
}
END_TEST

/* DuckDB makes less of rows than they are. */
START_TEST(an_answer_without_end_is_refused)
{
    given_endless = true;
    ck_assert_int_eq(close_with("", ""), -EFBIG);
    ck_assert(!scratch_has(parquet) && !scratch_has(stats));
}
END_TEST

START_TEST(a_file_can_be_removed)
{
    ck_assert_int_eq(parquetfile_remove(&output, 0), 0);
    scratch_write(parquet, "old", 3);
    ck_assert_int_eq(parquetfile_remove(&output, 0), 0);
    ck_assert(!scratch_has(parquet));
    ck_assert_int_eq(parquetfile_kind(SHARDFILES_ROOT_MANIFEST), SHARDFILES_ROOT_PARQUET);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, the_file_is_there_before_the_statistics);
    tcase_add_test(t, every_field_has_its_type);
    tcase_add_test(t, without_the_file_the_shard_is_not_complete);
    tcase_add_test(t, half_a_file_is_none);
    tcase_add_test(t, the_file_of_another_is_not_replaced);
    tcase_add_test(t, an_error_of_the_engine_is_passed_on);
    tcase_add_test(t, a_shard_that_is_opened_again_has_none);
    tcase_add_test(t, a_shard_that_begins_removes_nothing);
    tcase_add_test(t, an_answer_without_end_is_refused);
    tcase_add_test(t, a_file_can_be_removed);
}

int main(void)
{
    return test_main("parquetfile", add);
}
