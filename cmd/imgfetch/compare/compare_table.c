#include "cmd/imgfetch/compare/compare_table.h"

#include "cmd/imgfetch/status/human.h"

#include <stdio.h>

enum { NAME_WIDTH = 8 };

/* Digits behind the point, of three significant ones. */
static int decimals_of(double n)
{
    return n < 9.995 ? 2 : n < 99.95 ? 1 : 0;
}

/* Formats with three significant digits, without an exponent. */
static const char *digits_of(double n, char out[HUMAN_SIZE])
{
    snprintf(out, HUMAN_SIZE, "%.*f", decimals_of(n), n);
    return out;
}

static const char *scattered(const struct range *r, char out[COMPARE_CELL_SIZE])
{
    int decimals = decimals_of(r->median);
    if (r->min < r->max)
        snprintf(out, COMPARE_CELL_SIZE, "%.*f ± %.*f", decimals, r->median, decimals,
            compare_scatter(r));
    else
        snprintf(out, COMPARE_CELL_SIZE, "%.*f", decimals, r->median);
    return out;
}

static const char *digits(const struct range *r, char out[COMPARE_CELL_SIZE])
{
    return digits_of(r->median, out);
}

static const char *print_count(const struct range *r, char out[COMPARE_CELL_SIZE])
{
    return human_count((uint64_t)(r->median + 0.5), out);
}

static const char *megabytes(const struct range *r, char out[COMPARE_CELL_SIZE])
{
    return digits_of(r->median / 1e6, out);
}

static const char *latency(const struct range *r, char out[COMPARE_CELL_SIZE])
{
    return human_ns((uint64_t)(r->median * 1e9), out);
}

const struct compare_column compare_columns[] = {
    {"wall s", FIGURE_WALL, 11, false, scattered},
    {"images/s", FIGURE_IMAGES_PER_S, 9, false, print_count},
    {"CPU s", FIGURE_CPU, 11, false, scattered},
    {"peak MB", FIGURE_MEMORY, 7, false, megabytes},
    {"MB/s", FIGURE_BYTES_PER_S, 6, true, megabytes},
    {"user s", FIGURE_USER, 6, true, digits},
    {"sys s", FIGURE_SYSTEM, 5, true, digits},
    {"switches", FIGURE_SWITCHES, 9, true, print_count},
    {"conns", FIGURE_CONNECTIONS, 6, true, print_count},
    {"p50", FIGURE_P50, 7, true, latency},
    {"p95", FIGURE_P95, 7, true, latency},
    {"p99", FIGURE_P99, 7, true, latency},
    {"failed", FIGURE_FAILED, 6, true, print_count},
};
const unsigned compare_n_columns = sizeof compare_columns / sizeof *compare_columns;

const struct compare_kind compare_kinds[] = {
    [COMPARED_BACKENDS] = {"backend", "backends"},
    [COMPARED_POOLS] = {"pool", "pools"},
    [COMPARED_HTTP] = {"HTTP", "versions of HTTP"},
};

/* The rows of a round: the same number in all of them. */
static uint64_t count_rows(const struct comparison *all, bool thumbs)
{
    for (unsigned i = 0; i < all->n; i++)
        if (all->contenders[i].thumbs == thumbs && all->contenders[i].n_rounds)
            return (uint64_t)all->contenders[i].rounds->value[FIGURE_ROWS];
    return 0;
}

void compare_caption(
    const struct comparison *all, const struct contender *c, char *out, size_t size)
{
    const struct options *o = all->options;
    char rows[HUMAN_SIZE], in_flight[48] = "default concurrency", backend[48] = "";
    if (o->adapts)
        snprintf(in_flight, sizeof in_flight, "concurrency auto");
    else if (o->pipeline.concurrency)
        snprintf(in_flight, sizeof in_flight, "concurrency %u", o->pipeline.concurrency);
    if (all->what != COMPARED_BACKENDS)
        snprintf(backend, sizeof backend, "backend %s, ", o->pipeline.backend->name);
    snprintf(out, size, "%s rows, %s%s, %u round%s: median%s",
        human_count(count_rows(all, c->thumbs), rows), backend, in_flight, o->repeat,
        o->repeat == 1 ? "" : "s", o->repeat == 1 ? "" : " ± deviation");
}

/* ---- failures ---- */

static uint64_t sum_of(const struct contender *c, int code)
{
    uint64_t n = 0;
    for (unsigned i = 0; i < c->n_rounds; i++)
        n += c->rounds[i].failed[code];
    return n;
}

static bool fail_alike(const struct contender *a, const struct contender *b)
{
    bool alike = a->thumbs == b->thumbs;
    for (int e = ERR_OK + 1; e < ERR_COUNT && alike; e++)
        alike = sum_of(a, e) == sum_of(b, e);
    return alike;
}

bool compare_failures(const struct comparison *all, unsigned contender, char *out, size_t size)
{
    const struct contender *at = all->contenders, *c = &at[contender];
    for (unsigned i = 0; i < contender; i++)
        if (fail_alike(&at[i], c))
            return false;
    FILE *text = fmemopen(out, size, "w");
    if (!text)
        return false;
    const char *between = ", in all rounds: ";
    fprintf(text, "failed rows of %s", c->name);
    for (unsigned i = contender + 1; i < all->n; i++)
        if (fail_alike(&at[i], c))
            fprintf(text, ", %s", at[i].name);
    for (int e = ERR_OK + 1; e < ERR_COUNT; e++)
        if (sum_of(c, e)) {
            fprintf(text, "%s%s %llu", between, err_name((enum err)e),
                (unsigned long long)sum_of(c, e));
            between = ", ";
        }
    fclose(text);
    return between[2] == '\0';
}

bool compare_settled(const struct contender *c, char *out, size_t size)
{
    char in_flight[HUMAN_SIZE], least[HUMAN_SIZE], most[HUMAN_SIZE];
    struct range r = compare_range(c, FIGURE_SETTLED);
    if (r.max <= 0)
        return false;
    snprintf(out, size, "concurrency of %s: auto settled on %s (%s-%s)", c->name,
        human_count((uint64_t)r.median, in_flight), human_count((uint64_t)r.min, least),
        human_count((uint64_t)r.max, most));
    return true;
}

/* ---- on the terminal ---- */

/* Right-aligned; the text may have characters of several bytes. */
static void print_cell(const char *text, int width)
{
    int n = 0;
    for (const char *at = text; *at; at++)
        n += ((unsigned char)*at & 0xc0) != 0x80;
    printf(" %*s%s", width > n ? width - n : 0, "", text);
}

static bool is_shown(const struct compare_column *column, int width)
{
    return width >= COMPARE_WIDE || !column->is_wide;
}

static void print_row(const struct contender *c, int width)
{
    char cell[COMPARE_CELL_SIZE];
    printf("%-*s", NAME_WIDTH, c->name);
    if (!c->n_rounds)
        printf(" no rounds");
    for (unsigned i = 0; c->n_rounds && i < compare_n_columns; i++) {
        const struct compare_column *column = &compare_columns[i];
        struct range r = compare_range(c, column->figure);
        if (is_shown(column, width))
            print_cell(column->format(&r, cell), column->width);
    }
    putchar('\n');
}

static void print_wrapped(const char *text, int width)
{
    human_print_wrapped(text, 0, 0, width < COMPARE_WIDE ? width : COMPARE_WIDE);
    putchar('\n');
}

static void print_head(const struct comparison *all, int width)
{
    printf("\n%-*s", NAME_WIDTH, compare_kinds[all->what].one);
    for (unsigned i = 0; i < compare_n_columns; i++)
        if (is_shown(&compare_columns[i], width))
            print_cell(compare_columns[i].title, compare_columns[i].width);
    putchar('\n');
}

/* Prints `first` and all other contenders like it. */
static void print_section(const struct comparison *all, const struct contender *first, int width)
{
    char text[COMPARE_FAILURES_SIZE];
    bool thumbs = first->thumbs;
    int len = snprintf(text, sizeof text, "%s thumbnails: ", thumbs ? "With" : "Without");
    compare_caption(all, first, text + len, sizeof text - (size_t)len);
    print_wrapped(text, width);
    print_head(all, width);
    for (unsigned i = 0; i < all->n; i++)
        if (all->contenders[i].thumbs == thumbs)
            print_row(&all->contenders[i], width);
    for (unsigned i = 0; i < all->n; i++)
        if (all->contenders[i].thumbs == thumbs &&
            compare_settled(&all->contenders[i], text, sizeof text))
            print_wrapped(text, width);
    for (unsigned i = 0; i < all->n; i++)
        if (all->contenders[i].thumbs == thumbs && compare_failures(all, i, text, sizeof text))
            print_wrapped(text, width);
    putchar('\n');
}

void compare_table_print(const struct comparison *all, const struct advice *advice, int width)
{
    for (unsigned i = 0; i < all->n; i++)
        if (i == 0 || all->contenders[i].thumbs != all->contenders[i - 1].thumbs)
            print_section(all, &all->contenders[i], width);
    for (unsigned i = 0; i < advice->n; i++)
        print_wrapped(advice->line[i], width);
}
