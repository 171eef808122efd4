#include "manifest/rowstats.h"
#include "base/test.h"
#include "manifest/row.h"
#include "manifest/statsfile.h"

#include <stdio.h>
#include <string.h>

static struct rowstats *stats;

static void set_up(void)
{
    stats = rowstats_new();
}

static void tear_down(void)
{
    rowstats_free(stats);
}

static void add(const char *line)
{
    rowstats_add_lines(stats, line, strlen(line));
}

START_TEST(a_suffix_is_what_the_owner_has_registered)
{
    static const char *const hosts[][2] = {{"www.example.com", "example.com"},
        {"example.com", "example.com"}, {"a.b.c.example.co.uk", "example.co.uk"},
        {"co.uk", "co.uk"}, {"com.br", "com.br"}, {"x.com.br", "x.com.br"},
        {"img.example.de", "example.de"}, {"co.example.com", "example.com"},
        {"www.co.com", "co.com"}, {"localhost", "localhost"}, {"127.0.0.1", "127.0.0.1"},
        {"[::1]", "[::1]"}, {"a.xn--p1ai", "a.xn--p1ai"}, {".com", ".com"},
        {"a.blogspot.com", "blogspot.com"}};
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++)
        ck_assert_str_eq(rowstats_suffix(hosts[i][0]), hosts[i][1]);
}
END_TEST

static unsigned bin_of(enum rowstats_what what)
{
    unsigned found = ROWSTATS_BINS;
    for (unsigned i = 0; i < ROWSTATS_BINS; i++)
        if (stats->bins[what][i]) {
            ck_assert_uint_eq(stats->bins[what][i], 1);
            ck_assert_uint_eq(found, ROWSTATS_BINS);
            found = i;
        }
    return found;
}

static void expect_bins(unsigned width, unsigned height, double side, double aspect)
{
    char line[600];
    sprintf(line,
        "{\"key\":\"000000000\",\"url\":\"http://a.test/\",\"error\":null,\"format\":\"png\","
        "\"bytes\":%u,\"sha256\":null,\"width\":%u,\"height\":%u,\"thumbs\":[],"
        "\"duplicate_of\":null}\n",
        width, width, height);
    rowstats_free(stats);
    stats = rowstats_new();
    add(line);
    ck_assert_double_eq(rowstats_edges[ROWSTATS_SIDE][bin_of(ROWSTATS_SIDE)], side);
    ck_assert_double_eq(rowstats_edges[ROWSTATS_ASPECT][bin_of(ROWSTATS_ASPECT)], aspect);
}

START_TEST(a_bin_has_its_beginning_and_not_its_end)
{
    expect_bins(256, 256, 256, 0.8);
    expect_bins(255, 256, 128, 0.8);
    expect_bins(256, 255, 128, 0.8);
    expect_bins(1, 1, 0, 0.8);
    expect_bins(5, 4, 0, 1.25);
    expect_bins(4, 5, 0, 0.8);
    expect_bins(399, 500, 256, 0.67);
    expect_bins(4096, 65535, 4096, 0);
    expect_bins(65535, 4096, 4096, 4);
}
END_TEST

START_TEST(bins_have_names_for_people)
{
    char name[ROWSTATS_BIN_SIZE];
    ck_assert_str_eq(rowstats_bin_name(ROWSTATS_ASPECT, 0, name), "below 0.25");
    ck_assert_str_eq(rowstats_bin_name(ROWSTATS_ASPECT, 3, name), "0.67 to 0.8");
    ck_assert_str_eq(rowstats_bin_name(ROWSTATS_SIDE, 8, name), "4096 and more");
    ck_assert_str_eq(rowstats_bin_name(ROWSTATS_BYTES, 5, name), "256 KiB to 1 MiB");
    for (int what = 0; what < ROWSTATS_N; what++)
        ck_assert_ptr_null(rowstats_bin_name((enum rowstats_what)what, 9, name));
}
END_TEST

/* Rows of one shard, some of which have to be parsed. */
static void add_shard(void)
{
    add("{\"key\":\"000000000\",\"url\":\"http://www.a.test/1\",\"error\":null,\"format\":\"png\","
        "\"bytes\":1023,\"width\":640,\"height\":480,\"thumbs\":[],\"duplicate_of\":null}\n"
        "{\"key\":\"000000001\",\"url\":\"http://b.a.test/"
        "\\\"2\",\"error\":null,\"format\":\"jpeg\","
        "\"bytes\":1024,\"width\":480,\"height\":640,\"thumbs\":[],\"duplicate_of\":\"000000000\"}"
        "\n"
        "{\"key\":\"000000002\",\"url\":\"http://c.test/\",\"error\":\"timeout\",\"format\":null,"
        "\"bytes\":null,\"width\":null,\"height\":null,\"thumbs\":[],\"duplicate_of\":null}\n"
        "{\"url\":\"http://c.test/3\",\"duplicate_of\":null,\"thumbs\":[],\"error\":\"bad_url\"}\n"
        "{\"key\":\"000000004\",\"url\":\"ftp://c.test/\",\"error\":\"bad_url\",\"thumbs\":[]}\n"
        "{\"key\":\"000000005\",\"url\":\"http://c.test/\",\"error\":\"nonsense\",\"thumbs\":[]}\n"
        "\nno row\n{\"key\":\"000000006\"}\n{\"key\":\"000000007\",\"url\":\"http://a.te");
}

START_TEST(rows_are_counted_whether_they_are_parsed_or_not)
{
    struct rowstats_suffix top[ROWSTATS_TOP];
    struct rowstats_count others;
    add_shard();
    ck_assert_uint_eq(stats->by_code[ERR_OK], 2);
    ck_assert_uint_eq(stats->by_code[ERR_TIMEOUT], 1);
    ck_assert_uint_eq(stats->by_code[ERR_BAD_URL], 2);
    ck_assert_uint_eq(stats->duplicates, 1);
    ck_assert_uint_eq(stats->without_host, 1);
    ck_assert_uint_eq(stats->n_formats, 2);
    ck_assert_uint_eq(stats->bins[ROWSTATS_BYTES][0], 1);
    ck_assert_uint_eq(stats->bins[ROWSTATS_BYTES][1], 1);
    ck_assert_uint_eq(stats->bins[ROWSTATS_SIDE][4], 2);
    ck_assert_uint_eq(rowstats_top(stats, top, &others), 2);
    ck_assert_str_eq(top[0].name, "a.test");
    ck_assert_uint_eq(top[0].count.successes, 2);
    ck_assert_str_eq(top[1].name, "c.test");
    ck_assert_uint_eq(top[1].count.rows, 2);
    ck_assert_uint_eq(top[1].count.successes, 0);
    ck_assert_uint_eq(others.rows, 0);
}
END_TEST

/* A value that looks like a field has escapes; columns and thumbnails come later. */
START_TEST(only_the_row_itself_is_counted)
{
    add("{\"key\":\"000000000\",\"url\":\"http://a.test/"
        ",\\\"error\\\":\\\"timeout\\\"\",\"error\":null,"
        "\"message\":\",\\\"format\\\":\\\"gif\\\"\",\"format\":\"png\",\"bytes\":5,\"width\":1,"
        "\"height\":1,\"thumbs\":[{\"bytes\":9000,\"width\":64,\"height\":64}],\"duplicate_of\":"
        "null,"
        "\"caption\":null,\"format\":\"webp\"}\n");
    ck_assert_uint_eq(stats->by_code[ERR_OK], 1);
    ck_assert_str_eq(stats->formats[0].name, "png");
    ck_assert_uint_eq(stats->bins[ROWSTATS_BYTES][0], 1);
    ck_assert_uint_eq(stats->bins[ROWSTATS_SIDE][0], 1);
}
END_TEST

/* What the writer of rows makes needs no parsing: a row that only looks like one of these is read
 * all the same. */
START_TEST(a_written_row_is_counted_as_its_parsed_one)
{
    struct row_writer *w = row_writer_new((struct job_digits){5, 4}, NULL, NULL);
    struct job *j = job_new();
    const char *why;
    size_t len;
    j->source = strdup("http://img.a.test/");
    ck_assert(!url_parse(j->source, strlen(j->source), &j->request.url, &why));
    j->bytes = 70000;
    j->image = (struct job_image){.format = "jpeg", .width = 2000, .height = 500};
    row_writer_add_hash(w, JOB_HASH_MD5);
    const char *line = row_write(w, j, &len);
    rowstats_add_lines(stats, line, len);
    char *text = strndup(line, len - 1);
    struct manifest_row row;
    struct rowstats *parsed = rowstats_new();
    ck_assert(manifest_row_parse(text, &row));
    rowstats_add(parsed, &row);
    ck_assert_mem_eq(parsed->by_code, stats->by_code, sizeof stats->by_code);
    ck_assert_mem_eq(parsed->bins, stats->bins, sizeof stats->bins);
    ck_assert_mem_eq(parsed->formats, stats->formats, sizeof stats->formats);
    ck_assert_uint_eq(stats->bins[ROWSTATS_BYTES][4], 1);
    ck_assert_uint_eq(stats->bins[ROWSTATS_ASPECT][8], 1);
    manifest_row_fini(&row);
    rowstats_free(parsed);
    free(text);
    job_free(j, NULL);
    row_writer_free(w);
}
END_TEST

static void add_hosts(const char *format, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        char line[200], name[40];
        sprintf(name, format, i);
        sprintf(line,
            "{\"key\":\"000000000\",\"url\":\"http://x.%s/\",\"error\":%s,\"thumbs\":[]}\n", name,
            i % 2 ? "null" : "\"timeout\"");
        add(line);
    }
}

START_TEST(the_suffixes_with_most_rows_are_told)
{
    struct rowstats_suffix top[ROWSTATS_TOP];
    struct rowstats_count others;
    add_hosts("h%u.test", 30);
    add_hosts("b.test", 3);
    add_hosts("a.test", 3);
    ck_assert_uint_eq(rowstats_top(stats, top, &others), ROWSTATS_TOP);
    ck_assert_str_eq(top[0].name, "a.test");
    ck_assert_str_eq(top[1].name, "b.test");
    ck_assert_uint_eq(top[1].count.rows, 3);
    ck_assert_uint_eq(top[1].count.successes, 1);
    ck_assert_str_eq(top[2].name, "h0.test");
    ck_assert_str_eq(top[3].name, "h1.test");
    ck_assert_str_eq(top[4].name, "h10.test");
    ck_assert_uint_eq(others.rows, 12);
}
END_TEST

START_TEST(more_suffixes_than_there_is_room_for_are_counted_together)
{
    struct rowstats_suffix top[ROWSTATS_TOP];
    struct rowstats_count others;
    add_hosts("h%u.test", ROWSTATS_SUFFIXES);
    add_hosts("n%u.test", 100);
    add_hosts("h7.test", 2);
    ck_assert_uint_eq(stats->others.rows, 100);
    ck_assert_uint_eq(stats->others.successes, 50);
    ck_assert_uint_eq(rowstats_top(stats, top, &others), ROWSTATS_TOP);
    ck_assert_str_eq(top[0].name, "h7.test");
    ck_assert_uint_eq(top[0].count.rows, 3);
    ck_assert_uint_eq(others.rows, ROWSTATS_SUFFIXES + 100 - (ROWSTATS_TOP - 1) - 1);
}
END_TEST

START_TEST(the_stats_file_has_them)
{
    struct statsfile file = {.start_time = 1, .end_time = 2, .rows = stats};
    struct buf text = {0};
    add_shard();
    memset(file.fingerprint, 'a', sizeof file.fingerprint - 1);
    ck_assert(statsfile_format(&file, &text) && buf_append(&text, "", 1));
    static const char *const parts[] = {"\"class_dict\": {\n        \"success\": 2,\n        "
                                        "\"list\": 2,\n        \"timeout\": 1\n",
        "\"duplicates\": 1,", "\"formats\": {\n        \"jpeg\": 1,\n        \"png\": 1\n",
        "\"body_bytes\": {\n        \"0\": 1,\n        \"1024\": 1\n",
        "\"shorter_side\": {\n        \"256\": 2\n",
        "\"aspect_ratio\": {\n        \"0.67\": 1,\n        \"1.25\": 1\n",
        "\"a.test\": {\n            \"count\": 2,\n            \"successes\": 2\n",
        "\"other_host_suffixes\": {\n        \"count\": 0,"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        ck_assert_msg(strstr((char *)text.data, parts[i]), "%s\n%s", parts[i], text.data);
    ck_assert(statsfile_parse((char *)text.data, &file));
    buf_fini(&text);
}
END_TEST

static void add_tests(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, a_suffix_is_what_the_owner_has_registered);
    tcase_add_test(t, a_bin_has_its_beginning_and_not_its_end);
    tcase_add_test(t, bins_have_names_for_people);
    tcase_add_test(t, rows_are_counted_whether_they_are_parsed_or_not);
    tcase_add_test(t, only_the_row_itself_is_counted);
    tcase_add_test(t, a_written_row_is_counted_as_its_parsed_one);
    tcase_add_test(t, the_suffixes_with_most_rows_are_told);
    tcase_add_test(t, more_suffixes_than_there_is_room_for_are_counted_together);
    tcase_add_test(t, the_stats_file_has_them);
}

int main(void)
{
    return test_main("rowstats", add_tests);
}
