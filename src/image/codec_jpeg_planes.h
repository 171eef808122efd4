/*
 * Decodes a JPEG's components as planes, each at its own size.
 *
 * By default libjpeg shrinks all components by one factor, but makes Cb and Cr as large as Y with
 * larger IDCTs if it can. A JPEG thumbnail has Cb and Cr at half the size, so most of that work is
 * wasted; and with some samplings they become too small. The API has no call to change this. But
 * jpeg_start_decompress() first chooses the sizes, then asks the memory manager for the buffers,
 * and only then sets up everything that depends on the sizes. So we replace that call of the memory
 * manager, and change the sizes there.
 */
#ifndef IMAGE_CODEC_JPEG_PLANES_H
#define IMAGE_CODEC_JPEG_PLANES_H

#include "image/codec.h"

#include <stdio.h> /* jpeglib.h needs it */

#include <jpeglib.h>

struct codec_jpeg_planes {
    const struct codec_wish *wish;
    void (*realize)(j_common_ptr); /* the memory manager's own call */
};

/* Call it before jpeg_start_decompress(), with raw_data_out: the wish determines the scale of
 * each plane. Uses client_data; planes and wish are borrowed by the decompressor. */
void codec_jpeg_planes_prepare(
    struct codec_jpeg_planes *, j_decompress_ptr, const struct codec_wish *);

/* Call it after the start of an output: fills the planes and their extents. False: no memory.
 * libjpeg's errors longjmp(); the caller then frees what the picture contains. */
bool codec_jpeg_planes_read(j_decompress_ptr, struct picture *);

#endif
