#include "cmd/imgfetch/compare/compare_figures.h"

#include <stdlib.h>
#include <yajl/yajl_tree.h>

static const char *const names[FIGURE_COUNT] = {
#define NAME(id, name) [id] = (name),
    FIGURES(NAME)
#undef NAME
};

/* The figures in the run's last line, with their names there. */
static const enum figure told[] = {FIGURE_ROWS, FIGURE_OK, FIGURE_BYTES, FIGURE_RETRIES,
    FIGURE_CONNECTIONS, FIGURE_HOSTS, FIGURE_IN_FLIGHT, FIGURE_SETTLED, FIGURE_DECODE};

const char *compare_figure_name(enum figure f)
{
    return names[f];
}

void compare_curve_add(struct curve *c, double t, double value)
{
    if (!c->stride)
        c->stride = 1;
    if (++c->skipped < c->stride)
        return;
    c->skipped = 0;
    if (c->n == CURVE_POINTS) {
        c->n /= 2;
        for (unsigned i = 0; i < c->n; i++)
            c->at[i] = c->at[2 * i + 1];
        c->stride *= 2;
    }
    c->at[c->n].t = (float)t;
    c->at[c->n].value = (float)value;
    c->n++;
}

void compare_curve_end(struct curve *c, double t, double value)
{
    double factor = 0;
    if (c->n && c->at[c->n - 1].value > 0 && t > 0)
        factor = value / t * (double)c->at[c->n - 1].t / (double)c->at[c->n - 1].value;
    for (unsigned i = 0; factor > 0 && i < c->n; i++)
        c->at[i].value *= (float)factor;
    compare_curve_add(c, t, value);
}

/* ---- a run's lines ---- */

static double number(yajl_val object, const char *name)
{
    yajl_val v = yajl_tree_get(object, (const char *[]){name, NULL}, yajl_t_number);
    return v ? strtod(YAJL_GET_NUMBER(v), NULL) : 0;
}

static void take_failed(struct figures *f, yajl_val codes)
{
    for (size_t i = 0; YAJL_IS_OBJECT(codes) && i < YAJL_GET_OBJECT(codes)->len; i++) {
        int code = err_from_name(YAJL_GET_OBJECT(codes)->keys[i]);
        yajl_val n = YAJL_GET_OBJECT(codes)->values[i];
        if (code >= 0 && YAJL_IS_INTEGER(n))
            f->failed[code] = (uint64_t)YAJL_GET_INTEGER(n);
    }
}

static void take_end(struct figures *f, yajl_val end)
{
    for (size_t i = 0; i < sizeof told / sizeof *told; i++)
        f->value[told[i]] = number(end, names[told[i]]);
    take_failed(f, yajl_tree_get(end, (const char *[]){"failed", NULL}, yajl_t_object));
    yajl_val all = yajl_tree_get(end, (const char *[]){"latency", NULL}, yajl_t_array);
    for (size_t i = 0; all && i < YAJL_GET_ARRAY(all)->len && i < STATSFD_QUANTILES; i++) {
        yajl_val ns = YAJL_GET_ARRAY(all)->values[i];
        f->latency[i] = YAJL_IS_NUMBER(ns) ? strtod(YAJL_GET_NUMBER(ns), NULL) / 1e9 : 0;
    }
    compare_curve_add(&f->rows, number(end, "seconds"), f->value[FIGURE_ROWS]);
    f->ended = true;
}

void compare_figures_line(struct figures *f, const char *line)
{
    yajl_val v = yajl_tree_parse(line, NULL, 0);
    if (YAJL_IS_OBJECT(v)) {
        if (yajl_tree_get(v, (const char *[]){"end", NULL}, yajl_t_any))
            take_end(f, v);
        else
            compare_curve_add(&f->rows, number(v, "t"), number(v, "rows"));
    }
    yajl_tree_free(v);
}

void compare_figures_work_out(struct figures *f)
{
    double *v = f->value, wall = v[FIGURE_WALL] > 0 ? v[FIGURE_WALL] : 1e-9;
    v[FIGURE_CPU] = v[FIGURE_USER] + v[FIGURE_SYSTEM];
    v[FIGURE_FAILED] = v[FIGURE_ROWS] - v[FIGURE_OK];
    v[FIGURE_IMAGES_PER_S] = v[FIGURE_OK] / wall;
    v[FIGURE_BYTES_PER_S] = v[FIGURE_BYTES] / wall;
    v[FIGURE_P50] = f->latency[STATSFD_P50];
    v[FIGURE_P95] = f->latency[STATSFD_P95];
    v[FIGURE_P99] = f->latency[STATSFD_P99];
}

/* ---- of all rounds ---- */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

struct range compare_range(const struct contender *c, enum figure f)
{
    unsigned n = c->n_rounds;
    double *sorted = n ? malloc(n * sizeof *sorted) : NULL;
    if (!sorted)
        return (struct range){0};
    for (unsigned i = 0; i < n; i++)
        sorted[i] = c->rounds[i].value[f];
    qsort(sorted, n, sizeof *sorted, by_value);
    struct range r = {(sorted[(n - 1) / 2] + sorted[n / 2]) / 2, sorted[0], sorted[n - 1]};
    free(sorted);
    return r;
}

double compare_scatter(const struct range *r)
{
    return r->max - r->median > r->median - r->min ? r->max - r->median : r->median - r->min;
}

double compare_median(const struct contender *c, enum figure f)
{
    return compare_range(c, f).median;
}

const struct figures *compare_typical(const struct contender *c)
{
    const struct figures *best = NULL;
    double median = compare_median(c, FIGURE_WALL);
    for (unsigned i = 0; i < c->n_rounds; i++) {
        const struct figures *f = &c->rounds[i];
        double distance = f->value[FIGURE_WALL] - median;
        if (distance <= 0 && (!best || f->value[FIGURE_WALL] > best->value[FIGURE_WALL]))
            best = f;
    }
    return best;
}
