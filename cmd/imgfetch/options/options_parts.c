#include "cmd/imgfetch/options/options_parts.h"

#include "cmd/imgfetch/options/options_check.h"
#include "cmd/imgfetch/options/options_table.h"

#include <string.h>

static bool is_given(const struct options *o, const char *name)
{
    for (size_t i = 0; i < o->given.n; i++)
        if (!strcmp(o->given.at[i].name, name))
            return true;
    return false;
}

static bool refuse_split(const char *why)
{
    return options_usage_error_about(options_row_named("split"), "--split", why);
}

/* It reads the list twice, and makes the lists of whole runs. */
static bool check_split(const struct options *o)
{
    if (!is_given(o, "output"))
        return refuse_split("name the directory of the lists: --output=DIR");
    for (size_t i = 0; i < o->pipeline.n_lists; i++)
        if (!strcmp(o->pipeline.lists[i], "-"))
            return refuse_split("standard input cannot be read twice: give a file");
    struct urllist_conf list = {.paths = o->pipeline.lists, .n_paths = o->pipeline.n_lists};
    list.format = o->pipeline.format;
    if (urllist_has_parquet(&list))
        return refuse_split("not for Parquet, which it cannot write: make csv of it, as "
                            "cmd/imgfetch/parquet/README.md shows");
    if (is_given(o, "first-shard") || o->pipeline.shards.kind != SHARDS_ALL)
        return refuse_split("numbers the shards: cannot be combined with --shard or --first-shard");
    bool is_run = !(o->compare || o->dry_run || o->update || o->outdir.redo || o->outdir.fresh);
    return is_run || refuse_split("cannot be combined with --compare, --dry-run, --update, "
                                  "--refresh, --retry-failed or --fresh");
}

/* A list with a number for its first shard is one task's. */
bool options_parts_check(const struct options *o)
{
    if (is_given(o, "first-shard") && o->pipeline.shards.kind != SHARDS_ALL)
        return options_usage_error_about(options_row_named("first-shard"), "--first-shard",
            "cannot be combined with --shard: LIST is one task's");
    return !o->split || check_split(o);
}
