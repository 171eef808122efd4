#include "cmd/imgfetch/page/report_compare.h"

#include "base/clock.h"
#include "base/mem.h"
#include "cmd/imgfetch/about.h"
#include "cmd/imgfetch/compare/compare_table.h"
#include "cmd/imgfetch/page/report_chart.h"
#include "cmd/imgfetch/page/report_file.h"
#include "cmd/imgfetch/page/report_page.h"
#include "cmd/imgfetch/status/human.h"

#include <curl/curl.h>
#include <stdlib.h>

/* The contenders of one section, either with or without thumbnails. */
struct section {
    const struct comparison *all;
    const struct contender *at[64];
    unsigned n;
};

enum { INTERVALS = 40 };
static const double least_interval = 0.1; /* s: how often the run reports its rows */

/* ---- charts: numbers ---- */

static const char *in_seconds(double s, char out[CHART_TEXT_SIZE])
{
    snprintf(out, CHART_TEXT_SIZE, s < 10 ? "%.3g s" : "%.0f s", s);
    return out;
}

static const char *in_hundredths(double s, char out[CHART_TEXT_SIZE])
{
    snprintf(out, CHART_TEXT_SIZE, s < 10 ? "%.2f s" : "%.1f s", s);
    return out;
}

static const char *in_bytes(double bytes, char out[CHART_TEXT_SIZE])
{
    return human_bytes((uint64_t)bytes, out);
}

static const char *in_time(double s, char out[CHART_TEXT_SIZE])
{
    return human_ns((uint64_t)(s * 1e9), out);
}

static const char *in_percent(double n, char out[CHART_TEXT_SIZE])
{
    snprintf(out, CHART_TEXT_SIZE, "%.0f %%", n);
    return out;
}

/* ---- charts: bars ---- */

/* `part`: a figure that is a part of `figure`; FIGURE_COUNT: none. */
static void put_bars(FILE *out, const struct section *s, const char *title, enum figure f,
    enum figure part, chart_format *format)
{
    struct chart_bar bars[64];
    unsigned n = 0;
    for (unsigned i = 0; i < s->n; i++) {
        const struct contender *c = s->at[i];
        struct range r = compare_range(c, f);
        if (!c->n_rounds)
            continue;
        bars[n] = (struct chart_bar){c->name, r.median, r.min, r.max, .colour = i % CHART_COLOURS};
        if (part != FIGURE_COUNT)
            bars[n].part = compare_median(c, part);
        n++;
    }
    report_chart_bars(out, title, bars, n, format);
}

/* ---- charts: lines ---- */

/* The curve's value at a time, interpolated between its points. */
static double value_at(const struct curve *c, double t)
{
    double t0 = 0, v0 = 0;
    for (unsigned i = 0; i < c->n; i++) {
        double t1 = (double)c->at[i].t, v1 = (double)c->at[i].value;
        if (t <= t1)
            return t1 > t0 ? v0 + (v1 - v0) * (t - t0) / (t1 - t0) : v1;
        t0 = t1;
        v0 = v1;
    }
    return v0;
}

/* The slope of a growing curve, over intervals that are long enough to be meaningful. */
static void fill_rate(const struct curve *c, struct chart_line *l)
{
    double end = c->n ? (double)c->at[c->n - 1].t : 0, step = end / INTERVALS;
    if (step < least_interval)
        step = least_interval;
    for (double t = 0; t < end - step / 2 && l->n < CHART_POINTS; t += step) {
        double to = t + step < end ? t + step : end;
        l->x[l->n] = (t + to) / 2;
        l->y[l->n++] = (value_at(c, to) - value_at(c, t)) / (to - t);
    }
}

static void fill_latency(const struct figures *f, struct chart_line *l)
{
    for (unsigned i = 0; i < STATSFD_QUANTILES; i++) {
        l->x[i] = statsfd_quantiles[i];
        l->y[i] = f->latency[i];
    }
    l->n = STATSFD_QUANTILES;
}

enum subject { LATENCY, ROWS, CPU };

static void put_lines(
    FILE *out, const struct section *s, const struct chart_axes *axes, enum subject subject)
{
    struct chart_line *lines = mem_array(s->n + 1, sizeof *lines);
    for (unsigned i = 0; i < s->n; i++) {
        const struct figures *f = compare_typical(s->at[i]);
        lines[i].name = s->at[i]->name;
        lines[i].colour = i % CHART_COLOURS;
        if (f && subject == LATENCY)
            fill_latency(f, &lines[i]);
        else if (f)
            fill_rate(subject == ROWS ? &f->rows : &f->cpu, &lines[i]);
    }
    report_chart_lines(out, axes, lines, s->n);
    free(lines);
}

/* ---- charts: together ---- */

/* Names, lines and colours, for all charts of a section. */
static void put_legend(FILE *out, const struct section *s)
{
    fputs("<ul class=\"legend\">\n", out);
    for (unsigned i = 0; i < s->n; i++) {
        fprintf(out,
            "<li><svg viewBox=\"0 0 34 12\" aria-hidden=\"true\">"
            "<path class=\"l%u\" d=\"M0 6H34\"/></svg>",
            i % CHART_COLOURS);
        report_chart_text(out, s->at[i]->name);
        fputs("</li>\n", out);
    }
    fputs("</ul>\n", out);
}

static void put_charts(FILE *out, const struct section *s)
{
    static const struct chart_axes latency = {
        .title = "Latency: the share of requests that took no longer",
        .x = in_percent,
        .y = in_time,
        .x_end = 100};
    static const struct chart_axes rows = {
        .title = "Images per second, over time", .x = in_seconds, .y = report_chart_rate};
    static const struct chart_axes cpu = {
        .title = "Cores busy, over time", .x = in_seconds, .y = report_chart_number};
    fputs("<div class=\"grid\">\n", out);
    put_bars(out, s, "Wall time (least to most)", FIGURE_WALL, FIGURE_COUNT, in_hundredths);
    put_bars(out, s, "CPU time: user, system (fainter)", FIGURE_CPU, FIGURE_SYSTEM, in_hundredths);
    put_bars(out, s, "Peak memory of all processes", FIGURE_MEMORY, FIGURE_COUNT, in_bytes);
    put_lines(out, s, &latency, LATENCY);
    put_lines(out, s, &rows, ROWS);
    put_lines(out, s, &cpu, CPU);
    fputs("</div>\n", out);
}

/* ---- a section ---- */

static void put_advice(FILE *out, const struct advice *a)
{
    fputs("<div class=\"advice\">\n", out);
    for (unsigned i = 0; i < a->n; i++)
        report_page_text(out, "p", NULL, a->line[i]);
    fputs("</div>\n", out);
}

static void put_table_row(FILE *out, const struct contender *c, bool best)
{
    char cell[COMPARE_CELL_SIZE];
    fprintf(out, "<tr%s><th scope=\"row\">", best ? " class=\"best\"" : "");
    report_chart_text(out, c->name);
    fputs("</th>", out);
    for (unsigned i = 0; i < compare_n_columns; i++) {
        struct range r = compare_range(c, compare_columns[i].figure);
        fputs("<td>", out);
        report_chart_text(out, c->n_rounds ? compare_columns[i].format(&r, cell) : "-");
        fputs("</td>", out);
    }
    fputs("</tr>\n", out);
}

static void put_table(FILE *out, const struct section *s)
{
    const struct contender *best = compare_best(s->all, s->at[0]->thumbs);
    struct report_page_column *columns = mem_array(compare_n_columns + 1, sizeof *columns);
    columns[0].title = compare_kinds[s->all->what].one;
    for (unsigned i = 0; i < compare_n_columns; i++)
        columns[i + 1].title = compare_columns[i].title;
    report_page_table(out, s->at[0]->thumbs ? "With thumbnails" : "Without thumbnails", columns,
        compare_n_columns + 1);
    free(columns);
    for (unsigned i = 0; i < s->n; i++)
        put_table_row(out, s->at[i], s->at[i] == best);
    report_page_table_end(out);
}

/* Says why a contender was dropped, if it was. */
static void put_trouble(FILE *out, const struct contender *c)
{
    char text[700];
    if (c->trouble[0]) {
        snprintf(text, sizeof text, "%s was dropped after %u rounds: %s", c->name, c->n_rounds,
            c->trouble);
        report_page_text(out, "p", NULL, text);
    }
}

static void put_section(FILE *out, const struct comparison *all, bool thumbs)
{
    struct section s = {.all = all};
    char text[COMPARE_FAILURES_SIZE];
    for (unsigned i = 0; i < all->n && s.n < sizeof s.at / sizeof *s.at; i++)
        if (all->contenders[i].thumbs == thumbs)
            s.at[s.n++] = &all->contenders[i];
    if (!s.n)
        return;
    report_page_text(out, "h2", NULL, thumbs ? "With thumbnails" : "Without thumbnails");
    compare_caption(all, s.at[0], text, sizeof text);
    report_page_text(out, "p", "soft", text);
    put_legend(out, &s);
    put_charts(out, &s);
    put_table(out, &s);
    for (unsigned i = 0; i < s.n; i++)
        if (compare_settled(s.at[i], text, sizeof text))
            report_page_text(out, "p", NULL, text);
    for (unsigned i = 0; i < all->n; i++)
        if (all->contenders[i].thumbs == thumbs && compare_failures(all, i, text, sizeof text))
            report_page_text(out, "p", NULL, text);
    for (unsigned i = 0; i < s.n; i++)
        put_trouble(out, s.at[i]);
}

/* ---- the rest of the page ---- */

static void put_facts(FILE *out, const struct options *o)
{
    char machine[ABOUT_MACHINE_SIZE], now[CLOCK_RFC3339_SIZE], *command = about_command(o);
    report_page_text(out, "h2", NULL, "Where and how");
    fputs("<dl>\n", out);
    report_page_fact(out, "Command", command);
    free(command);
    report_page_fact(out, "Machine", about_machine(machine));
    report_page_fact(out, "Program", "imgfetch " IMGFETCH_VERSION);
    report_page_fact(out, "Libraries", curl_version());
    for (size_t i = 0; i < o->pipeline.n_lists; i++)
        report_page_fact(out, "List", o->pipeline.lists[i]);
    clock_rfc3339(clock_wall(), now);
    report_page_fact(out, "Written", now);
    fputs(
        "</dl>\n<p class=\"soft\">Every round was a separate run into a new directory; the rounds "
        "took turns, after a warm-up that does not count. Figures are medians over the rounds; "
        "behind ± is how far the round that is farthest from the median is away. Curves show the "
        "round with the median wall time. Peak MB is the highest sum of the Pss of all processes. "
        "Switches are context switches. Latency is that of the last attempt of each row.</p>\n",
        out);
}

struct page {
    const struct comparison *all;
    const struct advice *advice;
};

static void put_page(FILE *out, const void *arg)
{
    const struct page *p = arg;
    char title[48];
    snprintf(title, sizeof title, "imgfetch: %s compared", compare_kinds[p->all->what].many);
    report_page_begin(out, title);
    put_advice(out, p->advice);
    put_section(out, p->all, false);
    put_section(out, p->all, true);
    put_facts(out, p->all->options);
    report_page_end(out);
}

bool report_compare_write(
    const char *path, const struct comparison *all, const struct advice *advice)
{
    struct page page = {all, advice};
    return report_file_write(path, put_page, &page);
}
