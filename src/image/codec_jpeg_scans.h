/*
 * Decides how many scans of a progressive JPEG are read.
 */
#ifndef IMAGE_CODEC_JPEG_SCANS_H
#define IMAGE_CODEC_JPEG_SCANS_H

#include <stdio.h> /* jpeglib.h needs it */

#include <jpeglib.h>

/* Calls jpeg_start_decompress(), and for several scans also jpeg_start_output() once enough of
 * them are read: later scans would not change planes of a small size visibly. Too many scans are
 * an error, because a small file could keep a CPU busy for hours. */
void codec_jpeg_scans_start(j_decompress_ptr);

#endif
