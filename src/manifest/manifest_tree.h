/* Parses untrusted JSON into a yajl tree. */
#ifndef MANIFEST_MANIFEST_TREE_H
#define MANIFEST_MANIFEST_TREE_H

#include <stdint.h>
#include <yajl/yajl_tree.h>

/* NULL: it is not JSON, or is nested too deeply. The caller calls yajl_tree_free(). */
yajl_val manifest_tree_parse(const char *text);

/* A field of an object. NULL: missing, or of another type. */
yajl_val manifest_tree_get(yajl_val object, const char *name, yajl_type type);
const char *manifest_tree_text(yajl_val object, const char *name); /* valid as long as the tree */

/* -1: missing, not an integer, or negative (no field of ours is). */
int64_t manifest_tree_number(yajl_val object, const char *name);

#endif
