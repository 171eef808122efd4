#include "image/codec_jpeg_source.h"

static void do_nothing(j_decompress_ptr cinfo)
{
    (void)cinfo;
}

static boolean fill_input(j_decompress_ptr cinfo)
{
    static const JOCTET end[2] = {0xFF, JPEG_EOI};
    struct codec_jpeg_source *source = (struct codec_jpeg_source *)cinfo->src;
    source->ran_out = true;
    source->base.next_input_byte = end;
    source->base.bytes_in_buffer = sizeof end;
    return TRUE;
}

static void skip(j_decompress_ptr cinfo, long n)
{
    struct jpeg_source_mgr *base = cinfo->src;
    if (n <= 0)
        return;
    if ((size_t)n > base->bytes_in_buffer) {
        fill_input(cinfo);
        return;
    }
    base->next_input_byte += n;
    base->bytes_in_buffer -= (size_t)n;
}

void codec_jpeg_source_open(
    struct codec_jpeg_source *source, j_decompress_ptr cinfo, const uint8_t *body, size_t len)
{
    *source = (struct codec_jpeg_source){
        .base =
            {
                .next_input_byte = body,
                .bytes_in_buffer = len,
                .init_source = do_nothing,
                .fill_input_buffer = fill_input,
                .skip_input_data = skip,
                .resync_to_restart = jpeg_resync_to_restart,
                .term_source = do_nothing,
            },
    };
    cinfo->src = &source->base;
}
