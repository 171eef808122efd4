#include "manifest/statsfile.h"

#include "base/jsonmem.h"
#include "manifest/json.h"
#include "manifest/manifest_tree.h"

#include <stdio.h>
#include <string.h>

static void put_count(yajl_gen g, const char *name, uint64_t n)
{
    JSON_FIELD(g, name, yajl_gen_integer(g, (long long)n));
}

static void put_seconds(yajl_gen g, const char *name, double seconds)
{
    char text[40];
    int len = snprintf(text, sizeof text, "%.3f", seconds);
    JSON_FIELD(g, name, yajl_gen_number(g, text, (size_t)len));
}

/* ---- statistics ---- */

static void put_classes(yajl_gen g, const struct rowstats *s)
{
    uint64_t n[ERR_N_CLASSES] = {0};
    for (int e = 0; e < ERR_COUNT; e++)
        n[err_class((enum err)e)] += s->by_code[e];
    JSON_FIELD(g, "class_dict", yajl_gen_map_open(g));
    for (int c = 0; c < ERR_N_CLASSES; c++)
        if (n[c])
            put_count(g, err_class_name((enum err_class)c), n[c]);
    yajl_gen_map_close(g);
}

/* Each bin is called by where it begins. */
static void put_bins(
    yajl_gen g, const char *name, const struct rowstats *s, enum rowstats_what what)
{
    char text[40];
    JSON_FIELD(g, name, yajl_gen_map_open(g));
    for (unsigned i = 0; i == 0 || rowstats_edges[what][i] > 0; i++) {
        snprintf(text, sizeof text, "%.10g", rowstats_edges[what][i]);
        if (s->bins[what][i])
            put_count(g, text, s->bins[what][i]);
    }
    yajl_gen_map_close(g);
}

static void put_counts(yajl_gen g, const char *name, const struct rowstats_count *count)
{
    JSON_FIELD(g, name, yajl_gen_map_open(g));
    put_count(g, "count", count->rows);
    put_count(g, "successes", count->successes);
    yajl_gen_map_close(g);
}

static void put_suffixes(yajl_gen g, const struct rowstats *s)
{
    struct rowstats_suffix top[ROWSTATS_TOP];
    struct rowstats_count others;
    unsigned n = rowstats_top(s, top, &others);
    JSON_FIELD(g, "host_suffixes", yajl_gen_map_open(g));
    for (unsigned i = 0; i < n; i++)
        put_counts(g, top[i].name, &top[i].count);
    yajl_gen_map_close(g);
    put_counts(g, "other_host_suffixes", &others);
}

static void put_rows(yajl_gen g, struct rowstats *s)
{
    put_classes(g, s);
    put_count(g, "duplicates", s->duplicates);
    rowstats_sort_formats(s);
    JSON_FIELD(g, "formats", yajl_gen_map_open(g));
    for (unsigned i = 0; i < s->n_formats; i++)
        put_count(g, s->formats[i].name, s->formats[i].n);
    yajl_gen_map_close(g);
    put_bins(g, "body_bytes", s, ROWSTATS_BYTES);
    put_bins(g, "shorter_side", s, ROWSTATS_SIDE);
    put_bins(g, "aspect_ratio", s, ROWSTATS_ASPECT);
    put_suffixes(g, s);
}

bool statsfile_format(const struct statsfile *s, struct buf *ret)
{
    const struct tally *t = &s->tally;
    yajl_gen g = yajl_gen_alloc(&jsonmem);
    yajl_gen_config(g, yajl_gen_beautify, 1);
    yajl_gen_map_open(g);
    put_count(g, "count", tally_rows(t));
    put_count(g, "successes", t->by_code[ERR_OK]);
    put_count(g, "failed_to_download", tally_failed_to_download(t));
    put_count(g, "failed_to_resize", tally_failed_to_resize(t));
    put_seconds(g, "duration", s->end_time - s->start_time);
    put_seconds(g, "start_time", s->start_time);
    put_seconds(g, "end_time", s->end_time);
    JSON_FIELD(g, "status_dict", yajl_gen_map_open(g));
    for (int e = 0; e < ERR_COUNT; e++)
        if (t->by_code[e])
            put_count(g, err_name(e), t->by_code[e]);
    yajl_gen_map_close(g);
    JSON_FIELD(g, "list_sha256", json_text(g, s->fingerprint));
    JSON_FIELD(g, "sandbox", json_text(g, s->sandbox));
    if (s->rows)
        put_rows(g, s->rows);
    yajl_gen_map_close(g);
    const unsigned char *text;
    size_t len;
    yajl_gen_get_buf(g, &text, &len);
    bool good = buf_append(ret, text, len);
    yajl_gen_free(g);
    return good;
}

static bool read_codes(yajl_val dict, struct tally *ret)
{
    if (!YAJL_IS_OBJECT(dict))
        return false;
    for (size_t i = 0; i < dict->u.object.len; i++) {
        int code = err_from_name(dict->u.object.keys[i]);
        yajl_val n = dict->u.object.values[i];
        if (code < 0 || !YAJL_IS_INTEGER(n) || YAJL_GET_INTEGER(n) < 0)
            return false;
        ret->by_code[code] = (uint64_t)YAJL_GET_INTEGER(n);
    }
    return true;
}

bool statsfile_parse(const char *text, struct statsfile *ret)
{
    *ret = (struct statsfile){0};
    yajl_val tree = manifest_tree_parse(text);
    yajl_val print = manifest_tree_get(tree, "list_sha256", yajl_t_string);
    yajl_val start = manifest_tree_get(tree, "start_time", yajl_t_number);
    yajl_val end = manifest_tree_get(tree, "end_time", yajl_t_number);
    bool good = print && strlen(print->u.string) == STATSFILE_FINGERPRINT_SIZE - 1 && start &&
                YAJL_IS_DOUBLE(start) && end && YAJL_IS_DOUBLE(end) &&
                read_codes(manifest_tree_get(tree, "status_dict", yajl_t_object), &ret->tally);
    if (good) {
        memcpy(ret->fingerprint, print->u.string, sizeof ret->fingerprint);
        ret->start_time = YAJL_GET_DOUBLE(start);
        ret->end_time = YAJL_GET_DOUBLE(end);
    }
    yajl_tree_free(tree);
    return good;
}

bool statsfile_is_torn(const struct buf *file)
{
    static const char begin[] = "{\n    \"count\":"; /* as statsfile_format() writes it */
    const char *text = file->len ? (const char *)file->data : "";
    size_t len = strnlen(text, file->len);
    if (strncmp(text, begin, len < sizeof begin - 1 ? len : sizeof begin - 1) != 0)
        return false;
    yajl_val tree = manifest_tree_parse(text);
    yajl_tree_free(tree);
    return !tree;
}
