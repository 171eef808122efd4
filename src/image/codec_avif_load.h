/*
 * libavif, loaded by those who decode. It brings 25 libraries, encoders among them, and the
 * dynamic linker needs 20 ms for them: half of what a run without thumbnails takes to start.
 */
#ifndef IMAGE_CODEC_AVIF_LOAD_H
#define IMAGE_CODEC_AVIF_LOAD_H

#include <avif/avif.h>
#include <stdbool.h>

/* libavif's calls, by its own names. */
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

/* To be used once codec_avif_load() was true. */
extern struct codec_avif_calls codec_avif_calls;

/* The first call loads it, for good; false: it cannot be loaded. Any thread. */
bool codec_avif_load(void);

/* Why not. */
const char *codec_avif_load_error(void);

#endif
