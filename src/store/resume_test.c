#include "store/test_resume.h"

START_TEST(without_files_no_row_is_done)
{
    ck_assert_int_eq(load_resume(SHARD_SIZE), 0);
    ck_assert(!resume.closed);
    expect_done("");
    load(); /* an empty manifest */
    expect_done("");
}
END_TEST

START_TEST(a_closed_shard_is_done_and_its_rows_are_not_read)
{
    write_stats();
    scratch_write(manifest, "garbage\n", 8);
    ck_assert_int_eq(load_resume(SHARD_SIZE), 0);
    ck_assert(resume.closed);
    ck_assert_uint_eq(resume.rows, 8);
    ck_assert_uint_eq(resume.tally.by_code[ERR_OK], 6);
    ck_assert_uint_eq(resume.tally.by_code[ERR_TIMEOUT], 2);
    ck_assert_uint_eq(resume.bytes, 0);
    ck_assert_uint_eq(strspn(resume.fingerprint, "f"), 64);
    for (uint32_t pos = 0; pos < SHARD_SIZE; pos++)
        ck_assert(resume_is_done(&resume, pos));
    expect_file(manifest, "garbage\n");
}
END_TEST

START_TEST(a_stats_file_that_is_not_ours_is_refused)
{
    static const char *const texts[] = {"{}", "{\"count\":3,\"successes\":3}", "\xff"};
    for (int i = 0; i < 3; i++) {
        scratch_write(stats, texts[i], strlen(texts[i]));
        ck_assert_int_eq(load_resume(SHARD_SIZE), -EBADMSG);
        ck_assert_ptr_nonnull(strstr(message, stats));
        ck_assert(!resume.closed);
        expect_file(stats, texts[i]);
    }
}
END_TEST

/* A run that looks at the shard again closes it. */
START_TEST(a_torn_stats_file_opens_its_shard_and_goes)
{
    write_stats();
    char *text = scratch_read(stats);
    add_row(0, ERR_TIMEOUT);
    add_row(1, ERR_DNS_NOT_FOUND);
    for (size_t len = 0; len < strlen(text); len += 20) {
        scratch_write(stats, text, len);
        load();
        ck_assert(resume.torn);
        expect_done("01");
        ck_assert(!scratch_has(stats));
    }
    free(text);
}
END_TEST

START_TEST(a_file_that_cannot_be_read_is_an_error_with_its_name)
{
    scratch_mkdir(manifest);
    ck_assert_int_eq(load_resume(SHARD_SIZE), -EISDIR);
    ck_assert_str_eq(message, "manifest/00003.jsonl: Is a directory");
    scratch_mkdir(stats);
    ck_assert_int_eq(load_resume(SHARD_SIZE), -EISDIR);
    ck_assert_str_eq(message, "00003_stats.json: Is a directory");
}
END_TEST

START_TEST(rows_of_an_open_shard_are_counted_in_whatever_order_they_stand)
{
    scratch_write("images/4.jpg", "12345", 5);
    scratch_write("images/9.jpg", "1234567", 7);
    add_row_with_files(9, 7, 0);
    add_row(0, ERR_DNS_NOT_FOUND);
    add_row_with_files(4, 5, 0);
    add_row(7, ERR_BAD_URL);
    add_row(8, ERR_BAD_URL);
    load();
    expect_done("04789");
    ck_assert_uint_eq(resume.tally.by_code[ERR_OK], 2);
    ck_assert_uint_eq(resume.tally.by_code[ERR_DNS_NOT_FOUND], 1);
    ck_assert_uint_eq(resume.tally.by_code[ERR_BAD_URL], 2);
    ck_assert_uint_eq(resume.bytes, 12);
    expect_untouched();
}
END_TEST

START_TEST(a_torn_last_line_is_cut_off_wherever_it_is_torn)
{
    add_row(0, ERR_TIMEOUT);
    add_row(1, ERR_TIMEOUT);
    size_t whole = rows.len;
    add_row(2, ERR_TIMEOUT);
    for (size_t len = rows.len; len >= whole; len--) {
        bool is_torn = len < rows.len;
        rows.len = len;
        load();
        expect_done(is_torn ? "01" : "012");
        ck_assert_int_eq(scratch_size(manifest), (int64_t)(is_torn ? whole : len));
    }
}
END_TEST

START_TEST(a_shard_of_nothing_but_a_torn_line_begins_anew)
{
    add_row(0, ERR_TIMEOUT);
    for (rows.len--; rows.len > 0; rows.len--) {
        load();
        expect_done("");
        ck_assert_int_eq(scratch_size(manifest), 0);
    }
}
END_TEST

START_TEST(the_last_row_of_a_key_counts)
{
    scratch_write("images/1.jpg", "12345", 5);
    scratch_write("images/2.jpg", "12345", 5);
    add_row(1, ERR_TIMEOUT);
    add_row_with_files(2, 5, 0);
    add_row_with_files(1, 5, 0);
    add_row(2, ERR_TIMEOUT);
    load();
    expect_done("12");
    ck_assert_uint_eq(resume.tally.by_code[ERR_OK], 1);
    ck_assert_uint_eq(resume.tally.by_code[ERR_TIMEOUT], 1);
    ck_assert_uint_eq(resume.bytes, 5);
    add_row_with_files(1, 6, 0); /* a wrong size: the good row before it no longer counts */
    load();
    expect_done("2");
}
END_TEST

START_TEST(a_row_is_trusted_only_if_its_files_exist_with_their_sizes)
{
    for (uint32_t pos = 0; pos < SHARD_SIZE; pos++)
        add_row_with_files(pos, 5, 3);
    const struct {
        const char *image, *thumb;
    } files[SHARD_SIZE] = {
        {"12345", "123"},
        {NULL, "123"},
        {"12345", NULL},
        {"1234", "123"}, /* as after a power cut */
        {"", "123"},
        {"12345", ""},
        {"123456", "123"},
        {"12345", "1234"},
        {NULL, NULL},
        {"54321", "321"},
    };
    for (int pos = 0; pos < SHARD_SIZE; pos++) {
        char path[32];
        snprintf(path, sizeof path, "images/%d.jpg", pos);
        if (files[pos].image)
            scratch_write(path, files[pos].image, strlen(files[pos].image));
        snprintf(path, sizeof path, "thumbs/%d.jpg", pos);
        if (files[pos].thumb)
            scratch_write(path, files[pos].thumb, strlen(files[pos].thumb));
    }
    load();
    expect_done("09");
    ck_assert_uint_eq(resume.bytes, 10);
    expect_untouched();
}
END_TEST

/* It may still be whole, so its row is not fetched again. */
START_TEST(a_row_whose_file_cannot_be_read_ends_the_loading)
{
    add_row_with_files(1, 0, 0);
    add_row_with_files(2, 5, 0);
    scratch_write(manifest, rows.data, rows.len);
    ck_assert_int_eq(unlinkat(scratch_dir, "images", AT_REMOVEDIR), 0);
    ck_assert_int_eq(symlinkat("images", scratch_dir, "images"), 0);
    ck_assert_int_lt(load_resume(SHARD_SIZE), 0);
    ck_assert_ptr_nonnull(strstr(message, "images/2.jpg: "));
}
END_TEST

START_TEST(whole_lines_that_are_no_rows_are_not_done_but_do_not_stop_the_reading)
{
    add_text(BEGIN "0" URL ",\"err\n"); /* a torn line, with another one appended to it */
    add_text(BEGIN "1" URL "}\n");
    add_text(BEGIN "2" URL ",\"error\":null}\n"); /* no list of thumbnails */
    add_text(BEGIN "3" URL ",\"error\":\"new code\",\"thumbs\":[]}\n");
    add_text(BEGIN "4" URL ",\"error\":7,\"thumbs\":[]}\n");
    add_text(BEGIN "5" URL ",\"error\":null,\"thumbs\":[],\"path\":\"images\"}\n"); /* no size */
    add_text(BEGIN "6\",\"error\":null,\"thumbs\":[]}\n");                          /* no URL */
    add_text(BEGIN "7" URL ",\"index\":37,\"error\":null,\"thumbs\":[]}\n");
    load();
    expect_done("7");
    expect_untouched();
}
END_TEST

START_TEST(garbage_behind_whole_rows_is_cut_off)
{
    add_row(0, ERR_TIMEOUT);
    add_row(1, ERR_TIMEOUT);
    size_t whole = rows.len;
    char zeros[100] = "";
    ck_assert(buf_append(&rows, zeros, sizeof zeros));
    add_text("\nnoise\n");
    load();
    expect_done("01");
    ck_assert_int_eq(scratch_size(manifest), (int64_t)whole);
}
END_TEST

START_TEST(a_manifest_that_is_not_ours_is_refused_and_left_alone)
{
    static const char *const lines[] = {
        "\n", "url,width,height\n", "{\"url\":\"http://a/\"}\n",
        "{\"key\":\"000020000\",\"error\":\"timeout\",\"thumbs\":[]}\n", /* of shard 2 */
    };
    for (int i = 0; i < 4; i++) {
        rows.len = 0;
        add_text(lines[i]);
        expect_refused(SHARD_SIZE);
    }
}
END_TEST

START_TEST(another_width_of_the_key_is_refused)
{
    static const uint32_t sizes[] = {100000, 1000000, 10000000};
    add_row(0, ERR_TIMEOUT);
    add_row(1, ERR_TIMEOUT);
    for (int i = 0; i < 3; i++)
        expect_refused(sizes[i]);
}
END_TEST

/* If they were taken for torn lines, a wrong option would cut off hours of work. */
START_TEST(a_smaller_shard_size_is_refused_and_cuts_off_nothing)
{
    for (uint32_t pos = 0; pos < SHARD_SIZE; pos++)
        add_row(pos, ERR_TIMEOUT);
    expect_refused(SHARD_SIZE / 2);
}
END_TEST

/* Also of a line of which nothing else can be read. */
START_TEST(a_place_behind_the_shards_last_one_is_refused)
{
    add_text("{\"key\":\"000030009\",\n");
    load();
    add_text("{\"key\":\"000030010\",\n");
    expect_refused(SHARD_SIZE);
}
END_TEST

/* The same shard and position are then another row of the list. */
START_TEST(rows_of_another_shard_size_are_refused_by_their_index)
{
    add_row(0, ERR_TIMEOUT);
    expect_refused(2 * SHARD_SIZE);
    rows.len = 0;
    add_text(BEGIN "7" URL ",\"error\":null,\"thumbs\":[]}\n"); /* it has none */
    expect_refused(SHARD_SIZE);
}
END_TEST

START_TEST(a_done_row_knows_its_url_and_others_do_not)
{
    add_row(1, ERR_TIMEOUT);
    add_row_with_files(2, 5, 0); /* which are not there */
    add_row(4, ERR_TIMEOUT);
    load();
    ck_assert(!resume_differs(&resume, 1, "http://a/"));
    ck_assert(resume_differs(&resume, 1, "http://A/"));
    ck_assert(resume_differs(&resume, 1, "http://a/x"));
    ck_assert(!resume_differs(&resume, 2, "http://b/"));
    ck_assert(!resume_differs(&resume, 0, "http://b/"));
    ck_assert(!resume_differs(&resume, UINT32_MAX, "http://b/"));
}
END_TEST

START_TEST(a_shard_reaches_as_far_as_its_last_done_row)
{
    ck_assert(!resume_reaches(&resume, 0));
    add_row(1, ERR_TIMEOUT);
    add_row(4, ERR_TIMEOUT);
    add_row_with_files(6, 5, 0); /* which are not there */
    load();
    for (uint32_t pos = 0; pos < 2 * SHARD_SIZE; pos++)
        ck_assert_int_eq(resume_reaches(&resume, pos), pos <= 4);
    write_stats();
    resume_fini(&resume);
    ck_assert_int_eq(load_resume(SHARD_SIZE), 0);
    ck_assert(!resume_reaches(&resume, 0)); /* a closed shard has its fingerprint for that */
    ck_assert(!resume_differs(&resume, 0, "http://b/"));
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, without_files_no_row_is_done);
    tcase_add_test(t, a_closed_shard_is_done_and_its_rows_are_not_read);
    tcase_add_test(t, a_stats_file_that_is_not_ours_is_refused);
    tcase_add_test(t, a_torn_stats_file_opens_its_shard_and_goes);
    tcase_add_test(t, a_file_that_cannot_be_read_is_an_error_with_its_name);
    tcase_add_test(t, rows_of_an_open_shard_are_counted_in_whatever_order_they_stand);
    tcase_add_test(t, a_torn_last_line_is_cut_off_wherever_it_is_torn);
    tcase_add_test(t, a_shard_of_nothing_but_a_torn_line_begins_anew);
    tcase_add_test(t, the_last_row_of_a_key_counts);
    tcase_add_test(t, a_row_is_trusted_only_if_its_files_exist_with_their_sizes);
    tcase_add_test(t, a_row_whose_file_cannot_be_read_ends_the_loading);
    tcase_add_test(t, whole_lines_that_are_no_rows_are_not_done_but_do_not_stop_the_reading);
    tcase_add_test(t, garbage_behind_whole_rows_is_cut_off);
    tcase_add_test(t, a_manifest_that_is_not_ours_is_refused_and_left_alone);
    tcase_add_test(t, another_width_of_the_key_is_refused);
    tcase_add_test(t, a_smaller_shard_size_is_refused_and_cuts_off_nothing);
    tcase_add_test(t, a_place_behind_the_shards_last_one_is_refused);
    tcase_add_test(t, rows_of_another_shard_size_are_refused_by_their_index);
    tcase_add_test(t, a_done_row_knows_its_url_and_others_do_not);
    tcase_add_test(t, a_shard_reaches_as_far_as_its_last_done_row);
}

int main(void)
{
    return test_main("resume", add);
}
