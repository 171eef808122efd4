/*
 * PNG by libspng.
 *
 * libspng gets only the chunks that make the picture (codec_png_source.h). Of an animation the
 * first frame is decoded.
 */
#include "image/codec.h"
#include "image/codec_png_source.h"
#include "image/reader.h"

#include <spng.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum {
    SUM_SIZE = 4,
    WIDEST_PIXEL = 8, /* bytes: RGB and alpha of 16 bits */
    PASSES = 7,
};

/* PNG 3, 8.1: the pixels of each pass of Adam7. Without interlace there is one pass. */
static const struct pass {
    uint8_t x, y, dx, dy;
} adam7[PASSES] = {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4},
    {1, 0, 2, 2}, {0, 1, 1, 2}},
  plain = {0, 0, 1, 1};

struct decoding {
    spng_ctx *spng;
    struct png_source source;
    struct spng_ihdr header;
    struct spng_trns key; /* the transparent colour of a picture with 16 bits */
    bool keyed;
    uint16_t *row; /* a row with 16 bits a sample; NULL: rows go straight to the picture */
};

static int source_read(spng_ctx *spng, void *source, void *to, size_t len)
{
    (void)spng;
    return codec_png_source_read(source, to, len) ? 0 : SPNG_IO_EOF;
}

static enum err png_failed(int error, char message[IMAGE_MESSAGE_SIZE])
{
    bool no_memory = error == SPNG_EMEM || error == SPNG_EZLIB_INIT; /* inflateInit(3) needs some */
    return image_fail(
        message, no_memory ? ERR_DECODE_MEMORY : ERR_DECODE_ERROR, "PNG: %s", spng_strerror(error));
}

static bool is_interlaced(const struct decoding *d)
{
    return d->header.interlace_method != SPNG_INTERLACE_NONE;
}

/* Reads everything before the pixels. */
static int open_decoder(struct decoding *d, const uint8_t *body, size_t len)
{
    codec_png_source_init(&d->source, body, len);
    d->spng = spng_ctx_new(0);
    if (!d->spng)
        return SPNG_EMEM;
    int error = spng_set_crc_action(d->spng, SPNG_CRC_USE, SPNG_CRC_USE);
    if (!error)
        error = spng_set_png_stream(d->spng, source_read, &d->source);
    if (!error)
        error = spng_get_ihdr(d->spng, &d->header);
    return error;
}

/* Chooses libspng's output format and the number of channels. 16-bit rows are read as they are,
 * because libspng would truncate them to 8 bits and would not apply the transparent colour. */
static int choose_format(struct decoding *d, int *ret_format, unsigned *ret_channels)
{
    static const uint8_t channels[] = {[SPNG_COLOR_TYPE_GRAYSCALE] = 1,
        [SPNG_COLOR_TYPE_TRUECOLOR] = 3,
        [SPNG_COLOR_TYPE_INDEXED] = 3,
        [SPNG_COLOR_TYPE_GRAYSCALE_ALPHA] = 2,
        [SPNG_COLOR_TYPE_TRUECOLOR_ALPHA] = 4};
    int error = spng_get_trns(d->spng, &d->key);
    if (error && error != SPNG_ECHUNKAVAIL)
        return error;
    d->keyed = !error;
    unsigned n = channels[d->header.color_type];
    *ret_channels = d->keyed && n % 2 == 1 ? n + 1 : n;
    if (d->header.bit_depth == 16 || n == 2)
        *ret_format = SPNG_FMT_PNG;
    else
        *ret_format = (const int[]){
            0, SPNG_FMT_G8, SPNG_FMT_GA8, SPNG_FMT_RGB8, SPNG_FMT_RGBA8}[*ret_channels];
    return 0;
}

/* True if n samples of 16 bits are the transparent colour. */
static bool is_key(const struct spng_trns *key, const uint16_t *sample, unsigned n)
{
    if (n == 1)
        return sample[0] == key->gray;
    return sample[0] == key->red && sample[1] == key->green && sample[2] == key->blue;
}

/* Rounds the pixels of one pass in a row from 16 bits to 8. */
static void narrow_row(
    const struct decoding *d, struct pass pass, const struct pixels *p, uint32_t y)
{
    unsigned n = d->keyed ? p->channels - 1 : p->channels;
    uint8_t *to = pixels_row(p, y);
    for (size_t x = pass.x; x < p->width; x += pass.dx) {
        const uint16_t *from = d->row + x * n;
        for (unsigned c = 0; c < n; c++)
            to[x * p->channels + c] = (uint8_t)((from[c] * 255u + 32895) >> 16);
        if (d->keyed)
            to[x * p->channels + n] = is_key(&d->key, from, n) ? 0 : 255;
    }
}

static int read_rows(const struct decoding *d, const struct pixels *p, struct spng_row_info *at)
{
    bool interlaced = is_interlaced(d);
    int error = 0;
    while (!error && !(error = spng_get_row_info(d->spng, at))) {
        if (d->row) {
            error = spng_decode_row(d->spng, d->row, (size_t)p->width * WIDEST_PIXEL);
            if (!error || error == SPNG_EOI)
                narrow_row(d, interlaced ? adam7[at->pass] : plain, p, at->row_num);
        } else {
            error = spng_decode_row(d->spng, pixels_row(p, at->row_num), pixels_stride(p));
        }
    }
    return error == SPNG_EOI ? 0 : error;
}

/* True if the interlaced pixel was read before row `at`. */
static bool was_read(uint32_t x, uint32_t y, const struct spng_row_info *at)
{
    for (int i = 0; i < at->pass; i++)
        if (x % adam7[i].dx == adam7[i].x && y % adam7[i].dy == adam7[i].y)
            return true;
    const struct pass *now = &adam7[at->pass];
    return x % now->dx == now->x && y % now->dy == now->y && y < at->row_num;
}

/* Fills in a truncated interlaced picture: a missing pixel becomes like the nearest existing one
 * to the left and above. */
static void fill_gaps(const struct pixels *p, const struct spng_row_info *at)
{
    for (uint32_t y = 0; y < p->height; y++) {
        for (uint32_t x = 0; x < p->width; x++) {
            uint32_t block = 1;
            while (block < 8 && !was_read(x & ~(block - 1), y & ~(block - 1), at))
                block *= 2;
            memcpy(pixels_row(p, y) + (size_t)x * p->channels,
                pixels_row(p, y & ~(block - 1)) + (size_t)(x & ~(block - 1)) * p->channels,
                p->channels);
        }
    }
}

/* Decompresses a profile, which begins with its length. NULL: broken. */
static uint8_t *inflate_profile(struct reader in, size_t *ret_len)
{
    uint8_t head[4];
    uint8_t *profile = NULL;
    z_stream z = {.next_in = (uint8_t *)in.at,
        .avail_in = (uInt)reader_left(&in),
        .next_out = head,
        .avail_out = sizeof head};
    if (inflateInit(&z) != Z_OK)
        return NULL;
    if (inflate(&z, Z_SYNC_FLUSH) == Z_OK && !z.avail_out) {
        struct reader r = reader_of(head, sizeof head);
        uint32_t size = reader_be(&r, 4);
        if (size > sizeof head && size <= PICTURE_ICC_MAX)
            profile = malloc(size);
        if (profile) {
            memcpy(profile, head, sizeof head);
            z.next_out = profile + sizeof head;
            z.avail_out = (uInt)(size - sizeof head);
            inflate(&z, Z_SYNC_FLUSH);
            *ret_len = size - z.avail_out;
        }
    }
    inflateEnd(&z);
    return profile;
}

/* The chunks before the pixels that say what the colours mean; empty: not there. */
struct colour_chunks {
    struct reader cicp, iccp, gama, chrm;
    bool srgb;
};

static void find_colour_chunks(const uint8_t *body, size_t len, struct colour_chunks *ret)
{
    struct reader r = reader_of(body, len), none = reader_of(NULL, 0);
    *ret = (struct colour_chunks){none, none, none, none, false};
    reader_skip(&r, PNG_SOURCE_HEAD + SUM_SIZE);
    while (reader_left(&r) >= PNG_SOURCE_FRAME) {
        uint32_t size = reader_be(&r, 4);
        uint32_t type = reader_be(&r, 4);
        struct reader data = reader_part(&r, size);
        reader_skip(&r, SUM_SIZE);
        if (type == reader_tag("IDAT"))
            return;
        if (type == reader_tag("sRGB"))
            ret->srgb = true;
        else if (type == reader_tag("cICP"))
            ret->cicp = data;
        else if (type == reader_tag("iCCP"))
            ret->iccp = data;
        else if (type == reader_tag("gAMA"))
            ret->gama = data;
        else if (type == reader_tag("cHRM"))
            ret->chrm = data;
    }
}

/* PNG 3, 11.3.2.6. Only RGB of the full range is defined; what else it says is ignored. */
static bool read_cicp(struct reader r, struct colour *ret)
{
    unsigned primaries = reader_u8(&r), transfer = reader_u8(&r);
    unsigned matrix = reader_u8(&r), full_range = reader_u8(&r);
    struct colour c = {0};
    if (r.ended || matrix || full_range != 1 || !colour_of_primaries(primaries, &c) ||
        !colour_of_transfer(transfer, &c))
        return false;
    *ret = c;
    return true;
}

static void read_iccp(struct reader r, struct picture *ret)
{
    const uint8_t *name_end = r.at ? memchr(r.at, 0, reader_left(&r)) : NULL;
    if (!name_end)
        return;
    reader_skip(&r, (uint64_t)(name_end - r.at) + 1);
    if (reader_u8(&r) == 0 && reader_left(&r)) /* deflate: the only method */
        ret->icc = inflate_profile(r, &ret->icc_len);
}

/* PNG 3, 11.3.2.1 and 11.3.2.2: in units of 1/100000. As in Chromium, primaries count only beside
 * a gamma, and 1/2.2 alone means sRGB. */
static void read_gamma(struct reader gama, struct reader chrm, struct colour *ret)
{
    enum { UNIT = 100000, ABOUT_SRGB = 45455 };
    struct colour c = {.curve = COLOUR_GAMMA};
    uint32_t gamma = reader_be(&gama, 4);
    if (gama.ended || !gamma || gamma > INT32_MAX)
        return;
    c.gamma = (float)UNIT / (float)gamma;
    float *const points[] = {c.white, c.red, c.green, c.blue};
    for (int i = 0; i < 8; i++)
        points[i / 2][i % 2] = (float)reader_be(&chrm, 4) / UNIT;
    if (chrm.ended) {
        if (gamma == ABOUT_SRGB)
            return;
        colour_of_primaries(1, &c);
    }
    *ret = c;
}

/* Of several descriptions the best counts (PNG 3, 4.3). A broken one is ignored. */
static void read_colour(const uint8_t *body, size_t len, struct picture *ret)
{
    struct colour_chunks chunks;
    find_colour_chunks(body, len, &chunks);
    if (read_cicp(chunks.cicp, &ret->colour) || chunks.srgb)
        return;
    read_iccp(chunks.iccp, ret);
    if (!ret->icc)
        read_gamma(chunks.gama, chunks.chrm, &ret->colour);
}

/* Allocates the picture, and the row of 16 bits if one is needed. */
static enum err allocate(
    const struct codec_input *in, struct decoding *d, unsigned channels, struct pixels *ret)
{
    const struct spng_ihdr *header = &d->header;
    enum err err = codec_check_memory(in, (uint64_t)header->width * header->height * channels);
    if (err)
        return err;
    bool made = pixels_init(ret, header->width, header->height, channels);
    if (made && is_interlaced(d)) /* fill_gaps() reads pixels that were not decoded */
        memset(ret->data, 0, pixels_stride(ret) * ret->height);
    if (made && header->bit_depth == 16) {
        d->row = malloc((size_t)ret->width * WIDEST_PIXEL);
        made = d->row;
    }
    if (made)
        return ERR_OK;
    return image_fail(in->message, ERR_DECODE_MEMORY, "no memory for %ux%u pixels", header->width,
        header->height);
}

/* Fills in a picture that ends or is damaged before row `at`. False: nearly all of it is missing.
 */
static bool fill_row(
    const struct decoding *d, const struct pixels *p, const struct spng_row_info *at)
{
    bool interlaced = is_interlaced(d);
    if ((!interlaced || at->pass == 0) &&
        (at->row_num == 0 || codec_is_sliver(at->row_num, p->height)))
        return false;
    if (interlaced)
        fill_gaps(p, at);
    else
        memset(pixels_row(p, at->row_num), 0, pixels_stride(p) * (p->height - at->row_num));
    return true;
}

static enum err decode_rows(
    const struct codec_input *in, struct decoding *d, struct pixels *ret, bool *ret_truncated)
{
    int format = 0;
    unsigned channels = 0;
    struct spng_row_info at = {0};
    int error = choose_format(d, &format, &channels);
    if (error)
        return png_failed(error, in->message);
    enum err err = allocate(in, d, channels, ret);
    if (err)
        return err;
    error = spng_decode_image(d->spng, NULL, 0, format, SPNG_DECODE_TRNS | SPNG_DECODE_PROGRESSIVE);
    if (!error)
        error = read_rows(d, ret, &at);
    *ret_truncated = error;
    if (!error || (error != SPNG_EMEM && fill_row(d, ret, &at)))
        return ERR_OK;
    if (error == SPNG_IO_EOF || error == SPNG_EIDAT_TOO_SHORT)
        return image_fail(in->message, ERR_DECODE_ERROR, "a PNG that ends before its pixels");
    return png_failed(error, in->message);
}

/* Puts a frame that is smaller than the canvas in its place. What is around it is transparent. */
static enum err compose(const struct codec_input *in, const struct png_source *s, struct pixels *p)
{
    if (!s->animated || (p->width == s->width && p->height == s->height))
        return ERR_OK;
    unsigned channels = p->channels + !pixels_has_alpha(p);
    struct pixels canvas = {0};
    enum err err = codec_check_memory(
        in, (uint64_t)s->width * s->height * channels + (uint64_t)p->height * pixels_stride(p));
    if (!err && !pixels_init(&canvas, s->width, s->height, channels))
        err = image_fail(
            in->message, ERR_DECODE_MEMORY, "no memory for %ux%u pixels", s->width, s->height);
    if (err)
        return err;
    memset(canvas.data, 0, pixels_stride(&canvas) * canvas.height);
    for (uint32_t y = 0; y < p->height; y++) {
        const uint8_t *from = pixels_row(p, y);
        uint8_t *to = pixels_row(&canvas, s->y + y) + (size_t)s->x * channels;
        for (uint32_t x = 0; x < p->width; x++) {
            memcpy(to + (size_t)x * channels, from + (size_t)x * p->channels, p->channels);
            if (channels > p->channels)
                to[(size_t)x * channels + p->channels] = 255;
        }
    }
    pixels_fini(p);
    *p = canvas;
    return ERR_OK;
}

static enum err decode_png(const struct codec_input *in, struct picture *ret, bool *ret_truncated)
{
    struct decoding d = {0};
    struct pixels pixels = {0};
    int error = open_decoder(&d, in->body, in->len);
    enum err err = error ? png_failed(error, in->message)
                         : codec_check_size(in, d.source.width, d.source.height);
    if (!err)
        err = decode_rows(in, &d, &pixels, ret_truncated);
    if (!err)
        err = compose(in, &d.source, &pixels);
    free(d.row);
    spng_ctx_free(d.spng);
    if (err) {
        pixels_fini(&pixels);
        return err;
    }
    *ret = picture_of(pixels);
    read_colour(in->body, in->len, ret);
    return ERR_OK;
}

const struct codec_decoder codec_png = {
    .name = "libspng",
    .formats = 1u << IMAGE_PNG,
    .decode = decode_png,
};
