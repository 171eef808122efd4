/* Shards that were delivered and are not here: their statistics count. */
#include "audit/survey_inside.h"
#include "audit/test_survey.h"
#include "base/mem.h"
#include "manifest/statsfile.h"

static void complete(unsigned shard, uint64_t good, uint64_t timeouts)
{
    char name[40];
    struct statsfile stats = {.start_time = 100, .end_time = 110};
    struct buf text = {0};
    memset(stats.fingerprint, 'f', sizeof stats.fingerprint - 1);
    stats.tally.by_code[ERR_OK] = good;
    stats.tally.by_code[ERR_TIMEOUT] = timeouts;
    ck_assert(statsfile_format(&stats, &text));
    snprintf(name, sizeof name, "%05u_stats.json", shard);
    scratch_write(name, text.data, text.len);
    buf_fini(&text);
}

START_TEST(the_statistics_of_delivered_shards_count)
{
    put_row(0, 0, "", ",\"bytes\":1000");
    end_manifest("manifest/00000.jsonl");
    complete(0, 1, 0);
    complete(1, 20, 3);
    scratch_write(".imgfetch/00000.sent", "", 0); /* it is still here */
    scratch_write(".imgfetch/00001.sent", "", 0);
    look();
    ck_assert_uint_eq(survey->shards, 2);
    ck_assert_uint_eq(survey->complete, 2);
    ck_assert_uint_eq(survey->delivered, 1);
    ck_assert_uint_eq(survey->unreadable, 0);
    ck_assert_uint_eq(survey->rows, 24);
    ck_assert_uint_eq(survey->by_code[ERR_OK], 21);
    ck_assert_uint_eq(survey->by_code[ERR_TIMEOUT], 3);
    ck_assert_uint_eq(survey->bytes, 1000);
    ck_assert_int_eq(survey->time.first, 100000);
    ck_assert_int_eq(survey->time.last, 110000);
}
END_TEST

START_TEST(without_the_note_or_statistics_a_manifest_is_missing)
{
    complete(0, 20, 3);
    scratch_write(".imgfetch/00001.sent", "", 0);
    scratch_write("00001_stats.json", "{}", 2);
    complete(2, UINT32_MAX, UINT32_MAX); /* no run has so many */
    scratch_write(".imgfetch/00002.sent", "", 0);
    look();
    ck_assert_uint_eq(survey->shards, 3);
    ck_assert_uint_eq(survey->delivered, 0);
    ck_assert_uint_eq(survey->unreadable, 3);
    ck_assert_uint_eq(survey->rows, 0);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, the_statistics_of_delivered_shards_count);
    tcase_add_test(t, without_the_note_or_statistics_a_manifest_is_missing);
}

int main(void)
{
    return test_main("survey_sent", add);
}
