#include "cmd/imgfetch/status/metrics.h"
#include "base/test.h"

#include <string.h>

static struct metrics m;
static struct pipeline_stats s;
static struct buf text;

static void set_up(void)
{
    m = (struct metrics){.path = "some/r.prom", .backend = "async", .began = 1700000000.5};
    s = (struct pipeline_stats){0};
    text = (struct buf){0};
}

static void tear_down(void)
{
    buf_fini(&text);
}

static void make(bool is_running)
{
    text.len = 0;
    ck_assert(metrics_text(&m, &s, is_running, &text));
    ck_assert(buf_append(&text, "", 1));
}

static void expect(const char *line)
{
    char with_ends[300];
    snprintf(with_ends, sizeof with_ends, "\n%s\n", line);
    ck_assert_msg(strstr((char *)text.data, with_ends), "no %s in\n%s", line, (char *)text.data);
}

START_TEST(rows_are_counted_by_code)
{
    s.tally.by_code[ERR_OK] = 3;
    s.tally.by_code[ERR_TIMEOUT] = 2;
    s.resume.by_code[ERR_OK] = 7;
    make(true);
    expect("# TYPE imgfetch_rows_total counter");
    expect("imgfetch_rows_total{run=\"r\",code=\"success\"} 3");
    expect("imgfetch_rows_total{run=\"r\",code=\"timeout\"} 2");
    expect("imgfetch_rows_of_earlier_runs{run=\"r\"} 7");
    expect("imgfetch_running{run=\"r\"} 1");
    ck_assert_ptr_null(strstr((char *)text.data, "\"stalled\""));
    ck_assert_ptr_null(strstr((char *)text.data, "imgfetch_rows_expected"));
    s.total = (struct rowtotal){.kind = ROWTOTAL_EXACT, .rows = 20};
    make(false);
    expect("imgfetch_rows_expected{run=\"r\"} 20");
    expect("imgfetch_running{run=\"r\"} 0");
}
END_TEST

START_TEST(times_are_histograms)
{
    struct job j = {.ms = {.total = 1500000, .decode = 1000000}};
    struct job first = {.ms = {.total = 0}};
    struct job late = {.ms = {.total = 200ull * 1000000000}};
    struct job duplicate = {.ms = {.total = 1000}, .first = (struct job_first *)&j};
    make(true);
    expect("imgfetch_last_row_time_seconds{run=\"r\"} 1700000000.5");
    metrics_row(&m, &j, 1700000001);
    metrics_row(&m, &first, 1700000002);
    metrics_row(&m, &late, 1700000003);
    metrics_row(&m, &duplicate, 1700000004);
    make(true);
    expect("imgfetch_last_row_time_seconds{run=\"r\"} 1700000004");
    expect("imgfetch_request_seconds_bucket{run=\"r\",le=\"0.001\"} 0");
    expect("imgfetch_request_seconds_bucket{run=\"r\",le=\"0.002\"} 1");
    expect("imgfetch_request_seconds_bucket{run=\"r\",le=\"131.072\"} 1");
    expect("imgfetch_request_seconds_bucket{run=\"r\",le=\"+Inf\"} 2");
    expect("imgfetch_request_seconds_sum{run=\"r\"} 200.0015");
    expect("imgfetch_request_seconds_count{run=\"r\"} 2");
    expect("imgfetch_decode_seconds_bucket{run=\"r\",le=\"0.001\"} 1");
    expect("imgfetch_decode_seconds_count{run=\"r\"} 1");
}
END_TEST

START_TEST(stages_and_shards_are_gauges)
{
    s.waiting = 4;
    s.in_flight = 3;
    s.decoding = 2;
    s.storing = 1;
    s.shards_open = 5;
    s.shards_closed = 6;
    s.delivered = 7;
    s.undelivered = 8;
    s.dns.lookups = 9;
    make(true);
    expect("imgfetch_rows_in_stage{run=\"r\",stage=\"waiting\"} 4");
    expect("imgfetch_rows_in_stage{run=\"r\",stage=\"fetching\"} 3");
    expect("imgfetch_rows_in_stage{run=\"r\",stage=\"decoding\"} 2");
    expect("imgfetch_rows_in_stage{run=\"r\",stage=\"storing\"} 1");
    expect("imgfetch_shards_open{run=\"r\"} 5");
    expect("imgfetch_shards_closed_total{run=\"r\"} 6");
    expect("imgfetch_shards_delivered_total{run=\"r\"} 7");
    expect("imgfetch_shards_undelivered{run=\"r\"} 8");
    expect("imgfetch_dns_lookups_total{run=\"r\"} 9");
}
END_TEST

START_TEST(the_label_of_a_run_is_its_files_name)
{
    static const char *const names[][2] = {{"a", "a"}, {"/x.y/a.b.prom", "a"}, {".a.prom", ".a"},
        {"x/a \"b\\.prom", "a \\\"b\\\\"}, {"x/", ""}, {"a\nb", "a?b"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char line[100];
        m.path = names[i][0];
        make(true);
        snprintf(line, sizeof line, "imgfetch_running{run=\"%s\"} 1", names[i][1]);
        expect(line);
    }
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, rows_are_counted_by_code);
    tcase_add_test(t, times_are_histograms);
    tcase_add_test(t, the_label_of_a_run_is_its_files_name);
    tcase_add_test(t, stages_and_shards_are_gauges);
}

int main(void)
{
    return test_main("metrics", add);
}
