#include "cmd/imgfetch/page/report_link.h"

#include "base/test_scratch.h"

#include <stdlib.h>
#include <string.h>

static void set_up(void)
{
    scratch_make();
    scratch_mkdir("out");
    scratch_mkdir("outside");
    scratch_mkdir("pages");
    scratch_mkdir("pages/deep");
}

static void tear_down(void)
{
    scratch_remove();
}

static void expect_way(const char *page, const char *dir, const char *way)
{
    char from[PATH_MAX], to[PATH_MAX];
    snprintf(from, sizeof from, "%s/%s", scratch_path, page);
    snprintf(to, sizeof to, "%s/%s", scratch_path, dir);
    char *is = report_link_folder(from, to);
    ck_assert_pstr_eq(is, way);
    free(is);
}

START_TEST(a_directory_is_reached_from_wherever_the_page_is)
{
    expect_way("report.html", "out", "out/");
    expect_way("out/report.html", "out", "");
    expect_way("out/report.html", "outside", "../outside/");
    expect_way("outside/report.html", "out", "../out/");
    expect_way("pages/deep/report.html", "out", "../../out/");
    expect_way("pages/report.html", "pages/deep", "deep/");
    expect_way("pages/deep/report.html", "pages", "../");
    expect_way("pages/../report.html", "./out", "out/");
    expect_way("nowhere/report.html", "out", NULL);
    expect_way("report.html", "nowhere", NULL);
}
END_TEST

START_TEST(the_current_directory_is_that_of_a_page_without_a_folder)
{
    ck_assert_int_eq(chdir(scratch_path), 0);
    static const char *const pages[] = {"-", "report.html", "./report.html"};
    for (int i = 0; i < 3; i++) {
        char *is = report_link_folder(pages[i], "out");
        ck_assert_str_eq(is, "out/");
        free(is);
    }
    char *is = report_link_folder("/report.html", "/");
    ck_assert_str_eq(is, "");
    free(is);
    is = report_link_folder("/report.html", "/proc/self/task");
    ck_assert_int_eq(strncmp(is, "proc/", 5), 0);
    free(is);
}
END_TEST

START_TEST(a_path_is_a_reference_and_nothing_else)
{
    char *text;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    report_link_put(out, "../javascript:a(1)/a b?c#d%20\"<\xff/-_.~Z9");
    fclose(out);
    ck_assert_str_eq(text, "../javascript%3Aa%281%29/a%20b%3Fc%23d%2520%22%3C%FF/-_.~Z9");
    free(text);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, a_directory_is_reached_from_wherever_the_page_is);
    tcase_add_test(t, the_current_directory_is_that_of_a_page_without_a_folder);
    tcase_add_test(t, a_path_is_a_reference_and_nothing_else);
}

int main(void)
{
    return test_main("report_link", add);
}
