#include "base/mem.h"
#include "feed/test_feeder.h"
#include "manifest/row.h"

/* The same URL in three shards, and twice in each of the first two. */
static const char twice[] = "http://a/\nhttp://b/\nhttp://A/#x\n"
                            "http://a/\nno url\nhttp://a/\n"
                            "http://b/\nno url\n";

static void set_up(void)
{
    feeder_set_up();
    conf.shard_size = 3;
    have_resume();
}

START_TEST(a_row_knows_the_first_one_of_its_url_in_the_shard)
{
    expect_events(twice, "[0 0 1 2=0 ]0:3 [1 3 4! 5=3 ]1:3 [2 6 7! ]2:2 .");
}
END_TEST

START_TEST(where_bodies_are_compared_too_urls_are_within_each_shard)
{
    conf.dedupe = DEDUPE_CONTENT;
    expect_events(twice, "[0 0 1 2=0 ]0:3 [1 3 4! 5=3 ]1:3 [2 6 7! ]2:2 .");
}
END_TEST

START_TEST(a_row_knows_the_first_one_of_its_url_in_the_run)
{
    conf.dedupe = DEDUPE_RUN;
    expect_events(twice, "[0 0 1 2=0 ]0:3 [1 3=0 4! 5=0 ]1:3 [2 6=1 7! ]2:2 .");
}
END_TEST

START_TEST(without_dedupe_no_row_is_a_duplicate)
{
    conf.dedupe = DEDUPE_OFF;
    expect_events(twice, "[0 0 1 2 ]0:3 [1 3 4! 5 ]1:3 [2 6 7! ]2:2 .");
}
END_TEST

START_TEST(a_duplicate_has_the_shard_and_position_of_the_first_row)
{
    conf.dedupe = DEDUPE_RUN;
    scratch_write("list", twice, sizeof twice - 1);
    open_feeder();
    struct feeder_item item = {0};
    while (item.kind != FEEDER_ROW || item.job->index < 6) {
        job_free(item.job, NULL);
        resume_fini(&item.resume);
        item = take();
    }
    ck_assert_uint_eq(item.job->first->index, 1);
    ck_assert_uint_eq(item.job->first->shard, 0);
    ck_assert_uint_eq(item.job->first->pos, 1);
    job_free(item.job, NULL);
    close_feeder();
}
END_TEST

/* Writes a manifest of shard 0 with only its first row. */
static void write_first_row(void)
{
    struct row_writer *w =
        row_writer_new(job_digits(JOB_SHARD_DIGITS, conf.shard_size), NULL, NULL);
    struct job *j = job_new();
    size_t len;
    j->source = mem_dup("http://a/");
    job_fail(j, ERR_TIMEOUT, "it failed");
    const char *row = row_write(w, j, &len);
    scratch_mkdir("manifest");
    scratch_write("manifest/00000.jsonl", row, len);
    job_free(j, NULL);
    row_writer_free(w);
}

START_TEST(a_done_row_is_the_first_row_of_later_duplicates)
{
    write_first_row();
    expect_events(twice, "[0 1 2=0 ]0:3 [1 3 4! 5=3 ]1:3 [2 6 7! ]2:2 .");
}
END_TEST

/* As a job says it, so does what is quicker than a job: these URLs are one in other spellings, with
 * and without what else tells rows apart. */
START_TEST(rows_that_are_done_or_not_are_told_apart_alike)
{
    static const char rows[] = "url,sum,from\n"
                               "http://a/x,,\n"
                               "http://A:80/b/../x#y,,\n"
                               "http://a/x,,http://p/\n"
                               "http://a/x,,no url\n"
                               "http://a/x,900150983cd24fb0d6963f7d28e17f72,\n"
                               "http://a/x,900150983cd24fb0d6963f7d28e17f73,\n"
                               "http://a/x,no hash,\n";
    static struct columns columns;
    char text[1024];
    columns = (struct columns){.n = COLUMN_KEPT};
    columns.at[COLUMN_URL] = (struct column){"url", 3};
    columns.at[COLUMN_HASH] = (struct column){"sum", 3};
    columns.at[COLUMN_REFERER] = (struct column){"from", 4};
    conf.columns = &columns;
    conf.format = URLLIST_CSV;
    conf.dedupe = DEDUPE_RUN;
    conf.shard_size = 7;
    snprintf(text, sizeof text, "%s%s", rows, strchr(rows, '\n') + 1);
    conf.output = NULL;
    expect_events(text, "[0 0 1=0 2 3=0 4 5 6! ]0:7 [1 7=0 8=0 9=2 10=0 11=4 12=5 13! ]1:7 .");
    close_shard(0, 7, fingerprints[0]);
    have_resume();
    expect_events(text, "[0 [1 7=0 8=0 9=2 10=0 11=4 12=5 13! ]1:7 .");
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, feeder_tear_down);
    tcase_add_test(t, a_row_knows_the_first_one_of_its_url_in_the_shard);
    tcase_add_test(t, where_bodies_are_compared_too_urls_are_within_each_shard);
    tcase_add_test(t, a_row_knows_the_first_one_of_its_url_in_the_run);
    tcase_add_test(t, without_dedupe_no_row_is_a_duplicate);
    tcase_add_test(t, a_duplicate_has_the_shard_and_position_of_the_first_row);
    tcase_add_test(t, rows_that_are_done_or_not_are_told_apart_alike);
    tcase_add_test(t, a_done_row_is_the_first_row_of_later_duplicates);
}

int main(void)
{
    return test_main("feeder_dedupe", add);
}
