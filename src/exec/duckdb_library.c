#include "exec/duckdb_inside.h"

#include "base/mem.h"
#include "base/sharedlib.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SONAME "libduckdb.so"

SHAREDLIB_NOTE(SONAME, "parquet", "Lists and manifests in Parquet", "suggested");

/*
 * Of DuckDB's C API, which is stable (duckdb.h, which is in no package that has the library alone).
 * States: 0 is success. All handles are pointers.
 */
struct result {
    uint64_t columns, rows, changed;
    void *old_columns;
    char *error;
    void *internal;
};

/* duckdb_string_t: a text of up to 12 bytes is in it itself. */
union text {
    struct {
        uint32_t len;
        char text[12];
    } here;
    struct {
        uint32_t len;
        char begin[4];
        const char *text;
    } there;
};

enum { INLINE_MAX = 12, TYPE_VARCHAR = 17, OK = 0 };

static struct {
    const char *(*version)(void); /* duckdb_library_version() */
    int (*create_config)(void **ret);
    int (*set_config)(void *config, const char *name, const char *value);
    int (*open_ext)(const char *path, void **ret, void *config, char **ret_error);
    int (*connect)(void *database, void **ret);
    int (*prepare)(void *connection, const char *sql, void **ret);
    const char *(*prepare_error)(void *statement);
    int (*execute_prepared_streaming)(void *statement, struct result *ret);
    const char *(*result_error)(struct result *);
    int (*column_type)(struct result *, uint64_t column);
    void *(*fetch_chunk)(struct result);
    void (*destroy_data_chunk)(void **chunk);
    uint64_t (*data_chunk_get_size)(void *chunk);
    void *(*data_chunk_get_vector)(void *chunk, uint64_t column);
    void *(*vector_get_data)(void *vector);
    uint64_t *(*vector_get_validity)(void *vector);
} duckdb;

/* ---- loading ---- */

static bool load_from(const char *path, char *reason)
{
#define CALL(name)                                                                                 \
    {                                                                                              \
        "duckdb_" #name, &duckdb.name                                                              \
    }
    static const struct sharedlib_call wanted[] = {{"duckdb_library_version", &duckdb.version},
        CALL(create_config), CALL(set_config), CALL(open_ext), CALL(connect), CALL(prepare),
        CALL(prepare_error), CALL(execute_prepared_streaming), CALL(result_error),
        CALL(column_type), CALL(fetch_chunk), CALL(destroy_data_chunk), CALL(data_chunk_get_size),
        CALL(data_chunk_get_vector), CALL(vector_get_data), CALL(vector_get_validity)};
#undef CALL
    return sharedlib_load(path, wanted, sizeof wanted / sizeof *wanted, reason);
}

/* Where `make duckdb` and `make install` put it. False: unknown. */
static bool own_path(char *ret, size_t size)
{
    char program[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", program, sizeof program - 1);
    if (len <= 0)
        return false;
    program[len] = '\0';
    *strrchr(program, '/') = '\0';
    return (size_t)snprintf(ret, size, "%s/../lib/imgfetch/" SONAME, program) < size;
}

bool duckdb_load(char *message)
{
    char reason[SHAREDLIB_REASON_SIZE], path[PATH_MAX];
    const char *named = getenv("IMGFETCH_DUCKDB");
    if (named && *named) {
        if (load_from(named, reason))
            return true;
        snprintf(message, DUCKDB_MESSAGE_SIZE, "IMGFETCH_DUCKDB, for Parquet: %s", reason);
        return false;
    }
    if (load_from(SONAME, reason) || (own_path(path, sizeof path) && load_from(path, reason)))
        return true;
    snprintf(message, DUCKDB_MESSAGE_SIZE,
        "Parquet is read and written by DuckDB, whose library " SONAME
        " is not here: 'make duckdb' gets it, or IMGFETCH_DUCKDB=FILE names one of DuckDB's "
        "releases");
    return false;
}

const char *duckdb_library(void)
{
    return duckdb.version();
}

/* ---- a query ---- */

/* The first line of DuckDB's message, without the name of our descriptor. */
static _Noreturn void fail(const char *why)
{
    char status[DUCKDB_STATUS_MAX];
    size_t len = 0;
    status[len++] = '-';
    static const char *const names[] = {" '" DUCKDB_IN "'", " \"" DUCKDB_IN "\""};
    for (const char *at = why ? why : "unknown"; *at && *at != '\n' && len < sizeof status;) {
        bool is_name = false;
        for (size_t i = 0; i < sizeof names / sizeof *names && !is_name; i++)
            if ((is_name = !strncmp(at, names[i], strlen(names[i]))))
                at += strlen(names[i]);
        if (!is_name)
            status[len++] = *at++;
    }
    ssize_t n = write(DUCKDB_STATUS_FD, status, len); /* less than PIPE_BUF */
    (void)n;
    _exit(EXIT_FAILURE);
}

static void put_all(const char *bytes, size_t len)
{
    while (len) {
        ssize_t n = write(DUCKDB_OUT_FD, bytes, len);
        if (n < 0 && errno != EINTR)
            _exit(EXIT_FAILURE); /* nobody reads any more */
        bytes += n < 0 ? 0 : n;
        len -= n < 0 ? 0 : (size_t)n;
    }
}

enum { OUT = 256 << 10 };

static struct {
    size_t len;
    char bytes[OUT];
} out;

static void put(const char *bytes, size_t len)
{
    if (len > sizeof out.bytes - out.len) {
        put_all(out.bytes, out.len);
        out.len = 0;
    }
    if (len > sizeof out.bytes) {
        put_all(bytes, len);
        return;
    }
    memcpy(out.bytes + out.len, bytes, len);
    out.len += len;
}

static void put_chunk(void *chunk)
{
    void *vector = duckdb.data_chunk_get_vector(chunk, 0);
    const union text *texts = duckdb.vector_get_data(vector);
    const uint64_t *valid = duckdb.vector_get_validity(vector);
    uint64_t n = duckdb.data_chunk_get_size(chunk);
    for (uint64_t i = 0; i < n; i++) {
        const union text *t = &texts[i];
        if (!valid || valid[i / 64] >> (i % 64) & 1)
            put(t->here.len <= INLINE_MAX ? t->here.text : t->there.text, t->here.len);
        put("\n", 1);
    }
}

/* In memory, with one thread; what DuckDB may read then, it reads before the sandbox. */
static void *open_database(void)
{
    static const struct {
        const char *name, *value;
    } settings[] = {{"threads", "1"}, {"memory_limit", "768MiB"}, {"temp_directory", ""},
        {"autoinstall_known_extensions", "false"}, {"autoload_known_extensions", "false"},
        {"allow_community_extensions", "false"}, {"preserve_insertion_order", "true"},
        {"enable_object_cache", "false"}};
    void *config, *database, *connection;
    char *error = NULL;
    if (duckdb.create_config(&config) != OK)
        fail("DuckDB has no memory");
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        (void)duckdb.set_config(config, settings[i].name, settings[i].value);
    if (duckdb.open_ext(NULL, &database, config, &error) != OK)
        fail(error);
    if (duckdb.connect(database, &connection) != OK)
        fail("DuckDB has no memory");
    return connection;
}

void duckdb_run(const char *sql, bool needs_filter)
{
    struct result result;
    void *statement, *chunk, *connection = open_database();
    if (!duckdb_confine() && needs_filter)
        fail("--require-sandbox: there is no sandbox for DuckDB here");
    if (duckdb.prepare(connection, sql, &statement) != OK)
        fail(duckdb.prepare_error(statement));
    if (duckdb.execute_prepared_streaming(statement, &result) != OK)
        fail(duckdb.result_error(&result));
    bool is_text = duckdb.column_type(&result, 0) == TYPE_VARCHAR;
    while ((chunk = duckdb.fetch_chunk(result))) {
        if (is_text)
            put_chunk(chunk);
        duckdb.destroy_data_chunk(&chunk);
    }
    const char *error = duckdb.result_error(&result);
    if (error)
        fail(error);
    put_all(out.bytes, out.len);
    ssize_t n = write(DUCKDB_STATUS_FD, "+", 1);
    (void)n;
    _exit(EXIT_SUCCESS);
}
