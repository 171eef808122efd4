#include "image/codec_jpeg_scans.h"

#include "image/codec_jpeg_error.h"

#include <stdbool.h>

enum { MAX_SCANS = 500 }; /* like TurboJPEG's TJFLAG_LIMITSCANS */

/* The largest error of a coefficient. In a block's mean, 8 is one level of its samples; the
 * final filter smooths out smaller errors. */
enum { TOLERANCE = 8 };

/* The coefficients that blocks of 1x1, 2x2 and 4x4 samples use, in this order: their positions
 * in the file's zigzag and in a quantization table. */
static const struct {
    uint8_t zigzag, natural;
} low[4 * 4] = {{0, 0}, {1, 1}, {2, 8}, {4, 9}, {5, 2}, {7, 10}, {3, 16}, {8, 17}, {12, 18}, {6, 3},
    {13, 11}, {17, 19}, {9, 24}, {11, 25}, {18, 26}, {24, 27}};

/* True if the scans read so far give a component's samples within the tolerance. */
static bool knows_component(j_decompress_ptr cinfo, int i)
{
    const jpeg_component_info *component = &cinfo->comp_info[i];
    int size = component->DCT_scaled_size;
    if (size > 4 || !component->quant_table)
        return false;
    for (int k = 0; k < size * size; k++) {
        int missing = cinfo->coef_bits[i][low[k].zigzag]; /* bits; -1: all */
        int step = component->quant_table->quantval[low[k].natural];
        if (missing < 0 || ((1 << missing) - 1) * step > TOLERANCE)
            return false;
    }
    return true;
}

static bool knows_enough(j_decompress_ptr cinfo)
{
    if (!cinfo->coef_bits) /* not progressive: every scan is needed */
        return false;
    for (int i = 0; i < cinfo->num_components; i++)
        if (!knows_component(cinfo, i))
            return false;
    return true;
}

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
    } while (status != JPEG_REACHED_EOI && !(status == JPEG_SCAN_COMPLETED && knows_enough(cinfo)));
    jpeg_start_output(cinfo, cinfo->input_scan_number);
}
