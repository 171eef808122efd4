/*
 * A JPEG of several scans: how much of it is read.
 */
#ifndef IMAGE_CODEC_JPEG_SCANS_H
#define IMAGE_CODEC_JPEG_SCANS_H

#include <stdio.h> /* jpeglib.h needs it */

#include <jpeglib.h>

/* jpeg_start_decompress(), and for several scans also jpeg_start_output() once enough of them
 * are read: a progressive file is not decoded further than its planes (of a small size) show. Too
 * many scans are an error: a small file could keep a processor busy for hours. */
void codec_jpeg_scans_start(j_decompress_ptr);

#endif
