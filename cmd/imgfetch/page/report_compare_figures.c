#include "cmd/imgfetch/page/report_compare_figures.h"

#include "base/mem.h"
#include "cmd/imgfetch/page/report_chart.h"
#include "cmd/imgfetch/status/human.h"

#include <stdlib.h>

enum { INTERVALS = 40 };
static const double least_interval = 0.1; /* s: how often the run reports its rows */

/* ---- numbers ---- */

static const char *in_seconds(double s, char out[CHART_TEXT_SIZE])
{
    snprintf(out, CHART_TEXT_SIZE, s < 10 ? "%.3g s" : "%.0f s", s);
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

/* ---- bars ---- */

/* `part`: a figure that is a part of `figure`; FIGURE_COUNT: none. */
static void put_bars(FILE *out, const struct report_section *s, const char *title, enum figure f,
    enum figure part, chart_format *format)
{
    struct chart_bar bars[64];
    unsigned n = 0;
    for (unsigned i = 0; i < s->n; i++) {
        const struct contender *c = s->at[i];
        struct range r = compare_range(c, f);
        if (!c->n_rounds)
            continue;
        bars[n] = (struct chart_bar){c->name, r.median, r.min, r.max, .colour = i};
        if (part != FIGURE_COUNT)
            bars[n].part = compare_median(c, part);
        n++;
    }
    report_chart_bars(out, title, bars, n, format);
}

/* ---- lines ---- */

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
    FILE *out, const struct report_section *s, const struct chart_axes *axes, enum subject subject)
{
    struct chart_line *lines = mem_array(s->n + 1, sizeof *lines);
    for (unsigned i = 0; i < s->n; i++) {
        const struct figures *f = compare_typical(s->at[i]);
        lines[i].name = s->at[i]->name;
        lines[i].colour = i;
        if (f && subject == LATENCY)
            fill_latency(f, &lines[i]);
        else if (f)
            fill_rate(subject == ROWS ? &f->rows : &f->cpu, &lines[i]);
    }
    report_chart_lines(out, axes, lines, s->n);
    free(lines);
}

/* ---- together ---- */

void report_compare_legend(FILE *out, const struct report_section *s)
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

void report_compare_figures(FILE *out, const struct report_section *s)
{
    static const struct chart_axes latency = {
        "Latency: the share of requests that took no longer", in_percent, in_time, NULL};
    static const struct chart_axes rows = {
        "Images per second, over time", in_seconds, report_chart_number, NULL};
    static const struct chart_axes cpu = {
        "Cores busy, over time", in_seconds, report_chart_number, NULL};
    fputs("<div class=\"grid\">\n", out);
    put_bars(out, s, "Wall time (least to most)", FIGURE_WALL, FIGURE_COUNT, in_seconds);
    put_bars(out, s, "CPU time: user, system (fainter)", FIGURE_CPU, FIGURE_SYSTEM, in_seconds);
    put_bars(out, s, "Peak memory of all processes", FIGURE_MEMORY, FIGURE_COUNT, in_bytes);
    put_lines(out, s, &latency, LATENCY);
    put_lines(out, s, &rows, ROWS);
    put_lines(out, s, &cpu, CPU);
    fputs("</div>\n", out);
}
