/*
 * Lists that are tables: which of its columns are used, and the cells of a record.
 *
 * The first record names the columns. Where the columns that are used are given by number
 * (from 1), there is no such record: the first one is a row.
 *
 * Plain data. One thread.
 */
#ifndef INPUT_LISTTABLE_H
#define INPUT_LISTTABLE_H

#include "input/columns.h"
#include "input/urllist.h"

#include <stdbool.h>

enum { LISTTABLE_MAX_CELLS = 1024, LISTTABLE_WHY_SIZE = 120 };

struct listtable_cells {
    const char *base; /* of the offsets */
    unsigned n; /* cells of the record; of more than LISTTABLE_MAX_CELLS only these are kept */
    struct {
        size_t at, len;
    } cell[LISTTABLE_MAX_CELLS];
};

struct listtable {
    const struct columns *columns; /* borrowed */
    bool wants_header;             /* the next record names the columns */
    unsigned n;                    /* cells that a record has; 0: as many as it likes */
    unsigned field[COLUMNS_MAX];   /* of each column that is used */
};

/* NULL, or why these columns make no sense: static text. */
const char *listtable_check(const struct columns *);

/* For a new file. The columns have been checked. */
void listtable_begin(struct listtable *, const struct columns *);

void listtable_add_cell(struct listtable_cells *, size_t at, size_t len);

/* The cells of a line, by tabs; what is between two tabs is a cell as it is. */
void listtable_split_tabs(struct listtable_cells *ret, const char *line, size_t len);

/* Takes the names of the columns. False: `why` (`size` bytes) says which one is not there, and
 * which are; or which one is there twice. */
bool listtable_take_header(
    struct listtable *, const struct listtable_cells *, char *why, size_t size);

/* The values of the columns that are used; the others are not touched. False: the record has
 * too few cells, or too many; `why` (LISTTABLE_WHY_SIZE) says so. */
bool listtable_take_row(const struct listtable *, const struct listtable_cells *,
    struct urllist_value *values, char *why);

#endif
