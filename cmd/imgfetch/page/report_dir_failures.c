#include "cmd/imgfetch/page/report_dir_inside.h"

#include "cmd/imgfetch/page/report_chart.h"
#include "cmd/imgfetch/page/report_page.h"
#include "cmd/imgfetch/status/human.h"

#include <stdlib.h>

enum { TOP_KINDS = 3 };

static void put_count_cell(FILE *out, uint64_t n, uint64_t of)
{
    char text[HUMAN_SIZE];
    report_page_text(out, "td", NULL, human_count(n, text));
    fprintf(out,
        "<td class=\"share\"><svg viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\" "
        "aria-hidden=\"true\"><rect class=\"f9\" width=\"%.2f\" height=\"10\"/></svg></td>\n",
        of ? 100 * (double)n / (double)of : 0);
}

static void put_example(FILE *out, const struct survey_example *e)
{
    fputs("<td class=\"text\"><bdi>", out);
    report_dir_text(out, &e->message);
    fputs("</bdi><br/><a class=\"soft\"", out);
    report_dir_href(out, &e->url);
    fputs("><bdi>", out);
    report_dir_text(out, &e->url);
    fputs("</bdi></a></td>\n", out);
}

struct kind {
    unsigned number; /* an error code, or a status */
    uint64_t n;
};

static int most_first(const void *a, const void *b)
{
    const struct kind *x = a, *y = b;
    return x->n > y->n ? -1 : x->n < y->n ? 1 : (int)x->number - (int)y->number;
}

/* Collects the codes that occur, the most frequent first. */
static unsigned sort_kinds(const uint64_t *counts, unsigned n, struct kind *ret)
{
    unsigned found = 0;
    for (unsigned i = 0; i < n; i++)
        if (counts[i])
            ret[found++] = (struct kind){i, counts[i]};
    if (found)
        qsort(ret, found, sizeof *ret, most_first);
    return found;
}

/* "404 (12), 500 (3)" */
static void put_statuses(FILE *out, const struct survey *s)
{
    struct kind kinds[sizeof s->by_status / sizeof *s->by_status];
    char text[HUMAN_SIZE];
    unsigned n = sort_kinds(s->by_status, sizeof s->by_status / sizeof *s->by_status, kinds);
    fputs("<br/><span class=\"soft\">", out);
    for (unsigned i = 0; i < n && i < TOP_KINDS; i++)
        fprintf(out, "%s%u (%s)", i ? ", " : "", kinds[i].number, human_count(kinds[i].n, text));
    fputs(n > TOP_KINDS ? ", ...</span>" : "</span>", out);
}

/* "svg (120), tiff (3)" */
static void put_unsupported(FILE *out, const struct survey *s)
{
    char text[HUMAN_SIZE];
    const struct survey_formats *f = &s->unsupported;
    fputs("<br/><span class=\"soft\">", out);
    for (unsigned i = 0; i < f->n; i++) {
        fputs(i ? ", " : "", out);
        report_chart_text(out, f->at[i].name);
        fprintf(out, " (%s)", human_count(f->at[i].n, text));
    }
    fputs("</span>", out);
}

static void put_codes(FILE *out, const struct survey *s)
{
    static const struct report_page_column columns[] = {
        {"Error", true}, {"Rows", false}, {"Share", true}, {"For example", true}};
    struct kind kinds[ERR_COUNT];
    uint64_t counts[ERR_COUNT];
    for (unsigned i = 0; i < ERR_COUNT; i++)
        counts[i] = i == ERR_OK ? 0 : s->by_code[i];
    unsigned n = sort_kinds(counts, ERR_COUNT, kinds);
    report_page_table(out, "Failures by error", columns, 4);
    for (unsigned i = 0; i < n; i++) {
        fprintf(out, "<tr><th scope=\"row\">%s", err_name((enum err)kinds[i].number));
        if (kinds[i].number == ERR_HTTP_ERROR)
            put_statuses(out, s);
        if (kinds[i].number == ERR_UNSUPPORTED_FORMAT)
            put_unsupported(out, s);
        fputs("</th>\n", out);
        put_count_cell(out, kinds[i].n, s->rows - s->by_code[ERR_OK]);
        put_example(out, &s->examples[kinds[i].number]);
        fputs("</tr>\n", out);
    }
    report_page_table_end(out);
}

static void put_host(FILE *out, const struct survey_host *h, uint64_t most)
{
    struct kind kinds[ERR_COUNT];
    unsigned n = sort_kinds(h->by_code, ERR_COUNT, kinds);
    fputs("<tr><th scope=\"row\" class=\"text\"><bdi>", out);
    report_chart_text(out, h->name);
    fputs("</bdi></th>\n", out);
    put_count_cell(out, h->n, most);
    fputs("<td class=\"text\">", out);
    for (unsigned i = 0; i < n && i < TOP_KINDS; i++)
        fprintf(out, "%s%s", i ? ", " : "", err_name((enum err)kinds[i].number));
    fputs(n > TOP_KINDS ? ", ...</td>\n" : "</td>\n", out);
    put_example(out, &h->example);
    fputs("</tr>\n", out);
}

/* The failures that are not in the table: rows of other hosts, and rows whose URL has no host. */
static void put_other_hosts(FILE *out, const struct survey *s)
{
    char text[200], n[HUMAN_SIZE], hosts[HUMAN_SIZE];
    uint64_t others = s->failing_hosts - s->n_hosts;
    if (!s->failed_elsewhere)
        return;
    if (others)
        snprintf(text, sizeof text, "Rows of other hosts (%s%s), and of URLs without a host: %s",
            s->more_hosts ? "more than " : "", human_count(others, hosts),
            human_count(s->failed_elsewhere, n));
    else
        snprintf(text, sizeof text, "Rows of URLs without a host: %s",
            human_count(s->failed_elsewhere, n));
    report_page_text(out, "p", "soft", text);
}

void report_dir_failures(FILE *out, const struct survey *s)
{
    static const struct report_page_column columns[] = {
        {"Host", true}, {"Rows", false}, {"Share", true}, {"Errors", true}, {"For example", true}};
    if (s->rows == s->by_code[ERR_OK])
        return;
    report_page_text(out, "h2", NULL, "Failures by error");
    put_codes(out, s);
    report_page_text(out, "h2", NULL, "Failures by host");
    if (s->n_hosts) {
        report_page_table(out, "Failures by host", columns, 5);
        for (unsigned i = 0; i < s->n_hosts; i++)
            put_host(out, &s->hosts[i], s->hosts[0].n);
        report_page_table_end(out);
    }
    put_other_hosts(out, s);
}
