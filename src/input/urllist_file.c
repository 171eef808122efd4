#include "input/urllist_inside.h"

#include "base/casefold.h"
#include "base/span.h"
#include "input/listfields.h"
#include "input/url.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum urllist_status urllist_status_of(enum liststream_status status)
{
    static const enum urllist_status statuses[] = {[LISTSTREAM_OK] = URLLIST_ROW,
        [LISTSTREAM_END] = URLLIST_END,
        [LISTSTREAM_ERROR] = URLLIST_ERROR,
        [LISTSTREAM_INTERRUPTED] = URLLIST_INTERRUPTED,
        [LISTSTREAM_REFUSED] = URLLIST_MISUSE};
    return statuses[status];
}

/* The name of the format that the file has inside of the compression that its name ends with. */
static const char *format_inside(const struct urllist *l, const char *path)
{
    static const char *const names[] = {
        [URLLIST_CSV] = "csv", [URLLIST_TSV] = "tsv", [URLLIST_JSONL] = "jsonl"};
    const char *end = strrchr(path, '.');
    enum urllist_format format = urllist_format(&l->conf, path);
    if (format == URLLIST_TXT && l->conf.format == URLLIST_AUTO && end)
        format = urllist_format_of_name(path, (size_t)(end - path));
    return format < sizeof names / sizeof *names ? names[format] : NULL;
}

static enum urllist_status refuse(struct urllist *l, const char *path, const struct listkind *kind)
{
    bool is_stdin = !strcmp(path, "-");
    struct listkind_file file = {.path = is_stdin ? NULL : path};
    file.name = is_stdin ? "standard input" : path;
    file.unpack = liststream_unpacker(listtext_stream(l->file));
    file.format = format_inside(l, path);
    listkind_tell(kind, &file, l->message, sizeof l->message);
    return URLLIST_MISUSE;
}

size_t urllist_begin_message(struct urllist *l)
{
    const char *name = liststream_name(listtext_stream(l->file));
    return (size_t)snprintf(l->message, sizeof l->message, "%.200s: ", name);
}

/* Reads ahead until the text tells what the file is. */
static enum urllist_status look_at_kind(struct urllist *l, const char *path)
{
    const struct listkind *kind;
    enum listkind_verdict verdict;
    enum liststream_status status = LISTSTREAM_OK;
    size_t len;
    for (;;) {
        const char *text = listtext_ahead(l->file, &len);
        bool is_all = listtext_is_all(l->file) || status == LISTSTREAM_END;
        verdict = listkind_of_text(text, len, is_all, l->format == URLLIST_JSONL, &kind);
        if (verdict == LISTKIND_OTHER)
            return refuse(l, path, kind);
        if (verdict == LISTKIND_LIST)
            return URLLIST_ROW;
        status = listtext_more(l->file);
        if (status != LISTSTREAM_OK && status != LISTSTREAM_END)
            return urllist_status_of(status);
    }
}

/* The first line of the text that is neither blank nor a comment; empty: it has not ended yet. */
static struct span first_line(const struct listtext *file)
{
    size_t len;
    const char *text = listtext_ahead(file, &len);
    struct span rest = {text, len};
    while (rest.len && (listtext_is_all(file) || memchr(rest.at, '\n', rest.len))) {
        struct span line = span_trim(span_cut(&rest, '\n'));
        if (!listlines_is_blank(line.at, line.len) && *line.at != '#')
            return line;
    }
    return (struct span){text, 0};
}

static bool contains(struct span text, const char *word)
{
    size_t len = strlen(word);
    for (size_t i = 0; i + len <= text.len; i++)
        if (!strncasecmp(text.at + i, word, len))
            return true;
    return false;
}

/* True if a cell of the line looks like the name of the column with the URL. */
static bool names_url(struct span line, char delimiter, const struct column *url)
{
    while (line.len) {
        struct span cell = span_cut(&line, delimiter);
        if (contains(cell, "url") || casefold_same(cell.at, cell.len, url->name, url->len))
            return true;
    }
    return false;
}

/* A table under a name that says nothing, and on a pipe, would be read as txt: with the commas and
 * captions as parts of its URLs. */
static enum urllist_status look_for_header(struct urllist *l)
{
    enum liststream_status status = LISTSTREAM_OK;
    struct span line;
    while (!(line = first_line(l->file)).len && status == LISTSTREAM_OK)
        status = listtext_more(l->file);
    if (!line.len || contains(line, "://"))
        return status == LISTSTREAM_END ? URLLIST_ROW : urllist_status_of(status);
    for (const char *delimiter = "\t,;|"; *delimiter; delimiter++) {
        bool has = memchr(line.at, *delimiter, line.len);
        if (!has || !names_url(line, *delimiter, &l->conf.columns->at[COLUMN_URL]))
            continue;
        size_t len = urllist_begin_message(l);
        snprintf(l->message + len, sizeof l->message - len,
            "begins with the header of a table: --format=%s reads it (--format=txt: one URL a "
            "line)",
            *delimiter == '\t' ? "tsv" : "csv");
        return URLLIST_MISUSE;
    }
    return URLLIST_ROW;
}

/* Looks at the text before the first row. */
static enum urllist_status look_at_text(struct urllist *l, const char *path)
{
    enum urllist_status status = look_at_kind(l, path);
    if (status == URLLIST_ROW && l->format == URLLIST_TXT && l->conf.format == URLLIST_AUTO)
        return look_for_header(l);
    if (status != URLLIST_ROW || l->format != URLLIST_JSONL || l->conf.is_part)
        return status;
    size_t len = urllist_begin_message(l);
    return urllist_status_of(listfields_check(
        l->file, l->jsonl, l->conf.columns, l->message + len, sizeof l->message - len));
}

enum urllist_status urllist_open_file(struct urllist *l, const char *path)
{
    struct stat st;
    l->format = urllist_format(&l->conf, path);
    if (strcmp(path, "-") != 0 && !stat(path, &st) && S_ISDIR(st.st_mode))
        return refuse(l, path, &listkind_directory);
    if (l->format == URLLIST_PARQUET)
        return urllist_open_parquet(l, path);
    enum liststream_status status = listtext_open(l->file, path);
    if (status == LISTSTREAM_REFUSED)
        return refuse(l, path, listtext_kind(l->file));
    if (status != LISTSTREAM_OK)
        return urllist_status_of(status);
    l->is_open = true;
    l->is_argument = false;
    listlines_begin(&l->lines, l->file, URLLIST_LINE_MAX);
    l->header.len = 0;
    memset(l->values, 0, l->conf.columns->n * sizeof *l->values);
    if (l->format == URLLIST_CSV || l->format == URLLIST_TSV)
        listtable_begin(&l->table, l->conf.columns);
    listcsv_free(l->csv);
    l->csv = l->format == URLLIST_CSV ? listcsv_new(&l->lines) : NULL;
    if (l->format == URLLIST_JSONL && !l->jsonl)
        l->jsonl = listjsonl_new(l->conf.columns);
    return look_at_text(l, path);
}
