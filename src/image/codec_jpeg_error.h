/*
 * Error handling for libjpeg, for reading and writing. An error sets an error code and a message,
 * and jumps back to the caller's setjmp(). A warning marks the picture as damaged if samples are
 * missing or wrong; it never ends the decoding, whose time is bounded by the size and the scans.
 */
#ifndef IMAGE_CODEC_JPEG_ERROR_H
#define IMAGE_CODEC_JPEG_ERROR_H

#include "image/image.h"

#include <setjmp.h>
#include <stdio.h> /* jpeglib.h needs it */

#include <jpeglib.h>

struct codec_jpeg_error {
    struct jpeg_error_mgr base; /* must be first: libjpeg's view of it */
    jmp_buf back;               /* set it before any call that can fail */
    enum err err;
    char *message; /* of IMAGE_MESSAGE_SIZE; borrowed */
    bool damaged;  /* samples are missing or wrong */
};

/* Returns the value for jpeg_decompress_struct.err or jpeg_compress_struct.err. */
struct jpeg_error_mgr *codec_jpeg_error_init(
    struct codec_jpeg_error *, char message[IMAGE_MESSAGE_SIZE]);

/* Notes that the picture ends here, before its data does. Raises an error if so little of it came
 * that it is none (codec_is_sliver). */
void codec_jpeg_error_end(j_decompress_ptr);

/* Raises an error of our own. `common` is either struct, cast to j_common_ptr. */
void codec_jpeg_error_raise(j_common_ptr common, enum err, const char *text)
    __attribute__((noreturn));

#endif
