#include "image/blur.h"

#include "base/test.h"
#include "image/gauss.h"

#include <math.h>
#include <string.h>

static struct boxes *boxes_of(const char *text)
{
    const char *why;
    struct boxes *b = boxes_parse(text, strlen(text), &why);
    ck_assert_msg(b != NULL, "%s", why);
    return b;
}

/* Fine stripes and a coarse pattern, different in each channel; opaque. */
static struct pixels pattern(uint32_t width, uint32_t height, unsigned channels)
{
    struct pixels p;
    ck_assert(pixels_init(&p, width, height, channels));
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++)
            for (unsigned c = 0; c < channels; c++)
                pixels_row(&p, y)[(size_t)x * channels + c] =
                    (uint8_t)(channels % 2 == 0 && c == channels - 1
                                  ? 255
                                  : (x * 37 + y * 91 + (x / 9 + y / 7) % 3 * 80 + c * 50) % 256);
    return p;
}

static struct pixels copy_of(const struct pixels *p)
{
    struct pixels copy;
    ck_assert(pixels_init(&copy, p->width, p->height, p->channels));
    memcpy(copy.data, p->data, pixels_stride(p) * p->height);
    return copy;
}

static int64_t mirror(int64_t i, int64_t n)
{
    while (n > 1 && (i < 0 || i >= n))
        i = i < 0 ? -i : 2 * (n - 1) - i;
    return n > 1 ? i : 0;
}

/* What img2dataset's blurrer does to a plane, with no short cut. */
static void blur_plainly(double *plane, int64_t width, int64_t height, double sigma)
{
    int64_t reach = (int64_t)ceil(4 * sigma);
    double *once = malloc((size_t)(width * height) * sizeof *once), sum = 0;
    for (int64_t d = -reach; d <= reach; d++)
        sum += exp(-0.5 * (double)(d * d) / (sigma * sigma));
    for (int pass = 0; pass < 2; pass++) {
        for (int64_t i = 0; i < width * height; i++) {
            once[i] = 0;
            for (int64_t d = -reach; d <= reach; d++) {
                int64_t x = i % width, y = i / width;
                int64_t from =
                    pass ? mirror(y + d, height) * width + x : y * width + mirror(x + d, width);
                once[i] += exp(-0.5 * (double)(d * d) / (sigma * sigma)) / sum * plane[from];
            }
        }
        memcpy(plane, once, (size_t)(width * height) * sizeof *once);
    }
    free(once);
}

static void blur_as_img2dataset(struct pixels *p, const struct boxes *boxes)
{
    size_t n = (size_t)p->width * p->height;
    double *mask = calloc(n, sizeof *mask), *plane = calloc(n, sizeof *plane), longest = 0;
    for (uint32_t i = 0; i < boxes->n; i++) {
        const struct boxes_box *b = &boxes->at[i];
        int x0 = (int)(b->x0 * p->width), y0 = (int)(b->y0 * p->height);
        int x1 = (int)(b->x1 * p->width), y1 = (int)(b->y1 * p->height);
        double side = fmax(x1 - x0, y1 - y0);
        longest = fmax(longest, side);
        for (int y = (int)(y0 - 0.1 * side); y < (int)(y1 + 0.1 * side); y++)
            for (int x = (int)(x0 - 0.1 * side); x < (int)(x1 + 0.1 * side); x++)
                if (x >= 0 && y >= 0 && x < (int)p->width && y < (int)p->height)
                    mask[(size_t)y * p->width + (size_t)x] = 1;
    }
    blur_plainly(mask, p->width, p->height, 0.1 * longest);
    for (unsigned c = 0; c < p->channels; c++) {
        for (size_t i = 0; i < n; i++)
            plane[i] = p->data[i * p->channels + c];
        blur_plainly(plane, p->width, p->height, 0.1 * longest);
        for (size_t i = 0; i < n; i++) {
            uint8_t *at = &p->data[i * p->channels + c];
            *at = (uint8_t)lround(*at * (1 - mask[i]) + plane[i] * mask[i]);
        }
    }
    free(mask);
    free(plane);
}

static void expect_alike(const struct pixels *got, const struct pixels *want, int most)
{
    for (size_t i = 0; i < pixels_stride(got) * got->height; i++)
        ck_assert_msg(abs(got->data[i] - want->data[i]) <= most, "%zu: %d, not %d", i, got->data[i],
            want->data[i]);
}

static void check_like_img2dataset(
    const char *text, uint32_t width, uint32_t height, unsigned channels, int most)
{
    struct boxes *boxes = boxes_of(text);
    struct pixels p = pattern(width, height, channels), want = copy_of(&p);
    const struct blur_place place = {.width = width, .height = height};
    blur_as_img2dataset(&want, boxes);
    ck_assert(blur_boxes(&p, boxes, &place, 0));
    expect_alike(&p, &want, most);
    pixels_fini(&p);
    pixels_fini(&want);
    free(boxes);
}

START_TEST(boxes_are_blurred_as_img2dataset_does)
{
    check_like_img2dataset("[[0.3,0.2,0.6,0.7]]", 80, 60, 3, 1);
    check_like_img2dataset("[[0.3,0.2,0.6,0.7]]", 80, 60, 1, 1);
    check_like_img2dataset("[[0.1,0.1,0.2,0.2],[0.6,0.5,0.9,0.9],[0.5,0.4,0.7,0.6]]", 90, 70, 3, 1);
    check_like_img2dataset("[[0,0,0.2,0.3],[0.8,0.5,1,1]]", 70, 90, 3, 1);
    check_like_img2dataset("[[0,0,1,1]]", 50, 40, 3, 1);
    check_like_img2dataset("[[0.2,0,0.9,1]]", 60, 1, 3, 1);
    check_like_img2dataset("[[0,0.2,1,0.9]]", 1, 60, 3, 1);
}
END_TEST

START_TEST(a_large_box_is_blurred_with_running_means_that_differ_little)
{
    check_like_img2dataset("[[0.05,0.1,0.95,0.9]]", 220, 150, 3, 3);
    check_like_img2dataset("[[0,0,1,1]]", 150, 120, 1, 3);
}
END_TEST

START_TEST(opaque_pixels_are_blurred_as_without_alpha)
{
    struct boxes *boxes = boxes_of("[[0.2,0.2,0.8,0.8]]");
    const struct blur_place place = {.width = 40, .height = 30};
    struct pixels p = pattern(40, 30, 4), plain = pattern(40, 30, 3);
    ck_assert(blur_boxes(&p, boxes, &place, 0) && blur_boxes(&plain, boxes, &place, 0));
    for (size_t i = 0; i < 40 * 30; i++) {
        ck_assert_mem_eq(p.data + 4 * i, plain.data + 3 * i, 3);
        ck_assert_uint_eq(p.data[4 * i + 3], 255);
    }
    pixels_fini(&p);
    pixels_fini(&plain);
    free(boxes);
}
END_TEST

/* White on the left, and behind transparent pixels on the right black that nobody sees. */
START_TEST(hidden_colours_stay_hidden)
{
    struct boxes *boxes = boxes_of("[[0,0,1,1]]");
    const struct blur_place place = {.width = 40, .height = 20};
    struct pixels p;
    ck_assert(pixels_init(&p, 40, 20, 2));
    for (size_t i = 0; i < 40 * 20; i++)
        memset(p.data + 2 * i, i % 40 < 20 ? 255 : 0, 2);
    ck_assert(blur_boxes(&p, boxes, &place, 0));
    const uint8_t *edge = pixels_row(&p, 10) + (size_t)2 * 20;
    ck_assert_int_gt(edge[1], 90);
    ck_assert_int_lt(edge[1], 165);
    for (size_t i = 0; i < 40 * 20; i++)
        ck_assert(p.data[2 * i] >= 254 || p.data[2 * i + 1] <= 1);
    pixels_fini(&p);
    free(boxes);
}
END_TEST

START_TEST(what_lies_away_from_the_boxes_stays_as_it_is)
{
    struct boxes *boxes = boxes_of("[[0.1,0.1,0.3,0.3]]"), *none = boxes_of("[]");
    const struct blur_place place = {.width = 100, .height = 100};
    struct pixels p = pattern(100, 100, 3), before = copy_of(&p);
    ck_assert(blur_boxes(&p, none, &place, 0));
    ck_assert_mem_eq(p.data, before.data, 3 * 100 * 100);
    ck_assert(blur_boxes(&p, boxes, &place, 0));
    ck_assert_mem_ne(pixels_row(&p, 20) + 3 * 10, pixels_row(&before, 20) + 3 * 10, 60);
    ck_assert_mem_eq(pixels_row(&p, 45), pixels_row(&before, 45), 3 * 100 * 55);
    pixels_fini(&p);
    pixels_fini(&before);
    free(boxes);
    free(none);
}
END_TEST

/* The pixels are the right half of the picture. */
START_TEST(boxes_are_of_the_whole_picture)
{
    struct boxes *boxes = boxes_of("[[0.6,0.2,0.9,0.8]]"),
                 *in_half = boxes_of("[[0.2,0.2,0.8,0.8]]");
    struct boxes *outside = boxes_of("[[0.1,0.2,0.4,0.8]]");
    const struct blur_place half = {.width = 100, .height = 40, .left = 50, .top = 0};
    struct pixels p = pattern(50, 40, 3), want = copy_of(&p), before = copy_of(&p);
    ck_assert(blur_boxes(&p, outside, &half, 0));
    ck_assert_mem_eq(p.data, before.data, 3 * 50 * 40);
    ck_assert(blur_boxes(&p, boxes, &half, 0));
    ck_assert(blur_boxes(&want, in_half, &(struct blur_place){.width = 50, .height = 40}, 0));
    ck_assert_mem_eq(p.data, want.data, 3 * 50 * 40);
    pixels_fini(&p);
    pixels_fini(&want);
    pixels_fini(&before);
    free(boxes);
    free(in_half);
    free(outside);
}
END_TEST

START_TEST(a_box_of_no_pixel_still_covers_one)
{
    struct boxes *boxes = boxes_of("[[0.505,0.505,0.505,0.505],[0,0,0.5,0.1]]");
    const struct blur_place place = {.width = 100, .height = 100};
    struct pixels p = pattern(100, 100, 1), before = copy_of(&p);
    ck_assert(blur_boxes(&p, boxes, &place, 0));
    ck_assert_int_ne(pixels_row(&p, 50)[50], pixels_row(&before, 50)[50]);
    pixels_fini(&p);
    pixels_fini(&before);
    free(boxes);
}
END_TEST

START_TEST(more_memory_than_allowed_is_not_taken)
{
    struct boxes *boxes = boxes_of("[[0,0,1,1]]");
    const struct blur_place place = {.width = 100, .height = 100};
    struct pixels p = pattern(100, 100, 3), before = copy_of(&p);
    ck_assert(!blur_boxes(&p, boxes, &place, 5 * 40000 - 1));
    ck_assert_mem_eq(p.data, before.data, 3 * 100 * 100);
    ck_assert(blur_boxes(&p, boxes, &place, 5 * 40000));
    ck_assert_mem_ne(p.data, before.data, 3 * 100 * 100);
    pixels_fini(&p);
    pixels_fini(&before);
    free(boxes);
}
END_TEST

START_TEST(a_level_plane_stays_level_whatever_sigma_is)
{
    static const double sigmas[] = {0.1, 0.5, 1, 3, 7.9, 8.1, 9, 30, 300};
    static float data[40 * 7], room[40 * 7];
    struct gauss_plane p = {data, 40, 7};
    for (size_t s = 0; s < sizeof sigmas / sizeof *sigmas; s++) {
        for (size_t i = 0; i < 40 * 7; i++)
            data[i] = 200;
        ck_assert(gauss_blur(&p, sigmas[s], room));
        for (size_t i = 0; i < 40 * 7; i++)
            ck_assert_msg(fabsf(data[i] - 200) < 0.01F, "%g: %g", sigmas[s], (double)data[i]);
    }
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, boxes_are_blurred_as_img2dataset_does);
    tcase_add_test(t, a_large_box_is_blurred_with_running_means_that_differ_little);
    tcase_add_test(t, opaque_pixels_are_blurred_as_without_alpha);
    tcase_add_test(t, hidden_colours_stay_hidden);
    tcase_add_test(t, what_lies_away_from_the_boxes_stays_as_it_is);
    tcase_add_test(t, boxes_are_of_the_whole_picture);
    tcase_add_test(t, a_box_of_no_pixel_still_covers_one);
    tcase_add_test(t, more_memory_than_allowed_is_not_taken);
    tcase_add_test(t, a_level_plane_stays_level_whatever_sigma_is);
}

int main(void)
{
    return test_main("blur", add);
}
