#include "store/parquetfile.h"

#include "base/beneath.h"
#include "base/buf.h"
#include "base/descriptor.h"
#include "base/mem.h"
#include "input/listjsonl.h"
#include "manifest/row_fields.h"
#include "store/layout.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    CHUNK = 64 << 10,
    LINE_MAX_BYTES = 16 << 20, /* of a row */
    MORE = 1 << 20,            /* bytes that the file may have beyond those of the manifest */
};

enum shardfiles_kind parquetfile_kind(enum shardfiles_kind manifest)
{
    return manifest == SHARDFILES_MANIFEST ? SHARDFILES_PARQUET : SHARDFILES_ROOT_PARQUET;
}

/* ---- the query ---- */

struct query {
    const struct store_conf *conf;
    struct buf sql;
    unsigned column; /* the next kept one */
    const char *separator;
};

static void put(struct buf *sql, const char *text)
{
    mem_must(buf_append(sql, text, strlen(text)));
}

/* In quotes, which are doubled in it. */
static void put_quoted(struct buf *sql, const char *text, size_t len, char quote)
{
    mem_must(buf_append(sql, &quote, 1));
    for (; len; text++, len--) {
        if (*text == quote)
            mem_must(buf_append(sql, &quote, 1));
        mem_must(buf_append(sql, text, 1));
    }
    mem_must(buf_append(sql, &quote, 1));
}

/* Of the fields that are neither text nor whole numbers. */
static const char *type_of_other(const char *name)
{
    static const struct {
        const char *name, *type;
    } types[] = {
        {"truncated", "BOOLEAN"},
        {"truncated_transfer", "BOOLEAN"},
        {"reused", "BOOLEAN"},
        {"exif",
            "STRUCT(make VARCHAR, model VARCHAR, datetime_original VARCHAR, exposure_time DOUBLE, "
            "f_number DOUBLE, iso BIGINT, focal_length DOUBLE, gps STRUCT(lat DOUBLE, lon "
            "DOUBLE))"},
        {"thumbs", "STRUCT(spec VARCHAR, path VARCHAR, width BIGINT, height BIGINT, bytes BIGINT, "
                   "sha256 VARCHAR)[]"},
        {"ms", "STRUCT(dns DOUBLE, connect DOUBLE, tls DOUBLE, first_byte DOUBLE, total DOUBLE, "
               "decode DOUBLE)"},
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (!strcmp(types[i].name, name))
            return types[i].type;
    return "JSON";
}

/* The kept columns come after all other fields, in their order. */
static const char *type_of(struct query *q, const char *name, size_t len)
{
    const struct row_field_info *field = row_field_find(name, len);
    if (field && (!strcmp(field->name, "started") || !strcmp(field->name, "finished")))
        return "TIMESTAMPTZ";
    if (field)
        return field->type == ROW_TEXT     ? "VARCHAR"
               : field->type == ROW_NUMBER ? "BIGINT"
                                           : type_of_other(field->name);
    const char *type = q->column < COLUMNS_MAX ? q->conf->parquet->types[q->column++] : NULL;
    return type ? type : "VARCHAR";
}

/* A value of the row `j`: by a JSON pointer (RFC 6901), in which ~ and / are escaped. */
static void put_value(struct buf *sql, const char *how, const char *name, size_t len)
{
    put(sql, how);
    put(sql, "(j, '/");
    for (; len; name++, len--)
        if (*name == '\'')
            put(sql, "''");
        else if (*name == '~' || *name == '/')
            put(sql, *name == '~' ? "~0" : "~1");
        else
            mem_must(buf_append(sql, name, 1));
    put(sql, "')");
}

/* Not by one call for all fields: DuckDB would take names that differ only in case for the same.
 * As names of columns it numbers them. */
static void on_field(void *arg, const char *name, size_t len)
{
    struct query *q = arg;
    const char *type = type_of(q, name, len), last = type[strlen(type) - 1];
    bool is_nested = !strncmp(type, "STRUCT(", strlen("STRUCT(")) || last == ']';
    put(&q->sql, q->separator);
    if (!strcmp(type, "JSON")) {
        put(&q->sql, "nullif(");
        put_value(&q->sql, "json_extract", name, len);
        put(&q->sql, ", 'null')");
    } else {
        put(&q->sql, "CAST(");
        put_value(&q->sql, is_nested ? "json_extract" : "json_extract_string", name, len);
        put(&q->sql, " AS ");
        put(&q->sql, type);
        put(&q->sql, ")");
    }
    put(&q->sql, " AS ");
    put_quoted(&q->sql, name, len, '"');
    q->separator = ", ";
}

/* The first line of the manifest, from which its columns are known. */
static int read_first_line(int fd, struct buf *ret)
{
    const void *end = NULL;
    while (!end) {
        if (ret->len >= LINE_MAX_BYTES || !buf_reserve(ret, ret->len + CHUNK))
            return -ENOMEM;
        ssize_t n = descriptor_read_at(fd, ret->data + ret->len, CHUNK, (int64_t)ret->len);
        if (n <= 0)
            return n < 0 ? (int)n : -EBADMSG;
        end = memchr(ret->data + ret->len, '\n', (size_t)n);
        ret->len += (size_t)n;
    }
    ret->len = (size_t)((const uint8_t *)end - ret->data);
    return 0;
}

static int make_query(const struct store_conf *conf, int manifest, struct buf *ret)
{
    static const struct columns none;
    const struct listparquet_engine *engine = conf->parquet->engine;
    struct query q = {.conf = conf, .column = COLUMN_KEPT, .separator = ""};
    struct urllist_value value;
    struct buf line = {0};
    int err = read_first_line(manifest, &line);
    put(&q.sql, "COPY (SELECT ");
    struct listjsonl *parser = listjsonl_new(&none);
    listjsonl_watch(parser, on_field, &q);
    if (!err && listjsonl_parse(parser, (const char *)line.data, line.len, &value))
        err = -EBADMSG;
    listjsonl_free(parser);
    buf_fini(&line);
    put(&q.sql, " FROM (SELECT json AS j FROM read_json_objects('");
    put(&q.sql, engine->file);
    put(&q.sql, "', format = 'newline_delimited'))) TO '");
    put(&q.sql, engine->out);
    put(&q.sql, "' (FORMAT parquet, COMPRESSION zstd)");
    mem_must(buf_append(&q.sql, "", 1));
    *ret = q.sql;
    return err;
}

/* ---- the file ---- */

/* Reads the file that DuckDB makes. It is foreign: not more than it may have. */
static int read_answer(const int pipes[2], size_t most, struct buf *ret, char *why)
{
    ssize_t n = 1;
    while (n && ret->len <= most) {
        if (!buf_reserve(ret, ret->len + CHUNK))
            return -ENOMEM;
        n = read(pipes[0], ret->data + ret->len, CHUNK);
        if (n < 0 && errno != EINTR)
            return -errno;
        ret->len += n > 0 ? (size_t)n : 0;
    }
    if (n)
        return -EFBIG;
    return listparquet_ending(pipes[1], -1, "cannot be made", why) == LISTPARQUET_OK ? 0
                                                                                     : -EREMOTEIO;
}

static int ask(const struct store_conf *conf, int manifest, struct buf *ret, char *why)
{
    struct stat st;
    struct buf sql = {0};
    int pipes[2];
    int err = fstat(manifest, &st) ? -errno : make_query(conf, manifest, &sql);
    const struct listparquet_engine *engine = conf->parquet->engine;
    if (!err)
        err = engine->ask(engine->arg, manifest, (const char *)sql.data, pipes);
    buf_fini(&sql);
    if (err)
        return err;
    err = read_answer(pipes, (size_t)st.st_size + MORE, ret, why);
    close(pipes[0]);
    close(pipes[1]);
    return err;
}

int parquetfile_write(const struct output *output, uint32_t shard, char *why)
{
    char manifest[SHARDFILES_NAME_SIZE], name[SHARDFILES_NAME_SIZE];
    struct buf bytes = {0};
    shardfiles_name(shard, output->digits.shard, output->layout->manifest, manifest);
    shardfiles_name(shard, output->digits.shard, parquetfile_kind(output->layout->manifest), name);
    int fd = beneath_open(output->dir, manifest, O_RDONLY);
    int err = fd < 0 ? fd : ask(output->conf, fd, &bytes, why);
    if (fd >= 0)
        close(fd);
    struct commit_part part = {bytes.data, bytes.len};
    if (!err)
        err = commit_new_file(output->way, output->dir, name, &part, 1);
    buf_fini(&bytes);
    return err;
}

int parquetfile_remove(const struct output *output, uint32_t shard)
{
    char name[SHARDFILES_NAME_SIZE];
    shardfiles_name(shard, output->digits.shard, parquetfile_kind(output->layout->manifest), name);
    int err = beneath_remove(output->dir, name);
    return err == -ENOENT ? 0 : err;
}
