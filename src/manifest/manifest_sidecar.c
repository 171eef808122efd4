#include "manifest/manifest.h"
#include "manifest/manifest_tree.h"

#include <string.h>

static bool is_equal(yajl_val a, yajl_val b);

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

static bool is_empty(yajl_val v)
{
    return (YAJL_IS_STRING(v) && !*v->u.string) ||
           (YAJL_IS_NUMBER(v) && !strcmp(v->u.number.r, "0"));
}

static bool is_text_of(yajl_val text, yajl_val v)
{
    yajl_val said = YAJL_IS_STRING(text) ? manifest_tree_parse(text->u.string) : NULL;
    bool is_equal_value = is_equal(said, v);
    yajl_tree_free(said);
    return is_equal_value;
}

/* True if the sample says in its way what the row says. Older programs wrote the row's own
 * values. */
static bool agree(yajl_val in_sample, yajl_val in_row)
{
    return in_sample && in_row &&
           (is_equal(in_sample, in_row) ||
               (YAJL_IS_NULL(in_row) ? is_empty(in_sample) : is_text_of(in_sample, in_row)));
}

static enum row_where where_is(const char *name)
{
    const struct row_field_info *field = row_field_find(name, strlen(name));
    return field ? field->where : ROW_SAME;
}

/* True if the sample has every field that it must have of the row. */
static bool has_fields(yajl_val sample, yajl_val row)
{
    for (size_t i = 0; i < row->u.object.len; i++) {
        const char *name = row->u.object.keys[i];
        if (where_is(name) != ROW_MANIFEST && !manifest_tree_get(sample, name, yajl_t_any))
            return false;
    }
    return true;
}

/* True if every field of the sample agrees with the row, but for the size of its own image. */
static bool fields_agree(yajl_val sample, yajl_val row, const char *file_name)
{
    static const char original[] = "original_";
    for (size_t i = 0; i < sample->u.object.len; i++) {
        const char *name = sample->u.object.keys[i], *in_row = name;
        enum row_where where = where_is(name);
        if (file_name && !strcmp(name, "file_name"))
            continue;
        if (where == ROW_SAMPLE)
            in_row += sizeof original - 1;
        if (where != ROW_STORED &&
            !agree(sample->u.object.values[i], manifest_tree_get(row, in_row, yajl_t_any)))
            return false;
    }
    return true;
}

static bool has_file_name(yajl_val sample, const char *file_name)
{
    const char *name = manifest_tree_text(sample, "file_name");
    return !file_name || (name && !strcmp(name, file_name));
}

static bool is_of(yajl_val sample, yajl_val row, const char *file_name)
{
    return YAJL_IS_OBJECT(sample) && YAJL_IS_OBJECT(row) && has_fields(sample, row) &&
           manifest_tree_get(sample, "original_width", yajl_t_any) &&
           manifest_tree_get(sample, "original_height", yajl_t_any) &&
           fields_agree(sample, row, file_name) && has_file_name(sample, file_name);
}

bool manifest_is_metadata(const char *json, const char *line, const char *file_name)
{
    yajl_val sample = manifest_tree_parse(json), row = manifest_tree_parse(line);
    bool good = is_of(sample, row, file_name);
    yajl_tree_free(sample);
    yajl_tree_free(row);
    return good;
}

bool manifest_is_sidecar(const char *json, const char *line)
{
    return manifest_is_metadata(json, line, NULL);
}
