#include "input/listparquet_inside.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/span.h"
#include "base/utf8.h"
#include "input/listjsonl.h"
#include "input/listtable.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 64 << 10, STATUS_MAX = 300, KIND_MAX = 30 /* bytes of DuckDB's kind of an error */ };

bool listparquet_is(const char *path)
{
    char magic[4];
    struct stat st;
    if (stat(path, &st) || !S_ISREG(st.st_mode))
        return false;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    bool is = fd >= 0 && read(fd, magic, sizeof magic) == sizeof magic &&
              !memcmp(magic, "PAR1", sizeof magic);
    if (fd >= 0)
        close(fd);
    return is;
}

/* ---- answers ---- */

/* False: `stop` is readable. */
static bool wait_for(int fd, int stop)
{
    struct pollfd p[2] = {{.fd = stop, .events = POLLIN}, {.fd = fd, .events = POLLIN}};
    while (poll(p, 2, -1) < 0 && errno == EINTR)
        ;
    return !p[0].revents;
}

/* Reads what comes next. 0: the end, or it cannot be read; -1: interrupted. */
static ssize_t read_some(int fd, int stop, char *into, size_t size)
{
    ssize_t n;
    do {
        if (!wait_for(fd, stop))
            return -1;
    } while ((n = read(fd, into, size)) < 0 && (errno == EINTR || errno == EAGAIN));
    return n < 0 ? 0 : n;
}

enum listparquet_status listparquet_ending(int status, int stop, const char *what, char *why)
{
    char text[STATUS_MAX];
    size_t len = 0;
    ssize_t n;
    while (len < sizeof text && (n = read_some(status, stop, text + len, sizeof text - len)))
        if (n < 0)
            return LISTPARQUET_INTERRUPTED;
        else
            len += (size_t)n;
    if (len == 1 && *text == '+')
        return LISTPARQUET_OK;
    if (!len || *text != '-') {
        snprintf(why, LISTPARQUET_WHY_SIZE, "%s: the process (DuckDB) died", what);
        return LISTPARQUET_ERROR;
    }
    char *clean = utf8_clean(text + 1, len - 1);
    for (char *c = clean; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = '?';
    const char *kind = strstr(clean, "Error: "); /* "Invalid Input Error: ..." */
    snprintf(why, LISTPARQUET_WHY_SIZE, "%s: %s", what,
        kind && kind - clean < KIND_MAX ? kind + strlen("Error: ") : clean);
    free(clean);
    return LISTPARQUET_ERROR;
}

/* Asks, or says why that cannot be. */
static enum listparquet_status ask(
    const struct listparquet_engine *engine, int file, const char *sql, int ret_pipes[2], char *why)
{
    int err = engine->ask(engine->arg, file, sql, ret_pipes);
    if (!err)
        return LISTPARQUET_OK;
    if (err == -E2BIG)
        snprintf(why, LISTPARQUET_WHY_SIZE, "the names of the columns are too long together");
    else
        snprintf(why, LISTPARQUET_WHY_SIZE, "DuckDB cannot be asked: %s", strerror(-err));
    return err == -E2BIG ? LISTPARQUET_MISUSE : LISTPARQUET_ERROR;
}

/* Reads the whole answer of a query. */
static enum listparquet_status read_answer(const int pipes[2], int stop, struct buf *ret, char *why)
{
    char *chunk = mem_new(CHUNK);
    ssize_t n;
    bool fits = true;
    while (fits && (n = read_some(pipes[0], stop, chunk, CHUNK)) > 0)
        fits = ret->len < LISTPARQUET_ANSWER_MAX && buf_append(ret, chunk, (size_t)n);
    free(chunk);
    if (!fits) {
        snprintf(
            why, LISTPARQUET_WHY_SIZE, "the names of its columns are larger than 16 MiB together");
        return LISTPARQUET_MISUSE;
    }
    return n < 0 ? LISTPARQUET_INTERRUPTED
                 : listparquet_ending(pipes[1], stop, LISTPARQUET_NOT_READ, why);
}

/* ---- the columns of a file ---- */

/* The fields of the answer's lines. */
enum { F_ROWS, F_NAME, F_CHILDREN, F_COLUMN, F_TYPE, F_COUNT };

static const struct columns answer_columns = {
    .at = {{"rows", 4}, {"name", 4}, {"children", 8}, {"column", 6}, {"type", 4}}, .n = F_COUNT};

/* In the file's own names a column and another one may differ only in case; DuckDB gives the later
 * one a name of its own. */
struct schema {
    const struct columns *columns;
    struct listtable table;
    struct listtable_cells names; /* of the columns in the file; their texts are in `text` */
    struct {
        size_t column, type; /* where they begin in `text`, each with a NUL */
    } at[LISTTABLE_MAX_CELLS];
    unsigned n_types; /* of `at` */
    struct buf text;
    uint64_t rows, inner; /* nodes still to come that are no columns, but parts of one */
    bool has_root;
};

static const char *text_at(const struct schema *s, size_t at)
{
    return (const char *)s->text.data + at;
}

static bool keep(struct schema *s, const struct urllist_value *value, size_t *ret_at)
{
    *ret_at = s->text.len;
    return !memchr(value->text, '\0', value->len) &&
           buf_append(&s->text, value->text, value->len) && buf_append(&s->text, "", 1);
}

static bool number_of(const struct urllist_value *value, uint64_t *ret)
{
    return value->kind == URLLIST_JSON &&
           span_number((struct span){value->text, value->len}, INT64_MAX, ret);
}

/* The nodes come as a tree is walked: each before its children, and the root first. */
static bool take_node(struct schema *s, const struct urllist_value *values)
{
    uint64_t children;
    size_t at;
    if (values[F_NAME].kind != URLLIST_TEXT || !number_of(&values[F_CHILDREN], &children))
        return false;
    if (!s->has_root) {
        s->has_root = true;
        return true;
    }
    bool is_column = !s->inner;
    s->inner += children - !is_column;
    if (!is_column)
        return true;
    if (!keep(s, &values[F_NAME], &at))
        return false;
    listtable_add_cell(&s->names, at, values[F_NAME].len);
    return true;
}

static bool take_type(struct schema *s, const struct urllist_value *values)
{
    unsigned i = s->n_types++;
    if (values[F_COLUMN].kind != URLLIST_TEXT || values[F_TYPE].kind != URLLIST_TEXT)
        return false;
    return i >= LISTTABLE_MAX_CELLS || (keep(s, &values[F_COLUMN], &s->at[i].column) &&
                                           keep(s, &values[F_TYPE], &s->at[i].type));
}

static bool take_line(struct schema *s, struct listjsonl *parser, const char *line, size_t len)
{
    struct urllist_value values[COLUMNS_MAX];
    if (listjsonl_parse(parser, line, len, values))
        return false;
    if (values[F_ROWS].kind != URLLIST_NULL)
        return number_of(&values[F_ROWS], &s->rows);
    return values[F_NAME].kind != URLLIST_NULL ? take_node(s, values) : take_type(s, values);
}

static bool take_answer(struct schema *s, const struct buf *answer)
{
    struct listjsonl *parser = listjsonl_new(&answer_columns);
    const char *at = (const char *)answer->data;
    bool is_sound = true;
    for (size_t left = answer->len; left && is_sound;) {
        const char *end = memchr(at, '\n', left);
        size_t len = end ? (size_t)(end - at) : left;
        is_sound = end && take_line(s, parser, at, len);
        left -= len + (end != NULL);
        at += len + 1;
    }
    listjsonl_free(parser);
    s->names.base = s->text.data ? (const char *)s->text.data : "";
    return is_sound && s->n_types == s->names.n;
}

static enum listparquet_status ask_for_schema(
    const struct listparquet_engine *engine, int file, int stop, struct schema *s, char *why)
{
    char sql[800];
    int pipes[2];
    snprintf(sql, sizeof sql,
        "SELECT json_object('rows', num_rows)::VARCHAR FROM parquet_file_metadata('%s') UNION ALL "
        "SELECT json_object('name', name, 'children', coalesce(num_children, 0))::VARCHAR "
        "FROM parquet_schema('%s') UNION ALL "
        "SELECT json_object('column', column_name, 'type', column_type)::VARCHAR "
        "FROM (DESCRIBE SELECT * FROM read_parquet('%s', hive_partitioning = false))",
        engine->file, engine->file, engine->file);
    enum listparquet_status status = ask(engine, file, sql, pipes, why);
    if (status != LISTPARQUET_OK)
        return status;
    struct buf answer = {0};
    status = read_answer(pipes, stop, &answer, why);
    if (status == LISTPARQUET_OK && !take_answer(s, &answer)) {
        snprintf(why, LISTPARQUET_WHY_SIZE, "DuckDB's answer about its columns makes no sense");
        status = LISTPARQUET_ERROR;
    }
    buf_fini(&answer);
    close(pipes[0]);
    close(pipes[1]);
    return status;
}

/* ---- the rows ---- */

/* Two columns that are used may have one name. */
static bool is_taken(const struct columns *columns, unsigned column)
{
    const struct column *c = &columns->at[column];
    for (unsigned i = 0; i < column; i++)
        if (columns->at[i].name && columns->at[i].len == c->len &&
            !memcmp(columns->at[i].name, c->name, c->len))
            return true;
    return false;
}

static char *rows_query(const struct schema *s, const char *file)
{
    struct buf sql = {0};
    const char *before = "{";
    listparquet_put(&sql, "SELECT concat(");
    for (unsigned i = 0; i < s->columns->n; i++) {
        unsigned field = s->table.field[i];
        const struct column *c = &s->columns->at[i];
        if (!c->name || is_taken(s->columns, i))
            continue;
        listparquet_put_quoted(&sql, span_of(before), '\'');
        listparquet_put(&sql, ", to_json(");
        listparquet_put_quoted(&sql, (struct span){c->name, c->len}, '\'');
        listparquet_put(&sql, ")::VARCHAR, ':', coalesce(");
        listparquet_put_value(&sql, text_at(s, s->at[field].column), text_at(s, s->at[field].type));
        listparquet_put(&sql, ", 'null'), ");
        before = ",";
    }
    listparquet_put(&sql, "'}') FROM read_parquet(");
    listparquet_put_quoted(&sql, span_of(file), '\'');
    listparquet_put(&sql, ", hive_partitioning = false)");
    mem_must(buf_append(&sql, "", 1));
    return (char *)sql.data;
}

static enum listparquet_status choose(struct schema *s, char *why)
{
    listtable_begin(&s->table, s->columns);
    if (s->table.wants_header &&
        !listtable_take_header(&s->table, &s->names, why, LISTPARQUET_WHY_SIZE))
        return LISTPARQUET_MISUSE;
    for (unsigned i = 0; i < s->columns->n; i++)
        if (s->columns->at[i].name &&
            (s->table.field[i] >= s->names.n || s->table.field[i] >= LISTTABLE_MAX_CELLS)) {
            snprintf(why, LISTPARQUET_WHY_SIZE, "no column %u: it has %u", s->table.field[i] + 1,
                s->names.n);
            return LISTPARQUET_MISUSE;
        }
    const char *type = text_at(s, s->at[s->table.field[COLUMN_URL]].type);
    if (listparquet_may_be_url(type))
        return LISTPARQUET_OK;
    const struct column *url = &s->columns->at[COLUMN_URL];
    snprintf(why, LISTPARQUET_WHY_SIZE,
        "the column \"%.*s\" has no texts that could be URLs: its type is %.60s", (int)url->len,
        url->name, type);
    return LISTPARQUET_MISUSE;
}

enum listparquet_status listparquet_look(const struct listparquet_engine *engine, int file,
    int stop, const struct columns *columns, struct listparquet *ret, char *why)
{
    *ret = (struct listparquet){0};
    struct schema *s = mem_new(sizeof *s);
    s->columns = columns;
    enum listparquet_status status = ask_for_schema(engine, file, stop, s, why);
    if (status == LISTPARQUET_OK)
        status = choose(s, why);
    if (status == LISTPARQUET_OK) {
        ret->rows = s->rows;
        ret->sql = rows_query(s, engine->file);
    }
    buf_fini(&s->text);
    free(s);
    return status;
}

void listparquet_add_type(const char *type, char **at)
{
    bool differs = *at && strcmp(*at, type) != 0;
    if (*at && !differs)
        return;
    free(*at);
    *at = mem_dup(differs ? "JSON" : type);
}

void listparquet_types(
    const struct listparquet_engine *engine, int file, const struct columns *columns, char **types)
{
    char why[LISTPARQUET_WHY_SIZE];
    struct schema *s = mem_new(sizeof *s);
    s->columns = columns;
    if (ask_for_schema(engine, file, -1, s, why) == LISTPARQUET_OK &&
        choose(s, why) == LISTPARQUET_OK)
        for (unsigned i = COLUMN_KEPT; i < columns->n; i++)
            if (columns->at[i].name)
                listparquet_add_type(
                    listparquet_kept_type(text_at(s, s->at[s->table.field[i]].type)), &types[i]);
    buf_fini(&s->text);
    free(s);
}

void listparquet_each_name(const struct listparquet_engine *engine, int file,
    void (*on_name)(void *arg, const char *name, size_t len), void *arg)
{
    char why[LISTPARQUET_WHY_SIZE];
    struct schema *s = mem_new(sizeof *s);
    if (ask_for_schema(engine, file, -1, s, why) == LISTPARQUET_OK)
        for (unsigned i = 0; i < s->names.n && i < LISTTABLE_MAX_CELLS; i++)
            on_name(arg, text_at(s, s->names.cell[i].at), s->names.cell[i].len);
    buf_fini(&s->text);
    free(s);
}

enum listparquet_status listparquet_begin(const struct listparquet_engine *engine, int file,
    const struct listparquet *p, int ret_pipes[2], char *why)
{
    return ask(engine, file, p->sql, ret_pipes, why);
}

void listparquet_fini(struct listparquet *p)
{
    free(p->sql);
    *p = (struct listparquet){0};
}
