/*
 * The records of a csv list: libcsv, fed line by line.
 *
 * A quote that is not closed would swallow the rest of the list. So the lines of a record are
 * kept until it has ended; one that does not end within URLLIST_QUOTE_MAX bytes costs its
 * first line, and the others are read again. One thread.
 */
#ifndef INPUT_LISTCSV_H
#define INPUT_LISTCSV_H

#include "input/listlines.h"
#include "input/listtable.h"

struct listcsv;

/* The lines are borrowed; they have a cap of URLLIST_LINE_MAX. */
struct listcsv *listcsv_new(struct listlines *);

struct listcsv_record {
    uint64_t line;             /* where it begins */
    struct listlines_line raw; /* that line */
    const char *bad;           /* NULL, or why there are no cells; static text */
};

/* LISTSTREAM_OK, or what the stream answered. Cells and record are valid until the next call. */
enum liststream_status listcsv_next(
    struct listcsv *, struct listtable_cells *cells, struct listcsv_record *ret);

void listcsv_free(struct listcsv *);

#endif
