/*
 * Decodes the first frame of a GIF on its canvas, as browsers do. The canvas grows to the frame's
 * right and bottom edge, and is transparent where the frame does not cover it. Nothing after that
 * frame is read. If the frame's data ends too early or is damaged, the missing pixels are
 * transparent.
 *
 * Not by giflib: it gives whole rows only, and nothing of a data block that is cut off, which may
 * be all there is of a small picture; and it decodes on after codes that no encoder can have
 * written (giflib 5.2.1, dgif_lib.c, DGifDecompressLine and DGifBufferedInput).
 */
#include "image/codec.h"
#include "image/reader.h"

#include <stdlib.h>
#include <string.h>

/* GIF89a, sections 18 to 27, and appendix F */
enum {
    EXTENSION = 0x21,
    GRAPHIC_CONTROL = 0xF9,
    IMAGE_DESCRIPTOR = 0x2C,
    HAS_COLOURS = 0x80,
    INTERLACED = 0x40,
    HAS_TRANSPARENT = 0x01,
    MAX_COLOURS = 256,
    MAX_DATA_BITS = 8,
    MAX_CODE_BITS = 12,
    MAX_CODES = 1 << MAX_CODE_BITS,
    WIDEST_PIXEL = 4, /* bytes: RGB and alpha */
};

struct frame {
    uint32_t canvas_width, canvas_height; /* with the frame inside */
    uint32_t left, top, width, height;
    struct reader colours; /* three bytes each */
    int transparent;       /* index; -1: none */
    bool interlaced;
    struct reader data; /* from the number of bits on */
};

/* The strings of the codes: each is the string of an earlier code and one more byte. */
struct strings {
    uint16_t prefix[MAX_CODES], length[MAX_CODES];
    uint8_t first[MAX_CODES], last[MAX_CODES];
};

/* Reads codes from sub-blocks. */
struct codes {
    struct reader r, block;
    uint32_t bits;
    unsigned n_bits;
};

static struct reader read_colours(struct reader *r, uint8_t flags)
{
    return reader_part(r, flags & HAS_COLOURS ? 3u << ((flags & 7) + 1) : 0);
}

/* Skips an extension; records the transparent colour if it has one. */
static void read_extension(struct reader *r, struct frame *ret)
{
    bool control = reader_u8(r) == GRAPHIC_CONTROL;
    while (!r->ended) {
        uint8_t size = reader_u8(r);
        if (!size)
            return;
        struct reader block = reader_part(r, size);
        if (!control)
            continue;
        uint8_t flags = reader_u8(&block);
        reader_skip(&block, 2); /* delay */
        uint8_t index = reader_u8(&block);
        ret->transparent = flags & HAS_TRANSPARENT && !block.ended ? index : -1;
        control = false;
    }
}

/* Reads up to the first frame's data. False: there is none. */
static bool read_frame(const uint8_t *body, size_t len, struct frame *ret)
{
    struct reader r = reader_of(body, len);
    *ret = (struct frame){.transparent = -1};
    reader_skip(&r, 6);
    ret->canvas_width = reader_le(&r, 2);
    ret->canvas_height = reader_le(&r, 2);
    uint8_t flags = reader_u8(&r);
    reader_skip(&r, 2); /* background, aspect */
    ret->colours = read_colours(&r, flags);

    uint8_t kind;
    while ((kind = reader_u8(&r)) == EXTENSION)
        read_extension(&r, ret);
    if (kind != IMAGE_DESCRIPTOR)
        return false;
    ret->left = reader_le(&r, 2);
    ret->top = reader_le(&r, 2);
    ret->width = reader_le(&r, 2);
    ret->height = reader_le(&r, 2);
    flags = reader_u8(&r);
    struct reader own = read_colours(&r, flags);
    if (reader_left(&own))
        ret->colours = own;
    ret->interlaced = flags & INTERLACED;
    ret->data = r;
    if (ret->canvas_width < ret->left + ret->width)
        ret->canvas_width = ret->left + ret->width;
    if (ret->canvas_height < ret->top + ret->height)
        ret->canvas_height = ret->top + ret->height;
    return !r.ended;
}

/* Reads the next code of that many bits; -1: the data has ended. */
static int next_code(struct codes *c, unsigned n)
{
    while (c->n_bits < n) {
        if (!reader_left(&c->block)) {
            uint8_t size = reader_u8(&c->r);
            c->block = reader_part(&c->r, size);
            if (!reader_left(&c->block))
                return -1;
        }
        c->bits |= (uint32_t)reader_u8(&c->block) << c->n_bits;
        c->n_bits += 8;
    }
    int code = (int)(c->bits & ((1u << n) - 1));
    c->bits >>= n;
    c->n_bits -= n;
    return code;
}

/* Appends a code's string to `out`, as far as there is room; returns where the next one goes. */
static size_t put_string(
    const struct strings *s, unsigned code, uint8_t *out, size_t at, size_t size)
{
    size_t end = at + s->length[code];
    for (size_t i = end; i-- > at; code = s->prefix[code])
        if (i < size)
            out[i] = s->last[code];
    return end < size ? end : size;
}

/* Gives the string of `code` and `byte` the code `next`. */
static void add_string(struct strings *s, unsigned next, unsigned code, uint8_t byte)
{
    s->prefix[next] = (uint16_t)code;
    s->length[next] = s->length[code] + 1;
    s->first[next] = s->first[code];
    s->last[next] = byte;
}

/*
 * Decompresses into out[0..size); returns the number of bytes before the data ended or was broken.
 * A full table stays unchanged until it is cleared. ret_ended: it ended as data ends, so nothing
 * is missing that was ever there.
 */
static size_t decompress(
    struct reader data, struct strings *s, uint8_t *out, size_t size, bool *ret_ended)
{
    unsigned data_bits = reader_u8(&data);
    if (data_bits < 1 || data_bits > MAX_DATA_BITS)
        return 0;
    struct codes codes = {.r = data, .block = reader_of(data.end, 0)};
    const unsigned clear = 1u << data_bits;
    unsigned bits = data_bits + 1;
    unsigned next = clear + 2;
    int before = -1;
    size_t at = 0;
    for (unsigned i = 0; i < clear; i++) {
        s->prefix[i] = 0;
        s->length[i] = 1;
        s->first[i] = s->last[i] = (uint8_t)i;
    }
    while (at < size) {
        int got = next_code(&codes, bits);
        unsigned code = (unsigned)got;
        if (got < 0 || code == clear + 1) {
            *ret_ended = got >= 0 || !codes.r.ended;
            break;
        }
        if (code == clear) {
            bits = data_bits + 1;
            next = clear + 2;
            before = -1;
            continue;
        }
        if (code > next || (code == next && before < 0))
            break; /* broken */
        if (before >= 0 && next < MAX_CODES) {
            unsigned source = code == next ? (unsigned)before : code;
            add_string(s, next++, (unsigned)before, s->first[source]);
            if (next == 1u << bits && bits < MAX_CODE_BITS)
                bits++;
        }
        at = put_string(s, code, out, at, size);
        before = got;
    }
    return at;
}

/* The frame's row for row i of the data (appendix E). */
static uint32_t row_of(uint32_t i, const struct frame *f)
{
    static const struct {
        uint8_t start, step;
    } passes[] = {{0, 8}, {4, 8}, {2, 4}, {1, 2}};
    if (!f->interlaced)
        return i;
    for (unsigned p = 0;; p++) {
        uint32_t rows = (f->height - passes[p].start + passes[p].step - 1u) / passes[p].step;
        if (f->height <= passes[p].start)
            rows = 0;
        if (i < rows)
            return passes[p].start + i * passes[p].step;
        i -= rows;
    }
}

/* The row of the data that is the frame's row y. */
static uint32_t index_of(uint32_t y, uint32_t height)
{
    uint32_t n0 = (height + 7) / 8, n1 = (height + 3) / 8, n2 = (height + 1) / 4;
    return y % 8 == 0   ? y / 8
           : y % 8 == 4 ? n0 + y / 8
           : y % 4 == 2 ? n0 + n1 + y / 4
                        : n0 + n1 + n2 + y / 2;
}

/* A missing row of an interlaced frame becomes like the nearest one above it that is there, as
 * browsers show it. `n`: indices that are there; returns how many then are. */
static size_t fill_rows(const struct frame *f, uint8_t *indices, size_t n)
{
    uint32_t there = f->width ? (uint32_t)(n / f->width) : 0;
    if (!f->interlaced || !there)
        return n;
    for (uint32_t i = there; i < f->height; i++) {
        uint32_t y = row_of(i, f), block = 2;
        while (block < 8 && index_of(y & ~(block - 1), f->height) >= there)
            block *= 2;
        uint32_t from = index_of(y & ~(block - 1), f->height);
        if (from < there)
            memcpy(indices + (size_t)i * f->width, indices + (size_t)from * f->width, f->width);
        else /* in the first pass */
            memcpy(
                indices + (size_t)i * f->width, indices + ((size_t)there - 1) * f->width, f->width);
    }
    return (size_t)f->width * f->height;
}

/* The palette as RGBA; missing colours are transparent. */
static void make_palette(const struct frame *f, uint8_t ret[MAX_COLOURS][4])
{
    struct reader r = f->colours;
    memset(ret, 0, MAX_COLOURS * sizeof *ret);
    for (int i = 0; i < MAX_COLOURS && reader_left(&r) >= 3; i++) {
        memcpy(ret[i], reader_take(&r, 3), 3);
        ret[i][3] = i == f->transparent ? 0 : 255;
    }
}

/* True if the canvas shows through anywhere. */
static bool has_holes(
    const struct frame *f, uint8_t palette[MAX_COLOURS][4], const uint8_t *indices, size_t n)
{
    bool used[MAX_COLOURS] = {false};
    if (f->left || f->top || f->width < f->canvas_width || f->height < f->canvas_height ||
        n < (size_t)f->width * f->height)
        return true;
    for (size_t i = 0; i < n; i++)
        used[indices[i]] = true;
    for (int i = 0; i < MAX_COLOURS; i++)
        if (used[i] && !palette[i][3])
            return true;
    return false;
}

/* Puts n indices on the canvas. */
static void compose(const struct frame *f, uint8_t palette[MAX_COLOURS][4], const uint8_t *indices,
    size_t n, const struct pixels *canvas)
{
    size_t at = 0;
    for (uint32_t row = 0; at < n; row++, at += f->width) {
        uint32_t y = f->top + row_of(row, f);
        uint8_t *to = pixels_row(canvas, y) + (size_t)f->left * canvas->channels;
        for (uint32_t x = 0; x < f->width && at + x < n; x++) {
            const uint8_t *colour = palette[indices[at + x]];
            if (colour[3])
                memcpy(to, colour, canvas->channels);
            to += canvas->channels;
        }
    }
}

static enum err make_picture(const struct codec_input *in, const struct frame *f,
    const uint8_t *indices, size_t n, struct picture *ret)
{
    uint8_t palette[MAX_COLOURS][4];
    struct pixels canvas;
    make_palette(f, palette);
    bool holes = has_holes(f, palette, indices, n);
    if (!pixels_init(&canvas, f->canvas_width, f->canvas_height, holes ? 4 : 3))
        return image_fail(in->message, ERR_DECODE_MEMORY, "no memory for a GIF");
    memset(canvas.data, 0, pixels_stride(&canvas) * canvas.height);
    compose(f, palette, indices, n, &canvas);
    *ret = picture_of(canvas);
    return ERR_OK;
}

/* Takes memory for the indices, and decompresses them. A frame without any pixel is a transparent
 * picture, as many sites use them. */
static enum err decode_frame(
    const struct codec_input *in, const struct frame *f, struct picture *ret, bool *ret_truncated)
{
    size_t size = (size_t)f->width * f->height, n = 0;
    bool ended = false;
    uint8_t *indices = malloc(size ? size : 1);
    struct strings *strings = malloc(sizeof *strings);
    enum err err;
    if (!indices || !strings) {
        err = image_fail(in->message, ERR_DECODE_MEMORY, "no memory for a GIF");
    } else {
        n = decompress(f->data, strings, indices, size, &ended);
        if (codec_is_sliver(n, size) && !(ended && n == 0))
            err = image_fail(in->message, ERR_DECODE_ERROR, "a GIF with broken data");
        else
            err = make_picture(in, f, indices, n < size ? fill_rows(f, indices, n) : n, ret);
    }
    *ret_truncated = n > 0 && n < size;
    free(strings);
    free(indices);
    return err;
}

static enum err decode_gif(const struct codec_input *in, struct picture *ret, bool *ret_truncated)
{
    struct frame f;
    if (!read_frame(in->body, in->len, &f))
        return image_fail(in->message, ERR_DECODE_ERROR, "a GIF without a picture");
    enum err err = codec_check_size(in, f.canvas_width, f.canvas_height);
    if (err)
        return err;
    uint64_t indices = (uint64_t)f.width * f.height;
    uint64_t canvas = (uint64_t)f.canvas_width * f.canvas_height * WIDEST_PIXEL;
    err = codec_check_memory(in, indices + canvas);
    return err ? err : decode_frame(in, &f, ret, ret_truncated);
}

const struct codec_decoder codec_gif = {
    .name = "imgfetch",
    .formats = 1u << IMAGE_GIF,
    .decode = decode_gif,
};
