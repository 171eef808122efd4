#include "cmd/imgfetch/page/report_chart.h"

#include "base/utf8.h"
#include "cmd/imgfetch/status/human.h"

#include <math.h>
#include <string.h>

/* In units of the chart. */
enum {
    WIDTH = 400,
    NAME_LEAST = 70, /* the room of the names beside bars, with the space behind them ... */
    NAME_MOST = 160, /* ... and at most */
    CHARACTER = 7,   /* the width of most characters of a label */
    VALUE_WIDTH = 78,
    BAR = 18,
    BAR_STEP = 30,
    LEFT = 66,
    TOP = 12,
    PLOT_HEIGHT = 170,
    BOTTOM = 26,
    RIGHT = 22,
    TICKS = 4,
};

/* The replacement of a character; NULL: it needs none. */
static const char *entity(char c)
{
    static const char *const entities[256] = {
        ['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['"'] = "&quot;", ['\''] = "&#39;"};
    return entities[(unsigned char)c];
}

void report_chart_text(FILE *out, const char *text)
{
    size_t left = strlen(text), taken;
    for (; left; text += taken, left -= taken) {
        char shown[UTF8_SHOWN_MAX];
        size_t len = utf8_show_one(text, left, shown, &taken);
        const char *instead = entity(*text);
        if (instead)
            fputs(instead, out);
        else
            fwrite(shown, 1, len, out);
    }
}

const char *report_chart_number(double n, char out[CHART_TEXT_SIZE])
{
    if (n >= 10)
        return human_count((uint64_t)(n + 0.5), out);
    snprintf(out, CHART_TEXT_SIZE, "%.3g", n);
    return out;
}

const char *report_chart_rate(double n, char out[CHART_TEXT_SIZE])
{
    char number[CHART_TEXT_SIZE];
    snprintf(out, CHART_TEXT_SIZE, "%.20s/s", report_chart_number(n, number));
    return out;
}

static void open_chart(FILE *out, const char *title, const char *note, int height)
{
    fputs("<figure><figcaption>", out);
    report_chart_text(out, title);
    if (note) {
        fputs("<br/><small>", out);
        report_chart_text(out, note);
        fputs("</small>", out);
    }
    fprintf(
        out, "</figcaption>\n<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"", WIDTH, height);
    report_chart_text(out, title);
    fputs("\">\n", out);
}

static void close_chart(FILE *out)
{
    fputs("</svg></figure>\n", out);
}

static void put_label(FILE *out, double x, double y, const char *anchor, const char *text)
{
    fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", x, y, anchor);
    report_chart_text(out, text);
    fputs("</text>\n", out);
}

/* ---- bars ---- */

struct bars {
    int left;     /* where they begin, behind the names */
    double scale; /* units for a value of 1 */
};

static int name_width(const struct chart_bar *bars, unsigned n)
{
    size_t longest = 0;
    for (unsigned i = 0; i < n; i++)
        if (strlen(bars[i].name) > longest)
            longest = strlen(bars[i].name);
    size_t width = 8 + CHARACTER * longest;
    return width < NAME_LEAST ? NAME_LEAST : width > NAME_MOST ? NAME_MOST : (int)width;
}

static void put_bar(
    FILE *out, const struct chart_bar *b, double y, const struct bars *of, chart_format *format)
{
    char text[CHART_TEXT_SIZE];
    int left = of->left;
    double scale = of->scale;
    double middle = y + BAR / 2.0, end = left + b->value * scale;
    double far = b->high > b->value ? left + b->high * scale : end;
    put_label(out, left - 8, middle + 4.5, "end", b->name);
    fprintf(out,
        "<rect class=\"f%u\" x=\"%d\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" rx=\"2\"/>\n",
        b->colour, left, y, (b->value - b->part) * scale, BAR);
    if (b->part > 0)
        fprintf(out,
            "<rect class=\"f%u faint\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%d\"/>\n",
            b->colour, end - b->part * scale, y, b->part * scale, BAR);
    if (b->high > b->low)
        fprintf(out, "<path class=\"range\" d=\"M%.1f %.1fH%.1fM%.1f %.1fv10M%.1f %.1fv10\"/>\n",
            left + b->low * scale, middle, far, left + b->low * scale, middle - 5, far, middle - 5);
    put_label(out, far + 6, middle + 4.5, "start", format(b->value, text));
}

void report_chart_bars(
    FILE *out, const char *title, const struct chart_bar *bars, unsigned n, chart_format *format)
{
    struct bars of = {.left = name_width(bars, n)};
    double most = 0;
    for (unsigned i = 0; i < n; i++)
        most = fmax(most, fmax(bars[i].value, bars[i].high));
    of.scale = most > 0 ? (WIDTH - of.left - VALUE_WIDTH) / most : 0;
    open_chart(out, title, NULL, (int)n * BAR_STEP + 4);
    for (unsigned i = 0; i < n; i++)
        put_bar(out, &bars[i], 6 + i * BAR_STEP, &of, format);
    close_chart(out);
}

/* ---- lines ---- */

/* A round number, of which TICKS reach `most`. */
static double step_for(double most)
{
    static const double round_numbers[] = {1, 2, 2.5, 5, 10};
    double raw = most / TICKS, power = pow(10, floor(log10(raw)));
    unsigned i = 0;
    while (i < 4 && round_numbers[i] * power < raw)
        i++;
    return round_numbers[i] * power;
}

struct plot {
    double x_most, y_most, x_step, y_step;
};

static double at_x(const struct plot *p, double x)
{
    return LEFT + x / p->x_most * (WIDTH - LEFT - RIGHT);
}

static double at_y(const struct plot *p, double y)
{
    return TOP + PLOT_HEIGHT - y / p->y_most * PLOT_HEIGHT;
}

static struct plot measure(
    const struct chart_axes *axes, const struct chart_line *lines, unsigned n)
{
    struct plot p = {.x_most = axes->x_end};
    for (unsigned i = 0; i < n; i++)
        for (unsigned k = 0; k < lines[i].n; k++) {
            p.x_most = fmax(p.x_most, lines[i].x[k]);
            p.y_most = fmax(p.y_most, lines[i].y[k]);
        }
    p.x_most = p.x_most > 0 ? p.x_most : 1;
    p.y_most = p.y_most > 0 ? p.y_most * 1.05 : 1;
    p.x_step = step_for(p.x_most);
    p.y_step = step_for(p.y_most);
    return p;
}

static void put_y_axis(FILE *out, const struct plot *p, chart_format *format)
{
    char text[CHART_TEXT_SIZE];
    for (int i = 0; i * p->y_step <= p->y_most; i++) {
        double y = at_y(p, i * p->y_step);
        fprintf(out, "<path class=\"grid\" d=\"M%d %.1fH%d\"/>\n", LEFT, y, WIDTH - RIGHT);
        put_label(out, LEFT - 6, y + 4.5, "end", format(i * p->y_step, text));
    }
}

static void put_x_axis(FILE *out, const struct plot *p, chart_format *format)
{
    char text[CHART_TEXT_SIZE];
    for (int i = 0; i * p->x_step <= p->x_most * 1.001; i++)
        put_label(out, at_x(p, i * p->x_step), TOP + PLOT_HEIGHT + 18, "middle",
            format(i * p->x_step, text));
}

static void put_line(FILE *out, const struct plot *p, const struct chart_line *l)
{
    fprintf(out, "<path class=\"l%u\" d=\"", l->colour);
    for (unsigned i = 0; i < l->n; i++)
        fprintf(out, "%c%.1f %.1f", i ? 'L' : 'M', at_x(p, l->x[i]), at_y(p, l->y[i]));
    fputs("\"><title>", out);
    report_chart_text(out, l->name);
    fputs("</title></path>\n", out);
}

void report_chart_lines(
    FILE *out, const struct chart_axes *axes, const struct chart_line *lines, unsigned n)
{
    struct plot p = measure(axes, lines, n);
    open_chart(out, axes->title, axes->note, TOP + PLOT_HEIGHT + BOTTOM);
    put_y_axis(out, &p, axes->y);
    put_x_axis(out, &p, axes->x);
    for (unsigned i = 0; i < n; i++)
        if (lines[i].n > 1)
            put_line(out, &p, &lines[i]);
    close_chart(out);
}

/* ---- columns ---- */

static double at_log(const struct chart_columns *c, double x)
{
    return LEFT + log(x / c->edges[0]) / log(c->edges[c->n] / c->edges[0]) * (WIDTH - LEFT - RIGHT);
}

/* Labels at powers of ten; as many as there is room for. */
static void put_log_axis(FILE *out, const struct chart_columns *c)
{
    static const double between[] = {1, 2, 5};
    char text[CHART_TEXT_SIZE];
    int first = (int)floor(log10(c->edges[0])), last = (int)ceil(log10(c->edges[c->n]));
    unsigned n = last - first <= 2 ? 3 : 1;
    int step = last - first > 5 ? 2 : 1;
    for (int i = first; i <= last; i += step)
        for (unsigned k = 0; k < n; k++) {
            double x = pow(10, i) * between[k];
            if (x >= c->edges[0] && x <= c->edges[c->n])
                put_label(out, at_log(c, x), TOP + PLOT_HEIGHT + 18, "middle", c->axes.x(x, text));
        }
}

static void put_column(FILE *out, const struct plot *p, const struct chart_columns *c, unsigned i)
{
    char low[CHART_TEXT_SIZE], high[CHART_TEXT_SIZE], value[CHART_TEXT_SIZE];
    double x = at_log(c, c->edges[i]), y = at_y(p, c->values[i]);
    fprintf(out, "<rect class=\"f%u\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"><title>",
        c->colour, x + 0.5, y, at_log(c, c->edges[i + 1]) - x - 1, TOP + PLOT_HEIGHT - y);
    report_chart_text(out, c->axes.x(c->edges[i], low));
    fputs(" to ", out);
    report_chart_text(out, c->axes.x(c->edges[i + 1], high));
    fputs(": ", out);
    report_chart_text(out, c->axes.y(c->values[i], value));
    fputs("</title></rect>\n", out);
}

void report_chart_columns(FILE *out, const struct chart_columns *c)
{
    struct plot p = {.y_most = 0};
    for (unsigned i = 0; i < c->n; i++)
        p.y_most = fmax(p.y_most, c->values[i]);
    p.y_most = p.y_most > 0 ? p.y_most * 1.05 : 1;
    p.y_step = fmax(step_for(p.y_most), 1);
    open_chart(out, c->axes.title, c->axes.note, TOP + PLOT_HEIGHT + BOTTOM);
    put_y_axis(out, &p, c->axes.y);
    put_log_axis(out, c);
    for (unsigned i = 0; i < c->n; i++)
        if (c->values[i] > 0)
            put_column(out, &p, c, i);
    for (unsigned i = 0; i < c->n_marks; i++)
        fprintf(out, "<path class=\"range\" stroke-dasharray=\"3 3\" d=\"M%.1f %dV%d\"/>\n",
            at_log(c, c->marks[i]), TOP, TOP + PLOT_HEIGHT);
    close_chart(out);
}
