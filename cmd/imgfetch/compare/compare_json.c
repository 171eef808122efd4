#include "cmd/imgfetch/compare/compare_table.h"

#include <string.h>
#include <yajl/yajl_gen.h>

static void text(yajl_gen g, const char *s)
{
    yajl_gen_string(g, (const unsigned char *)s, strlen(s));
}

static void put_ranges(yajl_gen g, const struct contender *c)
{
    for (int f = 0; f < FIGURE_COUNT; f++) {
        struct range r = compare_range(c, (enum figure)f);
        text(g, compare_figure_name((enum figure)f));
        yajl_gen_map_open(g);
        text(g, "median");
        yajl_gen_double(g, r.median);
        text(g, "min");
        yajl_gen_double(g, r.min);
        text(g, "max");
        yajl_gen_double(g, r.max);
        yajl_gen_map_close(g);
    }
}

static void put_round(yajl_gen g, const struct figures *f)
{
    yajl_gen_map_open(g);
    for (int i = 0; i < FIGURE_COUNT; i++) {
        text(g, compare_figure_name((enum figure)i));
        yajl_gen_double(g, f->value[i]);
    }
    text(g, "failed_by_code");
    yajl_gen_map_open(g);
    for (int e = ERR_OK + 1; e < ERR_COUNT; e++)
        if (f->failed[e]) {
            text(g, err_name((enum err)e));
            yajl_gen_integer(g, (long long)f->failed[e]);
        }
    yajl_gen_map_close(g);
    text(g, "latency_s"); /* its quantiles: statsfd.h */
    yajl_gen_map_open(g);
    for (int i = 0; i < STATSFD_QUANTILES; i++) {
        char name[8];
        snprintf(name, sizeof name, "p%.0f", statsfd_quantiles[i]);
        text(g, name);
        yajl_gen_double(g, f->latency[i]);
    }
    yajl_gen_map_close(g);
    yajl_gen_map_close(g);
}

static void put_contender(yajl_gen g, const struct comparison *all, const struct contender *c)
{
    yajl_gen_map_open(g);
    text(g, "name");
    text(g, c->name);
    text(g, "backend");
    text(g, c->backend->name);
    text(g, "pool");
    if (c->thumbs)
        text(g, options_pools[c->pool]);
    else
        yajl_gen_null(g);
    text(g, "thumbnails");
    yajl_gen_bool(g, c->thumbs);
    text(g, "best");
    yajl_gen_bool(g, compare_best(all, c->thumbs) == c);
    text(g, "trouble");
    if (c->trouble[0])
        text(g, c->trouble);
    else
        yajl_gen_null(g);
    if (c->n_rounds)
        put_ranges(g, c);
    text(g, "rounds");
    yajl_gen_array_open(g);
    for (unsigned i = 0; i < c->n_rounds; i++)
        put_round(g, &c->rounds[i]);
    yajl_gen_array_close(g);
    yajl_gen_map_close(g);
}

void compare_json_print(const struct comparison *all, unsigned cores, const struct advice *advice)
{
    const unsigned char *out;
    size_t len;
    yajl_gen g = yajl_gen_alloc(NULL);
    yajl_gen_map_open(g);
    text(g, "version");
    text(g, IMGFETCH_VERSION);
    text(g, "cores");
    yajl_gen_integer(g, cores);
    text(g, "repeat");
    yajl_gen_integer(g, all->options->repeat);
    text(g, "concurrency");
    if (all->options->pipeline.concurrency)
        yajl_gen_integer(g, all->options->pipeline.concurrency);
    else
        yajl_gen_null(g);
    text(g, "contenders");
    yajl_gen_array_open(g);
    for (unsigned i = 0; i < all->n; i++)
        put_contender(g, all, &all->contenders[i]);
    yajl_gen_array_close(g);
    text(g, "advice");
    yajl_gen_array_open(g);
    for (unsigned i = 0; i < advice->n; i++)
        text(g, advice->line[i]);
    yajl_gen_array_close(g);
    yajl_gen_map_close(g);
    yajl_gen_get_buf(g, &out, &len);
    fwrite(out, 1, len, stdout);
    putchar('\n');
    yajl_gen_free(g);
}
