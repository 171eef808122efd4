#include "image/phash.h"

#include "base/test.h"

#include <math.h>
#include <string.h>

enum { SIDE = PHASH_SIDE, PIXELS = SIDE * SIDE, LOW = 8 };

static const uint8_t white[3] = {255, 255, 255};

/* A smooth picture with some structure: seed says which. */
static uint8_t level_at(double x, double y, double seed)
{
    double v = 128 + 50 * sin(seed + 5 * x) * cos(3 * y - seed) + 40 * sin(11 * x * y + 2 * seed) +
               20 * (x - y);
    return (uint8_t)fmin(fmax(v, 0), 255);
}

static struct picture make(uint32_t width, uint32_t height, unsigned channels, double seed)
{
    struct pixels p;
    ck_assert(pixels_init(&p, width, height, channels));
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++)
            for (unsigned c = 0; c < channels; c++)
                pixels_row(&p, y)[x * channels + c] =
                    c == 3 || (c == 1 && channels == 2)
                        ? 255
                        : level_at((x + 0.5) / width, (y + 0.5) / height, seed);
    return picture_of(p);
}

static uint64_t hash_of(struct picture *p)
{
    uint64_t hash;
    ck_assert(phash_of(p, white, &hash));
    picture_fini(p);
    return hash;
}

/* A term of the transform, by its definition. */
static double term(const uint8_t *grey, unsigned u, unsigned v)
{
    double sum = 0;
    for (unsigned y = 0; y < SIDE; y++)
        for (unsigned x = 0; x < SIDE; x++)
            sum += grey[y * SIDE + x] * cos((2 * x + 1) * u * M_PI / (2 * SIDE)) *
                   cos((2 * y + 1) * v * M_PI / (2 * SIDE));
    return sum;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

START_TEST(it_is_what_the_definition_says)
{
    for (int round = 0; round < 20; round++) {
        double terms[LOW * LOW], sorted[LOW * LOW];
        uint64_t expected = 0;
        struct picture p = make(SIDE, SIDE, 1, round);
        for (unsigned i = 0; i < LOW * LOW; i++)
            terms[i] = term(p.planes[0].data, 1 + i % LOW, 1 + i / LOW);
        memcpy(sorted, terms, sizeof sorted);
        qsort(sorted, LOW * LOW, sizeof *sorted, compare);
        double median = (sorted[31] + sorted[32]) / 2;
        for (unsigned i = 0; i < LOW * LOW; i++)
            expected |= (uint64_t)(terms[i] > median) << i;
        ck_assert_uint_eq(phash_of_grey(p.planes[0].data), expected);
        ck_assert_int_eq(__builtin_popcountll(expected), LOW * LOW / 2);
        ck_assert_uint_eq(hash_of(&p), expected);
    }
}
END_TEST

START_TEST(a_picture_that_changes_in_one_direction_only_has_the_hash_0)
{
    uint8_t grey[PIXELS];
    for (int level = 0; level < 256; level++) {
        memset(grey, level, sizeof grey);
        ck_assert_uint_eq(phash_of_grey(grey), 0);
        for (int y = 0; y < SIDE; y++)
            memset(grey + (size_t)y * SIDE, y < level / 8 ? 255 : 3 * y, SIDE);
        ck_assert_uint_eq(phash_of_grey(grey), 0);
        for (int i = 0; i < PIXELS; i++)
            grey[i] = (uint8_t)(level * (i % SIDE) / SIDE);
        ck_assert_uint_eq(phash_of_grey(grey), 0);
    }
}
END_TEST

START_TEST(size_channels_and_brightness_hardly_change_it)
{
    for (int seed = 0; seed < 10; seed++) {
        struct picture p = make(256, 192, 1, seed);
        uint64_t hash = hash_of(&p);
        p = make(90, 68, 1, seed);
        ck_assert_uint_le(phash_distance(hash_of(&p), hash), 4);
        for (unsigned channels = 2; channels <= 4; channels++) {
            p = make(256, 192, channels, seed);
            ck_assert_uint_le(phash_distance(hash_of(&p), hash), 2);
        }
        p = make(256, 192, 1, seed);
        for (size_t i = 0; i < (size_t)256 * 192; i++)
            p.planes[0].data[i] = (uint8_t)(p.planes[0].data[i] * 0.8);
        ck_assert_uint_le(phash_distance(hash_of(&p), hash), 4);
        p = make(256, 192, 1, seed + 0.5);
        ck_assert_uint_gt(phash_distance(hash_of(&p), hash), 4);
    }
}
END_TEST

START_TEST(tiny_and_narrow_pictures_have_one)
{
    static const uint32_t sizes[][2] = {{1, 1}, {1, 300}, {300, 1}, {31, 33}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct picture p = make(sizes[i][0], sizes[i][1], 3, 1);
        uint64_t hash = hash_of(&p);
        ck_assert(i > 0 ? hash != 0 || i < 3 : hash == 0);
    }
}
END_TEST

START_TEST(the_background_shows_through)
{
    static const uint8_t black[3] = {0, 0, 0};
    for (unsigned channels = 2; channels <= 4; channels += 2) {
        struct picture clear = make(64, 64, channels, 3);
        uint64_t hash;
        for (size_t i = 0; i < (size_t)64 * 64; i++)
            clear.planes[0].data[i * channels + channels - 1] = 0;
        ck_assert(phash_of(&clear, black, &hash));
        ck_assert_uint_eq(hash, 0);
        /* A white triangle shows on black and not on white. */
        for (size_t i = 0; i < (size_t)64 * 64; i++)
            for (unsigned c = 0; c < channels; c++)
                clear.planes[0].data[i * channels + c] =
                    c < channels - 1 || i % 64 < i / 64 ? 255 : 0;
        ck_assert(phash_of(&clear, black, &hash));
        ck_assert_uint_ne(hash, 0);
        ck_assert_uint_eq(hash_of(&clear), 0);
    }
}
END_TEST

START_TEST(of_planes_it_is_that_of_the_first)
{
    struct picture grey = make(100, 80, 1, 4), planes = make(100, 80, 1, 4);
    planes.model = PICTURE_YCC;
    ck_assert(pixels_init(&planes.planes[1], 50, 40, 1));
    ck_assert(pixels_init(&planes.planes[2], 50, 40, 1));
    ck_assert_uint_eq(hash_of(&planes), hash_of(&grey));
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, it_is_what_the_definition_says);
    tcase_add_test(t, a_picture_that_changes_in_one_direction_only_has_the_hash_0);
    tcase_add_test(t, size_channels_and_brightness_hardly_change_it);
    tcase_add_test(t, tiny_and_narrow_pictures_have_one);
    tcase_add_test(t, the_background_shows_through);
    tcase_add_test(t, of_planes_it_is_that_of_the_first);
}

int main(void)
{
    return test_main("phash", add);
}
