/* JSON of strangers as a tree of yajl's. */
#ifndef RUN_MANIFEST_TREE_H
#define RUN_MANIFEST_TREE_H

#include <yajl/yajl_tree.h>

/* NULL: it is no JSON, or deeper than any of ours. yajl_tree_free() it. */
yajl_val manifest_tree_parse(const char *text);

#endif
