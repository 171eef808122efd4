#include "input/urllist_inside.h"

#include "base/mem.h"
#include "input/url.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char too_long[] = "a line of 1 MiB or more";

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

/* The URL in place of a file is its only row. */
static enum urllist_status read_argument(struct urllist *l, struct urllist_row *row, bool *is_row)
{
    if (!l->argument)
        return URLLIST_END;
    *is_row = true;
    row->line = l->next_path;
    row->is_argument = true;
    row->raw = span_of(l->argument);
    set_url(l, l->argument, strnlen(l->argument, URL_MAX + 1));
    l->argument = NULL;
    return URLLIST_ROW;
}

/* The functions below read one record; URLLIST_END is the end of the file. *is_row: the record
 * is a row, good or bad. */
static enum urllist_status read_txt(struct urllist *l, struct urllist_row *row, bool *is_row)
{
    struct listlines_line line;
    enum urllist_status status = urllist_status_of(listlines_next(&l->lines, &line));
    if (status != URLLIST_ROW)
        return status;
    *is_row = true;
    row->line = l->lines.number;
    row->raw = (struct span){line.text, line.len};
    set_url(l, line.text, line.len);
    return status;
}

static enum urllist_status read_jsonl(struct urllist *l, struct urllist_row *row, bool *is_row)
{
    struct listlines_line line;
    enum urllist_status status = urllist_status_of(listlines_next(&l->lines, &line));
    if (status != URLLIST_ROW || listlines_is_blank(line.text, line.len))
        return status;
    *is_row = true;
    row->line = l->lines.number;
    row->raw = (struct span){line.text, line.len};
    const char *why = too_long;
    if (line.len < URLLIST_LINE_MAX)
        why = listjsonl_parse(l->jsonl, line.text, line.len, l->values);
    if (!why && l->values[COLUMN_URL].kind != URLLIST_TEXT)
        why = l->format == URLLIST_PARQUET ? "the row has no URL"
                                           : "the object has no URL, or one that is not a string";
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
        return urllist_status_of(listcsv_next(l->csv, &l->cells, ret));
    enum urllist_status status = urllist_status_of(listlines_next(&l->lines, &line));
    if (status != URLLIST_ROW)
        return status;
    *ret = (struct listcsv_record){l->lines.number, line, {line.text, line.len}, NULL};
    *ret_blank = listlines_is_blank(line.text, line.len);
    if (line.len >= URLLIST_LINE_MAX)
        ret->bad = too_long;
    else
        listtable_split_tabs(&l->cells, line.text, line.len);
    return status;
}

/* Looks for the columns between other characters than commas, as spreadsheets write them. If they
 * are not there either, `why` is about what makes the most columns. header->bad: with commas it
 * does not end. */
static bool try_delimiters(struct urllist *l, struct listcsv_record *header, char *why, size_t size)
{
    unsigned most = header->bad ? 0 : l->cells.n;
    for (const char *delimiter = ";\t|"; *delimiter; delimiter++) {
        char other[URLLIST_MESSAGE_SIZE];
        if (listcsv_again(l->csv, *delimiter, &l->cells, header) != LISTSTREAM_OK || header->bad)
            continue;
        if (listtable_take_header(&l->table, &l->cells, other, sizeof other))
            return true;
        if (l->cells.n > most)
            snprintf(why, size, "%s", other);
        most = l->cells.n > most ? l->cells.n : most;
    }
    return false;
}

static enum urllist_status read_column_names(struct urllist *l, struct listcsv_record *header)
{
    size_t len = urllist_begin_message(l), size = sizeof l->message - len;
    char *why = l->message + len;
    bool taken = false;
    if (header->bad)
        snprintf(why, size, "the header: %s", header->bad);
    else
        taken = listtable_take_header(&l->table, &l->cells, why, size);
    if (!taken && !(l->csv && try_delimiters(l, header, why, size)))
        return URLLIST_MISUSE;
    if (!buf_append(&l->header, header->whole.at, header->whole.len))
        abort(); /* its size is our own: URLLIST_QUOTE_MAX and two lines */
    return URLLIST_ROW;
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
    row->raw = record.whole;
    row->is_torn = l->csv && record.bad;
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
    if (l->is_argument)
        status = read_argument(l, row, is_row);
    else if (l->format == URLLIST_TXT)
        status = read_txt(l, row, is_row);
    else if (l->format == URLLIST_JSONL || l->format == URLLIST_PARQUET)
        status = read_jsonl(l, row, is_row);
    else
        status = read_table(l, row, is_row);
    *is_row = *is_row && finish_row(l, row);
    return status;
}

/* Bytes of the open file that have been read. */
static uint64_t taken_of_file(const struct urllist *l)
{
    return l->format == URLLIST_PARQUET ? urllist_parquet_taken(l)
                                        : liststream_taken(listtext_stream(l->file));
}

/* Passes a record of the formats in which every record is a row, whatever is in it. */
static enum urllist_status skip_record(struct urllist *l, bool *is_row)
{
    struct listlines_line line;
    enum urllist_status status;
    if (l->format == URLLIST_CSV) {
        status = urllist_status_of(listcsv_skip(l->csv, &l->cells));
        *is_row = status == URLLIST_ROW;
        return status;
    }
    status = urllist_status_of(listlines_next(&l->lines, &line));
    *is_row = status == URLLIST_ROW && !listlines_is_blank(line.text, line.len);
    return status;
}

/* row: NULL to pass it. */
static enum urllist_status read_or_skip(struct urllist *l, struct urllist_row *row, bool *is_row)
{
    struct urllist_row unused;
    bool is_table = l->format == URLLIST_CSV || l->format == URLLIST_TSV;
    bool has_header = is_table && l->table.wants_header;
    bool is_plain = l->format == URLLIST_TXT || l->format == URLLIST_PARQUET;
    if (row || is_plain || has_header)
        return read_row(l, row ? row : &unused, is_row);
    return skip_record(l, is_row);
}

/* The file has been read to its end. */
static void close_read(struct urllist *l)
{
    l->is_open = false;
    if (!l->is_argument)
        l->passed.taken += taken_of_file(l);
}

/* ---- one after the other ---- */

static enum urllist_status open_next(struct urllist *l)
{
    const char *path = l->conf.paths[l->next_path++];
    if (!urllist_is_url(path))
        return urllist_open_file(l, path);
    l->argument = path;
    l->is_argument = l->is_open = true;
    l->format = URLLIST_TXT;
    memset(l->values, 0, l->conf.columns->n * sizeof *l->values);
    return URLLIST_ROW;
}

/* A pipe cannot. *ret_begin: where standard input stands. */
static bool can_be_reread(const char *path, off_t *ret_begin)
{
    struct stat st;
    bool is_stdin = !strcmp(path, "-");
    if (is_stdin)
        *ret_begin = lseek(STDIN_FILENO, 0, SEEK_CUR);
    if (*ret_begin < 0 || urllist_is_url(path) || (is_stdin ? fstat(0, &st) : stat(path, &st)))
        return false;
    return S_ISREG(st.st_mode) || S_ISDIR(st.st_mode);
}

/* Opens each file and reads what comes before its first row. */
static enum urllist_status check_files(struct urllist *l)
{
    enum urllist_status status = URLLIST_ROW;
    for (size_t i = 0; i < l->conf.n_paths && status == URLLIST_ROW; i++) {
        struct urllist_row row;
        bool is_row = false;
        off_t begin = 0;
        if (!can_be_reread(l->conf.paths[i], &begin))
            continue;
        status = urllist_open_file(l, l->conf.paths[i]);
        bool is_table = l->format == URLLIST_CSV || l->format == URLLIST_TSV;
        while (status == URLLIST_ROW && is_table && l->table.wants_header)
            status = read_row(l, &row, &is_row);
        if (status == URLLIST_END)
            status = URLLIST_ROW;
        if (!strcmp(l->conf.paths[i], "-"))
            lseek(STDIN_FILENO, begin, SEEK_SET);
    }
    l->is_open = false;
    l->checked = true;
    return status;
}

/* ret: NULL to pass the row. */
static enum urllist_status go_on(struct urllist *l, struct urllist_row *ret)
{
    bool is_row = false;
    while (l->last == URLLIST_ROW && !is_row) {
        enum urllist_status status;
        if (l->is_open)
            status = read_or_skip(l, ret, &is_row);
        else if (!l->checked)
            status = check_files(l);
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

enum urllist_status urllist_next(struct urllist *l, struct urllist_row *ret)
{
    return go_on(l, ret);
}

enum urllist_status urllist_skip(struct urllist *l)
{
    return go_on(l, NULL);
}

/* A missing list is reported at once, not hours into the run. */
static bool can_be_read(const char *path)
{
    struct stat st;
    return !strcmp(path, "-") || urllist_is_url(path) || (!access(path, R_OK) && !stat(path, &st));
}

/* Bytes of all files, or 0. A URL in place of a file has none. */
static uint64_t size_of(const struct urllist_conf *conf)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < conf->n_paths; i++) {
        struct stat st;
        const char *path = conf->paths[i];
        if (urllist_is_url(path))
            continue;
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
            bool is_url = errno == ENOENT && strstr(conf->paths[i], "://");
            snprintf(message, URLLIST_MESSAGE_SIZE, "%s: %s", conf->paths[i],
                is_url ? "only http and https URLs can be fetched" : strerror(errno));
            return NULL;
        }
    struct urllist *l = mem_new(sizeof *l);
    l->conf = *conf;
    l->passed.size = size_of(conf);
    l->checked = conf->n_paths == 1; /* when it is opened */
    l->file = listtext_new(conf->encoding, conf->on_wait, conf->arg);
    if (!l->file) {
        snprintf(message, URLLIST_MESSAGE_SIZE, "%s", strerror(errno));
        urllist_free(l);
        return NULL;
    }
    return l;
}

struct urllist_reach urllist_reach(const struct urllist *l)
{
    struct urllist_reach reach = l->passed;
    if (l->is_open && l->checked && !l->is_argument)
        reach.taken += taken_of_file(l);
    return reach;
}

enum urllist_format urllist_read_format(const struct urllist *l)
{
    return l->format;
}

struct span urllist_header(const struct urllist *l)
{
    return (struct span){(const char *)l->header.data, l->header.len};
}

const char *urllist_error(const struct urllist *l)
{
    return l->last == URLLIST_MISUSE ? l->message : liststream_error(listtext_stream(l->file));
}

void urllist_interrupt(struct urllist *l)
{
    listtext_interrupt(l->file);
}

void urllist_free(struct urllist *l)
{
    if (!l)
        return;
    listcsv_free(l->csv);
    listjsonl_free(l->jsonl);
    listparquet_fini(&l->parquet);
    listlines_fini(&l->lines);
    buf_fini(&l->header);
    listtext_free(l->file);
    free(l);
}
