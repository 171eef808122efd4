/*
 * The parts of a list: urllist.c reads rows, urllist_file.c opens files, urllist_parquet.c those
 * that are Parquet, and urllist_format.c tells formats by their names. Only these include it.
 */
#ifndef INPUT_URLLIST_INSIDE_H
#define INPUT_URLLIST_INSIDE_H

#include "input/listcsv.h"
#include "input/listjsonl.h"
#include "input/listlines.h"
#include "input/listtable.h"
#include "input/urllist.h"

struct urllist {
    struct urllist_conf conf;
    size_t next_path;
    struct listtext *file;
    bool is_open;                /* the file before next_path is */
    struct urllist_reach passed; /* taken: of the files before that one */
    bool checked;                /* all files have been looked at */
    bool is_argument;            /* what is open is a URL in place of a file */
    const char *argument;        /* the URL, if it is to be the next row */
    enum urllist_format format;
    struct listlines lines;
    struct listtable table;       /* csv and tsv */
    struct listtable_cells cells; /* of the present record */
    struct listcsv *csv;          /* of the present file, if it is one */
    struct buf header;            /* of the present file, if it is a table that has one */
    struct listjsonl *jsonl;      /* made at first use */
    struct listparquet parquet;   /* the present file, if it is one */
    uint64_t parquet_size;        /* its bytes */
    struct urllist_value values[COLUMNS_MAX];
    enum urllist_status last;     /* if not URLLIST_ROW, every later call returns it again */
    char why[LISTTABLE_WHY_SIZE]; /* the present row is bad */
    char message[URLLIST_MESSAGE_SIZE];
};

/* ---- urllist_format.c ---- */

/* Of the first `len` bytes of the name alone. */
enum urllist_format urllist_format_of_name(const char *path, size_t len);

/* ---- urllist_file.c ---- */

enum urllist_status urllist_status_of(enum liststream_status);

/* Begins a message with the name of the open file. Returns its length. */
size_t urllist_begin_message(struct urllist *);

/* Opens a file and looks at what comes before its first row, except for a header. */
enum urllist_status urllist_open_file(struct urllist *, const char *path);

/* ---- urllist_parquet.c ---- */

enum urllist_status urllist_open_parquet(struct urllist *, const char *path);

/* Bytes of the open file, as far as its rows have been read. */
uint64_t urllist_parquet_taken(const struct urllist *);

#endif
