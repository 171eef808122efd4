/*
 * Charts as inline SVG, 400 units wide and scaled by the page, so that the text of a chart is
 * readable on a phone. Colours are the page's classes f0..f9 (filled) and l0..l9 (lines).
 */
#ifndef CMD_REPORT_CHART_H
#define CMD_REPORT_CHART_H

#include <stdio.h>

/* Colours: so many that tell things apart, and those of success and failure. */
enum { CHART_COLOURS = 8, CHART_GOOD = CHART_COLOURS, CHART_BAD };

enum { CHART_TEXT_SIZE = 64, CHART_POINTS = 64 };

/* Writes untrusted text, escaped for elements and attributes of HTML and SVG. Control
 * characters are escaped as utf8_show() does it. */
void report_chart_text(FILE *, const char *);

/* Fills `out` and returns it: a value with its unit. */
typedef const char *chart_format(double, char out[CHART_TEXT_SIZE]);
chart_format report_chart_number; /* without a unit */
chart_format report_chart_rate;   /* "1,234/s" */

struct chart_bar {
    const char *name;
    double value;
    double low, high; /* an error line over the end of the bar; none if they are equal */
    double part;      /* a part of the value, drawn fainter at the end of the bar */
    unsigned colour;
};

void report_chart_bars(
    FILE *, const char *title, const struct chart_bar *, unsigned n, chart_format *);

struct chart_line {
    const char *name;
    unsigned colour, n;
    double x[CHART_POINTS], y[CHART_POINTS];
};

/* Both axes begin at 0. */
struct chart_axes {
    const char *title;
    chart_format *x, *y;
    const char *note; /* below the title; NULL: none */
    double x_end;     /* of the x axis, if it reaches beyond the last point; only for lines */
};

void report_chart_lines(FILE *, const struct chart_axes *, const struct chart_line *, unsigned n);

/* A histogram: columns over a logarithmic axis. */
struct chart_columns {
    struct chart_axes axes;
    unsigned colour, n;
    const double *edges;  /* n + 1, ascending, above 0 */
    const double *values; /* n */
    const double *marks;  /* vertical lines, between the first and the last edge */
    unsigned n_marks;
};

void report_chart_columns(FILE *, const struct chart_columns *);

#endif
