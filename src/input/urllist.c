#include "input/urllist.h"

#include "base/mem.h"
#include "input/listcsv.h"
#include "input/listjsonl.h"
#include "input/listlines.h"
#include "input/listtable.h"
#include "input/url.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

static const char too_long[] = "a line of 1 MiB or more";

struct urllist {
    struct urllist_conf conf;
    size_t next_path;
    struct liststream *stream;
    bool is_open;                /* the file before next_path is */
    struct urllist_reach passed; /* taken: of the files before that one */
    enum urllist_format format;
    struct listlines lines;
    struct listtable table;       /* csv and tsv */
    struct listtable_cells cells; /* of the present record */
    struct listcsv *csv;          /* of the present file, if it is one */
    struct listjsonl *jsonl;      /* made at first use */
    struct urllist_value values[COLUMNS_MAX];
    enum urllist_status last;     /* if not URLLIST_ROW, every later call returns it again */
    char why[LISTTABLE_WHY_SIZE]; /* the present row is bad */
    char message[URLLIST_MESSAGE_SIZE];
};

/* ---- formats by name ---- */

static bool ends_with(const char *name, size_t *len, const char *end)
{
    size_t n = strlen(end);
    bool does = *len > n && !strncasecmp(name + *len - n, end, n);
    if (does)
        *len -= n;
    return does;
}

static enum urllist_format format_of(const struct urllist_conf *conf, const char *path)
{
    size_t len = strlen(path);
    if (conf->format != URLLIST_AUTO)
        return conf->format;
    if (!ends_with(path, &len, ".gz") && !ends_with(path, &len, ".zst"))
        ends_with(path, &len, ".zstd");
    if (ends_with(path, &len, ".csv"))
        return URLLIST_CSV;
    if (ends_with(path, &len, ".tsv"))
        return URLLIST_TSV;
    if (ends_with(path, &len, ".jsonl") || ends_with(path, &len, ".ndjson"))
        return URLLIST_JSONL;
    return URLLIST_TXT;
}

const char *urllist_check(const struct urllist_conf *conf)
{
    for (size_t i = 0; i < conf->n_paths; i++) {
        enum urllist_format format = format_of(conf, conf->paths[i]);
        if (format == URLLIST_TXT && columns_any(conf->columns))
            return "a txt list has no columns; give --format=csv, tsv or jsonl";
        bool is_table = format == URLLIST_CSV || format == URLLIST_TSV;
        const char *why = is_table ? listtable_check(conf->columns) : NULL;
        if (why)
            return why;
    }
    return NULL;
}

/* ---- a file after the other ---- */

static enum urllist_status status_of(enum liststream_status status)
{
    static const enum urllist_status statuses[] = {[LISTSTREAM_OK] = URLLIST_ROW,
        [LISTSTREAM_END] = URLLIST_END,
        [LISTSTREAM_ERROR] = URLLIST_ERROR,
        [LISTSTREAM_INTERRUPTED] = URLLIST_INTERRUPTED};
    return statuses[status];
}

static enum urllist_status open_next(struct urllist *l)
{
    const char *path = l->conf.paths[l->next_path++];
    enum urllist_status status = status_of(liststream_open(l->stream, path));
    if (status != URLLIST_ROW)
        return status;
    l->is_open = true;
    l->format = format_of(&l->conf, path);
    listlines_begin(
        &l->lines, l->stream, l->format == URLLIST_TXT ? URL_MAX + 1 : URLLIST_LINE_MAX);
    if (l->format == URLLIST_CSV || l->format == URLLIST_TSV)
        listtable_begin(&l->table, l->conf.columns);
    listcsv_free(l->csv);
    l->csv = l->format == URLLIST_CSV ? listcsv_new(&l->lines) : NULL;
    if (l->format == URLLIST_JSONL && !l->jsonl)
        l->jsonl = listjsonl_new(l->conf.columns);
    return status;
}

/* ---- a row of each format ---- */

static void set_url(struct urllist *l, const char *text, size_t len)
{
    l->values[COLUMN_URL] = (struct urllist_value){text, len, URLLIST_TEXT};
}

static void set_bad(struct urllist *l, struct urllist_row *row, const char *why)
{
    if (why != l->why)
        snprintf(l->why, sizeof l->why, "%s", why);
    row->bad = l->why;
}

/* Sets a bad row: its raw text as the URL, all other values null. */
static void set_raw(
    struct urllist *l, struct urllist_row *row, const struct listlines_line *raw, const char *why)
{
    memset(l->values, 0, l->conf.columns->n * sizeof *l->values);
    set_url(l, raw->text, raw->len);
    set_bad(l, row, why);
}

/* The functions below read one record; URLLIST_END is the end of the file. *is_row: the record
 * is a row, good or bad. */
static enum urllist_status read_txt(struct urllist *l, struct urllist_row *row, bool *is_row)
{
    struct listlines_line line;
    enum urllist_status status = status_of(listlines_next(&l->lines, &line));
    if (status != URLLIST_ROW)
        return status;
    *is_row = true;
    row->line = l->lines.number;
    set_url(l, line.text, line.len);
    return status;
}

static enum urllist_status read_jsonl(struct urllist *l, struct urllist_row *row, bool *is_row)
{
    struct listlines_line line;
    enum urllist_status status = status_of(listlines_next(&l->lines, &line));
    if (status != URLLIST_ROW || listlines_is_blank(line.text, line.len))
        return status;
    *is_row = true;
    row->line = l->lines.number;
    const char *why = too_long;
    if (line.len < URLLIST_LINE_MAX)
        why = listjsonl_parse(l->jsonl, line.text, line.len, l->values);
    if (!why && l->values[COLUMN_URL].kind != URLLIST_TEXT)
        why = "the object has no URL, or one that is not a string";
    if (why)
        set_raw(l, row, &line, why);
    return status;
}

/* Reads the cells of a record, or why it is bad. *ret_blank: the line is blank, not a record. */
static enum urllist_status read_cells(
    struct urllist *l, struct listcsv_record *ret, bool *ret_blank)
{
    struct listlines_line line;
    *ret_blank = false;
    if (l->format == URLLIST_CSV)
        return status_of(listcsv_next(l->csv, &l->cells, ret));
    enum urllist_status status = status_of(listlines_next(&l->lines, &line));
    if (status != URLLIST_ROW)
        return status;
    *ret = (struct listcsv_record){l->lines.number, line, NULL};
    *ret_blank = listlines_is_blank(line.text, line.len);
    if (line.len >= URLLIST_LINE_MAX)
        ret->bad = too_long;
    else
        listtable_split_tabs(&l->cells, line.text, line.len);
    return status;
}

static enum urllist_status read_column_names(struct urllist *l, const struct listcsv_record *record)
{
    size_t size = sizeof l->message;
    size_t len = (size_t)snprintf(l->message, size, "%.200s: ", liststream_name(l->stream));
    if (!record->bad && listtable_take_header(&l->table, &l->cells, l->message + len, size - len))
        return URLLIST_ROW;
    if (record->bad)
        snprintf(l->message + len, size - len, "the header: %s", record->bad);
    return URLLIST_NO_COLUMN;
}

static enum urllist_status read_table(struct urllist *l, struct urllist_row *row, bool *is_row)
{
    struct listcsv_record record;
    bool is_blank;
    enum urllist_status status = read_cells(l, &record, &is_blank);
    if (status != URLLIST_ROW || is_blank)
        return status;
    if (l->table.wants_header)
        return read_column_names(l, &record);
    *is_row = true;
    row->line = record.line;
    if (record.bad)
        set_raw(l, row, &record.raw, record.bad);
    else if (!listtable_take_row(&l->table, &l->cells, l->values, l->why))
        set_raw(l, row, &record.raw, l->why);
    return status;
}

static bool is_white(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v';
}

/* Enforces the limits that urllist.h promises. False: a blank or comment line of a txt list. */
static bool finish_row(struct urllist *l, struct urllist_row *row)
{
    struct urllist_value *url = &l->values[COLUMN_URL];
    bool overlong = l->format == URLLIST_TXT && url->len > URL_MAX;
    for (; !overlong && url->len && is_white(*url->text); url->len--)
        url->text++;
    while (!overlong && url->len && is_white(url->text[url->len - 1]))
        url->len--;
    if (url->len > URL_MAX)
        url->len = URL_MAX + 1;
    url->kind = URLLIST_TEXT;
    size_t sum = 0, others = l->conf.columns->n - 1;
    for (unsigned i = 1; i <= others; i++)
        sum += l->values[i].len;
    if (sum > URLLIST_COLUMNS_MAX) {
        memset(url + 1, 0, others * sizeof *url);
        set_bad(l, row, "the columns are larger than 64 KiB together");
    }
    return l->format != URLLIST_TXT || (url->len && *url->text != '#');
}

static enum urllist_status read_row(struct urllist *l, struct urllist_row *row, bool *is_row)
{
    enum urllist_status status;
    *row = (struct urllist_row){.values = l->values};
    if (l->format == URLLIST_TXT)
        status = read_txt(l, row, is_row);
    else if (l->format == URLLIST_JSONL)
        status = read_jsonl(l, row, is_row);
    else
        status = read_table(l, row, is_row);
    *is_row = *is_row && finish_row(l, row);
    return status;
}

/* The file has been read to its end. */
static void close_read(struct urllist *l)
{
    l->is_open = false;
    l->passed.taken += liststream_taken(l->stream);
}

enum urllist_status urllist_next(struct urllist *l, struct urllist_row *ret)
{
    bool is_row = false;
    while (l->last == URLLIST_ROW && !is_row) {
        enum urllist_status status;
        if (l->is_open)
            status = read_row(l, ret, &is_row);
        else if (l->next_path < l->conf.n_paths)
            status = open_next(l);
        else
            return URLLIST_END;
        if (l->is_open && status == URLLIST_END)
            close_read(l);
        else
            l->last = status;
    }
    return l->last;
}

/* A missing list is reported at once, not hours into the run. */
static bool can_be_read(const char *path)
{
    struct stat st;
    if (!strcmp(path, "-"))
        return true;
    if (access(path, R_OK) || stat(path, &st))
        return false;
    if (S_ISDIR(st.st_mode))
        errno = EISDIR;
    return !S_ISDIR(st.st_mode);
}

/* Bytes of all files, or 0. */
static uint64_t size_of(const struct urllist_conf *conf)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < conf->n_paths; i++) {
        struct stat st;
        const char *path = conf->paths[i];
        int err = strcmp(path, "-") != 0 ? stat(path, &st) : fstat(STDIN_FILENO, &st);
        if (err || !S_ISREG(st.st_mode))
            return 0;
        sum += (uint64_t)st.st_size;
    }
    return sum;
}

struct urllist *urllist_open(const struct urllist_conf *conf, char *message)
{
    for (size_t i = 0; i < conf->n_paths; i++)
        if (!can_be_read(conf->paths[i])) {
            snprintf(message, URLLIST_MESSAGE_SIZE, "%s: %s", conf->paths[i], strerror(errno));
            return NULL;
        }
    struct urllist *l = mem_new(sizeof *l);
    l->conf = *conf;
    l->passed.size = size_of(conf);
    l->stream = liststream_new(conf->on_wait, conf->arg);
    if (!l->stream) {
        snprintf(message, URLLIST_MESSAGE_SIZE, "%s", strerror(errno));
        urllist_free(l);
        return NULL;
    }
    return l;
}

struct urllist_reach urllist_reach(const struct urllist *l)
{
    struct urllist_reach reach = l->passed;
    if (l->is_open)
        reach.taken += liststream_taken(l->stream);
    return reach;
}

const char *urllist_error(const struct urllist *l)
{
    return l->last == URLLIST_NO_COLUMN ? l->message : liststream_error(l->stream);
}

void urllist_interrupt(struct urllist *l)
{
    liststream_interrupt(l->stream);
}

void urllist_free(struct urllist *l)
{
    if (!l)
        return;
    listcsv_free(l->csv);
    listjsonl_free(l->jsonl);
    listlines_fini(&l->lines);
    liststream_free(l->stream);
    free(l);
}
