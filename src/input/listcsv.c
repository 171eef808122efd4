#include "input/listcsv.h"

#include "base/mem.h"

#include <csv.h>
#include <stdlib.h>
#include <string.h>

struct listcsv {
    struct listlines *lines;
    struct csv_parser parser;

    struct buf held; /* lines with their LF: from the record's first on, or to be read again */
    size_t begin;    /* of the record, in `held` */
    size_t at;       /* of the next line, in `held`; at its end the next one comes from `lines` */
    uint64_t number; /* of the line taken last */
    uint64_t first;  /* of the record's first line */

    struct listtable_cells *cells;
    struct buf text; /* of the cells */
    bool ended;      /* the record has */
    bool no_memory;
};

/* For CRLF: CR counts as white space, which libcsv drops at the end of a field, and LF ends the
 * record. Spaces belong to a field (RFC 4180, section 2). */
static int is_space(unsigned char c)
{
    return c == CSV_CR;
}

static int is_end(unsigned char c)
{
    return c == CSV_LF;
}

static void on_field(void *field, size_t len, void *arg)
{
    struct listcsv *c = arg;
    listtable_add_cell(c->cells, c->text.len, len);
    if (!buf_append(&c->text, field, len))
        c->no_memory = true;
}

static void on_end(int last, void *arg)
{
    (void)last;
    ((struct listcsv *)arg)->ended = true;
}

struct listcsv *listcsv_new(struct listlines *lines)
{
    struct listcsv *c = mem_new(sizeof *c);
    c->lines = lines;
    csv_init(&c->parser, 0);
    csv_set_space_func(&c->parser, is_space);
    csv_set_term_func(&c->parser, is_end);
    csv_set_blk_size(&c->parser, 4096);
    return c;
}

void listcsv_free(struct listcsv *c)
{
    if (!c)
        return;
    csv_free(&c->parser);
    buf_fini(&c->held);
    buf_fini(&c->text);
    free(c);
}

/* Gets the next line of the record; reads and appends it to `held` if it is not there yet. */
static enum liststream_status take_line(struct listcsv *c, struct listlines_line *ret)
{
    if (c->at == c->held.len) {
        enum liststream_status status = listlines_next(c->lines, ret);
        if (status != LISTSTREAM_OK)
            return status;
        if (!buf_append(&c->held, ret->text, ret->len) || !buf_append(&c->held, "\n", 1))
            abort(); /* its size is our own: URLLIST_QUOTE_MAX and two lines */
    }
    ret->text = (const char *)c->held.data + c->at;
    ret->len = (size_t)((const char *)memchr(ret->text, '\n', c->held.len - c->at) - ret->text);
    c->at += ret->len + 1;
    c->number++;
    return LISTSTREAM_OK;
}

/* Drops the lines before the next one, if that frees enough to be worth a move. */
static void forget_record(struct listcsv *c)
{
    if (c->at == c->held.len) {
        c->held.len = c->at = 0;
    } else if (c->at > URLLIST_QUOTE_MAX) {
        c->held.len -= c->at;
        memmove(c->held.data, c->held.data + c->at, c->held.len);
        c->at = 0;
    }
    c->begin = c->at;
}

static void feed_line(struct listcsv *c, const struct listlines_line *line)
{
    size_t fed = csv_parse(&c->parser, line->text, line->len, on_field, on_end, c);
    if (fed == line->len)
        fed += csv_parse(&c->parser, "\n", 1, on_field, on_end, c);
    if (fed != line->len + 1)
        c->no_memory = true; /* the only error there is without CSV_STRICT */
}

/* Feeds lines until the record ends. *ret_bad: NULL, or why it does not. */
static enum liststream_status feed_record(
    struct listcsv *c, struct listlines_line *line, const char **ret_bad)
{
    size_t first_end = c->at;
    *ret_bad = NULL;
    for (;;) {
        if (line->len >= URLLIST_LINE_MAX)
            *ret_bad = "a line of 1 MiB or more";
        else
            feed_line(c, line);
        if (c->no_memory)
            *ret_bad = "no memory for the record";
        else if (!*ret_bad && c->at - first_end > URLLIST_QUOTE_MAX && !c->ended)
            *ret_bad = "a quoted field does not end within 64 KiB";
        if (*ret_bad || c->ended)
            return LISTSTREAM_OK;
        enum liststream_status status = take_line(c, line);
        if (status == LISTSTREAM_END)
            *ret_bad = "a quoted field does not end";
        if (status != LISTSTREAM_OK)
            return status == LISTSTREAM_END ? LISTSTREAM_OK : status;
    }
}

/* Takes the first line of the next record. */
static enum liststream_status begin_record(struct listcsv *c, struct listlines_line *ret)
{
    enum liststream_status status;
    do {
        forget_record(c);
        status = take_line(c, ret);
    } while (status == LISTSTREAM_OK && listlines_is_blank(ret->text, ret->len));
    c->first = c->number;
    return status;
}

/* Reads a record from its first line on, which begin_record() has taken. */
static enum liststream_status read_record(struct listcsv *c, struct listlines_line line,
    struct listtable_cells *cells, struct listcsv_record *ret)
{
    size_t first_len = line.len, first_end = c->at;
    c->cells = cells;
    c->cells->n = 0;
    c->text.len = 0;
    c->ended = c->no_memory = false;
    ret->line = c->first;
    enum liststream_status status = feed_record(c, &line, &ret->bad);
    if (status != LISTSTREAM_OK)
        return status;
    if (ret->bad) {
        csv_fini(&c->parser, NULL, NULL, NULL); /* csv(3): ready for another record */
        c->at = first_end;
        c->number = ret->line;
    }
    const char *first = (const char *)c->held.data + c->begin;
    ret->raw = (struct listlines_line){first, first_len};
    ret->whole = (struct span){first, c->at - c->begin - 1};
    cells->base = c->text.data ? (const char *)c->text.data : ""; /* all cells are empty */
    return LISTSTREAM_OK;
}

enum liststream_status listcsv_next(
    struct listcsv *c, struct listtable_cells *cells, struct listcsv_record *ret)
{
    struct listlines_line line;
    enum liststream_status status = begin_record(c, &line);
    return status == LISTSTREAM_OK ? read_record(c, line, cells, ret) : status;
}

/* Returns what comes after the last quote of a field. NULL: that is not the end of the field, or
 * not in this line. */
static const char *pass_quoted(const char *at, const char *end, char delimiter)
{
    for (at++; (at = memchr(at, '"', (size_t)(end - at))); at++) {
        if (++at == end || *at == delimiter)
            return at;
        if (*at != '"')
            return NULL;
    }
    return NULL;
}

/* True only if the line is a whole record, with quotes as RFC 4180 has them, or is too long and
 * thus a bad record of its own. */
static bool is_whole(struct listcsv *c, const struct listlines_line *line)
{
    const char *at = line->text, *end = at + line->len;
    char delimiter = (char)csv_get_delim(&c->parser);
    if (!memchr(at, '"', line->len))
        return true;
    if (end[-1] == '\r')
        end--;
    for (;; at++) { /* at is where a field begins */
        if (at < end && *at == '\r')
            return false; /* white space; a quote may follow */
        bool is_quoted = at < end && *at == '"';
        at =
            is_quoted ? pass_quoted(at, end, delimiter) : memchr(at, delimiter, (size_t)(end - at));
        if (!at)
            return !is_quoted;
        if (at == end)
            return true;
    }
}

enum liststream_status listcsv_skip(struct listcsv *c, struct listtable_cells *scratch)
{
    struct listlines_line line;
    struct listcsv_record record;
    enum liststream_status status = begin_record(c, &line);
    return status != LISTSTREAM_OK || is_whole(c, &line) ? status
                                                         : read_record(c, line, scratch, &record);
}

enum liststream_status listcsv_again(
    struct listcsv *c, char delimiter, struct listtable_cells *cells, struct listcsv_record *ret)
{
    csv_set_delim(&c->parser, (unsigned char)delimiter);
    c->at = c->begin;
    c->number = c->first - 1;
    return listcsv_next(c, cells, ret);
}
