/*
 * Lists in Parquet: asks DuckDB (exec/duckdb.h), which this layer does not know, for the columns of
 * a file, and then for its rows, as JSON lines that input/listjsonl.h reads.
 *
 * Only the columns that are used are read. What is no number, boolean, list or struct in Parquet is
 * a text in JSON: dates and times as SQL has them, decimals as numbers with all their digits. NaN
 * and infinities become null. Bytes are text if they are UTF-8, else text with \x escapes.
 *
 * All that comes from DuckDB is taken for foreign: it is bounded and checked. Reading blocks. One
 * thread.
 */
#ifndef INPUT_LISTPARQUET_H
#define INPUT_LISTPARQUET_H

#include "input/columns.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How DuckDB is asked. */
struct listparquet_engine {
    void *arg;
    const char *file, *out; /* in SQL: the name of the queried file, and of the first pipe */
    /* Returns 0 and the ends of two pipes, which the caller owns: the texts of the result, each
     * with a newline, and, once they have ended, "+", or "-" and why the query failed; or nothing,
     * if its process died. Or a negative errno. Any thread. */
    int (*ask)(void *arg, int file, const char *sql, int ret_pipes[2]);
};

enum { LISTPARQUET_ANSWER_MAX = 16 << 20 /* bytes of all names and types of a file's columns */ };

enum { LISTPARQUET_WHY_SIZE = 190 };

#define LISTPARQUET_NOT_READ "cannot be read as Parquet"

/* A file, once its columns are known. */
struct listparquet {
    uint64_t rows;
    char *sql; /* what asks for the rows; owned */
};

enum listparquet_status {
    LISTPARQUET_OK,
    LISTPARQUET_ERROR,       /* the file is broken, or DuckDB has died */
    LISTPARQUET_MISUSE,      /* it has no such column, or the column has no such type */
    LISTPARQUET_INTERRUPTED, /* `stop` has become readable */
};

/* Asks for the columns of the file. Anything but OK: `why` (LISTPARQUET_WHY_SIZE) says what is
 * wrong.
 * Call listparquet_fini() in any case. listtable_check() has accepted the columns. */
enum listparquet_status listparquet_look(const struct listparquet_engine *, int file, int stop,
    const struct columns *, struct listparquet *ret, char *why);

/* Finds out which types in SQL the kept columns have, as their JSON can be read: what DuckDB's JSON
 * has otherwise is JSON or text. types: by column, NULL or what another list has, in texts that
 * free() takes; a column that differs from list to list is JSON. A file that cannot be read changes
 * nothing. */
void listparquet_types(
    const struct listparquet_engine *, int file, const struct columns *, char **types);

/* The same for a list in another format, whose values all have that type. */
void listparquet_add_type(const char *type, char **at);

/* Calls on_name for each column of the file, in their order; for none if it cannot be read.
 * `name` has no NUL. */
void listparquet_each_name(const struct listparquet_engine *, int file,
    void (*on_name)(void *arg, const char *name, size_t len), void *arg);

/* Starts to read the rows: the two descriptors, as above. */
enum listparquet_status listparquet_begin(const struct listparquet_engine *, int file,
    const struct listparquet *, int ret_pipes[2], char *why);

/* Reads how a query ended from its second descriptor; waits for that unless `stop` becomes
 * readable (-1: it cannot). OK: it has succeeded. Else `why` begins with `what` has failed. */
enum listparquet_status listparquet_ending(int status, int stop, const char *what, char *why);

void listparquet_fini(struct listparquet *);

/* True if the file begins like Parquet. A pipe is not touched. */
bool listparquet_is(const char *path);

#endif
