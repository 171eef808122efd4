#include "cmd/imgfetch/parquet.h"

#include "cmd/imgfetch/status/human.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int ask(void *arg, int file, const char *sql, int ret_pipes[2])
{
    return duckdb_ask(arg, file, sql, ret_pipes);
}

bool parquet_fork(struct parquet *p, const struct options *o)
{
    char message[DUCKDB_MESSAGE_SIZE];
    struct urllist_conf list = {.paths = o->pipeline.lists, .n_paths = o->pipeline.n_lists};
    *p = (struct parquet){0};
    list.format = o->pipeline.format;
    bool writes = o->manifest == MANIFEST_PARQUET && !o->dry_run;
    if (!urllist_has_parquet(&list) && !writes)
        return true;
    p->duckdb = duckdb_start(o->require_sandbox, message);
    if (!p->duckdb)
        human_line(stderr, "imgfetch: %s", message);
    p->engine = (struct listparquet_engine){p->duckdb, DUCKDB_IN, DUCKDB_OUT, ask};
    return p->duckdb != NULL;
}

const struct listparquet_engine *parquet_engine(const struct parquet *p)
{
    return p->duckdb ? &p->engine : NULL;
}

/* Adds the types that the kept columns have in the list. */
static void add_types(struct parquet *p, const struct options *o, const char *path)
{
    struct urllist_conf list = {.paths = &path, .n_paths = 1, .format = o->pipeline.format};
    enum urllist_format format = urllist_format(&list, path);
    if (format == URLLIST_PARQUET) {
        int file = strcmp(path, "-") != 0 ? open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
                                          : dup(STDIN_FILENO);
        if (file >= 0) {
            listparquet_types(&p->engine, file, &o->columns, p->rows.types);
            close(file);
        }
    } else if (format != URLLIST_TXT) {
        for (unsigned i = COLUMN_KEPT; i < o->columns.n; i++)
            listparquet_add_type(format == URLLIST_JSONL ? "JSON" : "VARCHAR", &p->rows.types[i]);
    }
}

const struct parquetfile_conf *parquet_rows(struct parquet *p, const struct options *o)
{
    if (o->manifest != MANIFEST_PARQUET)
        return NULL;
    p->rows.engine = &p->engine;
    for (size_t i = 0; i < o->pipeline.n_lists && o->columns.n > COLUMN_KEPT; i++)
        add_types(p, o, o->pipeline.lists[i]);
    return &p->rows;
}

void parquet_each_name(
    const char *path, void (*on_name)(void *arg, const char *name, size_t len), void *arg)
{
    char message[DUCKDB_MESSAGE_SIZE];
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    struct duckdb *duckdb = file < 0 ? NULL : duckdb_start(false, message);
    if (duckdb) {
        struct listparquet_engine engine = {duckdb, DUCKDB_IN, DUCKDB_OUT, ask};
        listparquet_each_name(&engine, file, on_name, arg);
    }
    duckdb_free(duckdb);
    if (file >= 0)
        close(file);
}

void parquet_free(struct parquet *p)
{
    duckdb_free(p->duckdb);
    for (unsigned i = 0; i < COLUMNS_MAX; i++)
        free(p->rows.types[i]);
}
