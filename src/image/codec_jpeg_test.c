#include "image/test_jpeg.h"
#include "image/thumbmake.h"

static char message[IMAGE_MESSAGE_SIZE];
static struct image_limits limits;

static enum err decode(
    const struct buf *file, struct codec_wish wish, struct picture *ret, bool *truncated)
{
    struct image_info info;
    uint8_t *copy = malloc(file->len + 1); /* so that a sanitizer sees a step outside */
    memcpy(copy, file->data, file->len);
    enum err err = image_sniff(copy, file->len, &info, message);
    const struct codec_input in = {copy, file->len, &info, &wish, &limits, message};
    if (!err)
        err = codec_jpeg.decode(&in, ret, truncated);
    free(copy);
    return err;
}

/* Makes the thumbnail of a file as PNG, hence lossless, and decodes it. */
static struct pixels thumbnail(const struct buf *file, const char *spec)
{
    static uint8_t out[4 << 20];
    static struct thumbmake_reply reply;
    struct thumbmake_conf conf = {.n_specs = 1, .format = THUMB_PNG, .quality = 90};
    struct image_info info;
    struct picture p;
    bool truncated;
    const char *why;
    ck_assert(thumbspec_parse(spec, &conf.specs[0], &why));
    thumbmake(&conf, file->data, file->len, out, sizeof out, &reply);
    ck_assert_msg(!reply.err, "%s", reply.message);
    ck_assert_int_eq(image_sniff(out, reply.thumbs[0].size, &info, message), ERR_OK);
    const struct codec_input in = {
        out, reply.thumbs[0].size, &info, &(struct codec_wish){1, 1, false}, &limits, message};
    ck_assert_int_eq(codec_decoder_for(IMAGE_PNG)->decode(&in, &p, &truncated), ERR_OK);
    return p.planes[0];
}

/* Decibels between a thumbnail and the ideal one. */
static double quality_of(const struct buf *file, const char *spec)
{
    struct pixels full = jpeg_pixels(file);
    struct pixels got = thumbnail(file, spec);
    double *want = ideal(&full, got.width, got.height);
    double db = psnr(want, &got);
    free(want);
    pixels_fini(&full);
    pixels_fini(&got);
    return db;
}

static const struct {
    const char *name;
    uint8_t sampling[4][2];
} samplings[] = {
    {"4:4:4", {{1, 1}, {1, 1}, {1, 1}}},
    {"4:2:2", {{2, 1}, {1, 1}, {1, 1}}},
    {"4:4:0", {{1, 2}, {1, 1}, {1, 1}}},
    {"4:2:0", {{2, 2}, {1, 1}, {1, 1}}},
    {"4:1:1", {{4, 1}, {1, 1}, {1, 1}}},
    {"4:1:0", {{4, 2}, {1, 1}, {1, 1}}},
    {"chroma of two sizes", {{2, 2}, {2, 1}, {1, 2}}},
    {"the same for all", {{2, 1}, {2, 1}, {2, 1}}},
    {"little of Y", {{1, 1}, {2, 2}, {2, 1}}},
};

enum { SAMPLINGS = sizeof samplings / sizeof *samplings };

START_TEST(every_sampling_and_shrink_is_close_to_the_best)
{
    static const char *const specs[] = {"300", "190", "120", "75", "43", "20"};
    struct pixels p = scenery(603, 447, 3);
    for (int i = 0; i < SAMPLINGS; i++) {
        struct jpeg_kind kind = {.quality = 92};
        memcpy(kind.sampling, samplings[i].sampling, sizeof kind.sampling);
        struct buf file = jpeg_of(&p, &kind);
        for (size_t k = 0; k < sizeof specs / sizeof *specs; k++) {
            double db = quality_of(&file, specs[k]);
            ck_assert_msg(db > 47, "%s to %s: %.1f dB", samplings[i].name, specs[k], db);
        }
        buf_fini(&file);
    }
    pixels_fini(&p);
}
END_TEST

START_TEST(other_colours_and_codings_are_close_to_the_best)
{
    static const struct jpeg_kind kinds[] = {
        {.stored = JCS_RGB},
        {.stored = JCS_GRAYSCALE},
        {.progressive = true},
        {.arithmetic = true},
        {.arithmetic = true, .progressive = true},
        {.restart_rows = 1},
    };
    static const char *const specs[] = {"200", "90", "45"};
    struct pixels p = scenery(603, 447, 3);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct buf file = jpeg_of(&p, &kinds[i]);
        for (size_t k = 0; k < sizeof specs / sizeof *specs; k++) {
            double db = quality_of(&file, specs[k]);
            ck_assert_msg(db > 47, "kind %zu to %s: %.1f dB", i, specs[k], db);
        }
        buf_fini(&file);
    }
    pixels_fini(&p);
}
END_TEST

/* Ink of one colour in a file: cyan, magenta, yellow, black as it stands there. */
static void check_inks(J_COLOR_SPACE stored, const char *inks, const char *rgb)
{
    struct pixels p;
    ck_assert(pixels_init(&p, 70, 50, 4));
    for (size_t i = 0; i < (size_t)70 * 50; i++)
        memcpy(p.data + 4 * i, inks, 4);
    struct buf file = jpeg_of(&p, &(struct jpeg_kind){.stored = stored});
    struct pixels got = thumbnail(&file, "20");
    for (unsigned c = 0; c < 3; c++)
        ck_assert_int_le(abs(got.data[c] - (uint8_t)rgb[c]), 3);
    pixels_fini(&p);
    pixels_fini(&got);
    buf_fini(&file);
}

START_TEST(inks_are_stored_inverted)
{
    static const J_COLOR_SPACE spaces[] = {JCS_CMYK, JCS_YCCK};
    for (int i = 0; i < 2; i++) {
        check_inks(spaces[i], "\xFF\xFF\xFF\xFF", "\xFF\xFF\xFF"); /* none */
        check_inks(spaces[i], "\0\xFF\xFF\xFF", "\0\xFF\xFF");     /* all cyan */
        check_inks(spaces[i], "\xFF\xFF\xFF\0", "\0\0\0");         /* all black */
        check_inks(spaces[i], "\x80\xFF\x40\xC0", "\x60\xC0\x30");
    }
}
END_TEST

START_TEST(no_side_is_below_the_wish_and_the_extent_is_exact)
{
    static const struct {
        struct codec_wish wish;
        unsigned shrink; /* of Y */
        double chroma;   /* of Cb and Cr, which are stored at half the size */
    } cases[] = {
        {{125, 75, false}, 8, 8},
        {{125, 75, true}, 8, 16},
        {{125, 76, true}, 4, 8},
        {{126, 75, false}, 4, 4},
        {{250, 151, false}, 2, 2},
        {{501, 300, true}, 2, 4},
        {{502, 10, true}, 1, 2},
        {{9999, 9999, false}, 1, 2},
    };
    struct pixels p = scenery(1003, 602, 3);
    struct buf file = jpeg_of(&p, &(struct jpeg_kind){0});
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct picture got;
        bool truncated;
        ck_assert_int_eq(decode(&file, cases[i].wish, &got, &truncated), ERR_OK);
        ck_assert(got.model == PICTURE_YCC && got.width == 1003 && got.height == 602);
        for (unsigned k = 0; k < 3; k++) {
            double shrink = k ? cases[i].chroma : cases[i].shrink;
            ck_assert_double_eq(got.extents[k].width, 1003 / shrink);
            ck_assert_double_eq(got.extents[k].height, 602 / shrink);
            ck_assert_uint_eq(got.planes[k].width, (uint32_t)ceil(1003 / shrink));
            ck_assert_uint_eq(got.planes[k].height, (uint32_t)ceil(602 / shrink));
        }
        picture_fini(&got);
    }
    buf_fini(&file);
    pixels_fini(&p);
}
END_TEST

START_TEST(the_smallest_pictures_have_all_their_samples)
{
    for (uint32_t width = 1; width <= 18; width++) {
        for (uint32_t height = 1; height <= 18; height++) {
            struct pixels p = scenery(width, height, 3);
            struct buf file = jpeg_of(
                &p, &(struct jpeg_kind){.quality = 100, .sampling = {{1, 1}, {1, 1}, {1, 1}}});
            struct pixels want = jpeg_pixels(&file);
            struct pixels got = thumbnail(&file, "32");
            ck_assert(got.width == width && got.height == height);
            for (size_t i = 0; i < (size_t)width * height * 3; i++)
                ck_assert_int_le(abs(got.data[i] - want.data[i]), 1);
            pixels_fini(&p);
            pixels_fini(&want);
            pixels_fini(&got);
            buf_fini(&file);
        }
    }
}
END_TEST

START_TEST(a_prefix_is_truncated_or_one_clean_error)
{
    struct pixels p = scenery(90, 70, 3);
    for (int progressive = 0; progressive < 2; progressive++) {
        struct buf file = jpeg_of(&p, &(struct jpeg_kind){.progressive = progressive});
        size_t whole = file.len;
        for (file.len = 0; file.len <= whole; file.len++) {
            struct picture got;
            bool truncated;
            enum err err = decode(&file, (struct codec_wish){8, 8, true}, &got, &truncated);
            ck_assert(!err || err == ERR_DECODE_ERROR || file.len < 3);
            ck_assert(err || truncated == (file.len < whole));
            if (!err)
                picture_fini(&got);
        }
        buf_fini(&file);
    }
    pixels_fini(&p);
}
END_TEST

/* Where the n-th marker of that code starts; it has to be there. */
static size_t find_marker(const struct buf *file, uint8_t code, int n)
{
    for (size_t i = 2; i + 1 < file->len; i++)
        if (file->data[i] == 0xFF && file->data[i + 1] == code && n-- == 0)
            return i;
    ck_abort_msg("no marker");
}

enum { SOF0 = 0xC0, SOF1 = 0xC1, SOS = 0xDA };

START_TEST(more_scans_than_anyone_needs_are_refused)
{
    struct pixels p = scenery(16, 16, 1);
    struct buf file = jpeg_of(&p, &(struct jpeg_kind){.progressive = true});
    size_t first = find_marker(&file, SOS, 0);
    size_t second = first + 2; /* tables may stand between */
    file.data[first + 9] = 0;  /* all bits of the coefficients: may be repeated */
    while (!(file.data[second] == 0xFF && file.data[second + 1] != 0))
        second++;
    struct buf bomb = {0};
    ck_assert(buf_append(&bomb, file.data, first));
    for (int i = 0; i < 499; i++)
        ck_assert(buf_append(&bomb, file.data + first, second - first));
    struct picture got;
    bool truncated;
    struct buf few = {0};
    ck_assert(buf_append(&few, bomb.data, bomb.len));
    ck_assert(buf_append(&few, "\xFF\xD9", 2));
    ck_assert_int_eq(decode(&few, (struct codec_wish){16, 16, true}, &got, &truncated), ERR_OK);
    picture_fini(&got);
    ck_assert(buf_append(&bomb, file.data + first, second - first));
    ck_assert(buf_append(&bomb, file.data + first, file.len - first));
    ck_assert_int_eq(
        decode(&bomb, (struct codec_wish){16, 16, true}, &got, &truncated), ERR_DECODE_ERROR);
    ck_assert_str_eq(message, "JPEG: more than 500 scans");
    buf_fini(&few);
    buf_fini(&bomb);
    buf_fini(&file);
    pixels_fini(&p);
}
END_TEST

/* True if the decoded pixels depend on the last scan of the file. */
static bool reads_last_scan(const struct buf *file, struct codec_wish wish)
{
    struct picture whole;
    struct picture part;
    bool truncated;
    size_t last = file->len - 2;
    while (!(file->data[last] == 0xFF && file->data[last + 1] == SOS))
        last--;
    struct buf cut = {0};
    ck_assert(buf_append(&cut, file->data, last) && buf_append(&cut, "\xFF\xD9", 2));
    ck_assert_int_eq(decode(file, wish, &whole, &truncated), ERR_OK);
    ck_assert(!truncated);
    ck_assert_int_eq(decode(&cut, wish, &part, &truncated), ERR_OK);
    bool differs = false;
    for (unsigned i = 0; i < 3; i++)
        differs |= memcmp(whole.planes[i].data, part.planes[i].data,
                       (size_t)part.planes[i].width * part.planes[i].height) != 0;
    picture_fini(&whole);
    picture_fini(&part);
    buf_fini(&cut);
    return differs;
}

START_TEST(scans_that_a_small_picture_does_not_show_are_not_read)
{
    struct pixels p = scenery(320, 240, 3);
    struct buf fine = jpeg_of(&p, &(struct jpeg_kind){.progressive = true, .quality = 85});
    struct buf coarse = jpeg_of(&p, &(struct jpeg_kind){.progressive = true, .quality = 10});
    ck_assert(!reads_last_scan(&fine, (struct codec_wish){40, 30, true}));
    ck_assert(!reads_last_scan(&fine, (struct codec_wish){80, 60, true}));
    ck_assert(reads_last_scan(&fine, (struct codec_wish){320, 240, true}));
    ck_assert(reads_last_scan(&coarse, (struct codec_wish){80, 60, true}));
    buf_fini(&fine);
    buf_fini(&coarse);
    pixels_fini(&p);
}
END_TEST

START_TEST(a_progressive_picture_needs_memory_for_all_its_coefficients)
{
    struct pixels p = scenery(256, 256, 3);
    struct buf file = jpeg_of(&p, &(struct jpeg_kind){.progressive = true});
    struct picture got = {0};
    bool truncated;
    const struct codec_wish wish = {8, 8, true};
    limits.max_memory = 256 * 256 * 3; /* of 16 bits; Cb and Cr are half as wide and high */
    ck_assert_int_eq(decode(&file, wish, &got, &truncated), ERR_DECODE_MEMORY);
    ck_assert_str_eq(message, "JPEG: decoding needs more than --decode-memory");
    limits.max_memory *= 2;
    ck_assert_int_eq(decode(&file, wish, &got, &truncated), ERR_OK);
    picture_fini(&got);
    buf_fini(&file);
    pixels_fini(&p);
}
END_TEST

START_TEST(fewer_bits_than_blocks_are_no_picture)
{
    struct pixels p = scenery(64, 64, 3);
    struct buf file = jpeg_of(&p, &(struct jpeg_kind){0});
    size_t frame = find_marker(&file, SOF0, 0);
    struct picture got = {0};
    bool truncated;
    memset(file.data + frame + 5, 0xF0, 4); /* both sides */
    ck_assert_int_eq(
        decode(&file, (struct codec_wish){8, 8, true}, &got, &truncated), ERR_DECODE_ERROR);
    ck_assert_str_eq(message, "JPEG: it ends before its pixels");
    buf_fini(&file);
    pixels_fini(&p);
}
END_TEST

START_TEST(a_rare_kind_is_unsupported_and_not_broken)
{
    struct pixels p = scenery(40, 30, 3);
    struct buf file = jpeg_of(&p, &(struct jpeg_kind){0});
    size_t frame = find_marker(&file, SOF0, 0);
    struct picture got;
    bool truncated;
    file.data[frame + 4] = 12; /* bits a sample */
    ck_assert_int_eq(
        decode(&file, (struct codec_wish){8, 8, true}, &got, &truncated), ERR_UNSUPPORTED_FORMAT);
    file.data[frame + 4] = 8;
    file.data[frame + 1] = 0xC3; /* lossless */
    ck_assert_int_eq(
        decode(&file, (struct codec_wish){8, 8, true}, &got, &truncated), ERR_UNSUPPORTED_FORMAT);
    buf_fini(&file);
    pixels_fini(&p);
}
END_TEST

START_TEST(the_profile_comes_along)
{
    struct pixels p = scenery(40, 30, 3);
    struct buf file = jpeg_of(&p, &(struct jpeg_kind){.icc = "not really a profile"});
    struct picture got;
    bool truncated;
    ck_assert_int_eq(decode(&file, (struct codec_wish){8, 8, true}, &got, &truncated), ERR_OK);
    ck_assert_uint_eq(got.icc_len, 20);
    ck_assert_mem_eq(got.icc, "not really a profile", 20);
    picture_fini(&got);
    buf_fini(&file);
    pixels_fini(&p);
}
END_TEST

START_TEST(an_image_that_ends_before_its_last_row_is_truncated)
{
    struct pixels p = scenery(64, 64, 3);
    struct buf file = jpeg_of(&p, &(struct jpeg_kind){0});
    size_t frame = find_marker(&file, SOF0, 0);
    file.data[frame + 6] = 128; /* rows, of which half are there, before a good end */
    struct picture got;
    bool truncated;
    ck_assert_int_eq(decode(&file, (struct codec_wish){8, 8, true}, &got, &truncated), ERR_OK);
    ck_assert(truncated);
    picture_fini(&got);
    buf_fini(&file);
    pixels_fini(&p);
}
END_TEST

static void add(TCase *t)
{
    tcase_set_timeout(t, 60);
    tcase_add_test(t, every_sampling_and_shrink_is_close_to_the_best);
    tcase_add_test(t, other_colours_and_codings_are_close_to_the_best);
    tcase_add_test(t, inks_are_stored_inverted);
    tcase_add_test(t, no_side_is_below_the_wish_and_the_extent_is_exact);
    tcase_add_test(t, the_smallest_pictures_have_all_their_samples);
    tcase_add_test(t, a_prefix_is_truncated_or_one_clean_error);
    tcase_add_test(t, more_scans_than_anyone_needs_are_refused);
    tcase_add_test(t, scans_that_a_small_picture_does_not_show_are_not_read);
    tcase_add_test(t, a_progressive_picture_needs_memory_for_all_its_coefficients);
    tcase_add_test(t, fewer_bits_than_blocks_are_no_picture);
    tcase_add_test(t, a_rare_kind_is_unsupported_and_not_broken);
    tcase_add_test(t, the_profile_comes_along);
    tcase_add_test(t, an_image_that_ends_before_its_last_row_is_truncated);
}

int main(void)
{
    return test_main("codec_jpeg", add);
}
