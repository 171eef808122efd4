/*
 * Queries to DuckDB, which reads and writes Parquet: each in a process of its own.
 *
 * duckdb_start() forks a server that loads libduckdb.so, and that forks a process for each query.
 * That process has three descriptors: the file that the query reads, a pipe for what it answers,
 * and a pipe for how it ended. It opens a database in memory (one thread, no extensions, nothing on
 * disk), and then enters its sandbox, before it reads a foreign byte:
 *
 * - It opens nothing. DUCKDB_IN and DUCKDB_OUT name its descriptors for SQL, and no other file is
 *   there: the filter (seccomp) answers the calls that take a path itself.
 * - It makes no socket, no process, no thread, no file, and no memory that can be executed.
 * - Its address space grows by at most DUCKDB_MEMORY, and it leaves no core.
 *
 * Under ASan and TSan, and where there is no seccomp, the calls are not filtered.
 *
 * What comes back is foreign: whoever reads it checks it like the file itself. A query that crashes
 * or hangs harms nobody else; it is killed when its pipe is closed, when it writes there the next
 * time.
 *
 * The library is searched by the name in IMGFETCH_DUCKDB, or, if that is not set, where the dynamic
 * linker looks, and then in ../lib/imgfetch beside the program's own folder.
 */
#ifndef EXEC_DUCKDB_H
#define EXEC_DUCKDB_H

#include <stdbool.h>

struct duckdb;

enum {
    DUCKDB_MESSAGE_SIZE = 400,
    DUCKDB_VERSION_SIZE = 40,
    DUCKDB_SQL_MAX = 128 << 10,
    DUCKDB_MEMORY = 1 << 30, /* bytes; of which 3/4 are DuckDB's own limit */
    DUCKDB_STATUS_MAX = 300, /* bytes that end a query */
};

/* The descriptors of a query, by the names that SQL has for them. */
#define DUCKDB_IN "/proc/self/fd/3"
#define DUCKDB_OUT "/proc/self/fd/4"

/* Forks the server and waits until it has loaded the library. Call it while there is one thread.
 * needs_filter: queries that cannot be sandboxed fail. NULL: `message` (DUCKDB_MESSAGE_SIZE) says
 * why, and how to get the library. */
struct duckdb *duckdb_start(bool needs_filter, char *message);

/* "v1.5.6" */
const char *duckdb_version(const struct duckdb *);

/* Starts a query that reads the file. Returns 0 and two pipes, which the caller owns:
 * ret_pipes[0]: the texts of the only column of the result, each with a newline; or what the query
 * writes to DUCKDB_OUT. ret_pipes[1], when that has ended: "+" if the query has succeeded, or "-"
 * and why not, at most DUCKDB_STATUS_MAX bytes; or nothing if the process has died. A negative
 * errno: it cannot be started; -EPIPE: the server is gone; -E2BIG: the text is too long. Any
 * thread. */
int duckdb_ask(struct duckdb *, int file, const char *sql, int ret_pipes[2]);

/* Ends the server and waits for it; NULL is ignored. */
void duckdb_free(struct duckdb *);

#endif
