#include "input/listtext.h"

#include "base/buf.h"
#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <iconv.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    CHUNK = 64 * 1024,
    CHARACTER = 16, /* room for one, and for what a stateful encoding holds back */
};

/* In the text, a malformed byte of another encoding. */
static const char malformed = (char)0xff;

struct listtext {
    struct liststream *stream;
    const char *encoding; /* NULL: UTF-8 */
    const struct listkind *kind;

    struct buf ahead; /* read ahead; ahead[at..len) is still to be read */
    size_t at;
    bool ended;

    bool converts;
    iconv_t converter;
    size_t unit;    /* bytes that a malformed character costs */
    struct buf raw; /* raw[raw_at..len) is still to be converted */
    size_t raw_at;
    bool flushed;
    char text[CHUNK];
};

/* ---- encodings ---- */

static bool is_utf8(const char *encoding)
{
    return !encoding || !strcasecmp(encoding, "utf-8") || !strcasecmp(encoding, "utf8");
}

/* A slash would ask iconv(3) for more than an encoding; no name is that of the locale. */
static bool open_converter(const char *encoding, const char *to, iconv_t *ret)
{
    if (!*encoding || strchr(encoding, '/'))
        return false;
    *ret = iconv_open(to, encoding);
    return *ret != (iconv_t)-1;
}

bool listtext_knows(const char *encoding)
{
    iconv_t converter;
    if (is_utf8(encoding))
        return true;
    bool knows = open_converter(encoding, "UTF-8", &converter);
    if (knows)
        iconv_close(converter);
    return knows;
}

/* The size of a letter. The first one may come with a byte order mark. */
static size_t unit_of(const char *encoding)
{
    iconv_t converter;
    size_t unit = 1;
    if (!open_converter("UTF-8", encoding, &converter))
        return unit;
    for (int i = 0; i < 2; i++) {
        char letter = 'a', out[CHARACTER], *from = &letter, *to = out;
        size_t left = 1, room = sizeof out;
        if (iconv(converter, &from, &left, &to, &room) != (size_t)-1)
            unit = sizeof out - room;
    }
    iconv_close(converter);
    return unit ? unit : 1;
}

static const struct {
    const char *encoding;
    unsigned len;
    uint8_t bytes[4];
} marks[] = {
    /* The Unicode Standard, 23.8; UTF-32LE begins like UTF-16LE. */
    {"UTF-8", 3, {0xef, 0xbb, 0xbf}},
    {"UTF-32LE", 4, {0xff, 0xfe, 0, 0}},
    {"UTF-16LE", 2, {0xff, 0xfe}},
    {"UTF-16BE", 2, {0xfe, 0xff}},
    {"UTF-32BE", 4, {0, 0, 0xfe, 0xff}},
};

/* Finds the mark at the beginning. False: there may be one, but more bytes are needed. *ret: its
 * index; none: the number of marks. */
static bool find_mark(const uint8_t *bytes, size_t len, bool is_all, size_t *ret)
{
    for (*ret = 0; *ret < sizeof marks / sizeof *marks; ++*ret) {
        size_t n = len < marks[*ret].len ? len : marks[*ret].len;
        if (memcmp(bytes, marks[*ret].bytes, n) != 0)
            continue;
        if (n == marks[*ret].len)
            return true;
        if (!is_all)
            return false;
    }
    return true;
}

/* ---- reading ---- */

static void append(struct buf *b, const void *bytes, size_t len)
{
    if (!buf_append(b, bytes, len))
        abort(); /* its size is our own: some chunks */
}

static void put_malformed(char **to, size_t *room)
{
    *(*to)++ = malformed;
    --*room;
}

/* Converts what there is, as far as the room goes. The end of a character that is not there stays
 * in `raw`, unless the file has ended. */
static size_t convert(struct listtext *t)
{
    size_t left = t->raw.len - t->raw_at, room = sizeof t->text;
    char *from = left ? (char *)t->raw.data + t->raw_at : NULL, *to = t->text;
    while (left && room > CHARACTER) {
        if (iconv(t->converter, &from, &left, &to, &room) != (size_t)-1 || errno == E2BIG)
            break;
        if (errno == EINVAL && !t->ended)
            break;
        size_t skipped = errno == EINVAL || left < t->unit ? left : t->unit;
        put_malformed(&to, &room);
        from += skipped;
        left -= skipped;
    }
    if (!left && t->ended && !t->flushed && room > CHARACTER) {
        t->flushed = true;
        (void)iconv(t->converter, NULL, NULL, &to, &room);
    }
    t->raw_at = t->raw.len - left;
    return sizeof t->text - room;
}

static enum liststream_status read_raw(struct listtext *t)
{
    const char *bytes;
    size_t len;
    if (t->raw_at) {
        t->raw.len -= t->raw_at;
        memmove(t->raw.data, t->raw.data + t->raw_at, t->raw.len);
        t->raw_at = 0;
    }
    enum liststream_status status = liststream_read(t->stream, &bytes, &len);
    if (status == LISTSTREAM_OK)
        append(&t->raw, bytes, len);
    t->ended = status == LISTSTREAM_END;
    return status;
}

static enum liststream_status read_converted(struct listtext *t, const char **ret, size_t *ret_len)
{
    while (!(*ret_len = convert(t))) {
        if (t->ended)
            return LISTSTREAM_END;
        enum liststream_status status = read_raw(t);
        if (status != LISTSTREAM_OK && status != LISTSTREAM_END)
            return status;
    }
    *ret = t->text;
    return LISTSTREAM_OK;
}

static enum liststream_status read_next(struct listtext *t, const char **ret, size_t *ret_len)
{
    if (t->converts)
        return read_converted(t, ret, ret_len);
    enum liststream_status status = liststream_read(t->stream, ret, ret_len);
    t->ended = status == LISTSTREAM_END;
    return status;
}

enum liststream_status listtext_read(struct listtext *t, const char **ret, size_t *ret_len)
{
    if (t->at == t->ahead.len)
        return read_next(t, ret, ret_len);
    *ret = (const char *)t->ahead.data + t->at;
    *ret_len = t->ahead.len - t->at;
    t->at = t->ahead.len;
    return LISTSTREAM_OK;
}

const char *listtext_ahead(const struct listtext *t, size_t *ret_len)
{
    assert(!t->at || t->at == t->ahead.len);
    *ret_len = t->ahead.len;
    return t->ahead.data ? (const char *)t->ahead.data : "";
}

enum liststream_status listtext_more(struct listtext *t)
{
    const char *text;
    size_t len;
    if (t->ahead.len >= LISTTEXT_AHEAD_MAX)
        return LISTSTREAM_END;
    enum liststream_status status = read_next(t, &text, &len);
    if (status == LISTSTREAM_OK)
        append(&t->ahead, text, len);
    return status;
}

bool listtext_is_all(const struct listtext *t)
{
    return t->ended;
}

bool listtext_would_wait(const struct listtext *t)
{
    return !t->ended && t->raw_at == t->raw.len && liststream_would_wait(t->stream);
}

/* ---- a file ---- */

static void close_converter(struct listtext *t)
{
    if (t->converts)
        iconv_close(t->converter);
    t->converts = false;
}

/* Reads until the first bytes tell what the file is. *ret_mark: as find_mark() says. */
static enum liststream_status look_at_bytes(struct listtext *t, size_t *ret_mark)
{
    enum listkind_verdict verdict;
    do {
        enum liststream_status status = read_raw(t);
        if (status != LISTSTREAM_OK && status != LISTSTREAM_END)
            return status;
        const uint8_t *bytes = t->raw.data ? t->raw.data : (const uint8_t *)"";
        verdict = listkind_of_bytes(bytes, t->raw.len, t->ended, &t->kind);
        if (!find_mark(bytes, t->raw.len, t->ended, ret_mark))
            verdict = LISTKIND_UNCLEAR;
    } while (verdict == LISTKIND_UNCLEAR);
    return verdict == LISTKIND_OTHER ? LISTSTREAM_REFUSED : LISTSTREAM_OK;
}

static void begin_file(struct listtext *t)
{
    close_converter(t);
    t->raw.len = t->ahead.len = t->raw_at = t->at = 0;
    t->ended = t->flushed = false;
}

void listtext_open_rows(struct listtext *t, const char *path, const int pipes[2])
{
    begin_file(t);
    liststream_open_rows(t->stream, path, pipes);
}

enum liststream_status listtext_fail_at(struct listtext *t, const char *path, const char *why)
{
    return liststream_fail_at(t->stream, path, why);
}

enum liststream_status listtext_open(struct listtext *t, const char *path)
{
    size_t mark;
    begin_file(t);
    enum liststream_status status = liststream_open(t->stream, path);
    if (status == LISTSTREAM_OK)
        status = look_at_bytes(t, &mark);
    if (status != LISTSTREAM_OK)
        return status;
    bool has_mark = mark < sizeof marks / sizeof *marks;
    const char *encoding = has_mark ? marks[mark].encoding : t->encoding;
    t->raw_at = has_mark ? marks[mark].len : 0;
    if (is_utf8(encoding)) {
        if (t->raw.len > t->raw_at)
            append(&t->ahead, t->raw.data + t->raw_at, t->raw.len - t->raw_at);
        t->raw.len = t->raw_at = 0;
        return status;
    }
    if (!open_converter(encoding, "UTF-8", &t->converter))
        return liststream_fail(t->stream, "the encoding cannot be read here");
    t->converts = true;
    t->unit = unit_of(encoding);
    status = listtext_more(t);
    return status == LISTSTREAM_END ? LISTSTREAM_OK : status;
}

struct listtext *listtext_new(const char *encoding, void (*on_wait)(void *arg), void *arg)
{
    struct liststream *stream = liststream_new(on_wait, arg);
    if (!stream)
        return NULL;
    struct listtext *t = mem_new(sizeof *t);
    t->stream = stream;
    t->encoding = encoding;
    return t;
}

const struct listkind *listtext_kind(const struct listtext *t)
{
    return t->kind;
}

const struct liststream *listtext_stream(const struct listtext *t)
{
    return t->stream;
}

void listtext_interrupt(struct listtext *t)
{
    liststream_interrupt(t->stream);
}

void listtext_free(struct listtext *t)
{
    if (!t)
        return;
    close_converter(t);
    buf_fini(&t->raw);
    buf_fini(&t->ahead);
    liststream_free(t->stream);
    free(t);
}
