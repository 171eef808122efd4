#include "cmd/imgfetch/compare_table.h"

#include "cmd/imgfetch/human.h"

#include <stdio.h>
#include <string.h>

enum { LINE = 100, NAME_WIDTH = 8 };

/* Three digits that count, without an exponent. */
static const char *digits_of(double n, char out[HUMAN_SIZE])
{
    snprintf(out, HUMAN_SIZE, "%.*f", n < 9.995 ? 2 : n < 99.95 ? 1 : 0, n);
    return out;
}

static const char *wall(const struct range *r, char out[COMPARE_CELL_SIZE])
{
    char median[HUMAN_SIZE], min[HUMAN_SIZE], max[HUMAN_SIZE];
    snprintf(out, COMPARE_CELL_SIZE, "%s (%s-%s)", digits_of(r->median, median),
        digits_of(r->min, min), digits_of(r->max, max));
    return out;
}

static const char *digits(const struct range *r, char out[COMPARE_CELL_SIZE])
{
    return digits_of(r->median, out);
}

static const char *count(const struct range *r, char out[COMPARE_CELL_SIZE])
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
    {"wall s", FIGURE_WALL, 18, wall},
    {"images/s", FIGURE_IMAGES_PER_S, 9, count},
    {"MB/s", FIGURE_BYTES_PER_S, 6, megabytes},
    {"user s", FIGURE_USER, 7, digits},
    {"sys s", FIGURE_SYSTEM, 6, digits},
    {"MB", FIGURE_MEMORY, 6, megabytes},
    {"switches", FIGURE_SWITCHES, 10, count},
    {"conns", FIGURE_CONNECTIONS, 8, count},
    {"p50", FIGURE_P50, 8, latency},
    {"p95", FIGURE_P95, 8, latency},
    {"p99", FIGURE_P99, 8, latency},
    {"failed", FIGURE_FAILED, 7, count},
};
const unsigned compare_n_columns = sizeof compare_columns / sizeof *compare_columns;

/* The first of them that has run, for what is the same for all. */
static const struct contender *first_of(const struct comparison *all, bool thumbs)
{
    for (unsigned i = 0; i < all->n; i++)
        if (all->contenders[i].thumbs == thumbs && all->contenders[i].n_rounds)
            return &all->contenders[i];
    return NULL;
}

void compare_caption(const struct comparison *all, bool thumbs, char *out, size_t size)
{
    const struct options *o = all->options;
    const struct contender *c = first_of(all, thumbs);
    char rows[HUMAN_SIZE], in_flight[48] = "each one's default concurrency", backend[48] = "";
    if (o->concurrency)
        snprintf(in_flight, sizeof in_flight, "concurrency %u", o->concurrency);
    if (all->pools)
        snprintf(backend, sizeof backend, ", backend %s", o->backend->name);
    snprintf(out, size, "%s thumbnails%s: %s rows, %s, %u round%s: median (least-most)",
        thumbs ? "With" : "Without", backend,
        human_count(c ? (uint64_t)compare_median(c, FIGURE_ROWS) : 0, rows), in_flight, o->repeat,
        o->repeat == 1 ? "" : "s");
}

bool compare_failures(const struct contender *c, char *out, size_t size)
{
    size_t len = 0;
    *out = '\0';
    for (int e = ERR_OK + 1; e < ERR_COUNT; e++) {
        uint64_t n = 0;
        for (unsigned i = 0; i < c->n_rounds; i++)
            n += c->rounds[i].failed[e];
        if (n && len < size)
            len += (size_t)snprintf(out + len, size - len, "%s%s %llu", len ? ", " : "",
                err_name((enum err)e), (unsigned long long)n);
    }
    return len > 0;
}

static void print_row(const struct contender *c)
{
    char cell[COMPARE_CELL_SIZE];
    printf("%-*s", NAME_WIDTH, c->name);
    if (!c->n_rounds)
        printf(" no round");
    for (unsigned i = 0; c->n_rounds && i < compare_n_columns; i++) {
        struct range r = compare_range(c, compare_columns[i].figure);
        printf(" %*s", compare_columns[i].width, compare_columns[i].format(&r, cell));
    }
    putchar('\n');
}

static void print_section(const struct comparison *all, bool thumbs)
{
    char text[300];
    compare_caption(all, thumbs, text, sizeof text);
    printf("%s\n\n%-*s", text, NAME_WIDTH, all->pools ? "pool" : "backend");
    for (unsigned i = 0; i < compare_n_columns; i++)
        printf(" %*s", compare_columns[i].width, compare_columns[i].title);
    putchar('\n');
    for (unsigned i = 0; i < all->n; i++)
        if (all->contenders[i].thumbs == thumbs)
            print_row(&all->contenders[i]);
    for (unsigned i = 0; i < all->n; i++) {
        const struct contender *c = &all->contenders[i];
        if (c->thumbs == thumbs && compare_failures(c, text, sizeof text))
            printf("failed, %s, all rounds: %s\n", c->name, text);
    }
    putchar('\n');
}

/* In lines of LINE characters. */
static void print_wrapped(const char *text)
{
    size_t column = 0;
    while (*text) {
        size_t word = strcspn(text, " ");
        if (column && column + 1 + word > LINE) {
            putchar('\n');
            column = 0;
        }
        column += (size_t)printf("%s%.*s", column ? " " : "", (int)word, text);
        text += word;
        text += strspn(text, " ");
    }
    putchar('\n');
}

void compare_table_print(const struct comparison *all, const struct advice *advice)
{
    for (int thumbs = 0; thumbs < 2; thumbs++) {
        bool any = false;
        for (unsigned i = 0; i < all->n; i++)
            any |= all->contenders[i].thumbs == thumbs;
        if (any)
            print_section(all, thumbs);
    }
    for (unsigned i = 0; i < advice->n; i++)
        print_wrapped(advice->line[i]);
}
