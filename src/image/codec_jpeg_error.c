#include "image/codec_jpeg_error.h"

#include <jerror.h>
#include <string.h>

enum { MAX_WARNINGS = 100 }; /* as libvips */

enum { MARKER_EOI = JPEG_EOI };

static enum err code_of(int reason)
{
    switch (reason) {
    case JERR_OUT_OF_MEMORY:
    case JERR_NO_BACKING_STORE: /* above max_memory_to_use */
        return ERR_DECODE_MEMORY;
    case JERR_IMAGE_TOO_BIG:
    case JERR_WIDTH_OVERFLOW:
        return ERR_IMAGE_TOO_LARGE;
    case JERR_BAD_PRECISION:   /* 12 bits a sample */
    case JERR_SOF_UNSUPPORTED: /* lossless, hierarchical */
    case JERR_ARITH_NOTIMPL:
    case JERR_COMPONENT_COUNT:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_FRACT_SAMPLE_NOTIMPL:
        return ERR_UNSUPPORTED_FORMAT;
    default:
        return ERR_DECODE_ERROR;
    }
}

void codec_jpeg_error_raise(j_common_ptr common, enum err err, const char *text)
{
    struct codec_jpeg_error *error = (struct codec_jpeg_error *)common->err;
    snprintf(error->message, IMAGE_MESSAGE_SIZE, "JPEG: %.100s", text);
    error->err = err;
    longjmp(error->back, 1);
}

static void on_error(j_common_ptr common)
{
    char text[JMSG_LENGTH_MAX];
    common->err->format_message(common, text);
    if (common->err->msg_code == JERR_NO_BACKING_STORE)
        strcpy(text, "decoding needs more than --decode-memory");
    codec_jpeg_error_raise(common, code_of(common->err->msg_code), text);
}

/* level: -1 is a warning, else a trace message. */
static void on_message(j_common_ptr common, int level)
{
    struct codec_jpeg_error *error = (struct codec_jpeg_error *)common->err;
    if (level >= 0)
        return;
    if (error->base.msg_code == JWRN_HIT_MARKER && common->is_decompressor &&
        ((j_decompress_ptr)common)->unread_marker == MARKER_EOI)
        error->ended = true;
    if (++error->base.num_warnings > MAX_WARNINGS)
        on_error(common);
}

static void print_nothing(j_common_ptr common)
{
    (void)common;
}

struct jpeg_error_mgr *codec_jpeg_error_init(
    struct codec_jpeg_error *error, char message[IMAGE_MESSAGE_SIZE])
{
    *error = (struct codec_jpeg_error){.message = message};
    jpeg_std_error(&error->base);
    error->base.error_exit = on_error;
    error->base.emit_message = on_message;
    error->base.output_message = print_nothing;
    return &error->base;
}
