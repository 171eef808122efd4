#include "image/codec_jpeg_scans.h"

#include "image/codec_jpeg_error.h"

enum { MAX_SCANS = 500 }; /* as TurboJPEG's TJFLAG_LIMITSCANS */

void codec_jpeg_scans_start(j_decompress_ptr cinfo)
{
    int status;
    cinfo->buffered_image = jpeg_has_multiple_scans(cinfo);
    jpeg_start_decompress(cinfo);
    if (!cinfo->buffered_image)
        return;
    do {
        status = jpeg_consume_input(cinfo);
        if (cinfo->input_scan_number > MAX_SCANS)
            codec_jpeg_error_raise((j_common_ptr)cinfo, ERR_DECODE_ERROR, "more than 500 scans");
    } while (status != JPEG_REACHED_EOI);
    jpeg_start_output(cinfo, cinfo->input_scan_number);
}
