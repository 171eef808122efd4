#include "pipeline/inspect.h"

static void fill_image(struct job *j, const struct image_info *info)
{
    j->image.format = image_format_name(info->format);
    if (info->format != IMAGE_UNKNOWN)
        j->image.extension = image_format_extension(info->format);
    j->image.width = info->width;
    j->image.height = info->height;
    j->image.orientation = info->orientation;
    j->image.truncated = info->truncated;
}

void inspect_body(struct job *j, const struct image_limits *limits, bool strict)
{
    struct image_info info = {0};
    char message[IMAGE_MESSAGE_SIZE];
    const struct buf *body = &j->response.body;
    enum err err = image_sniff(body->data, body->len, &info, message);
    enum err unwanted = image_is_wanted(info.format, limits, message);
    fill_image(j, &info);
    if (unwanted)
        err = unwanted;
    else if (!err)
        err = image_check(&info, limits, message);
    if (err)
        job_fail(j, err, "%s", message);
    else if (strict && info.truncated)
        job_fail(j, ERR_DECODE_ERROR, "the image ends early (--strict)");
}

enum inspect_ending inspect_ending(const struct buf *body)
{
    struct image_info info = {0};
    char message[IMAGE_MESSAGE_SIZE];
    enum err err = image_sniff(body->data, body->len, &info, message);
    if (err == ERR_OK)
        return info.truncated ? INSPECT_EARLY : INSPECT_WHOLE;
    return err == ERR_DECODE_ERROR ? INSPECT_EARLY : INSPECT_NO_IMAGE; /* within its header */
}
