#include "cmd/imgfetch/page/report_chart.h"

#include "base/test.h"

#include <string.h>

static char *page;
static size_t page_len;

static FILE *begin(void)
{
    FILE *out = open_memstream(&page, &page_len);
    ck_assert_ptr_nonnull(out);
    return out;
}

static const char *text_of(const char *text)
{
    FILE *out = begin();
    report_chart_text(out, text);
    fclose(out);
    return page;
}

START_TEST(what_means_something_to_a_browser_is_escaped)
{
    ck_assert_str_eq(
        text_of("<a href=\"x\" b='y'>&"), "&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;");
    free(page);
}
END_TEST

START_TEST(what_is_no_text_is_escaped)
{
    ck_assert_str_eq(text_of("a\x01\n\x7f z"), "a\\u0001\\u000a\\u007f z");
    free(page);
    ck_assert_str_eq(text_of("\xc3\xa4\xff\xe2\x82"), "\u00e4\ufffd\ufffd\ufffd");
    free(page);
    ck_assert_str_eq(text_of("\xed\xa0\x80\xc0\xaf"), "\ufffd\ufffd\ufffd\ufffd\ufffd");
    free(page);
}
END_TEST

static const char *plain(double n, char out[CHART_TEXT_SIZE])
{
    snprintf(out, CHART_TEXT_SIZE, "%.0f.", n);
    return out;
}

static unsigned count(const char *what)
{
    unsigned n = 0;
    for (const char *at = page; (at = strstr(at, what)); at++)
        n++;
    return n;
}

static void draw(const struct chart_columns *c)
{
    FILE *out = begin();
    report_chart_columns(out, c);
    fclose(out);
    ck_assert_ptr_null(strstr(page, "nan"));
    ck_assert_ptr_null(strstr(page, "inf"));
}

START_TEST(columns_stand_on_an_axis_of_logarithms)
{
    const double edges[] = {1, 10, 100, 1000, 10000}, values[] = {5, 0, 20, 1}, mark = 100;
    struct chart_columns c = {
        {"Sizes", plain, plain, "a <note>", 0}, 2, 4, edges, values, &mark, 1};
    draw(&c);
    ck_assert_uint_eq(count("<rect"), 3); /* none for nothing */
    ck_assert_uint_eq(count("class=\"range\""), 1);
    ck_assert_uint_eq(count("a &lt;note&gt;"), 1);
    ck_assert_uint_eq(count("<title>1. to 10.: 5.</title>"), 1);
    ck_assert_uint_eq(count("text-anchor=\"middle\">100.<"), 1);
    /* The axis reaches from 66 to 378: the middle is at 222. */
    ck_assert_uint_eq(count("M222.0 12V182"), 1);
    free(page);
}
END_TEST

START_TEST(columns_of_nothing_and_of_a_narrow_range_are_drawn)
{
    const double edges[] = {4, 6, 8}, nothing[] = {0, 0}, one[] = {0, 1e15};
    struct chart_columns c = {{"x", plain, plain, NULL, 0}, 0, 2, edges, nothing, NULL, 0};
    draw(&c);
    ck_assert_uint_eq(count("<rect"), 0);
    ck_assert_uint_eq(count("text-anchor=\"middle\">5.<"), 1);
    free(page);
    c.values = one;
    draw(&c);
    ck_assert_uint_eq(count("<rect"), 1);
    free(page);
}
END_TEST

static const char *number(double n, char out[CHART_TEXT_SIZE])
{
    snprintf(out, CHART_TEXT_SIZE, "%.0f", n);
    return out;
}

/* Where the names end. */
static int room_of(const char *name)
{
    struct chart_bar bars[] = {{.name = "a", .value = 1}, {.name = name, .value = 2}};
    int x = -1;
    FILE *out = begin();
    report_chart_bars(out, "title", bars, 2, number);
    fclose(out);
    const char *label = strstr(page, "<text");
    ck_assert(label && sscanf(label, "<text x=\"%d", &x) == 1);
    free(page);
    return x;
}

START_TEST(the_longest_name_beside_bars_has_room)
{
    ck_assert_int_eq(room_of("jpeg"), 62);
    ck_assert_int_ge(room_of("0.67 to 0.8 x"), 13 * 7);
    ck_assert_int_eq(room_of("a name that would leave no room for its bar"), 152);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, the_longest_name_beside_bars_has_room);
    tcase_add_test(t, what_means_something_to_a_browser_is_escaped);
    tcase_add_test(t, what_is_no_text_is_escaped);
    tcase_add_test(t, columns_stand_on_an_axis_of_logarithms);
    tcase_add_test(t, columns_of_nothing_and_of_a_narrow_range_are_drawn);
}

int main(void)
{
    return test_main("report_chart", add);
}
