/*
 * A JPEG's components as planes, each decoded at a size of its own.
 *
 * Left alone, libjpeg shrinks all components by one factor, but makes Cb and Cr as large as Y
 * by larger IDCTs where it can. A JPEG thumbnail has them at half the size, so most of
 * that work is for nothing; and with some samplings they come out too small. There is no call to
 * say so; but libjpeg chooses the sizes in jpeg_start_decompress(), then asks its memory
 * manager for the buffers, and only then sets up what depends on the sizes. So they are
 * changed in that call of the memory manager.
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

/* Before jpeg_start_decompress(), with raw_data_out: from the scale on, all is chosen by the wish.
 * Takes client_data for itself; planes and wish are borrowed by the decompressor. */
void codec_jpeg_planes_prepare(
    struct codec_jpeg_planes *, j_decompress_ptr, const struct codec_wish *);

/* After the start of an output: fills the planes and their extents. False: no memory.
 * libjpeg's errors jump away; what is in the picture then is its owner's to free. */
bool codec_jpeg_planes_read(j_decompress_ptr, struct picture *);

#endif
