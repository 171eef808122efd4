/* Decodes the picture of a Windows icon or cursor that sniff_ico_picture() chooses: a whole PNG or
 * a bitmap. */
#include "image/codec.h"
#include "image/codec_bmp.h"
#include "image/sniff.h"

static enum err decode_ico(const struct codec_input *in, struct picture *ret, bool *ret_truncated)
{
    struct sniff_part picture;
    const char *trouble = sniff_ico_picture(in->body, in->len, &picture);
    if (trouble)
        return image_fail(in->message, ERR_DECODE_ERROR, "%s", trouble);
    struct codec_input part = *in;
    part.body = picture.body;
    part.len = picture.len;
    part.info = &picture.info;
    if (picture.is_png)
        return codec_decoder_for(IMAGE_PNG)->decode(&part, ret, ret_truncated);
    struct codec_bmp_layout layout = {.icon_height = picture.info.height};
    return codec_bmp_decode(&part, &layout, ret, ret_truncated);
}

const struct codec_decoder codec_ico = {
    .name = "imgfetch",
    .formats = 1u << IMAGE_ICO | 1u << IMAGE_CUR,
    .decode = decode_ico,
};
