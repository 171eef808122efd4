#include "image/codec_avif_load.h"

#include "base/sharedlib.h"

#include <pthread.h>

SHAREDLIB_NOTE(CODEC_AVIF_SONAME, "avif", "Images in AVIF", "recommended");

struct codec_avif_calls codec_avif_calls;
static bool loaded;
static char reason[SHAREDLIB_REASON_SIZE];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load_functions(void)
{
    static const struct sharedlib_call wanted[] = {
        {"avifResultToString", &codec_avif_calls.result_to_string},
        {"avifDecoderCreate", &codec_avif_calls.decoder_create},
        {"avifDecoderDestroy", &codec_avif_calls.decoder_destroy},
        {"avifDecoderSetIOMemory", &codec_avif_calls.decoder_set_io_memory},
        {"avifDecoderParse", &codec_avif_calls.decoder_parse},
        {"avifDecoderNextImage", &codec_avif_calls.decoder_next_image},
        {"avifRGBImageSetDefaults", &codec_avif_calls.rgb_image_set_defaults},
        {"avifImageYUVToRGB", &codec_avif_calls.image_yuv_to_rgb},
    };
    loaded = sharedlib_load(CODEC_AVIF_SONAME, wanted, sizeof wanted / sizeof *wanted, reason);
}

bool codec_avif_load(void)
{
    pthread_once(&once, load_functions);
    return loaded;
}

const char *codec_avif_load_error(void)
{
    return reason;
}
