#include "cmd/imgfetch/compare/compare_table.h"

#include "base/jsonmem.h"
#include "manifest/json.h"

#include <stdio.h>

static void put_ranges(yajl_gen g, const struct contender *c)
{
    for (int f = 0; f < FIGURE_COUNT; f++) {
        struct range r = compare_range(c, (enum figure)f);
        JSON_FIELD(g, compare_figure_name((enum figure)f), yajl_gen_map_open(g));
        JSON_FIELD(g, "median", yajl_gen_double(g, r.median));
        JSON_FIELD(g, "min", yajl_gen_double(g, r.min));
        JSON_FIELD(g, "max", yajl_gen_double(g, r.max));
        yajl_gen_map_close(g);
    }
}

static void put_round(yajl_gen g, const struct figures *f)
{
    yajl_gen_map_open(g);
    for (int i = 0; i < FIGURE_COUNT; i++)
        JSON_FIELD(g, compare_figure_name((enum figure)i), yajl_gen_double(g, f->value[i]));
    JSON_FIELD(g, "failed_by_code", yajl_gen_map_open(g));
    for (int e = ERR_OK + 1; e < ERR_COUNT; e++)
        if (f->failed[e])
            JSON_FIELD(g, err_name((enum err)e), yajl_gen_integer(g, (long long)f->failed[e]));
    yajl_gen_map_close(g);
    JSON_FIELD(g, "latency_s", yajl_gen_map_open(g)); /* its quantiles: statsfd.h */
    for (int i = 0; i < STATSFD_QUANTILES; i++) {
        char name[8];
        snprintf(name, sizeof name, "p%.0f", statsfd_quantiles[i]);
        JSON_FIELD(g, name, yajl_gen_double(g, f->latency[i]));
    }
    yajl_gen_map_close(g);
    yajl_gen_map_close(g);
}

static void put_contender(yajl_gen g, const struct comparison *all, const struct contender *c)
{
    yajl_gen_map_open(g);
    JSON_FIELD(g, "name", json_text(g, c->name));
    JSON_FIELD(g, "backend", json_text(g, c->backend->name));
    JSON_FIELD(g, "pool", json_text(g, c->thumbs ? options_pools[c->pool] : NULL));
    JSON_FIELD(g, "thumbnails", yajl_gen_bool(g, c->thumbs));
    JSON_FIELD(g, "best", yajl_gen_bool(g, compare_best(all, c->thumbs) == c));
    JSON_FIELD(g, "trouble", json_text(g, c->trouble[0] ? c->trouble : NULL));
    if (c->n_rounds)
        put_ranges(g, c);
    JSON_FIELD(g, "rounds", yajl_gen_array_open(g));
    for (unsigned i = 0; i < c->n_rounds; i++)
        put_round(g, &c->rounds[i]);
    yajl_gen_array_close(g);
    yajl_gen_map_close(g);
}

void compare_json_print(const struct comparison *all, unsigned cores, const struct advice *advice)
{
    const unsigned char *out;
    size_t len;
    yajl_gen g = yajl_gen_alloc(&jsonmem);
    yajl_gen_map_open(g);
    JSON_FIELD(g, "version", json_text(g, IMGFETCH_VERSION));
    JSON_FIELD(g, "cores", yajl_gen_integer(g, cores));
    JSON_FIELD(g, "repeat", yajl_gen_integer(g, all->options->repeat));
    json_text(g, "concurrency");
    if (all->options->adapts)
        json_text(g, "auto");
    else if (all->options->pipeline.concurrency)
        yajl_gen_integer(g, all->options->pipeline.concurrency);
    else
        yajl_gen_null(g);
    JSON_FIELD(g, "contenders", yajl_gen_array_open(g));
    for (unsigned i = 0; i < all->n; i++)
        put_contender(g, all, &all->contenders[i]);
    yajl_gen_array_close(g);
    JSON_FIELD(g, "advice", yajl_gen_array_open(g));
    for (unsigned i = 0; i < advice->n; i++)
        json_text(g, advice->line[i]);
    yajl_gen_array_close(g);
    yajl_gen_map_close(g);
    yajl_gen_get_buf(g, &out, &len);
    fwrite(out, 1, len, stdout);
    putchar('\n');
    yajl_gen_free(g);
}
