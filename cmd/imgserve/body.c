#include "cmd/imgserve/body.h"

#include "base/mem.h"
#include "cmd/imgserve/text.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum {
    LETTERS = 26,
    PATTERN_SIZE = LETTERS * 2500, /* whole alphabets, so that the seams do not show */
    SCRATCH_SIZE = 65536,
};

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

void body_fini(struct body *b)
{
    buf_fini(&b->text);
    files_release(b->file);
    free(b->scratch);
    *b = (struct body){0};
}

void body_text(struct body *b)
{
    body_fini(b);
    b->kind = BODY_TEXT;
}

void body_file(struct body *b, struct file *file)
{
    body_fini(b);
    b->kind = BODY_FILE;
    b->file = file;
}

void body_pattern(struct body *b, uint64_t size)
{
    body_fini(b);
    b->kind = BODY_PATTERN;
    b->size = size;
}

void body_repeat(struct body *b, size_t again)
{
    body_fini(b);
    b->kind = BODY_REPEAT;
    b->again = again;
}

void body_again(struct body *b, struct span bytes)
{
    body_repeat(b, 0);
    while (b->text.len < SCRATCH_SIZE) /* large pieces: what is tested is the client's speed */
        text_add(&b->text, bytes);
}

uint64_t body_size(const struct body *b)
{
    switch (b->kind) {
    case BODY_TEXT:
        return b->text.len;
    case BODY_FILE:
        return b->file->size;
    case BODY_PATTERN:
        return b->size;
    case BODY_REPEAT:
        return UINT64_MAX;
    case BODY_EMPTY:
        break;
    }
    return 0;
}

static size_t read_pattern(uint64_t at, uint64_t max, const uint8_t **ret)
{
    static uint8_t pattern[PATTERN_SIZE];
    if (!pattern[0])
        for (size_t i = 0; i < PATTERN_SIZE; i++)
            pattern[i] = (uint8_t)('a' + i % LETTERS);
    size_t from = at % PATTERN_SIZE;
    *ret = pattern + from;
    return least(max, PATTERN_SIZE - from);
}

static size_t read_file(struct body *b, uint64_t at, uint64_t max, const uint8_t **ret)
{
    if (b->file->bytes) {
        *ret = b->file->bytes + at;
        return max;
    }
    if (!b->scratch)
        b->scratch = mem_new(SCRATCH_SIZE);
    ssize_t n = pread(b->file->fd, b->scratch, least(max, SCRATCH_SIZE), (off_t)at);
    *ret = b->scratch;
    return n > 0 ? (size_t)n : 0;
}

static size_t read_repeated(const struct body *b, uint64_t at, uint64_t max, const uint8_t **ret)
{
    uint64_t len = b->text.len;
    if (at >= len)
        at = b->again + (at - len) % (len - b->again);
    *ret = b->text.data + at;
    return least(max, len - at);
}

size_t body_read(struct body *b, uint64_t at, uint64_t max, const uint8_t **ret)
{
    uint64_t size = body_size(b);
    if (at >= size || !max)
        return 0;
    max = least(max, size - at);
    switch (b->kind) {
    case BODY_TEXT:
        *ret = b->text.data + at;
        return max;
    case BODY_FILE:
        return read_file(b, at, max, ret);
    case BODY_PATTERN:
        return read_pattern(at, max, ret);
    case BODY_REPEAT:
        return read_repeated(b, at, max, ret);
    case BODY_EMPTY:
        break;
    }
    return 0;
}

/* ---- encodings ---- */

/* zlib.h, deflateInit2: the largest window, and the format around the data */
enum { RAW = -MAX_WBITS, ZLIB = MAX_WBITS, GZIP = MAX_WBITS + 16 };
enum { OUT_SIZE = 65536, BLOCK = 1 << 20, MEM_LEVEL = 8, HOLLOW_BLOCKS = 10000 };

static const struct span gzip_head = {"\x1f\x8b\x08\0\0\0\0\0\0\xff", 10};

const char *body_encoding(struct span name)
{
    return span_is(name, "gzip") ? "gzip" : span_is(name, "deflate") ? "deflate" : NULL;
}

static void begin_deflate(z_stream *z, int window)
{
    memset(z, 0, sizeof *z);
    if (deflateInit2(z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, window, MEM_LEVEL, Z_DEFAULT_STRATEGY))
        abort();
}

static void feed_deflate(z_stream *z, const uint8_t *bytes, size_t len, int flush, struct buf *out)
{
    uint8_t piece[OUT_SIZE];
    z->next_in = (uint8_t *)bytes;
    z->avail_in = (uInt)len;
    do {
        z->next_out = piece;
        z->avail_out = sizeof piece;
        deflate(z, flush);
        text_add(out, (struct span){(char *)piece, sizeof piece - z->avail_out});
    } while (z->avail_out == 0);
}

bool body_encode(struct body *b, const char *name)
{
    struct buf out = {0};
    const uint8_t *bytes;
    uint64_t at = 0, size = body_size(b);
    size_t n;
    z_stream z;
    if (size > BODY_ENCODE_MAX)
        return false;
    begin_deflate(&z, !strcmp(name, "gzip") ? GZIP : ZLIB);
    for (; (n = body_read(b, at, size - at, &bytes)) > 0; at += n)
        feed_deflate(&z, bytes, n, Z_NO_FLUSH, &out);
    feed_deflate(&z, NULL, 0, Z_FINISH, &out);
    deflateEnd(&z);
    body_text(b);
    b->text = out;
    return true;
}

/* After a full flush no block refers to earlier data, so a block can be repeated. */
void body_bomb(struct body *b)
{
    uint8_t *zeros = calloc(1, BLOCK);
    z_stream z;
    if (!zeros)
        abort();
    body_repeat(b, gzip_head.len);
    text_add(&b->text, gzip_head);
    begin_deflate(&z, RAW);
    feed_deflate(&z, zeros, BLOCK, Z_FULL_FLUSH, &b->text);
    deflateEnd(&z);
    free(zeros);
}

void body_hollow(struct body *b)
{
    static const struct span empty = {"\0\0\0\xff\xff", 5}; /* stored, no bytes: RFC 1951, 3.2.4 */
    body_repeat(b, gzip_head.len);
    text_add(&b->text, gzip_head);
    for (int i = 0; i < HOLLOW_BLOCKS; i++)
        text_add(&b->text, empty);
}
