#include "audit/survey_inside.h"
#include "audit/test_survey.h"
#include "base/mem.h"

static void complete(unsigned shard)
{
    char name[40];
    snprintf(name, sizeof name, "%05u_stats.json", shard);
    scratch_write(name, "{}", 2);
}

START_TEST(rows_are_summed_up)
{
    put_row(0, 0, "",
        ",\"bytes\":1000,\"format\":\"png\",\"width\":20,\"height\":30,"
        "\"started\":\"1970-01-01T00:00:10.000Z\",\"ms\":{\"total\":1000.0}");
    put_row(0, 1, "",
        ",\"bytes\":3000,\"format\":\"png\",\"width\":20,\"height\":30,"
        "\"started\":\"1970-01-01T00:00:10.000Z\",\"ms\":{\"total\":2000.0}");
    put_row(0, 2, "http_error",
        ",\"http_status\":404,\"message\":\"HTTP 404\","
        "\"started\":\"1970-01-01T00:00:09.000Z\",\"finished\":\"1970-01-01T00:00:14.500Z\","
        "\"ms\":{\"total\":2000.0}"); /* the last of several attempts */
    end_manifest("manifest/00000.jsonl");
    complete(0);
    put_row(1, 0, "timeout", ",\"message\":\"no answer\"");
    put_row(1, 1, "", ",\"bytes\":7,\"format\":\"jpeg\"");
    end_manifest("manifest/00001.jsonl");
    complete(1);
    look();
    ck_assert_uint_eq(survey->shards, 2);
    ck_assert_uint_eq(survey->complete, 2);
    ck_assert(!survey->is_written);
    ck_assert_uint_eq(survey->rows, 5);
    ck_assert_uint_eq(survey->not_rows, 0);
    ck_assert_uint_eq(survey->bytes, 4007);
    ck_assert_uint_eq(survey->by_code[ERR_OK], 3);
    ck_assert_uint_eq(survey->by_code[ERR_HTTP_ERROR], 1);
    ck_assert_uint_eq(survey->by_status[404], 1);
    ck_assert_str_eq(survey->examples[ERR_TIMEOUT].message.text, "no answer");
    ck_assert_str_eq(survey->examples[ERR_HTTP_ERROR].url.text, "http://h2.test/2.jpg");
    ck_assert_uint_eq(survey->latency.n, 3);
    ck_assert_uint_eq(survey->sizes.n, 3);
    ck_assert_uint_eq(survey->pixels.n, 2);
    ck_assert_uint_eq(survey->formats.n, 2);
    ck_assert_str_eq(survey->formats.at[0].name, "png");
    ck_assert_uint_eq(survey->formats.at[0].n, 2);
    ck_assert_int_eq(survey->time.first, 9000);
    ck_assert_int_eq(survey->time.last, 14500);
    ck_assert_uint_eq(survey->time.cells[survey->time.n - 1].failed, 1);
    ck_assert_uint_eq(survey->thumbs, 0);
}
END_TEST

START_TEST(a_duplicate_row_has_no_bytes_and_no_latency)
{
    say("{\"key\":\"000000000\",\"url\":\"http://a/\",\"error\":null,\"bytes\":50,"
        "\"duplicate_of\":\"000000007\",\"ms\":{\"total\":5.0},"
        "\"thumbs\":[{\"path\":\"thumbs/256/a.jpg\",\"bytes\":5}]}\n");
    end_manifest("manifest/00000.jsonl");
    look();
    ck_assert_uint_eq(survey->rows, 1);
    ck_assert_uint_eq(survey->duplicates, 1);
    ck_assert_uint_eq(survey->bytes, 0);
    ck_assert_uint_eq(survey->latency.n, 0);
    ck_assert_uint_eq(survey->thumbs, 0);
}
END_TEST

START_TEST(reused_rows_are_counted)
{
    put_row(0, 0, "", ",\"bytes\":7,\"reused\":true");
    put_row(0, 1, "", ",\"bytes\":7,\"reused\":false");
    put_row(0, 2, "", ",\"bytes\":7");
    end_manifest("manifest/00000.jsonl");
    look();
    ck_assert_uint_eq(survey->rows, 3);
    ck_assert_uint_eq(survey->reused, 1);
}
END_TEST

START_TEST(the_last_row_of_a_key_counts_while_a_shard_is_open)
{
    put_row(0, 1, "timeout", "");
    put_row(0, 0, "timeout", "");
    put_row(0, 1, "", "");
    say("{\"key\":\"000000000\",\"url\":"); /* torn */
    end_manifest("manifest/00000.jsonl");
    look();
    ck_assert_uint_eq(survey->complete, 0);
    ck_assert_uint_eq(survey->rows, 2);
    ck_assert_uint_eq(survey->by_code[ERR_OK], 1);
    ck_assert_uint_eq(survey->by_code[ERR_TIMEOUT], 1);
    ck_assert_uint_eq(survey->not_rows, 1);
}
END_TEST

START_TEST(lines_of_others_are_counted_and_nothing_else)
{
    static const char *const lines[] = {"", "x", "null", "{\"key\":\"000000000\"}",
        "{\"key\":\"000010000\",\"url\":\"http://a/\",\"error\":null,\"thumbs\":[]}",
        "{\"key\":\"000000004\",\"error\":null,\"thumbs\":[]}",
        "{\"key\":\"000000001\",\"url\":\"http://a/\",\"error\":\"no_such\",\"thumbs\":[]}",
        "{\"key\":\"0000012345678\",\"url\":\"http://a/\",\"error\":null,\"thumbs\":[]}",
        "{\"key\":\"00000999999999\",\"url\":\"http://a/\",\"error\":null,\"thumbs\":[]}",
        "{\"key\":\"000009999999999999\",\"url\":\"http://a/\",\"error\":null,\"thumbs\":[]}"};
    size_t n = sizeof lines / sizeof *lines;
    for (size_t i = 0; i < n; i++)
        say("%s\n", lines[i]);
    ck_assert(buf_append(&manifest, "{\"key\":\"000000002\"\0\n", 20));
    put_row(0, 3, "", "");
    end_manifest("manifest/00000.jsonl");
    scratch_mkdir("manifest/00001.jsonl");
    look();
    ck_assert_uint_eq(survey->rows, 1);
    ck_assert_uint_eq(survey->not_rows, n + 1);
    ck_assert_uint_eq(survey->shards, 2);
    ck_assert_uint_eq(survey->unreadable, 1);
}
END_TEST

START_TEST(a_line_without_end_is_passed_over)
{
    enum { LONG = 5 << 20 };
    static char text[LONG];
    memset(text, 'x', sizeof text);
    put_row(0, 0, "", "");
    ck_assert(buf_append(&manifest, text, sizeof text));
    say("\n");
    put_row(0, 1, "", "");
    ck_assert(buf_append(&manifest, text, sizeof text));
    end_manifest("manifest/00000.jsonl");
    look();
    ck_assert_uint_eq(survey->rows, 2);
    ck_assert_uint_eq(survey->not_rows, 2);
}
END_TEST

START_TEST(impossible_numbers_do_no_harm)
{
    put_row(0, 0, "",
        ",\"bytes\":9223372036854775807,\"width\":9223372036854775807,"
        "\"height\":9223372036854775807,\"ms\":{\"total\":1e308},"
        "\"started\":\"9999-99-99T99:99:99.999Z\","
        "\"format\":\"a name that is longer than that of any format\"");
    put_row(0, 1, "",
        ",\"bytes\":-5,\"width\":-5,\"height\":0,\"ms\":{\"total\":-1},"
        "\"started\":\"0000-00-00T00:00:00.000Z\"");
    put_row(0, 2, "", ",\"started\":\"1970-01-01T00:00:00.000Z\"");
    end_manifest("manifest/00000.jsonl");
    look();
    ck_assert_uint_eq(survey->rows, 3);
    ck_assert_uint_eq(survey->bytes, 0);
    ck_assert_uint_eq(survey->formats.n, 0);
    ck_assert_uint_eq(survey->pixels.n, 0);
    ck_assert_uint_le(survey->time.n, SURVEY_CELLS);
}
END_TEST

/* ---- failing hosts ---- */

START_TEST(the_hosts_that_fail_most_come_first)
{
    for (unsigned host = 0; host < 30; host++)
        for (unsigned i = 0; i <= host; i++)
            say("{\"key\":\"00000%04u\",\"url\":\"http://H%u.test:81/%u\",\"error\":\"%s\","
                "\"message\":\"m\",\"thumbs\":[]}\n",
                host * 30 + i, host, i, i ? "timeout" : "stalled");
    say("{\"key\":\"000009999\",\"url\":\"ftp://x/\",\"error\":\"bad_url\",\"thumbs\":[]}\n");
    end_manifest("manifest/00000.jsonl");
    look();
    ck_assert_uint_eq(survey->rows, 466);
    ck_assert_uint_eq(survey->failing_hosts, 30);
    ck_assert_uint_eq(survey->n_hosts, SURVEY_HOSTS);
    ck_assert_str_eq(survey->hosts[0].name, "h29.test");
    ck_assert_uint_eq(survey->hosts[0].n, 30);
    ck_assert_uint_eq(survey->hosts[0].by_code[ERR_TIMEOUT], 29);
    ck_assert_uint_eq(survey->hosts[19].n, 11);
    ck_assert_str_eq(survey->hosts[19].example.url.text, "http://H10.test:81/0");
    ck_assert_uint_eq(survey->failed_elsewhere, 55 + 1);
    ck_assert(!survey->more_hosts);
}
END_TEST

START_TEST(hosts_beyond_the_table_are_counted_as_others)
{
    unsigned n = SURVEY_HOSTS_KNOWN + 50;
    for (unsigned i = 0; i < n; i++)
        say("{\"key\":\"00000%05u\",\"url\":\"http://h%u.test/\",\"error\":\"timeout\","
            "\"thumbs\":[]}\n",
            i, i);
    end_manifest("manifest/00000.jsonl");
    look();
    ck_assert(survey->more_hosts);
    ck_assert_uint_eq(survey->failing_hosts, SURVEY_HOSTS_KNOWN);
    ck_assert_uint_eq(survey->failed_elsewhere, n - SURVEY_HOSTS);
}
END_TEST

START_TEST(a_long_text_is_cut_between_two_characters)
{
    char text[3 * SURVEY_TEXT_MAX + 1];
    struct survey_text t = {0};
    for (unsigned i = 0; i < SURVEY_TEXT_MAX; i++)
        memcpy(text + 3 * i, "\xe2\x82\xac", 3);
    text[3 * SURVEY_TEXT_MAX] = '\0';
    survey_keep_text(&t, text);
    ck_assert(t.is_cut);
    ck_assert_uint_eq(strlen(t.text), SURVEY_TEXT_MAX / 3 * 3);
    free(t.text);
}
END_TEST

/* ---- time ---- */

START_TEST(cells_widen_until_all_rows_fit_and_none_is_lost)
{
    static const int64_t steps[] = {1, 99, 1000, 60000, 86400000};
    for (size_t k = 0; k < sizeof steps / sizeof *steps; k++)
        for (int backwards = 0; backwards < 2; backwards++) {
            struct survey_time t = {0};
            const struct survey_cell row = {.rows = 1, .failed = 1, .bytes = 10};
            uint64_t rows = 0, bytes = 0;
            for (int i = 0; i < 5000; i++) {
                int64_t when = 1000000000000 + steps[k] * (backwards ? 5000 - i : i);
                survey_add_time(&t, when, when, &row);
            }
            ck_assert_uint_le(t.n, SURVEY_CELLS);
            for (unsigned i = 0; i < t.n; i++) {
                rows += t.cells[i].rows;
                bytes += t.cells[i].bytes;
            }
            ck_assert_uint_eq(rows, 5000);
            ck_assert_uint_eq(bytes, 50000);
            ck_assert_int_le(t.low * t.width, t.first);
            ck_assert_int_gt((t.low + t.n) * t.width, t.last);
        }
}
END_TEST

#define STATS(times)                                                                               \
    "{\"list_sha256\":\"0000000000000000000000000000000000000000000000000000000000000000\","       \
    "\"status_dict\":{\"success\":1}," times "}"

static void put_stats(unsigned shard, const char *text)
{
    char name[40];
    snprintf(name, sizeof name, "%05u_stats.json", shard);
    scratch_write(name, text, strlen(text));
}

/* Rows are decoded and stored after their last attempt. */
START_TEST(the_time_includes_that_in_which_shards_were_written)
{
    put_row(0, 0, "",
        ",\"started\":\"1970-01-01T00:00:09.000Z\",\"finished\":\"1970-01-01T00:00:09.500Z\"");
    end_manifest("manifest/00000.jsonl");
    put_stats(0, STATS("\"start_time\":9.250,\"end_time\":12.125"));
    look();
    ck_assert_int_eq(survey->time.first, 9000);
    ck_assert_int_eq(survey->time.last, 12125);
    ck_assert_uint_eq(survey->time.n, 1);
}
END_TEST

START_TEST(a_row_that_ends_before_it_starts_ends_with_its_attempt)
{
    put_row(0, 0, "",
        ",\"started\":\"1970-01-01T00:00:07.000Z\",\"finished\":\"1970-01-01T00:00:05.000Z\","
        "\"ms\":{\"total\":500.0}");
    end_manifest("manifest/00000.jsonl");
    look();
    ck_assert_int_eq(survey->time.first, 7000);
    ck_assert_int_eq(survey->time.last, 7500);
}
END_TEST

START_TEST(stats_files_with_impossible_times_do_no_harm)
{
    static const char *const times[] = {STATS("\"start_time\":-5.0,\"end_time\":3.0"),
        STATS("\"start_time\":5.0,\"end_time\":3.0"),
        STATS("\"start_time\":5.0,\"end_time\":1e300"),
        STATS("\"start_time\":null,\"end_time\":[]"), "{", ""};
    char *large = mem_new(1 << 20);
    memset(large, ' ', (1 << 20) - 1);
    memcpy(large, STATS("\"start_time\":1.0,\"end_time\":2.0"),
        strlen(STATS("\"start_time\":1.0,\"end_time\":2.0")));
    unsigned n = sizeof times / sizeof *times;
    for (unsigned i = 0; i < n; i++)
        put_stats(i, times[i]);
    put_stats(n, large);
    free(large);
    look();
    ck_assert_uint_eq(survey->complete, n + 1);
    ck_assert(!survey->time.is_known);
}
END_TEST

/* ---- the last run ---- */

START_TEST(what_the_last_run_noted_is_kept)
{
    static const char run[] = "{\"command\":\"imgfetch -t 64\",\"program\":\"imgfetch 1\","
                              "\"machine\":\"2 cores\",\"started\":\"2026\"}",
                      made[] = "{\"quality\":\"85\",\"caption-col\":\"\",\"x\":7,\"thumb\":\"64\"}";
    scratch_write(".imgfetch/run.json", run, strlen(run));
    scratch_write(".imgfetch/options.json", made, strlen(made));
    look();
    ck_assert_str_eq(survey->run.command.text, "imgfetch -t 64");
    ck_assert_str_eq(survey->run.program.text, "imgfetch 1");
    ck_assert_str_eq(survey->run.machine.text, "2 cores");
    ck_assert_str_eq(survey->run.started.text, "2026");
    ck_assert_str_eq(survey->run.options.text, "quality=85, thumb=64");
}
END_TEST

START_TEST(notes_of_others_do_no_harm)
{
    static const char *const notes[] = {
        "", "{", "[]", "null", "{\"command\":7,\"machine\":{},\"program\":null}"};
    for (size_t i = 0; i < sizeof notes / sizeof *notes; i++) {
        scratch_write(".imgfetch/run.json", notes[i], strlen(notes[i]));
        scratch_write(".imgfetch/options.json", notes[i], strlen(notes[i]));
        look();
        ck_assert_ptr_null(survey->run.command.text);
        ck_assert_ptr_null(survey->run.options.text);
        survey_free(survey);
    }
    char *large = mem_new(1 << 21);
    memset(large, 'x', (1 << 21) - 1);
    memcpy(large, "{\"command\":\"", 12);
    scratch_write(".imgfetch/run.json", large, (1 << 21) - 1);
    free(large);
    look();
    ck_assert_ptr_null(survey->run.command.text);
}
END_TEST

/* ---- directories ---- */

START_TEST(a_directory_without_rows_is_an_empty_survey)
{
    look();
    ck_assert_uint_eq(survey->shards, 0);
    ck_assert_uint_eq(survey->rows, 0);
    ck_assert_int_eq(survey->time.width, 0);
}
END_TEST

START_TEST(another_directory_is_refused)
{
    char message[SURVEY_MESSAGE_SIZE];
    ck_assert_int_eq(unlinkat(scratch_dir, ".imgfetch/lock", 0), 0);
    ck_assert_ptr_null(survey_dir(scratch_path, message));
    ck_assert_ptr_nonnull(strstr(message, "not an imgfetch output directory"));
    ck_assert_ptr_null(survey_dir("/nowhere/at/all", message));
    ck_assert_str_eq(message, "/nowhere/at/all: No such file or directory");
}
END_TEST

START_TEST(a_manifest_that_is_a_link_is_not_read)
{
    char message[SURVEY_MESSAGE_SIZE];
    put_row(0, 0, "", "");
    end_manifest("elsewhere.jsonl");
    ck_assert_int_eq(symlinkat("../elsewhere.jsonl", scratch_dir, "manifest/00000.jsonl"), 0);
    look();
    ck_assert_uint_eq(survey->unreadable, 1);
    ck_assert_uint_eq(survey->rows, 0);
    ck_assert_int_eq(renameat(scratch_dir, "manifest", scratch_dir, "elsewhere"), 0);
    ck_assert_int_eq(symlinkat("elsewhere", scratch_dir, "manifest"), 0);
    ck_assert_ptr_null(survey_dir(scratch_path, message));
    ck_assert_ptr_nonnull(strstr(message, "/manifest: manifest is a symbolic link"));
}
END_TEST

START_TEST(a_picture_that_many_urls_of_a_host_gave_is_named)
{
#define SHA "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    for (unsigned i = 0; i < 3 * 12; i++) /* twelve URLs of each of three hosts */
        put_row(0, i, i % 3 ? "" : "http_error", ",\"format\":\"png\",\"sha256\":\"" SHA "\"");
    for (unsigned i = 0; i < 20; i++) { /* no hash; and always the same URL */
        put_row(0, 100 + 3 * i, "", ",\"format\":\"png\",\"sha256\":\"" SHA "0\"");
        say("{\"key\":\"00000%u\",\"url\":\"http://h0.test/\",\"error\":null,\"format\":\"png\","
            "\"sha256\":\"" SHA "\",\"duplicate_of\":null,\"thumbs\":[]}\n",
            4000 + i);
        put_row(0, 200 + 3 * i, "", ",\"format\":\"png\",\"sha256\":\"abc\"");
        put_row(0, 300 + 3 * i, "", ",\"sha256\":\"" SHA "\"");
    }
    put_row(0, 40, "", ",\"format\":\"png\",\"sha256\":\"" SHA "\"");
    end_manifest("manifest/00000.jsonl");
    look();
    ck_assert_uint_eq(survey->n_same, 2);
    ck_assert_str_eq(survey->same[0].host, "h1.test");
    ck_assert_uint_eq(survey->same[0].n, 13);
    ck_assert_str_eq(survey->same[0].sha256, SHA);
    ck_assert_uint_eq(survey->same[1].n, 12);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, rows_are_summed_up);
    tcase_add_test(t, a_duplicate_row_has_no_bytes_and_no_latency);
    tcase_add_test(t, reused_rows_are_counted);
    tcase_add_test(t, a_picture_that_many_urls_of_a_host_gave_is_named);
    tcase_add_test(t, the_last_row_of_a_key_counts_while_a_shard_is_open);
    tcase_add_test(t, lines_of_others_are_counted_and_nothing_else);
    tcase_add_test(t, a_line_without_end_is_passed_over);
    tcase_add_test(t, impossible_numbers_do_no_harm);
    tcase_add_test(t, the_hosts_that_fail_most_come_first);
    tcase_add_test(t, hosts_beyond_the_table_are_counted_as_others);
    tcase_add_test(t, a_long_text_is_cut_between_two_characters);
    tcase_add_test(t, cells_widen_until_all_rows_fit_and_none_is_lost);
    tcase_add_test(t, the_time_includes_that_in_which_shards_were_written);
    tcase_add_test(t, a_row_that_ends_before_it_starts_ends_with_its_attempt);
    tcase_add_test(t, what_the_last_run_noted_is_kept);
    tcase_add_test(t, notes_of_others_do_no_harm);
    tcase_add_test(t, stats_files_with_impossible_times_do_no_harm);
    tcase_add_test(t, a_directory_without_rows_is_an_empty_survey);
    tcase_add_test(t, another_directory_is_refused);
    tcase_add_test(t, a_manifest_that_is_a_link_is_not_read);
}

int main(void)
{
    return test_main("survey", add);
}
