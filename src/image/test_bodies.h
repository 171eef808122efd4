/* Image bodies for tests: valid headers around pixels that need not be valid. Each call appends
 * one whole file (or part of one) to a buf. */
#ifndef IMAGE_TEST_BODIES_H
#define IMAGE_TEST_BODIES_H

#include "base/buf.h"

#include <stdlib.h>
#include <string.h>

/* "Bytes with NULs" and how many there are. */
#define BYTES(literal) (literal), sizeof(literal) - 1

static inline void put(struct buf *b, const void *bytes, size_t len)
{
    if (!buf_append(b, bytes, len))
        abort();
}

static inline void put_be(struct buf *b, uint64_t value, unsigned bytes)
{
    while (bytes-- > 0)
        put(b, &(uint8_t){(uint8_t)(value >> 8 * bytes)}, 1);
}

static inline void put_le(struct buf *b, uint64_t value, unsigned bytes)
{
    for (; bytes > 0; bytes--, value >>= 8)
        put(b, &(uint8_t){(uint8_t)value}, 1);
}

/* A TIFF block of one entry. */
static inline void put_exif(struct buf *b, unsigned orientation)
{
    put(b, BYTES("MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01"));
    put_be(b, orientation, 2);
    put(b, BYTES("\0\0\0\0\0\0"));
}

/* Only the segment; 0: nothing. */
static inline void put_app1(struct buf *b, unsigned orientation)
{
    if (!orientation)
        return;
    struct buf exif = {0};
    put_exif(&exif, orientation);
    put(b, BYTES("\xFF\xE1"));
    put_be(b, 2 + 6 + exif.len, 2);
    put(b, BYTES("Exif\0\0"));
    put(b, exif.data, exif.len);
    buf_fini(&exif);
}

static inline void put_jpeg_header(struct buf *b, unsigned width, unsigned height)
{
    put(b, BYTES("\xFF\xC0\0\x0B\x08"));
    put_be(b, height, 2);
    put_be(b, width, 2);
    put(b, BYTES("\x01\x01\x11\0"));
    put(b, BYTES("\xFF\xDA\0\x08\x01\x01\0\0\x3F\0"));
}

static inline void put_jpeg(struct buf *b, unsigned width, unsigned height, unsigned orientation)
{
    put(b, BYTES("\xFF\xD8\xFF\xE0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0"));
    put_app1(b, orientation);
    put_jpeg_header(b, width, height);
    put(b, BYTES("\x12\xFF\0\x34\xFF\xD0\x56\xFF\xD9"));
}

static inline void put_chunk(struct buf *b, const char *type, const void *data, size_t len)
{
    put_be(b, len, 4);
    put(b, type, 4);
    put(b, data, len);
    put_be(b, 0, 4); /* the checksum is not checked */
}

static inline void put_png(struct buf *b, unsigned width, unsigned height, unsigned orientation)
{
    struct buf part = {0};
    put(b, BYTES("\x89PNG\r\n\x1A\n"));
    put_be(&part, width, 4);
    put_be(&part, height, 4);
    put(&part, BYTES("\x08\x02\0\0\0"));
    put_chunk(b, "IHDR", part.data, part.len);
    part.len = 0;
    if (orientation) {
        put_exif(&part, orientation);
        put_chunk(b, "eXIf", part.data, part.len);
    }
    put_chunk(b, "IDAT", "abcdef", 6);
    put_chunk(b, "IEND", "", 0);
    buf_fini(&part);
}

/* Up to the end of the first picture's data; the trailer is not part of it. */
static inline void put_gif(struct buf *b, unsigned width, unsigned height)
{
    put(b, BYTES("GIF89a"));
    put_le(b, width, 2);
    put_le(b, height, 2);
    put(b, BYTES("\x80\0\0\0\0\0\xFF\xFF\xFF"));
    put(b, BYTES("!\xF9\x04\0\0\0\0\0"));
    put(b, BYTES(",\0\0\0\0\1\0\1\0\0\2\2D\1\0"));
}

static inline void put_riff(struct buf *b, const struct buf *chunks)
{
    put(b, BYTES("RIFF"));
    put_le(b, 4 + chunks->len, 4);
    put(b, BYTES("WEBP"));
    put(b, chunks->data, chunks->len);
}

static inline void put_riff_chunk(struct buf *b, const char *type, const void *data, size_t len)
{
    put(b, type, 4);
    put_le(b, len, 4);
    put(b, data, len);
    put(b, "", len & 1);
}

static inline void put_webp_lossless(struct buf *b, unsigned width, unsigned height)
{
    struct buf data = {0};
    struct buf chunks = {0};
    put(&data, BYTES("\x2F"));
    put_le(&data, (width - 1) | (height - 1) << 14, 4);
    put(&data, BYTES("pixels"));
    put_riff_chunk(&chunks, "VP8L", data.data, data.len);
    put_riff(b, &chunks);
    buf_fini(&data);
    buf_fini(&chunks);
}

static inline void put_webp_lossy(struct buf *b, unsigned width, unsigned height)
{
    struct buf data = {0};
    struct buf chunks = {0};
    put(&data, BYTES("\x10\0\0\x9D\x01\x2A"));
    put_le(&data, width | 0x4000, 2); /* the scaling bits are ignored */
    put_le(&data, height, 2);
    put(&data, BYTES("pixels"));
    put_riff_chunk(&chunks, "VP8 ", data.data, data.len);
    put_riff(b, &chunks);
    buf_fini(&data);
    buf_fini(&chunks);
}

static inline void put_webp_extended(
    struct buf *b, unsigned width, unsigned height, unsigned orientation, const char *prefix)
{
    struct buf data = {0};
    struct buf chunks = {0};
    put_le(&data, 0x08, 4);
    put_le(&data, width - 1, 3);
    put_le(&data, height - 1, 3);
    put_riff_chunk(&chunks, "VP8X", data.data, data.len);
    put_riff_chunk(&chunks, "VP8 ", "odd", 3);
    data.len = 0;
    put(&data, prefix, *prefix ? 6 : 0);
    put_exif(&data, orientation);
    put_riff_chunk(&chunks, "EXIF", data.data, data.len);
    put_riff(b, &chunks);
    buf_fini(&data);
    buf_fini(&chunks);
}

/* 24 bits; black. */
static inline void put_bmp(struct buf *b, int width, int height)
{
    size_t row = ((size_t)width * 3 + 3) / 4 * 4;
    size_t size = row * (size_t)abs(height);
    put(b, BYTES("BM"));
    put_le(b, 54 + size, 4);
    put_le(b, 0, 4);
    put_le(b, 54, 4);
    put_le(b, 40, 4);
    put_le(b, (uint32_t)width, 4);
    put_le(b, (uint32_t)height, 4);
    put_le(b, 1 | 24 << 16, 4);
    for (int i = 0; i < 6; i++)
        put_le(b, 0, 4);
    for (size_t i = 0; i < size; i++)
        put(b, "", 1);
}

static inline void put_ico_entry(
    struct buf *b, unsigned width, unsigned height, unsigned size, unsigned offset)
{
    put_le(b, width & 0xFF, 1);
    put_le(b, height & 0xFF, 1);
    put(b, BYTES("\0\0\1\0\x20\0"));
    put_le(b, size, 4);
    put_le(b, offset, 4);
}

/* The head of a bitmap in an icon, whose height counts the mask, too. */
static inline void put_icon_bitmap(struct buf *b, unsigned width, unsigned height, unsigned bits)
{
    put_le(b, 40, 4);
    put_le(b, width, 4);
    put_le(b, height, 4);
    put_le(b, 1 | bits << 16, 4);
    for (int i = 0; i < 6; i++)
        put_le(b, 0, 4);
}

static inline void put_ico(struct buf *b)
{
    put(b, BYTES("\0\0\1\0\2\0"));
    put_ico_entry(b, 16, 16, 4, 38);
    put_ico_entry(b, 64, 32, 44, 42);
    put(b, BYTES("1616"));
    put_icon_bitmap(b, 64, 64, 32);
    put(b, BYTES("ABCD"));
}

static inline void put_box(struct buf *b, const char *type, const struct buf *body)
{
    put_be(b, 8 + body->len, 4);
    put(b, type, 4);
    put(b, body->data, body->len);
}

static inline void put_box_bytes(struct buf *b, const char *type, const void *body, size_t len)
{
    put_be(b, 8 + len, 4);
    put(b, type, 4);
    put(b, body, len);
}

static inline void put_ispe(struct buf *b, unsigned width, unsigned height)
{
    put_be(b, 20, 4);
    put(b, BYTES("ispe\0\0\0\0"));
    put_be(b, width, 4);
    put_be(b, height, 4);
}

/* The primary item has properties 2 (its size), 3 (irot) and 4 (imir; -1: not
 * it). A larger item has property 1. */
static inline void put_avif(
    struct buf *b, unsigned width, unsigned height, unsigned quarters, int mirror)
{
    struct buf ipco = {0};
    struct buf iprp = {0};
    struct buf meta = {0};
    put_ispe(&ipco, 2 * width, 2 * height);
    put_ispe(&ipco, width, height);
    put_box_bytes(&ipco, "irot", &(uint8_t){(uint8_t)quarters}, 1);
    put_box_bytes(&ipco, "imir", &(uint8_t){mirror > 0}, 1);
    put_box(&iprp, "ipco", &ipco);
    if (mirror < 0)
        put_box_bytes(&iprp, "ipma", BYTES("\0\0\0\0\0\0\0\2\0\1\1\x81\0\2\2\x02\x83"));
    else
        put_box_bytes(&iprp, "ipma", BYTES("\0\0\0\0\0\0\0\2\0\1\1\x81\0\2\3\x02\x83\x84"));
    put_be(&meta, 0, 4);
    put_box_bytes(&meta, "pitm", BYTES("\0\0\0\0\0\2"));
    put_box(&meta, "iprp", &iprp);
    put_box_bytes(b, "ftyp", BYTES("mif1\0\0\0\0mif1avif"));
    put_box(b, "meta", &meta);
    put_box_bytes(b, "mdat", BYTES("pixels"));
    buf_fini(&ipco);
    buf_fini(&iprp);
    buf_fini(&meta);
}

#endif
