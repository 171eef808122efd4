#include "base/mem.h"
#include "base/utf8.h"
#include "feed/test_feeder.h"
#include "manifest/row.h"

#include <openssl/evp.h>

static void expect_fingerprint(const char *found, const char *lines)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    char hex[STATSFILE_FINGERPRINT_SIZE];
    ck_assert(EVP_Digest(lines, strlen(lines), hash, NULL, EVP_sha256(), NULL));
    for (int i = 0; i < 32; i++)
        sprintf(hex + 2 * i, "%02x", hash[i]);
    ck_assert_str_eq(found, hex);
}

START_TEST(a_fingerprint_is_the_sum_of_the_shards_lines_without_what_is_no_line)
{
    conf.shard_size = 2;
    expect_events(
        "\xef\xbb\xbf# x\nhttp://a/\r\n\n\t http://B/ \nno url\n", "[0 0 1 ]0:2 [1 2! ]1:1 .");
    expect_fingerprint(fingerprints[0], "http://a/\nhttp://B/\n");
    expect_fingerprint(fingerprints[1], "no url\n");
}
END_TEST

START_TEST(a_closed_shard_of_the_same_list_has_no_rows_and_no_end)
{
    conf.shard_size = 2;
    expect_events(FIVE, "[0 0 1 ]0:2 [1 2 3 ]1:2 [2 4 ]2:1 .");
    close_shard(0, 2, fingerprints[0]);
    close_shard(2, 1, fingerprints[2]);
    have_resume();
    expect_events(FIVE, "[0 [1 2 3 ]1:2 [2 .");
}
END_TEST

START_TEST(a_shards_beginning_tells_what_is_done)
{
    read_list(FIVE);
    close_feeder();
    close_shard(0, 5, fingerprints[0]);
    have_resume();
    open_feeder();
    struct feeder_item item = take();
    ck_assert_int_eq(item.kind, FEEDER_SHARD_BEGIN);
    ck_assert(item.resume.closed);
    ck_assert_uint_eq(item.resume.rows, 5);
    ck_assert_uint_eq(item.resume.tally.by_code[ERR_OK], 5);
    ck_assert_ptr_null(item.resume.at);
    close_feeder();
}
END_TEST

static void expect_mismatch(const char *text)
{
    read_list(text);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(last.kind, FEEDER_MISMATCH);
        ck_assert_ptr_nonnull(strstr(last.message, "0000"));
        last = take();
    }
    close_feeder();
}

START_TEST(a_closed_shard_of_another_list_is_a_mismatch)
{
    static const char *const others[] = {
        "http://a/\nhttp://b/\nhttp://x/\n", /* another line */
        "http://b/\nhttp://a/\nhttp://c/\n", /* another order */
        "http://a/\nhttp://b/\n",            /* shorter */
    };
    read_list("http://a/\nhttp://b/\nhttp://c/\n");
    close_feeder();
    close_shard(0, 3, fingerprints[0]);
    have_resume();
    for (int i = 0; i < 3; i++) {
        expect_mismatch(others[i]);
        ck_assert_str_eq(events, "");
    }
}
END_TEST

/* Writes rows of FIVE in shard 0 as an earlier run would. */
static void write_manifest(const uint32_t *positions, int n)
{
    struct row_writer *w =
        row_writer_new(job_digits(JOB_SHARD_DIGITS, conf.shard_size), NULL, NULL);
    struct buf rows = {0};
    for (int i = 0; i < n; i++) {
        struct job *j = job_new();
        size_t len;
        char url[] = "http://?/";
        url[7] = (char)('a' + positions[i]);
        j->source = mem_dup(url);
        j->index = j->pos = positions[i];
        job_fail(j, ERR_TIMEOUT, "it failed");
        const char *row = row_write(w, j, &len);
        ck_assert(buf_append(&rows, row, len));
        job_free(j, NULL);
    }
    scratch_mkdir("manifest");
    scratch_write("manifest/00000.jsonl", rows.data, rows.len);
    buf_fini(&rows);
    row_writer_free(w);
}

START_TEST(rows_that_are_done_are_left_out_and_count_for_the_fingerprint)
{
    expect_events(FIVE, "[0 0 1 2 3 4 ]0:5 .");
    char whole[STATSFILE_FINGERPRINT_SIZE];
    strcpy(whole, fingerprints[0]);
    write_manifest((const uint32_t[]){4, 1, 2}, 3);
    have_resume();
    expect_events(FIVE, "[0 0 3 ]0:5 .");
    ck_assert_str_eq(fingerprints[0], whole);
}
END_TEST

START_TEST(a_shard_whose_rows_are_all_done_still_ends)
{
    conf.shard_size = 2;
    write_manifest((const uint32_t[]){1, 0}, 2);
    have_resume();
    expect_events(FIVE, "[0 ]0:2 [1 2 3 ]1:2 [2 4 ]2:1 .");
}
END_TEST

/* The store would wait forever for a shard of two rows of which three are done. */
START_TEST(an_open_shard_with_rows_beyond_the_list_is_a_mismatch)
{
    write_manifest((const uint32_t[]){0, 1, 2}, 3);
    have_resume();
    expect_mismatch("http://a/\nhttp://b/\n");
    conf.limit = 2;
    expect_mismatch(FIVE);
}
END_TEST

START_TEST(an_open_shard_with_a_row_of_another_url_is_a_mismatch)
{
    write_manifest((const uint32_t[]){2}, 1);
    have_resume();
    expect_events("http://x/\nhttp://y/\nhttp://c/\n", "[0 0 1 ]0:3 .");
    expect_mismatch("http://a/\nhttp://b/\nhttp://C/\n");
    expect_mismatch("http://a/\nhttp://c/\nhttp://b/\nhttp://c/\n");
}
END_TEST

/* The URL has bytes that the row's JSON writes differently. */
START_TEST(a_row_with_unusual_bytes_in_its_url_is_recognised)
{
    static const char text[] = "http:\"\\\x01\xff<\xc3\xa9\xed\xa0\x80>\n";
    read_list(text);
    close_feeder();
    struct job *j = job_new();
    job_fail(j, ERR_BAD_URL, "no scheme");
    j->source = utf8_clean(text, sizeof text - 2);
    struct row_writer *w = row_writer_new((struct job_digits){5, 4}, NULL, NULL);
    size_t len;
    const char *row = row_write(w, j, &len);
    scratch_mkdir("manifest");
    scratch_write("manifest/00000.jsonl", row, len);
    row_writer_free(w);
    job_free(j, NULL);
    have_resume();
    expect_events(text, "[0 ]0:1 .");
}
END_TEST

START_TEST(what_is_not_ours_in_the_output_directory_is_a_mismatch)
{
    scratch_write("00001_stats.json", "{}", 2);
    have_resume();
    conf.shard_size = 2;
    expect_mismatch(FIVE);
    ck_assert_str_eq(events, "[0 0 1 ]0:2 ");
}
END_TEST

START_TEST(what_cannot_be_read_in_the_output_directory_is_an_error)
{
    scratch_mkdir("00001_stats.json");
    have_resume();
    conf.shard_size = 2;
    read_list(FIVE);
    expect_error("[0 0 1 ]0:2 ", "00001_stats.json");
}
END_TEST

/* The store closed it, and the list has more rows since. */
START_TEST(a_closed_shard_that_has_got_more_rows_is_opened)
{
    expect_events("http://a/\nhttp://b/\n", "[0 0 1 ]0:2 .");
    close_shard(0, 2, fingerprints[0]);
    write_manifest((const uint32_t[]){0, 1}, 2);
    have_resume();
    expect_events(FIVE, "[0 2 3 4 ]0:5 .");
    ck_assert(!scratch_has("00000_stats.json"));
    expect_fingerprint(fingerprints[0], "http://a/\nhttp://b/\nhttp://c/\nhttp://d/\nhttp://e/\n");
}
END_TEST

START_TEST(a_closed_shard_of_another_list_does_not_grow)
{
    expect_events("http://a/\nhttp://b/\n", "[0 0 1 ]0:2 .");
    close_shard(0, 2, fingerprints[0]);
    write_manifest((const uint32_t[]){0, 1}, 2);
    have_resume();
    expect_mismatch("http://x/\nhttp://b/\nhttp://c/\n");
    ck_assert(scratch_has("00000_stats.json"));
}
END_TEST

START_TEST(a_closed_shard_that_has_lost_rows_does_not_grow_but_is_opened)
{
    expect_events("http://a/\nhttp://b/\n", "[0 0 1 ]0:2 .");
    close_shard(0, 2, fingerprints[0]);
    write_manifest((const uint32_t[]){1}, 1);
    have_resume();
    read_list(FIVE);
    expect_error("", "run the same command again");
    expect_events(FIVE, "[0 0 2 3 4 ]0:5 .");
}
END_TEST

static void begin_reading(const char *text)
{
    scratch_write("list", text, strlen(text));
    open_feeder();
}

START_TEST(failed_rows_are_done_again_and_know_what_they_were)
{
    static const struct resume_rerun again = {.failed[ERR_TIMEOUT] = true};
    expect_events(FIVE, "[0 0 1 2 3 4 ]0:5 .");
    write_manifest((const uint32_t[]){0, 1, 2, 3, 4}, 5);
    have_resume();
    expect_events(FIVE, "[0 ]0:5 .");
    conf.again = &again;
    expect_events(FIVE, "[0 0 1 2 3 4 ]0:5 .");
    begin_reading(FIVE);
    struct feeder_item item = take();
    ck_assert(item.resume.replaces);
    resume_fini(&item.resume);
    item = take();
    ck_assert_int_eq(item.job->before->err, ERR_TIMEOUT);
    job_free(item.job, NULL);
    close_feeder();
}
END_TEST

START_TEST(a_shard_that_another_process_writes_is_waited_for)
{
    struct resume other;
    have_resume();
    ck_assert_int_eq(resume_load(conf.output, 0, NULL, &other, message), 0);
    begin_reading(FIVE);
    struct feeder_item item = take();
    ck_assert_int_eq(item.kind, FEEDER_WAITS);
    ck_assert_uint_eq(item.shard, 0);
    resume_fini(&other);
    item = take();
    ck_assert_int_eq(item.kind, FEEDER_SHARD_BEGIN);
    resume_fini(&item.resume);
    close_feeder();
    /* Freeing the feeder ends the wait. */
    ck_assert_int_eq(resume_load(conf.output, 0, NULL, &other, message), 0);
    begin_reading(FIVE);
    ck_assert_int_eq(take().kind, FEEDER_WAITS);
    close_feeder();
    resume_fini(&other);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, feeder_set_up, feeder_tear_down);
    tcase_add_test(t, a_fingerprint_is_the_sum_of_the_shards_lines_without_what_is_no_line);
    tcase_add_test(t, a_closed_shard_of_the_same_list_has_no_rows_and_no_end);
    tcase_add_test(t, a_shards_beginning_tells_what_is_done);
    tcase_add_test(t, a_closed_shard_of_another_list_is_a_mismatch);
    tcase_add_test(t, rows_that_are_done_are_left_out_and_count_for_the_fingerprint);
    tcase_add_test(t, a_shard_whose_rows_are_all_done_still_ends);
    tcase_add_test(t, an_open_shard_with_rows_beyond_the_list_is_a_mismatch);
    tcase_add_test(t, an_open_shard_with_a_row_of_another_url_is_a_mismatch);
    tcase_add_test(t, a_row_with_unusual_bytes_in_its_url_is_recognised);
    tcase_add_test(t, what_is_not_ours_in_the_output_directory_is_a_mismatch);
    tcase_add_test(t, what_cannot_be_read_in_the_output_directory_is_an_error);
    tcase_add_test(t, a_closed_shard_that_has_got_more_rows_is_opened);
    tcase_add_test(t, a_closed_shard_of_another_list_does_not_grow);
    tcase_add_test(t, a_closed_shard_that_has_lost_rows_does_not_grow_but_is_opened);
    tcase_add_test(t, failed_rows_are_done_again_and_know_what_they_were);
    tcase_add_test(t, a_shard_that_another_process_writes_is_waited_for);
}

int main(void)
{
    return test_main("feeder_resume", add);
}
