/*
 * Lists that are tables: maps the cells of a record to the columns that are used.
 *
 * The first record is the header, with the names of the columns, in any case. If the user gives the
 * columns by number (from 1), there is no header: the first record is a row.
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
    const char *base; /* the offsets count from here */
    unsigned n; /* cells of the record; of more than LISTTABLE_MAX_CELLS only these are kept */
    struct {
        size_t at, len;
    } cell[LISTTABLE_MAX_CELLS];
};

struct listtable {
    const struct columns *columns; /* borrowed */
    bool wants_header;             /* the next record is the header */
    unsigned n;                    /* cells that a record must have; 0: any number */
    unsigned field[COLUMNS_MAX];   /* the cell of each used column */
};

/* NULL, or why the columns are invalid: static text. */
const char *listtable_check(const struct columns *);

/* Begins a new file. listtable_check() has accepted the columns. */
void listtable_begin(struct listtable *, const struct columns *);

void listtable_add_cell(struct listtable_cells *, size_t at, size_t len);

/* Splits a line at its tabs. The cells are taken verbatim. */
void listtable_split_tabs(struct listtable_cells *ret, const char *line, size_t len);

/* Looks for the column among the names: as it is, or else whatever its case, if that is unique. Its
 * index, or -1. */
int listtable_find(const struct column *, const struct listtable_cells *names);

/* After -1: writes which names there are and which one may be meant, or which ones fit. `size` is
 * URLLIST_MESSAGE_SIZE less the name of a file. */
void listtable_tell(
    const struct column *, const struct listtable_cells *names, char *why, size_t size);

/* Reads the header. False: `why` (`size` bytes) says what listtable_tell() writes. */
bool listtable_take_header(
    struct listtable *, const struct listtable_cells *, char *why, size_t size);

/* Sets the values of the used columns; the others are not touched. False: the record has too few
 * or too many cells; `why` (LISTTABLE_WHY_SIZE) says so. */
bool listtable_take_row(const struct listtable *, const struct listtable_cells *,
    struct urllist_value *values, char *why);

#endif
