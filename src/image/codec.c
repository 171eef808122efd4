#include "image/codec.h"

#include <string.h>

static const struct codec_decoder *const decoders[] = {&codec_jpeg, &codec_stb};
static const struct codec_encoder *const encoders[] = {&codec_jpeg_write, &codec_stb_write_png};

const struct codec_decoder *codec_decoder_for(enum image_format format)
{
    for (size_t i = 0; i < sizeof decoders / sizeof *decoders; i++)
        if (decoders[i]->formats & 1u << format)
            return decoders[i];
    return NULL;
}

const struct codec_encoder *codec_encoder_for(enum thumb_format format)
{
    for (size_t i = 0; i < sizeof encoders / sizeof *encoders; i++)
        if (encoders[i]->format == format)
            return encoders[i];
    return NULL;
}

void codec_output_add(struct codec_output *out, const void *bytes, size_t len)
{
    if (out->full || len > out->size - out->used) {
        out->full = true;
        return;
    }
    memcpy(out->data + out->used, bytes, len);
    out->used += len;
}
