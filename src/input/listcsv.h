/*
 * Reads the records of a csv list: feeds libcsv line by line.
 *
 * An unclosed quote would swallow the rest of the list. So the lines of a record are kept until the
 * record ends. If it does not end within URLLIST_QUOTE_MAX bytes, its first line is a bad record,
 * and the other lines are parsed again. One thread.
 */
#ifndef INPUT_LISTCSV_H
#define INPUT_LISTCSV_H

#include "base/span.h"
#include "input/listlines.h"
#include "input/listtable.h"

struct listcsv;

/* `lines` is borrowed; its cap is URLLIST_LINE_MAX. */
struct listcsv *listcsv_new(struct listlines *);

struct listcsv_record {
    uint64_t line;             /* where it begins */
    struct listlines_line raw; /* that line */
    struct span whole;         /* all its lines, without the last line end; if bad, that line */
    const char *bad;           /* NULL, or why there are no cells; static text */
};

/* LISTSTREAM_OK, or the stream's status. Cells and record are valid until the next call. */
enum liststream_status listcsv_next(
    struct listcsv *, struct listtable_cells *cells, struct listcsv_record *ret);

/* Passes the next record, good or bad, without its cells. Quicker: where quotes stand as they
 * should they are only followed. */
enum liststream_status listcsv_skip(struct listcsv *, struct listtable_cells *scratch);

/* Reads the last record again, and all later ones, with fields between other characters than
 * commas. */
enum liststream_status listcsv_again(
    struct listcsv *, char delimiter, struct listtable_cells *cells, struct listcsv_record *ret);

void listcsv_free(struct listcsv *);

#endif
