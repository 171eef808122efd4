#include "image/codec_jpeg_planes.h"

#include <math.h>
#include <string.h>

enum { MAX_ROWS = MAX_SAMP_FACTOR * DCTSIZE }; /* of one component in one call */

/* The extent of the image in a component whose blocks become `size` samples wide. */
static struct picture_extent extent_of(
    j_decompress_ptr cinfo, const jpeg_component_info *component, int size)
{
    return (struct picture_extent){
        (double)cinfo->image_width * component->h_samp_factor * size /
            (cinfo->max_h_samp_factor * DCTSIZE),
        (double)cinfo->image_height * component->v_samp_factor * size /
            (cinfo->max_v_samp_factor * DCTSIZE),
        size == DCTSIZE && cinfo->max_h_samp_factor == 2 * component->h_samp_factor,
        size == DCTSIZE && cinfo->max_v_samp_factor == 2 * component->v_samp_factor,
    };
}

static bool is_enough(const struct picture_extent *extent, const struct codec_wish *wish, bool half)
{
    unsigned factor = half ? 2 : 1;
    return extent->width * factor >= wish->width && extent->height * factor >= wish->height;
}

/* Chooses the smallest size that is large enough. libjpeg-turbo has fast IDCTs for powers of two
 * only. */
static void choose_sizes(j_common_ptr common)
{
    j_decompress_ptr cinfo = (j_decompress_ptr)common;
    const struct codec_jpeg_planes *planes = cinfo->client_data;
    planes->realize(common);
    for (int i = 0; i < cinfo->num_components; i++) {
        int size = 1;
        for (; size < DCTSIZE; size *= 2) {
            struct picture_extent extent = extent_of(cinfo, &cinfo->comp_info[i], size);
            if (is_enough(&extent, planes->wish, i > 0 && planes->wish->half_chroma))
                break;
        }
        cinfo->comp_info[i].DCT_scaled_size = size;
    }
}

void codec_jpeg_planes_prepare(
    struct codec_jpeg_planes *planes, j_decompress_ptr cinfo, const struct codec_wish *wish)
{
    *planes = (struct codec_jpeg_planes){.wish = wish, .realize = cinfo->mem->realize_virt_arrays};
    cinfo->client_data = planes;
    cinfo->mem->realize_virt_arrays = choose_sizes;
}

/* libjpeg writes whole blocks, so a plane's rows have this length while it is filled. */
static size_t padded_width(const jpeg_component_info *component)
{
    return (size_t)component->width_in_blocks * (size_t)component->DCT_scaled_size;
}

/* Output lines that one read returns. */
static uint32_t lines_at_once(j_decompress_ptr cinfo)
{
    return (uint32_t)(cinfo->max_v_samp_factor * cinfo->min_DCT_scaled_size);
}

/* The same, in rows of a component. */
static uint32_t rows_at_once(const jpeg_component_info *component)
{
    return (uint32_t)(component->v_samp_factor * component->DCT_scaled_size);
}

static bool plane_init(j_decompress_ptr cinfo, int i, struct picture *picture)
{
    const jpeg_component_info *component = &cinfo->comp_info[i];
    struct picture_extent extent = extent_of(cinfo, component, component->DCT_scaled_size);
    struct pixels *plane = &picture->planes[i];
    uint32_t step = rows_at_once(component);
    uint32_t calls = (cinfo->output_height + lines_at_once(cinfo) - 1) / lines_at_once(cinfo);
    if (!pixels_init(plane, (uint32_t)padded_width(component), calls * step, 1))
        return false;
    plane->width = (uint32_t)ceil(extent.width);
    plane->height = (uint32_t)ceil(extent.height);
    picture->extents[i] = extent;
    return true;
}

/* Moves the rows just read to their final position, without padding. */
static void pack(struct pixels *plane, uint32_t from, uint32_t rows, size_t padded)
{
    uint32_t end = from + rows < plane->height ? from + rows : plane->height;
    if (padded == plane->width)
        return;
    for (uint32_t y = from; y < end; y++)
        memmove(pixels_row(plane, y), plane->data + y * padded, plane->width);
}

bool codec_jpeg_planes_read(j_decompress_ptr cinfo, struct picture *picture)
{
    JSAMPROW rows[PICTURE_PLANES][MAX_ROWS];
    JSAMPARRAY planes[PICTURE_PLANES];
    int n = cinfo->num_components;
    for (int i = 0; i < n; i++) {
        planes[i] = rows[i];
        if (!plane_init(cinfo, i, picture))
            return false;
    }
    for (uint32_t call = 0; cinfo->output_scanline < cinfo->output_height; call++) {
        for (int i = 0; i < n; i++) {
            uint32_t step = rows_at_once(&cinfo->comp_info[i]);
            size_t stride = padded_width(&cinfo->comp_info[i]);
            for (uint32_t y = 0; y < step; y++)
                rows[i][y] = picture->planes[i].data + ((size_t)call * step + y) * stride;
        }
        jpeg_read_raw_data(cinfo, planes, lines_at_once(cinfo));
        for (int i = 0; i < n; i++) {
            uint32_t step = rows_at_once(&cinfo->comp_info[i]);
            pack(&picture->planes[i], call * step, step, padded_width(&cinfo->comp_info[i]));
        }
    }
    return true;
}
