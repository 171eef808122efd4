/*
 * What is read of a list with columns: the URL, and what the user names besides.
 *
 * Plain data; the names are borrowed.
 */
#ifndef INPUT_COLUMNS_H
#define INPUT_COLUMNS_H

#include <stddef.h>

enum {
    COLUMN_URL,
    COLUMN_CAPTION,
    COLUMN_HASH, /* of the body, in hex */
    COLUMN_KEPT, /* the first of those that are copied into the manifest */
    COLUMNS_MAX = COLUMN_KEPT + 64,
};

struct column {
    const char *name; /* NULL: this column is not used */
    size_t len;
};

struct columns {
    struct column at[COLUMNS_MAX];
    unsigned n; /* entries of `at`, from COLUMN_KEPT to COLUMNS_MAX */
};

#endif
