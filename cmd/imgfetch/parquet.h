/*
 * DuckDB for a command that meets Parquet (exec/duckdb.h): its process runs only if a list is
 * Parquet, or rows are written as Parquet.
 *
 * Main thread, before there is another.
 */
#ifndef CMD_PARQUET_H
#define CMD_PARQUET_H

#include "cmd/imgfetch/options/options.h"
#include "exec/duckdb.h"
#include "store/parquetfile.h"

struct parquet {
    struct duckdb *duckdb; /* NULL: nothing is Parquet */
    struct listparquet_engine engine;
    struct parquetfile_conf rows;
};

/* Forks the process, if it is needed. False: it cannot run; the reason is on standard error. */
bool parquet_fork(struct parquet *, const struct options *);

/* What reads lists; NULL: none is Parquet. */
const struct listparquet_engine *parquet_engine(const struct parquet *);

/* How rows are written; NULL: not as Parquet. Reads the types of the kept columns from the lists:
 * call it before confinement_enter(). */
const struct parquetfile_conf *parquet_rows(struct parquet *, const struct options *);

/* The names of the columns of a Parquet file, as input/listnames.h has them. */
void parquet_each_name(
    const char *path, void (*on_name)(void *arg, const char *name, size_t len), void *arg);

void parquet_free(struct parquet *);

#endif
