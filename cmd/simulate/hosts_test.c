#include "cmd/simulate/hosts.h"
#include "base/test.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

static struct hosts hosts;

static const char *read_text(const char *text, size_t *line)
{
    FILE *file = fmemopen((void *)text, strlen(text), "r");
    const char *why = hosts_read(&hosts, file, line);
    fclose(file);
    return why;
}

START_TEST(zipf_gives_the_largest_host_its_share)
{
    const double shares[] = {0.0001, 0.056, 0.3, 1};
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        double sum = 0;
        ck_assert_ptr_null(hosts_zipf(&hosts, 1e9, 100000, shares[i]));
        ck_assert_double_eq_tol(hosts.rows[0] / 1e9, shares[i], 1e-6);
        for (size_t h = 0; h < hosts.n; h++)
            sum += hosts.rows[h];
        ck_assert_double_eq_tol(sum / 1e9, 1, 1e-6);
        ck_assert_uint_eq(hosts.widest, 0);
        hosts_fini(&hosts);
    }
}
END_TEST

START_TEST(zipf_falls_by_a_power_of_the_rank)
{
    ck_assert_ptr_null(hosts_zipf(&hosts, 1100, 4, 0.48)); /* 12/25, so an exponent of 1 */
    const double rows[] = {528, 264, 176, 132};
    for (int i = 0; i < 4; i++)
        ck_assert_double_eq_tol(hosts.rows[i], rows[i], 1e-6);
    hosts_fini(&hosts);
}
END_TEST

START_TEST(a_list_that_cannot_be_is_refused)
{
    ck_assert_ptr_nonnull(hosts_zipf(&hosts, 100, 0, 0.5));
    ck_assert_ptr_nonnull(hosts_zipf(&hosts, 100, 101, 0.5));
    ck_assert_ptr_nonnull(hosts_zipf(&hosts, 100, 10, 0.05));
    ck_assert_ptr_nonnull(hosts_zipf(&hosts, 100, 10, 1.1));
    ck_assert_ptr_nonnull(hosts_zipf(&hosts, 100, 10, NAN));
}
END_TEST

START_TEST(a_file_says_how_many_rows_each_host_has)
{
    size_t line;
    ck_assert_ptr_null(read_text("a 3\nb\t40\nc   7\n", &line));
    ck_assert_uint_eq(hosts.n, 3);
    ck_assert_uint_eq(hosts.widest, 1);
    ck_assert_double_eq(hosts.total, 50);
    hosts_fini(&hosts);
}
END_TEST

START_TEST(a_bad_line_is_named)
{
    const char *bad[] = {
        "a 1\nb\n", "a 1\nb x\n", "a 1\nb 0\n", "a 1\n 3\n", "a 1\nb 3 4\n", "a 1\nb nan\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        size_t line = 0;
        ck_assert_msg(read_text(bad[i], &line) != NULL, "%s", bad[i]);
        ck_assert_uint_eq(line, 2);
    }
}
END_TEST

START_TEST(a_sample_has_each_nth_row)
{
    size_t line, n[3] = {0};
    ck_assert_ptr_null(read_text("a 300\nb 600\nc 100\n", &line));
    uint32_t *sample = hosts_sample(&hosts, 10);
    bool is_sorted = true;
    for (int i = 0; i < 10; i++) {
        n[sample[i]]++;
        is_sorted &= i == 0 || sample[i - 1] <= sample[i];
    }
    ck_assert_uint_eq(n[0], 3);
    ck_assert_uint_eq(n[1], 6);
    ck_assert_uint_eq(n[2], 1);
    ck_assert(!is_sorted);
    free(sample);
    hosts_fini(&hosts);
}
END_TEST

START_TEST(each_task_that_has_rows_of_a_host_looks_it_up)
{
    size_t line;
    ck_assert_ptr_null(read_text("a 1\nb 2\nc 1000\n", &line));
    ck_assert_double_eq_tol(hosts_lookups(&hosts, 1), 3, 1e-9);
    /* Of two rows both are in one of four tasks once in four times. */
    ck_assert_double_eq_tol(hosts_lookups(&hosts, 4), 1 + 1.75 + 4, 1e-6);
    hosts_fini(&hosts);
}
END_TEST

static void add_tests(TCase *tcase)
{
    tcase_add_test(tcase, zipf_gives_the_largest_host_its_share);
    tcase_add_test(tcase, zipf_falls_by_a_power_of_the_rank);
    tcase_add_test(tcase, a_list_that_cannot_be_is_refused);
    tcase_add_test(tcase, a_file_says_how_many_rows_each_host_has);
    tcase_add_test(tcase, a_bad_line_is_named);
    tcase_add_test(tcase, a_sample_has_each_nth_row);
    tcase_add_test(tcase, each_task_that_has_rows_of_a_host_looks_it_up);
}

int main(void)
{
    return test_main("hosts", add_tests);
}
