/* JSON of strangers as a tree of yajl's. */
#ifndef MANIFEST_MANIFEST_TREE_H
#define MANIFEST_MANIFEST_TREE_H

#include <stdint.h>
#include <yajl/yajl_tree.h>

/* NULL: it is no JSON, or deeper than any of ours. yajl_tree_free() it. */
yajl_val manifest_tree_parse(const char *text);

/* Of a field of an object. NULL: there is none, or it is of another type. */
yajl_val manifest_tree_get(yajl_val object, const char *name, yajl_type type);
const char *manifest_tree_text(yajl_val object, const char *name); /* lives as long as the tree */

/* -1: there is no such whole number, or it is below 0: none of ours is. */
int64_t manifest_tree_number(yajl_val object, const char *name);

#endif
