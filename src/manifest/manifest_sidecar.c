#include "manifest/manifest.h"
#include "manifest/manifest_tree.h"

#include <string.h>

static bool is_equal(yajl_val a, yajl_val b);

static bool is_equal_field(yajl_val a, yajl_val b, const char *name_in_a, const char *name_in_b)
{
    return is_equal(
        manifest_tree_get(a, name_in_a, yajl_t_any), manifest_tree_get(b, name_in_b, yajl_t_any));
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

static bool is_equal_object(yajl_val a, yajl_val b)
{
    if (a->u.object.len != b->u.object.len)
        return false;
    for (size_t i = 0; i < a->u.object.len; i++)
        if (!is_equal(a->u.object.values[i], manifest_tree_get(b, a->u.object.keys[i], yajl_t_any)))
            return false;
    return true;
}

static bool is_equal(yajl_val a, yajl_val b)
{
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
        return is_equal_object(a, b);
    default:
        return true;
    }
}

/* True if `b` has every field of `a` with the same value. Fields whose row_where is `of_a` or
 * ROW_STORED are not compared. Both are objects. */
static bool has_fields(yajl_val a, yajl_val b, enum row_where of_a)
{
    for (size_t i = 0; i < a->u.object.len; i++) {
        const char *name = a->u.object.keys[i];
        const struct row_field_info *field = row_field_find(name, strlen(name));
        enum row_where where = field ? field->where : ROW_SAME;
        if (where != of_a && where != ROW_STORED && !is_equal_field(a, b, name, name))
            return false;
    }
    return true;
}

static bool agree(yajl_val sidecar, yajl_val row)
{
    return has_fields(row, sidecar, ROW_VARIES) && has_fields(sidecar, row, ROW_SIDECAR) &&
           is_equal_field(row, sidecar, "width", "original_width") &&
           is_equal_field(row, sidecar, "height", "original_height");
}

bool manifest_is_sidecar(const char *json, const char *line)
{
    yajl_val sidecar = manifest_tree_parse(json), row = manifest_tree_parse(line);
    bool good = YAJL_IS_OBJECT(sidecar) && YAJL_IS_OBJECT(row) && agree(sidecar, row);
    yajl_tree_free(sidecar);
    yajl_tree_free(row);
    return good;
}
