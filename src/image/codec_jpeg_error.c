#include "image/codec_jpeg_error.h"

#include "image/codec.h"

#include <jerror.h>
#include <string.h>

enum { MARKER_EOI = JPEG_EOI, MARKER_RST0 = JPEG_RST0, MARKER_RST7 = JPEG_RST0 + 7 };

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

void codec_jpeg_error_end(j_decompress_ptr cinfo)
{
    struct codec_jpeg_error *error = (struct codec_jpeg_error *)cinfo->err;
    if (error->damaged)
        return;
    error->damaged = true;
    /* Later scans refine a picture that is there. */
    if (cinfo->input_scan_number <= 1 &&
        codec_is_sliver(cinfo->input_iMCU_row + 1, cinfo->total_iMCU_rows))
        codec_jpeg_error_raise(
            (j_common_ptr)cinfo, ERR_DECODE_ERROR, "less than 5 % of its rows are there");
}

static void on_warning(j_decompress_ptr cinfo)
{
    struct codec_jpeg_error *error = (struct codec_jpeg_error *)cinfo->err;
    int marker = error->base.msg_parm.i[1]; /* of JWRN_EXTRANEOUS_DATA */
    switch (error->base.msg_code) {
    case JWRN_HIT_MARKER:
        if (cinfo->unread_marker == MARKER_EOI)
            codec_jpeg_error_end(cinfo);
        error->damaged = true;
        break;
    case JWRN_HUFF_BAD_CODE:
    case JWRN_ARITH_BAD_CODE:
    case JWRN_MUST_RESYNC:
        error->damaged = true;
        break;
    case JWRN_EXTRANEOUS_DATA: /* in a scan: bytes that no sample was made of */
        error->damaged |= marker >= MARKER_RST0 && marker <= MARKER_RST7;
        break;
    default:; /* no sample suffers */
    }
}

/* level: -1 is a warning, else a trace message. */
static void on_message(j_common_ptr common, int level)
{
    if (level < 0 && common->is_decompressor)
        on_warning((j_decompress_ptr)common);
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
