#include "net/contentcoding.h"

#include <brotli/decode.h>
#include <limits.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>
#include <zstd.h>

enum { STEP = 64 * 1024 };

/* Decodes `in` into `out`, which is empty. TAKE_AS_IS: `in` is no such coding. */
enum { TAKE_AS_IS = -1 };
struct contentcoding_kind {
    const char *name, *alias;
    int (*decode)(const struct buf *in, struct buf *out, uint64_t max_size);
};

/* Makes room for one more step. */
static int grow(struct buf *out, uint64_t max_size)
{
    size_t wanted = out->len + STEP;
    if (out->len > max_size)
        return CONTENTCODING_TOO_LARGE;
    if (wanted > out->cap && !buf_reserve(out, wanted > 2 * out->cap ? wanted : 2 * out->cap))
        return CONTENTCODING_NO_MEMORY;
    return CONTENTCODING_OK;
}

/* ---- gzip and deflate ---- */

/* What a failure of zlib means, when `out` has what was decoded before. If only a checksum or a
 * length behind the data is wrong, browsers do not mind. */
static int judge_failure(const z_stream *z, const struct buf *out)
{
    static const char *const behind[] = {"incorrect data check", "incorrect length check"};
    for (size_t i = 0; i < sizeof behind / sizeof *behind; i++)
        if (z->msg && !strcmp(z->msg, behind[i])) /* zlib, inflate.c */
            return CONTENTCODING_CUT;
    return out->len || z->total_in > 2 ? CONTENTCODING_BROKEN : TAKE_AS_IS;
}

/* Several gzip members may follow each other (RFC 1952, section 2.2); other bytes behind the last
 * one are padding. True: the next member begins. */
static bool begins_member(const z_stream *z)
{
    return z->avail_in >= 2 && z->next_in[0] == 0x1f && z->next_in[1] == 0x8b;
}

static int run_zlib(z_stream *z, const struct buf *in, struct buf *out, uint64_t max_size)
{
    z->next_in = in->data;
    z->avail_in = (uInt)in->len;
    for (;;) {
        int status = grow(out, max_size);
        if (status)
            return status;
        z->next_out = out->data + out->len;
        z->avail_out = STEP;
        int code = inflate(z, Z_NO_FLUSH);
        out->len += STEP - z->avail_out;
        if (code == Z_STREAM_END && begins_member(z))
            inflateReset(z);
        else if (code == Z_STREAM_END)
            return out->len > max_size ? CONTENTCODING_TOO_LARGE : CONTENTCODING_OK;
        else if (code == Z_BUF_ERROR || (code == Z_OK && !z->avail_in && z->avail_out))
            return CONTENTCODING_CUT;
        else if (code != Z_OK)
            return judge_failure(z, out);
    }
}

static int decode_zlib(const struct buf *in, struct buf *out, uint64_t max_size, int window_bits)
{
    z_stream z = {0};
    if (in->len > UINT_MAX)
        return CONTENTCODING_TOO_LARGE;
    if (inflateInit2(&z, window_bits) != Z_OK)
        return CONTENTCODING_NO_MEMORY;
    int status = run_zlib(&z, in, out, max_size);
    inflateEnd(&z);
    return status;
}

/* Some servers mistake one for the other: what has the header of zlib (RFC 1950, 2.2) or of gzip
 * (RFC 1952, 2.3.1) is that. */
static int decode_gzip(const struct buf *in, struct buf *out, uint64_t max_size)
{
    const uint8_t *at = in->data;
    if (in->len >= 2 && at[0] == 0x1f && at[1] == 0x8b)
        return decode_zlib(in, out, max_size, 15 + 16); /* zlib.h: gzip only */
    if (in->len >= 2 && (at[0] & 15) == Z_DEFLATED && (at[0] << 8 | at[1]) % 31 == 0)
        return decode_zlib(in, out, max_size, 15);
    return TAKE_AS_IS;
}

/* With a header as the standard says, or without, as some servers send it. */
static int decode_deflate(const struct buf *in, struct buf *out, uint64_t max_size)
{
    int status = decode_gzip(in, out, max_size);
    if (status != TAKE_AS_IS)
        return status;
    status = decode_zlib(in, out, max_size, -15);
    bool is_none = status == CONTENTCODING_BROKEN || (status == CONTENTCODING_CUT && !out->len);
    return is_none ? TAKE_AS_IS : status;
}

/* ---- br and zstd ---- */

/* Brotli has no magic number, so what cannot be decoded is taken for a lie. */
static int run_brotli(
    BrotliDecoderState *state, const struct buf *in, struct buf *out, uint64_t max_size)
{
    const uint8_t *next_in = in->data;
    size_t avail_in = in->len;
    for (;;) {
        int status = grow(out, max_size);
        if (status)
            return status;
        uint8_t *next_out = out->data + out->len;
        size_t avail_out = STEP;
        BrotliDecoderResult result =
            BrotliDecoderDecompressStream(state, &avail_in, &next_in, &avail_out, &next_out, NULL);
        out->len += STEP - avail_out;
        if (result == BROTLI_DECODER_RESULT_SUCCESS)
            return out->len > max_size ? CONTENTCODING_TOO_LARGE : CONTENTCODING_OK;
        if (result == BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT)
            return out->len ? CONTENTCODING_CUT : TAKE_AS_IS;
        if (result == BROTLI_DECODER_RESULT_ERROR)
            return TAKE_AS_IS;
    }
}

static int decode_brotli(const struct buf *in, struct buf *out, uint64_t max_size)
{
    BrotliDecoderState *state = BrotliDecoderCreateInstance(NULL, NULL, NULL);
    if (!state)
        return CONTENTCODING_NO_MEMORY;
    int status = run_brotli(state, in, out, max_size);
    BrotliDecoderDestroyInstance(state);
    return status;
}

static int run_zstd(ZSTD_DStream *stream, const struct buf *in, struct buf *out, uint64_t max_size)
{
    ZSTD_inBuffer from = {in->data, in->len, 0};
    for (;;) {
        int status = grow(out, max_size);
        if (status)
            return status;
        ZSTD_outBuffer to = {out->data + out->len, STEP, 0};
        size_t left = ZSTD_decompressStream(stream, &to, &from);
        out->len += to.pos;
        if (ZSTD_isError(left))
            return CONTENTCODING_BROKEN;
        if (left == 0 && from.pos == from.size)
            return out->len > max_size ? CONTENTCODING_TOO_LARGE : CONTENTCODING_OK;
        if (left && from.pos == from.size && to.pos < to.size)
            return CONTENTCODING_CUT;
    }
}

static int decode_zstd(const struct buf *in, struct buf *out, uint64_t max_size)
{
    static const uint8_t magic[] = {0x28, 0xb5, 0x2f, 0xfd}; /* RFC 8878, 3.1.1 */
    if (in->len < sizeof magic || memcmp(in->data, magic, sizeof magic) != 0)
        return TAKE_AS_IS;
    ZSTD_DStream *stream = ZSTD_createDStream();
    if (!stream)
        return CONTENTCODING_NO_MEMORY;
    /* RFC 9659: a server may not ask for a larger window than 8 MB. */
    ZSTD_DCtx_setParameter(stream, ZSTD_d_windowLogMax, 23);
    int status = run_zstd(stream, in, out, max_size);
    ZSTD_freeDStream(stream);
    return status;
}

/* ---- all ---- */

static const struct contentcoding_kind kinds[] = {
    {"gzip", "x-gzip", decode_gzip}, /* RFC 9110, section 8.4.1.3 */
    {"deflate", "deflate", decode_deflate}, {"br", "br", decode_brotli}, /* RFC 7932 */
    {"zstd", "zstd", decode_zstd},                                       /* RFC 8878 */
};

static bool is_token(const char *at, size_t len, const char *name)
{
    return len == strlen(name) && !strncasecmp(at, name, len);
}

void contentcoding_add(struct contentcoding *c, const char *value)
{
    for (const char *at = value; *at;) {
        at += strspn(at, ", \t\r\n");
        size_t len = strcspn(at, ", \t\r\n");
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
            if (!is_token(at, len, kinds[i].name) && !is_token(at, len, kinds[i].alias))
                continue;
            if (c->n < CONTENTCODING_MAX)
                c->at[c->n] = &kinds[i];
            c->n++;
        }
        at += len;
    }
}

/* A coding without a magic number can make something of many an image. */
static bool is_image(const struct buf *body)
{
    static const char *const magic[] = {"\xff\xd8\xff", "\x89PNG", "GIF8", "RIFF"};
    for (size_t i = 0; i < sizeof magic / sizeof *magic; i++) {
        size_t len = strlen(magic[i]);
        if (body->len >= len && !memcmp(body->data, magic[i], len))
            return true;
    }
    return false;
}

enum contentcoding_status contentcoding_undo(
    const struct contentcoding *c, struct buf *body, uint64_t max_size)
{
    int status = c->n > CONTENTCODING_MAX ? CONTENTCODING_BROKEN : CONTENTCODING_OK;
    bool is_cut = false;
    for (unsigned i = c->n; i-- && !status && !is_image(body);) {
        struct buf out = {0};
        status = c->at[i]->decode(body, &out, max_size);
        is_cut |= status == CONTENTCODING_CUT;
        if (status == CONTENTCODING_OK || status == CONTENTCODING_CUT) {
            buf_fini(body);
            *body = out;
        } else {
            buf_fini(&out);
        }
        if (status == TAKE_AS_IS || status == CONTENTCODING_CUT)
            status = CONTENTCODING_OK;
    }
    if (status)
        buf_fini(body);
    return status   ? (enum contentcoding_status)status
           : is_cut ? CONTENTCODING_CUT
                    : CONTENTCODING_OK;
}
