#include "manifest/manifest.h"
#include "manifest/manifest_tree.h"

#include <string.h>

static bool is_among(const char *name, const char *const *names)
{
    for (; *names; names++)
        if (!strcmp(name, *names))
            return true;
    return false;
}

static bool is_equal(yajl_val a, yajl_val b);

/* All that `a` has, `b` has, too; but for the names left out. */
static bool has_fields(yajl_val a, yajl_val b, const char *const *without)
{
    for (size_t i = 0; i < a->u.object.len; i++) {
        const char *name = a->u.object.keys[i];
        if (!is_among(name, without) &&
            !is_equal(a->u.object.values[i], manifest_tree_get(b, name, yajl_t_any)))
            return false;
    }
    return true;
}

static bool is_equal_array(yajl_val a, yajl_val b)
{
    if (a->u.array.len != b->u.array.len)
        return false;
    for (size_t i = 0; i < a->u.array.len; i++)
        if (!is_equal(a->u.array.values[i], b->u.array.values[i]))
            return false;
    return true;
}

static bool is_equal(yajl_val a, yajl_val b)
{
    static const char *const none[] = {NULL};
    if (!a || !b || a->type != b->type)
        return false;
    switch (a->type) {
    case yajl_t_string:
        return !strcmp(a->u.string, b->u.string);
    case yajl_t_number:
        return !strcmp(a->u.number.r, b->u.number.r);
    case yajl_t_array:
        return is_equal_array(a, b);
    case yajl_t_object:
        return a->u.object.len == b->u.object.len && has_fields(a, b, none);
    default:
        return true;
    }
}

/* Both are objects. A sidecar's own size is that of the picture beside it. */
static bool agree(yajl_val sidecar, yajl_val row)
{
    static const char *const of_row[] = {
        "attempts", "ip", "etag", "last_modified", "started", "ms", "width", "height", NULL};
    static const char *const of_sidecar[] = {
        "width", "height", "original_width", "original_height", NULL};
    return has_fields(row, sidecar, of_row) && has_fields(sidecar, row, of_sidecar) &&
           is_equal(manifest_tree_get(row, "width", yajl_t_any),
               manifest_tree_get(sidecar, "original_width", yajl_t_any)) &&
           is_equal(manifest_tree_get(row, "height", yajl_t_any),
               manifest_tree_get(sidecar, "original_height", yajl_t_any));
}

bool manifest_is_sidecar(const char *json, const char *line)
{
    yajl_val sidecar = manifest_tree_parse(json), row = manifest_tree_parse(line);
    bool good = YAJL_IS_OBJECT(sidecar) && YAJL_IS_OBJECT(row) && agree(sidecar, row);
    yajl_tree_free(sidecar);
    yajl_tree_free(row);
    return good;
}
