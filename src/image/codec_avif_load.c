#include "image/codec_avif_load.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

struct codec_avif_calls codec_avif_calls;
static bool loaded;
static char reason[128];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void)
{
    void *library = dlopen(CODEC_AVIF_SONAME, RTLD_NOW | RTLD_LOCAL);
    const struct {
        const char *name;
        void *at; /* a pointer to a function */
    } wanted[] = {
        {"avifResultToString", &codec_avif_calls.result_to_string},
        {"avifDecoderCreate", &codec_avif_calls.decoder_create},
        {"avifDecoderDestroy", &codec_avif_calls.decoder_destroy},
        {"avifDecoderSetIOMemory", &codec_avif_calls.decoder_set_io_memory},
        {"avifDecoderParse", &codec_avif_calls.decoder_parse},
        {"avifDecoderNextImage", &codec_avif_calls.decoder_next_image},
        {"avifRGBImageSetDefaults", &codec_avif_calls.rgb_image_set_defaults},
        {"avifImageYUVToRGB", &codec_avif_calls.image_yuv_to_rgb},
    };
    loaded = library != NULL;
    for (unsigned i = 0; loaded && i < sizeof wanted / sizeof *wanted; i++) {
        *(void **)wanted[i].at = dlsym(library, wanted[i].name); /* as POSIX has it */
        loaded = *(void **)wanted[i].at != NULL;
    }
    if (!loaded)
        snprintf(reason, sizeof reason, "%s", dlerror());
}

bool codec_avif_load(void)
{
    pthread_once(&once, load);
    return loaded;
}

const char *codec_avif_load_error(void)
{
    return reason;
}
