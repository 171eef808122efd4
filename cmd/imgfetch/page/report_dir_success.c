#include "cmd/imgfetch/page/report_chart.h"
#include "cmd/imgfetch/page/report_dir_inside.h"
#include "cmd/imgfetch/page/report_page.h"
#include "cmd/imgfetch/status/human.h"

/* A number of rows, and how many of how many in percent, with a bar. */
static void put_cells(FILE *out, uint64_t rows, uint64_t n, uint64_t of)
{
    char text[HUMAN_SIZE], share[32];
    double percent = of ? 100.0 * (double)n / (double)of : 0;
    report_page_text(out, "td", NULL, human_count(rows, text));
    snprintf(share, sizeof share, "%.4g %%", percent);
    report_page_text(out, "td", NULL, share);
    fprintf(out,
        "<td class=\"share\"><svg viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\" "
        "aria-hidden=\"true\"><rect class=\"f8\" width=\"%.2f\" height=\"10\"/></svg></td></tr>\n",
        percent);
}

static void put_classes(FILE *out, const struct survey *s)
{
    static const struct report_page_column columns[] = {
        {"Class", true}, {"Rows", false}, {"Of all", false}, {"Share", false}};
    uint64_t n[ERR_N_CLASSES] = {0};
    for (int e = 0; e < ERR_COUNT; e++)
        n[err_class((enum err)e)] += s->by_code[e];
    report_page_table(out, "Rows by class of error", columns, 4);
    for (int c = 0; c < ERR_N_CLASSES; c++) {
        if (!n[c])
            continue;
        fprintf(out, "<tr><th scope=\"row\">%s</th>\n", err_class_name((enum err_class)c));
        put_cells(out, n[c], n[c], s->rows);
    }
    report_page_table_end(out);
}

static void put_suffix(FILE *out, const char *name, const struct rowstats_count *count)
{
    fputs("<tr><th scope=\"row\" class=\"text\"><bdi>", out);
    report_chart_text(out, name);
    fputs("</bdi></th>\n", out);
    put_cells(out, count->rows, count->successes, count->rows);
}

static void put_suffixes(FILE *out, const struct survey *s)
{
    static const struct report_page_column columns[] = {
        {"Host suffix", true}, {"Rows", false}, {"Succeeded", false}, {"Share", false}};
    struct rowstats_suffix top[ROWSTATS_TOP];
    struct rowstats_count others;
    unsigned n = rowstats_top(s->stats, top, &others);
    if (!n)
        return;
    report_page_table(out, "Success by host suffix", columns, 4);
    for (unsigned i = 0; i < n; i++)
        put_suffix(out, top[i].name, &top[i].count);
    if (others.rows)
        put_suffix(out, "all others", &others);
    report_page_table_end(out);
}

void report_dir_success(FILE *out, const struct survey *s)
{
    report_page_text(out, "h2", NULL, "Success by class of error");
    put_classes(out, s);
    report_page_text(out, "h2", NULL, "Success by host suffix");
    put_suffixes(out, s);
}
