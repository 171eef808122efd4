/*
 * PNG by stb_image, for builds without libspng: 16 bits are truncated to 8, and a truncated or
 * damaged file is an error. The version in Debian 12 (2.27) has known memory bugs, so run it only
 * in a sandbox.
 */
#include "image/codec.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_SIDE = 65535 }; /* as codec_check_size() has it */

#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_ONLY_PNG
#define STBI_NO_STDIO
#define STBI_NO_HDR
#define STBI_NO_LINEAR
#define STBI_MAX_DIMENSIONS MAX_SIDE
/* Zeroed, because stb does not write the pixels that a broken picture lacks, and those of an
 * earlier picture would show there. */
#define STBI_MALLOC(size) calloc(1, size)
#define STBI_REALLOC(old, size) realloc(old, size)
#define STBI_FREE(p) free(p)
/* Not popped: stb's code is compiled at the end of the file. */
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-compare"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wunused-but-set-variable"
#include <stb_image.h>
#pragma GCC diagnostic pop

static void open_body(stbi__context *stb, const struct codec_input *in)
{
    stbi__g_failure_reason = NULL; /* stb does not always set one */
    stbi__start_mem(stb, in->body, (int)in->len);
}

static enum err stb_failed(char message[IMAGE_MESSAGE_SIZE])
{
    static const struct {
        const char *reason;
        enum err err;
    } known[] = {
        {"outofmem", ERR_DECODE_MEMORY},
        {"too large", ERR_IMAGE_TOO_LARGE},
    };
    const char *reason = stbi_failure_reason();
    reason = reason && *reason ? reason : "broken";
    snprintf(message, IMAGE_MESSAGE_SIZE, "PNG: %s", reason);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!strcmp(reason, known[i].reason))
            return known[i].err;
    return ERR_DECODE_ERROR;
}

static enum err decode_stb(const struct codec_input *in, struct picture *ret, bool *ret_truncated)
{
    stbi__context stb;
    int width = 0;
    int height = 0;
    int channels = 0;
    if (in->len > INT_MAX)
        return image_fail(in->message, ERR_DECODE_ERROR, "more than %d bytes", INT_MAX);
    open_body(&stb, in);
    if (!stbi__png_info(&stb, &width, &height, &channels) || width < 1 || height < 1)
        return stb_failed(in->message);
    enum err err = codec_check_size(in, (uint32_t)width, (uint32_t)height);
    if (!err) /* the inflated rows, and the pixels made of them; both may have 16 bits */
        err = codec_check_memory(in, (uint64_t)width * (uint64_t)height * 4 * 4);
    if (err)
        return err;

    open_body(&stb, in);
    uint8_t *data = stbi__load_and_postprocess_8bit(&stb, &width, &height, &channels, 0);
    if (!data)
        return stb_failed(in->message);
    *ret = picture_of((struct pixels){
        .data = data, /* stb's allocator is malloc */
        .width = (uint32_t)width,
        .height = (uint32_t)height,
        .channels = (unsigned)channels,
    });
    *ret_truncated = in->info->truncated;
    return ERR_OK;
}

const struct codec_decoder codec_stb = {
    .name = "stb",
    .formats = 1u << IMAGE_PNG,
    .decode = decode_stb,
};
