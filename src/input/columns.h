/*
 * The columns of a list that are read: the URL, and those the user names.
 *
 * Plain data; the names are borrowed.
 */
#ifndef INPUT_COLUMNS_H
#define INPUT_COLUMNS_H

#include "base/span.h"

#include <stdbool.h>
#include <stddef.h>

enum { COLUMNS_FALLBACKS_MAX = 16 };

enum {
    COLUMN_URL,
    COLUMN_CAPTION,
    COLUMN_HASH,     /* of the body, in hex */
    COLUMN_REFERER,  /* to send for the row */
    COLUMN_BLUR,     /* boxes of the picture (input/boxes.h) */
    COLUMN_FALLBACK, /* the first of the row's other URLs, in the order in which they are tried */
    /* the first of the columns copied into the manifest */
    COLUMN_KEPT = COLUMN_FALLBACK + COLUMNS_FALLBACKS_MAX,
    COLUMNS_MAX = COLUMN_KEPT + 64,
};

struct column {
    const char *name; /* NULL: this column is not used */
    size_t len;
};

struct columns {
    struct column at[COLUMNS_MAX];
    unsigned n; /* entries of `at`, from COLUMN_KEPT to COLUMNS_MAX */
    /* For each entry, of a kept column: its list declares that all its values are numbers or all
     * are booleans, and none is null. Then manifest/sample.h has these, and else text. Set before
     * the first row is taken. */
    bool is_typed[COLUMNS_MAX];
    /* New names of kept columns, for rows; at NULL: the column's own. */
    struct span renamed[COLUMNS_MAX - COLUMN_KEPT];
};

/* The name that `at[i]` has in rows and templates; at NULL: it is not used. */
static inline struct span columns_field(const struct columns *columns, unsigned i)
{
    struct span own = {columns->at[i].name, columns->at[i].len};
    bool is_renamed = i >= COLUMN_KEPT && columns->renamed[i - COLUMN_KEPT].at;
    return is_renamed ? columns->renamed[i - COLUMN_KEPT] : own;
}

/* True if any but the URL is used. */
static inline bool columns_any(const struct columns *columns)
{
    for (unsigned i = COLUMN_URL + 1; i < columns->n; i++)
        if (columns->at[i].name)
            return true;
    return false;
}

#endif
