#include "base/clock.h"
#include "manifest/manifest.h"
#include "manifest/manifest_tree.h"

enum { LONGEST_TOTAL = 1000000000 /* ms; eleven days */ };

static int64_t get_total(yajl_val tree)
{
    yajl_val v = yajl_tree_get(tree, (const char *[]){"ms", "total", NULL}, yajl_t_number);
    double ms = v && YAJL_IS_DOUBLE(v) ? YAJL_GET_DOUBLE(v) : -1;
    return ms >= 0 && ms <= LONGEST_TOTAL ? (int64_t)(ms * 1000 + 0.5) : -1;
}

static int64_t get_when(const struct manifest_row *row, enum row_field field)
{
    const char *text = manifest_text(row, field);
    return text ? clock_parse_rfc3339(text) : -1;
}

static struct manifest_file get_smallest_thumb(yajl_val tree)
{
    yajl_val thumbs = manifest_tree_get(tree, "thumbs", yajl_t_array);
    struct manifest_file ret = {.bytes = -1};
    for (size_t i = 0; thumbs && i < thumbs->u.array.len; i++) {
        yajl_val thumb = thumbs->u.array.values[i];
        const char *path = manifest_tree_text(thumb, "path");
        int64_t bytes = manifest_tree_number(thumb, "bytes");
        if (path && manifest_path_is_ours(path) && bytes > 0 && (!ret.path || bytes < ret.bytes))
            ret = (struct manifest_file){path, bytes, manifest_tree_text(thumb, "sha256")};
    }
    return ret;
}

void manifest_figures(const struct manifest_row *row, struct manifest_figures *ret)
{
    yajl_val tree = row->tree;
    int64_t status = manifest_number(row, ROW_HTTP_STATUS);
    *ret = (struct manifest_figures){.total = get_total(tree)};
    ret->started = get_when(row, ROW_STARTED);
    ret->finished = get_when(row, ROW_FINISHED);
    ret->http_status = status >= 100 && status <= 599 ? (int)status : 0;
    ret->is_reused = YAJL_IS_TRUE(manifest_tree_get(tree, "reused", yajl_t_any));
    ret->thumb = get_smallest_thumb(tree);
}
