#include "cmd/imgfetch/page/report_dir_inside.h"

#include "cmd/imgfetch/page/report_chart.h"
#include "cmd/imgfetch/page/report_page.h"

#include <math.h>

enum {
    EDGES = 87,        /* 1, 2, 3, 4, 6, 8, 12, ..., 2^43, where a histogram ends */
    LEAST_COLUMNS = 8, /* of a chart, so that a single value does not fill it */
    POINTS = 60,
    POINTS_LEAST = 6,      /* for a chart over time */
    ROWS_FOR_A_POINT = 10, /* so that few rows are no comb */
    BARS = 8,
};

/* ---- numbers ---- */

/* "1.5 MB": three digits and a suitable unit. Each of the units is 1000 times the one before; ""
 * ends them. */
static const char *with_unit(double n, const char *const *units, char out[CHART_TEXT_SIZE])
{
    for (; n >= 999.5 && *units[1]; n /= 1000)
        units++;
    snprintf(out, CHART_TEXT_SIZE, "%.3g %s", n, *units);
    return out;
}

static const char *in_bytes(double n, char out[CHART_TEXT_SIZE])
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", ""};
    return with_unit(n, units, out);
}

static const char *in_bytes_per_second(double n, char out[CHART_TEXT_SIZE])
{
    static const char *const units[] = {"B/s", "kB/s", "MB/s", "GB/s", "TB/s", ""};
    return with_unit(n, units, out);
}

static const char *in_pixels(double n, char out[CHART_TEXT_SIZE])
{
    static const char *const units[] = {"px", "kpx", "Mpx", "Gpx", "Tpx", ""};
    return with_unit(n, units, out);
}

static const char *in_time(double us, char out[CHART_TEXT_SIZE])
{
    snprintf(out, CHART_TEXT_SIZE, us < 999500 ? "%.3g ms" : "%.3g s",
        us < 999500 ? us / 1e3 : us / 1e6);
    return out;
}

static const char *in_seconds(double n, char out[CHART_TEXT_SIZE])
{
    snprintf(out, CHART_TEXT_SIZE, "%.3g s", n);
    return out;
}

static const char *in_minutes(double n, char out[CHART_TEXT_SIZE])
{
    snprintf(out, CHART_TEXT_SIZE, "%.3g min", n);
    return out;
}

static const char *in_hours(double n, char out[CHART_TEXT_SIZE])
{
    snprintf(out, CHART_TEXT_SIZE, "%.3g h", n);
    return out;
}

/* ---- over time ---- */

struct clock_face {
    double ms; /* of one unit */
    chart_format *format;
};

static struct clock_face face_for(double ms)
{
    static const struct clock_face faces[] = {
        {1000, in_seconds}, {60000, in_minutes}, {3600000, in_hours}};
    return ms < 2 * 60000 ? faces[0] : ms < 2 * 3600000 ? faces[1] : faces[2];
}

enum what { SUCCEEDED, FAILED, BYTES };

static double value_of(const struct survey_cell *c, enum what what)
{
    return what == BYTES    ? (double)c->bytes
           : what == FAILED ? (double)c->failed
                            : (double)(c->rows - c->failed);
}

/* The cells from the first start to the last end, also where there are none with a row; `step` of
 * them make a point. */
struct points {
    int64_t low, step;
    unsigned n;
};

static struct points measure_points(const struct survey_time *t, uint64_t rows)
{
    int64_t most = rows / ROWS_FOR_A_POINT < POINTS ? (int64_t)rows / ROWS_FOR_A_POINT : POINTS;
    most = most < 2 * POINTS_LEAST ? 2 * POINTS_LEAST : most;
    int64_t low = t->first / t->width, n = t->last / t->width - low + 1;
    int64_t step = (n + most - 1) / most;
    return (struct points){low, step, (unsigned)((n + step - 1) / step)};
}

/* A rate per second for each point. */
static void fill_line(const struct survey_time *t, const struct points *p, enum what what,
    double unit, struct chart_line *l)
{
    double seconds = (double)(t->width * p->step) / 1000;
    l->n = p->n;
    for (unsigned i = 0; i < p->n; i++)
        l->x[i] = (i + 0.5) * seconds * 1000 / unit;
    for (unsigned i = 0; i < t->n; i++)
        l->y[(t->low + i - p->low) / p->step] += value_of(&t->cells[i], what) / seconds;
}

static void put_time(FILE *out, const struct survey *s)
{
    const struct survey_time *t = &s->time;
    static struct chart_line lines[3];
    if (!t->width)
        return;
    struct points p = measure_points(t, s->rows);
    if (p.n < POINTS_LEAST)
        return;
    struct clock_face face = face_for((double)(t->last - t->first));
    double end = (double)(t->last - t->first) / face.ms;
    struct chart_axes rows = {"Rows a second", face.format, report_chart_rate,
        "Succeeded, and failed (dashed)", .x_end = end};
    struct chart_axes bytes = {
        "Bytes a second", face.format, in_bytes_per_second, "Of bodies", .x_end = end};
    lines[0] = (struct chart_line){.name = "succeeded", .colour = CHART_GOOD};
    lines[1] = (struct chart_line){.name = "failed", .colour = CHART_BAD};
    lines[2] = (struct chart_line){.name = "bytes", .colour = 0};
    for (unsigned i = 0; i < 3; i++)
        fill_line(t, &p, (enum what)i, face.ms, &lines[i]);
    report_chart_lines(out, &rows, lines, 2);
    report_chart_lines(out, &bytes, lines + 2, 1);
}

/* ---- distributions ---- */

static double edge(unsigned i)
{
    return i == 0 ? 1 : i % 2 ? ldexp(1, (int)(i + 1) / 2) : ldexp(3, (int)i / 2 - 1);
}

/* Makes the columns from the lowest to the highest value. False: there are no values. */
static bool fill_columns(const struct histogram *h, struct chart_columns *ret)
{
    static double edges[EDGES], values[EDGES - 1];
    unsigned first = EDGES, last = 0;
    for (unsigned i = 0; i < EDGES; i++)
        edges[i] = edge(i);
    for (unsigned i = 0; i < EDGES - 1; i++) {
        uint64_t low = i ? (uint64_t)edges[i] : 0;
        values[i] = (double)histogram_between(h, low, (uint64_t)edges[i + 1]);
        if (values[i] > 0) {
            first = i < first ? i : first;
            last = i;
        }
    }
    if (first == EDGES)
        return false;
    while (last - first + 1 < LEAST_COLUMNS) {
        first -= first > 0;
        last += last < EDGES - 2;
    }
    ret->edges = edges + first;
    ret->values = values + first;
    ret->n = last - first + 1;
    return true;
}

enum { QUANTILES = 3 };

static void put_histogram(
    FILE *out, const char *title, const struct histogram *h, chart_format *format, unsigned colour)
{
    static const double quantiles[QUANTILES] = {0.5, 0.95, 0.99};
    static const char *const names[QUANTILES] = {"p50", "p95", "p99"};
    struct chart_columns c = {.axes = {.title = title, .x = format, .y = report_chart_number},
        .colour = colour,
        .n_marks = QUANTILES};
    char note[QUANTILES * (CHART_TEXT_SIZE + 8)], text[CHART_TEXT_SIZE];
    double marks[QUANTILES];
    size_t len = 0;
    if (!fill_columns(h, &c))
        return;
    for (unsigned i = 0; i < QUANTILES; i++) {
        marks[i] = fmin((double)histogram_quantile(h, quantiles[i]), c.edges[c.n]);
        len += (size_t)snprintf(note + len, sizeof note - len, "%s%s %s", i ? ", " : "", names[i],
            format(marks[i], text));
    }
    c.axes.note = note;
    c.marks = marks;
    report_chart_columns(out, &c);
}

/* ---- formats ---- */

static void put_formats(FILE *out, const struct survey *s)
{
    struct chart_bar bars[BARS];
    const struct survey_formats *f = &s->formats;
    unsigned n = f->n < BARS ? f->n : BARS;
    for (unsigned i = 0; i < n; i++)
        bars[i] = (struct chart_bar){f->at[i].name, (double)f->at[i].n, .colour = 7};
    if (n)
        report_chart_bars(out, "Formats", bars, n, report_chart_number);
}

static void put_aspects(FILE *out, const struct survey *s)
{
    static char names[ROWSTATS_BINS][ROWSTATS_BIN_SIZE];
    struct chart_bar bars[ROWSTATS_BINS];
    unsigned n = 0;
    for (unsigned i = 0; rowstats_bin_name(ROWSTATS_ASPECT, i, names[n]); i++) {
        double rows = (double)s->stats->bins[ROWSTATS_ASPECT][i];
        if (rows > 0) {
            bars[n] = (struct chart_bar){names[n], rows, .colour = 4};
            n++;
        }
    }
    if (n)
        report_chart_bars(out, "Aspect ratios: width by height", bars, n, report_chart_number);
}

void report_dir_figures(FILE *out, const struct survey *s)
{
    report_page_text(out, "h2", NULL, "Figures");
    fputs("<div class=\"grid\">\n", out);
    put_time(out, s);
    put_histogram(out, "Latency of requests", &s->latency, in_time, 0);
    put_histogram(out, "Sizes of images", &s->sizes, in_bytes, 6);
    put_histogram(out, "Pixels of images", &s->pixels, in_pixels, 3);
    put_aspects(out, s);
    put_formats(out, s);
    fputs("</div>\n", out);
}
