#include "audit/doneshard.h"
#include "base/test_scratch.h"

#define ROW(pos, url, error, path)                                                                 \
    "{\"key\":\"00001000" pos "\",\"url\":\"" url "\",\"error\":" error                            \
    ",\"bytes\":3,\"path\":" path ",\"thumbs\":[]}\n"
#define OK ROW("0", "http://a/", "null", "\"images/00001/000010000.jpg\"")
#define FAILED ROW("2", "http://c/", "\"http_error\"", "null")

static struct doneshard_conf conf;
static struct doneshard shard;

static void set_up(void)
{
    scratch_make();
    scratch_mkdir("manifest");
    scratch_mkdir("images");
    scratch_mkdir("images/00001");
    scratch_write("images/00001/000010000.jpg", "abc", 3);
    conf = (struct doneshard_conf){scratch_dir, SHARDFILES_MANIFEST, 10, {5, 4}};
}

static void tear_down(void)
{
    doneshard_fini(&shard);
    scratch_remove();
}

static void write_text(const char *name, const char *text)
{
    scratch_write(name, text, strlen(text));
}

static void load(void)
{
    doneshard_fini(&shard);
    ck_assert_int_eq(doneshard_load(&conf, 1, &shard), 0);
}

static void write_stats(void)
{
    struct statsfile stats = {.start_time = 1, .end_time = 2};
    struct buf text = {0};
    memset(stats.fingerprint, 'a', STATSFILE_FINGERPRINT_SIZE - 1);
    stats.tally.by_code[ERR_OK] = 3;
    ck_assert(statsfile_format(&stats, &text));
    scratch_write("00001_stats.json", text.data, text.len);
    buf_fini(&text);
}

START_TEST(without_a_directory_or_files_nothing_is_done)
{
    load();
    ck_assert(!shard.closed);
    ck_assert_int_eq(doneshard_code(&shard, 0), -1);
    conf.dir = -1;
    write_text("manifest/00001.jsonl", OK);
    load();
    ck_assert_int_eq(doneshard_code(&shard, 0), -1);
    ck_assert(!doneshard_differs(&shard, 0, "http://a/"));
}
END_TEST

START_TEST(rows_have_their_outcome_and_their_url)
{
    write_text("manifest/00001.jsonl", FAILED OK);
    load();
    ck_assert_int_eq(doneshard_code(&shard, 0), ERR_OK);
    ck_assert_int_eq(doneshard_code(&shard, 1), -1);
    ck_assert_int_eq(doneshard_code(&shard, 2), ERR_HTTP_ERROR);
    ck_assert_int_eq(doneshard_code(&shard, 10), -1);
    ck_assert(!doneshard_differs(&shard, 0, "http://a/"));
    ck_assert(doneshard_differs(&shard, 0, "http://b/"));
    ck_assert(!doneshard_differs(&shard, 1, "http://b/"));
}
END_TEST

START_TEST(the_last_row_of_a_key_counts_and_a_torn_one_does_not)
{
    write_text("manifest/00001.jsonl",
        OK ROW("0", "http://a/", "\"timeout\"", "null") "{\"key\":\"000010002\"");
    load();
    ck_assert_int_eq(doneshard_code(&shard, 0), ERR_TIMEOUT);
    ck_assert_int_eq(doneshard_code(&shard, 2), -1);
}
END_TEST

START_TEST(a_row_whose_file_is_gone_or_cut_is_not_done)
{
    write_text("manifest/00001.jsonl", OK);
    scratch_write("images/00001/000010000.jpg", "ab", 2);
    load();
    ck_assert_int_eq(doneshard_code(&shard, 0), -1);
    ck_assert_int_eq(unlinkat(scratch_dir, "images/00001/000010000.jpg", 0), 0);
    load();
    ck_assert_int_eq(doneshard_code(&shard, 0), -1);
    write_stats(); /* of a closed shard no file is looked at */
    load();
    ck_assert_int_eq(doneshard_code(&shard, 0), ERR_OK);
}
END_TEST

START_TEST(all_rows_of_a_closed_shard_are_done)
{
    write_text("manifest/00001.jsonl", FAILED);
    write_stats();
    load();
    ck_assert(shard.closed);
    ck_assert_int_eq(doneshard_code(&shard, 0), ERR_OK);
    ck_assert_int_eq(doneshard_code(&shard, 2), ERR_HTTP_ERROR);
    ck_assert_int_eq(doneshard_code(&shard, 3), -1); /* the list has grown */
    ck_assert(!doneshard_differs(&shard, 0, "http://a/"));
}
END_TEST

START_TEST(a_torn_stats_file_closes_nothing)
{
    write_text("00001_stats.json", "");
    load();
    ck_assert(!shard.closed);
}
END_TEST

START_TEST(what_is_of_somebody_else_is_told)
{
    write_text("manifest/00001.jsonl", "{\"key\":\"000000000\"}\n");
    ck_assert_int_eq(doneshard_load(&conf, 1, &shard), -EBADMSG);
    write_text("manifest/00001.jsonl", "");
    write_text("00001_stats.json", "[]");
    ck_assert_int_eq(doneshard_load(&conf, 1, &shard), -EBADMSG);
}
END_TEST

/* Nothing else is there of a delivered shard. */
START_TEST(without_a_manifest_the_outcomes_are_those_of_the_stats_file)
{
    struct statsfile stats = {.start_time = 1, .end_time = 2};
    struct buf text = {0};
    memset(stats.fingerprint, 'f', sizeof stats.fingerprint - 1);
    stats.tally.by_code[ERR_OK] = 2;
    stats.tally.by_code[ERR_TIMEOUT] = 1;
    ck_assert(statsfile_format(&stats, &text));
    scratch_write("00001_stats.json", text.data, text.len);
    buf_fini(&text);
    load();
    ck_assert(!shard.is_sent);
    scratch_mkdir(".imgfetch");
    write_text(".imgfetch/00001.sent", "");
    load();
    ck_assert(shard.is_sent);
    ck_assert_int_eq(doneshard_code(&shard, 0), ERR_OK);
    ck_assert_int_eq(doneshard_code(&shard, 1), ERR_OK);
    ck_assert_int_eq(doneshard_code(&shard, 2), ERR_TIMEOUT);
    ck_assert_int_eq(doneshard_code(&shard, 3), -1);
}
END_TEST

static void add_tests(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, without_a_directory_or_files_nothing_is_done);
    tcase_add_test(t, rows_have_their_outcome_and_their_url);
    tcase_add_test(t, the_last_row_of_a_key_counts_and_a_torn_one_does_not);
    tcase_add_test(t, a_row_whose_file_is_gone_or_cut_is_not_done);
    tcase_add_test(t, all_rows_of_a_closed_shard_are_done);
    tcase_add_test(t, a_torn_stats_file_closes_nothing);
    tcase_add_test(t, what_is_of_somebody_else_is_told);
    tcase_add_test(t, without_a_manifest_the_outcomes_are_those_of_the_stats_file);
}

int main(void)
{
    return test_main("doneshard", add_tests);
}
