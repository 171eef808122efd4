#include "manifest/manifest_tree.h"

#include <stdbool.h>
#include <stddef.h>

/* yajl frees a tree by recursion, so the depth is limited. No row of ours comes near the limit,
 * but the JSON in a column of the list may. */
enum { DEPTH_MAX = 1000 };

static bool is_too_deep(const char *at)
{
    unsigned depth = 0;
    for (bool in_string = false; *at; at++) {
        if (*at == '\\' && in_string && at[1])
            at++;
        else if (*at == '"')
            in_string = !in_string;
        else if (!in_string && (*at == '[' || *at == '{') && ++depth > DEPTH_MAX)
            return true;
        else if (!in_string && (*at == ']' || *at == '}') && depth)
            depth--;
    }
    return false;
}

yajl_val manifest_tree_parse(const char *text)
{
    return is_too_deep(text) ? NULL : yajl_tree_parse(text, NULL, 0);
}

yajl_val manifest_tree_get(yajl_val object, const char *name, yajl_type type)
{
    return yajl_tree_get(object, (const char *[]){name, NULL}, type);
}

const char *manifest_tree_text(yajl_val object, const char *name)
{
    yajl_val v = manifest_tree_get(object, name, yajl_t_string);
    return v ? v->u.string : NULL;
}

int64_t manifest_tree_number(yajl_val object, const char *name)
{
    yajl_val v = manifest_tree_get(object, name, yajl_t_number);
    return v && YAJL_IS_INTEGER(v) && YAJL_GET_INTEGER(v) >= 0 ? YAJL_GET_INTEGER(v) : -1;
}
