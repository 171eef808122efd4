#include "cmd/imgfetch/status/figures.h"
#include "base/test.h"

#include <string.h>

static struct pipeline_stats stats;
static struct figures figures;

static void set_up(void)
{
    stats = (struct pipeline_stats){.total = {200000, ROWTOTAL_ABOUT}, .seconds = 35};
    stats.tally.by_code[ERR_OK] = 20000;
    stats.resume.by_code[ERR_OK] = 1000;
    stats.tally.by_code[ERR_DNS_NOT_FOUND] = 97;
    stats.tally.by_code[ERR_HTTP_ERROR] = 500;
    stats.in_flight = 64;
    stats.window = 128;
    stats.outstanding = 70;
    figures = (struct figures){&stats, 1234, 12345678, 131, true, false};
}

typedef void add_parts(const struct figures *, struct fitline *);

static const char *line(add_parts *add, unsigned columns)
{
    static char text[500];
    struct fitline l = {0};
    memset(text, 0, sizeof text);
    FILE *out = fmemopen(text, sizeof text, "w");
    add(&figures, &l);
    fitline_print(&l, columns, false, out);
    fclose(out);
    return text;
}

START_TEST(the_lead_fits_every_width)
{
    ck_assert_str_eq(line(figures_add_lead, 119),
        "[==>                 ]  21,597 of about 200,000  10%  "
        "1,234 rows/s  12.3 MB/s  2:11 left");
    ck_assert_str_eq(line(figures_add_lead, 79),
        "[>       ]  21,597 of about 200,000  10%  1,234 rows/s  12.3 MB/s  2:11 left");
    ck_assert_str_eq(line(figures_add_lead, 39), "[>   ]  21,597/~200,000  10%  2:11 left");
    ck_assert_str_eq(line(figures_add_lead, 29), "21,597/~200,000  10%");
    ck_assert_str_eq(line(figures_add_lead, 19), "10%");
    for (unsigned columns = 0; columns < 130; columns++)
        ck_assert_uint_le(strlen(line(figures_add_lead, columns)), columns);
}
END_TEST

START_TEST(a_total_may_be_exact_or_unknown)
{
    stats.total.kind = ROWTOTAL_EXACT;
    ck_assert_str_eq(line(figures_add_lead, 79),
        "[=>              ]  21,597 of 200,000  10%  1,234 rows/s  12.3 MB/s  2:11 left");
    stats.total = (struct rowtotal){0, ROWTOTAL_UNKNOWN};
    figures.left_s = 0;
    ck_assert_str_eq(
        line(figures_add_lead, 79), "21,597 done  1,234 rows/s  12.3 MB/s  after 35 s");
    stats.total = (struct rowtotal){0, ROWTOTAL_EXACT}; /* an empty list */
    ck_assert_ptr_null(strchr(line(figures_add_lead, 79), '%'));
}
END_TEST

START_TEST(a_hundred_percent_is_all)
{
    stats.total = (struct rowtotal){21598, ROWTOTAL_EXACT};
    ck_assert_ptr_nonnull(strstr(line(figures_add_lead, 79), "  99%  "));
    stats.total.rows = 21597;
    ck_assert_ptr_nonnull(strstr(line(figures_add_lead, 79), "  100%  "));
    stats.total.rows = 20000; /* an estimate that was too low */
    ck_assert_ptr_nonnull(strstr(line(figures_add_lead, 79), "  100%  "));
}
END_TEST

START_TEST(slow_rows_have_a_decimal)
{
    figures.rows_per_s = 0.44;
    ck_assert_ptr_nonnull(strstr(line(figures_add_lead, 119), "  0.4 rows/s  "));
    figures.rows_per_s = 0;
    ck_assert_ptr_nonnull(strstr(line(figures_add_lead, 119), "  0 rows/s  "));
}
END_TEST

START_TEST(a_run_that_stops_has_no_time_left)
{
    figures.is_stopping = true;
    ck_assert_ptr_nonnull(strstr(line(figures_add_lead, 79), "  finishing 70"));
    ck_assert_ptr_null(strstr(line(figures_add_lead, 79), "left"));
}
END_TEST

START_TEST(failures_are_by_class_and_the_most_first)
{
    ck_assert_str_eq(
        line(figures_add_results, 79), "ok 21,000  failed 597  http_error 500  dns_not_found 97");
    ck_assert_str_eq(line(figures_add_results, 39), "ok 21,000  failed 597  http_error 500");
    ck_assert_str_eq(line(figures_add_results, 19), "failed 597");
    for (int e = ERR_OK; e < ERR_COUNT; e++)
        stats.tally.by_code[e] = UINT64_MAX / 100;
    for (unsigned columns = 0; columns < 1000; columns += 7)
        ck_assert_uint_le(
            strlen(line(figures_add_results, columns < 400 ? columns : 400)), columns);
}
END_TEST

START_TEST(queues_are_on_one_line)
{
    ck_assert_str_eq(line(figures_add_queues, FITLINE_ANY),
        "in flight 64 of 128  waiting 0  decoding 0  writing 0  memory 0 B  connections 0  after "
        "35 s");
    ck_assert_str_eq(line(figures_add_queues, 19), "in flight 64");
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, NULL);
    tcase_add_test(t, the_lead_fits_every_width);
    tcase_add_test(t, a_total_may_be_exact_or_unknown);
    tcase_add_test(t, a_hundred_percent_is_all);
    tcase_add_test(t, slow_rows_have_a_decimal);
    tcase_add_test(t, a_run_that_stops_has_no_time_left);
    tcase_add_test(t, failures_are_by_class_and_the_most_first);
    tcase_add_test(t, queues_are_on_one_line);
}

int main(void)
{
    return test_main("figures", add);
}
