#include "cmd/imgserve/encode.h"

#include "cmd/imgserve/text.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* zlib.h, deflateInit2: the largest window, and the format around the data */
enum { RAW = -MAX_WBITS, ZLIB = MAX_WBITS, GZIP = MAX_WBITS + 16 };
enum { OUT_SIZE = 65536, BLOCK = 1 << 20, MEM_LEVEL = 8, HOLLOW_BLOCKS = 10000 };

static const struct span gzip_head = {"\x1f\x8b\x08\0\0\0\0\0\0\xff", 10};

const char *encode_find(struct span name)
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

bool encode_body(struct body *b, const char *name)
{
    struct buf out = {0};
    const uint8_t *bytes;
    uint64_t at = 0, size = body_size(b);
    size_t n;
    z_stream z;
    if (size > ENCODE_MAX)
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
void encode_bomb(struct body *b)
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

void encode_hollow(struct body *b)
{
    static const struct span empty = {"\0\0\0\xff\xff", 5}; /* stored, no bytes: RFC 1951, 3.2.4 */
    body_repeat(b, gzip_head.len);
    text_add(&b->text, gzip_head);
    for (int i = 0; i < HOLLOW_BLOCKS; i++)
        text_add(&b->text, empty);
}
