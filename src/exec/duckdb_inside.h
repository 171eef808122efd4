/*
 * The parts of a query's process: duckdb.c starts it, duckdb_library.c runs the query, and
 * duckdb_confine.c is its sandbox. Only these include it.
 */
#ifndef EXEC_DUCKDB_INSIDE_H
#define EXEC_DUCKDB_INSIDE_H

#include "exec/duckdb.h"

#include <stdbool.h>

/* The descriptors of a query's process; DUCKDB_IN and DUCKDB_OUT are their names. */
enum { DUCKDB_IN_FD = 3, DUCKDB_OUT_FD, DUCKDB_STATUS_FD, DUCKDB_FDS = 3, DUCKDB_DESCRIPTORS = 32 };

/* Loads the library. False: `message` (DUCKDB_MESSAGE_SIZE) says why not. */
bool duckdb_load(char *message);

/* "v1.5.6". After duckdb_load(). */
const char *duckdb_library(void);

/* Runs the query in this process, whose descriptors are those above, and does not return. */
_Noreturn void duckdb_run(const char *sql, bool needs_filter);

/* Enters the sandbox. False: calls are not filtered. */
bool duckdb_confine(void);

#endif
