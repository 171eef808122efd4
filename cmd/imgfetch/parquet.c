#include "cmd/imgfetch/parquet.h"

#include "cmd/imgfetch/status/human.h"

#include <fcntl.h>
#include <stdio.h>
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
    if (!urllist_has_parquet(&list))
        return true;
    p->duckdb = duckdb_start(o->require_sandbox, message);
    if (!p->duckdb)
        human_line(stderr, "imgfetch: %s", message);
    p->engine = (struct listparquet_engine){p->duckdb, DUCKDB_IN, ask};
    return p->duckdb != NULL;
}

const struct listparquet_engine *parquet_engine(const struct parquet *p)
{
    return p->duckdb ? &p->engine : NULL;
}

void parquet_each_name(
    const char *path, void (*on_name)(void *arg, const char *name, size_t len), void *arg)
{
    char message[DUCKDB_MESSAGE_SIZE];
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    struct duckdb *duckdb = file < 0 ? NULL : duckdb_start(false, message);
    if (duckdb) {
        struct listparquet_engine engine = {duckdb, DUCKDB_IN, ask};
        listparquet_each_name(&engine, file, on_name, arg);
    }
    duckdb_free(duckdb);
    if (file >= 0)
        close(file);
}

void parquet_free(struct parquet *p)
{
    duckdb_free(p->duckdb);
}
