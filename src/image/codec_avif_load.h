/*
 * Loads libavif on demand. It depends on 25 libraries, including encoders, and the dynamic linker
 * needs 20 ms for them: half the start-up time of a run without thumbnails.
 */
#ifndef IMAGE_CODEC_AVIF_LOAD_H
#define IMAGE_CODEC_AVIF_LOAD_H

#include <avif/avif.h>
#include <stdbool.h>

/* libavif's functions, by their own names. */
struct codec_avif_calls {
    __typeof__(avifResultToString) *result_to_string;
    __typeof__(avifDecoderCreate) *decoder_create;
    __typeof__(avifDecoderDestroy) *decoder_destroy;
    __typeof__(avifDecoderSetIOMemory) *decoder_set_io_memory;
    __typeof__(avifDecoderParse) *decoder_parse;
    __typeof__(avifDecoderNextImage) *decoder_next_image;
    __typeof__(avifRGBImageSetDefaults) *rgb_image_set_defaults;
    __typeof__(avifImageYUVToRGB) *image_yuv_to_rgb;
};

/* Valid once codec_avif_load() has returned true. */
extern struct codec_avif_calls codec_avif_calls;

/* The first call loads libavif, permanently. False: it cannot be loaded. Any thread. */
bool codec_avif_load(void);

/* Why it cannot be loaded. */
const char *codec_avif_load_error(void);

#endif
