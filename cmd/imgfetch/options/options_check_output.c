#include "cmd/imgfetch/options/options_check_inside.h"

#include "cmd/imgfetch/onshard.h"
#include "manifest/row_fields.h"
#include "store/bodyhash.h"
#include "store/metadata.h"
#include "store/sidecars.h"
#include "store/store_flat.h"
#include "store/store_tar.h"

#include <stdio.h>
#include <string.h>

/* Flat files named by their body are shared by rows with other boxes. */
static bool check_blur(struct options *o)
{
    o->make.blur = o->columns.at[COLUMN_BLUR].name != NULL;
    if (o->make.blur && !o->thumbs)
        return options_check_refuse(
            o, "blur-col", "cannot be combined with --no-thumbs: only thumbnails are blurred");
    bool is_flat = o->pipeline.store.layout == &store_flat;
    for (unsigned i = 0; o->make.blur && is_flat && i < o->name.n; i++)
        if (o->name.at[i].kind == NAME_HASH)
            return options_check_refuse(o, "blur-col",
                "in the flat layout, --name cannot have {sha256}: rows with one body share files");
    return true;
}

/* Flat files named by their body are shared by rows that differ. */
static bool check_sidecars(const struct options *o)
{
    const struct store_conf *store = &o->pipeline.store;
    bool is_flat = store->layout == &store_flat;
    const char *why = NULL;
    if (store->sidecars && store->layout == &store_tar)
        why = "tars have these already: cannot be combined with --layout=webdataset";
    else if (store->sidecars && o->pipeline.dedupe == DEDUPE_CONTENT)
        why = "rows that share an image have captions of their own; take --dedupe=shard";
    else if (store->sidecars & SIDECARS_TXT && !o->columns.at[COLUMN_CAPTION].name)
        why = "txt holds captions: needs --caption-col";
    else if (store->sidecars & SIDECARS_METADATA && is_flat)
        why = METADATA_NAME " is a file of a folder: needs --layout=files";
    else if (store->sidecars && is_flat && o->name.has_hash)
        why = "in the flat layout, --name cannot have {sha256}: rows with one body share files";
    for (unsigned i = COLUMN_KEPT; i < o->columns.n && store->sidecars & SIDECARS_METADATA; i++)
        if (span_is(columns_field(&o->columns, i), "file_name"))
            why = METADATA_NAME " has a field file_name of its own: not with --keep-cols=file_name";
    return !why || options_check_refuse(o, "sidecars", why);
}

/* --on-shard. */
static bool check_delivery(const struct options *o)
{
    bool removes = o->pipeline.removes_delivered;
    if (removes && !o->on_shard)
        return options_check_refuse(o, "on-shard-remove", "needs --on-shard");
    if (!o->on_shard || o->compare)
        return true;
    if (o->update)
        return options_check_refuse(o, "on-shard",
            "cannot be combined with --update: run the same command without that afterwards");
    if (o->pipeline.store.layout == &store_flat)
        return options_check_refuse(
            o, "on-shard", "not with --layout=flat, where a shard has no files of its own");
    if (removes && o->pipeline.dedupe == DEDUPE_RUN)
        return options_check_refuse(o, "on-shard-remove",
            "cannot be combined with --dedupe=run: later rows share files of earlier shards");
    return onshard_is_program(o->on_shard) ||
           options_check_refuse(
               o, "on-shard", "there is no such program (a file with a slash, or one in $PATH)");
}

/* The field of the hash must be free, and OpenSSL must have the algorithm. */
static bool check_hash(const struct options *o)
{
    char why[200];
    enum job_hash hash = o->pipeline.store.hash;
    if (hash == JOB_HASH_NONE)
        return true;
    const char *name = row_fields[ROW_MD5 + hash - JOB_HASH_MD5].name;
    snprintf(why, sizeof why,
        "a column of --keep-cols has this name: give it another one, --keep-cols=%s=list_%s", name,
        name);
    for (unsigned i = COLUMN_KEPT; i < o->columns.n; i++)
        if (span_is(columns_field(&o->columns, i), name))
            return options_check_refuse(o, "hash", why);
    return bodyhash_can(hash) ||
           options_check_refuse(o, "hash", "OpenSSL cannot compute it on this machine");
}

bool options_check_output(struct options *o)
{
    return check_blur(o) && check_sidecars(o) && check_hash(o) && check_delivery(o);
}
