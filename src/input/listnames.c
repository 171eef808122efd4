#include "input/listnames.h"

#include "base/buf.h"
#include "base/jsonmem.h"
#include "input/liststream.h"

#include <csv.h>
#include <ctype.h>
#include <string.h>
#include <sys/stat.h>
#include <yajl/yajl_parse.h>

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

struct names {
    void (*on_name)(void *arg, const char *name, size_t len);
    void *arg;
    unsigned depth; /* of an object */
    bool ended;     /* the first record has */
};

/* ---- jsonl ---- */

static int open_nested(void *arg)
{
    struct names *n = arg;
    n->depth++;
    return 1;
}

static int close_nested(void *arg)
{
    struct names *n = arg;
    n->depth--;
    return 1;
}

static int on_key(void *arg, const unsigned char *key, size_t len)
{
    struct names *n = arg;
    if (n->depth == 1 && !memchr(key, '\0', len))
        n->on_name(n->arg, (const char *)key, len);
    return 1;
}

static void read_object(struct names *n, const char *text, size_t len)
{
    static const yajl_callbacks callbacks = {.yajl_start_map = open_nested,
        .yajl_map_key = on_key,
        .yajl_end_map = close_nested,
        .yajl_start_array = open_nested,
        .yajl_end_array = close_nested};
    yajl_handle parser = yajl_alloc(&callbacks, &jsonmem, n);
    if (!parser)
        return;
    yajl_parse(parser, (const unsigned char *)text, len); /* as far as it is one */
    yajl_free(parser);
}

/* ---- tables ---- */

static void on_cell(void *cell, size_t len, void *arg)
{
    struct names *n = arg;
    if (!n->ended && len)
        n->on_name(n->arg, cell, len);
}

static void on_record(int last, void *arg)
{
    (void)last;
    ((struct names *)arg)->ended = true;
}

static unsigned char separator(const char *line, size_t len)
{
    static const char separators[] = "\t,;|";
    for (const char *s = separators; *s; s++)
        if (memchr(line, *s, len))
            return (unsigned char)*s;
    return CSV_COMMA;
}

static void read_record(struct names *n, const char *text, size_t len)
{
    const char *end = memchr(text, '\n', len);
    struct csv_parser parser;
    if (csv_init(&parser, 0))
        return;
    csv_set_delim(&parser, separator(text, end ? (size_t)(end - text) : len));
    csv_parse(&parser, text, len, on_cell, on_record, n);
    csv_fini(&parser, on_cell, on_record, n);
    csv_free(&parser);
}

/* ---- the file ---- */

static void read_ahead(const char *path, struct buf *ret)
{
    struct liststream *stream = liststream_new(NULL, NULL);
    const char *bytes;
    size_t len;
    if (!stream)
        return;
    enum liststream_status status = liststream_open(stream, path);
    while (status == LISTSTREAM_OK && ret->len < LISTNAMES_AHEAD) {
        status = liststream_read(stream, &bytes, &len);
        if (status == LISTSTREAM_OK && !buf_append(ret, bytes, len))
            break;
    }
    liststream_free(stream);
}

static bool is_url(const char *text, size_t len)
{
    size_t scheme = 0;
    while (scheme < len && isalpha((unsigned char)text[scheme]))
        scheme++;
    return len - scheme > 3 && !memcmp(text + scheme, "://", 3);
}

void listnames_each(
    const char *path, void (*on_name)(void *arg, const char *name, size_t len), void *arg)
{
    struct names n = {.on_name = on_name, .arg = arg};
    struct buf all = {0};
    struct stat st;
    if (stat(path, &st) || !S_ISREG(st.st_mode))
        return;
    read_ahead(path, &all);
    const char *text = (const char *)all.data;
    size_t len = all.len < LISTNAMES_AHEAD ? all.len : LISTNAMES_AHEAD;
    if (len >= 3 && !memcmp(text, BYTE_ORDER_MARK, 3)) {
        text += 3;
        len -= 3;
    }
    if (len && !memchr(text, '\0', len) && !is_url(text, len)) {
        if (*text == '{')
            read_object(&n, text, len);
        else
            read_record(&n, text, len);
    }
    buf_fini(&all);
}
