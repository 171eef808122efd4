/*
 * How libjpeg fails, for reading and writing: what is wrong goes into an error code and a
 * message, and the call that failed jumps back to its owner's setjmp(). Warnings are counted,
 * and too many of them are a failure: such a picture is rubbish for the most part.
 */
#ifndef IMAGE_CODEC_JPEG_ERROR_H
#define IMAGE_CODEC_JPEG_ERROR_H

#include "image/image.h"

#include <setjmp.h>
#include <stdio.h> /* jpeglib.h needs it */

#include <jpeglib.h>

struct codec_jpeg_error {
    struct jpeg_error_mgr base; /* first: what libjpeg knows of it */
    jmp_buf back;               /* to be set before any call that can fail */
    enum err err;
    char *message; /* of IMAGE_MESSAGE_SIZE; borrowed */
    bool ended;    /* data of a scan were missing: the image's end came first */
};

/* Gives what belongs into jpeg_decompress_struct.err or jpeg_compress_struct.err. */
struct jpeg_error_mgr *codec_jpeg_error_init(
    struct codec_jpeg_error *, char message[IMAGE_MESSAGE_SIZE]);

/* Fails for a reason of our own. `common` is either struct, cast to j_common_ptr. */
void codec_jpeg_error_raise(j_common_ptr common, enum err, const char *text)
    __attribute__((noreturn));

#endif
