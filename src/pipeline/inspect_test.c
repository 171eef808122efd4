#include "pipeline/inspect.h"
#include "base/test.h"
#include "image/test_bodies.h"

static struct job *j;

static void make_job(void)
{
    j = job_new();
}

static void free_job(void)
{
    job_free(j, NULL);
}

static const struct image_limits no_limits;

static struct buf *body(void)
{
    return &j->response.body;
}

START_TEST(a_sound_image_fills_the_jobs_image)
{
    put_jpeg(body(), 300, 200, 6);
    inspect_body(j, &no_limits, true);
    ck_assert_int_eq(j->err, ERR_OK);
    ck_assert_str_eq(j->message, "");
    ck_assert_str_eq(j->image.format, "jpeg");
    ck_assert_str_eq(j->image.extension, "jpg");
    ck_assert_uint_eq(j->image.width, 200); /* as shown */
    ck_assert_uint_eq(j->image.height, 300);
    ck_assert_uint_eq(j->image.orientation, 6);
    ck_assert(!j->image.truncated);
}
END_TEST

START_TEST(an_image_that_ends_early_is_a_failure_only_if_strict)
{
    put_png(body(), 30, 20, 0);
    body()->len -= 12; /* its IEND */
    inspect_body(j, &no_limits, false);
    ck_assert_int_eq(j->err, ERR_OK);
    ck_assert(j->image.truncated);
    inspect_body(j, &no_limits, true);
    ck_assert_int_eq(j->err, ERR_DECODE_ERROR);
    ck_assert_str_eq(j->message, "the image ends early (--strict)");
    ck_assert(j->image.truncated);
    ck_assert_str_eq(j->image.format, "png");
    ck_assert_uint_eq(j->image.width, 30);
}
END_TEST

START_TEST(what_is_no_image_has_no_format_no_extension_and_no_size)
{
    put(body(), BYTES("<!DOCTYPE html><html><body>404 but a 200"));
    inspect_body(j, &no_limits, false);
    ck_assert_int_eq(j->err, ERR_NOT_AN_IMAGE);
    ck_assert_str_ne(j->message, "");
    ck_assert_ptr_null(j->image.format);
    ck_assert_ptr_null(j->image.extension);
    ck_assert_uint_eq(j->image.width, 0);
    ck_assert_uint_eq(j->image.height, 0);
    ck_assert(!j->image.truncated);
}
END_TEST

START_TEST(a_format_that_is_not_handled_is_named)
{
    put(body(), BYTES("II*\0\x08\0\0\0"));
    inspect_body(j, &no_limits, false);
    ck_assert_int_eq(j->err, ERR_UNSUPPORTED_FORMAT);
    ck_assert_str_eq(j->message, "TIFF images are not supported");
    ck_assert_str_eq(j->image.format, "tiff");
    ck_assert_str_eq(j->image.extension, "tif");
    ck_assert_uint_eq(j->image.width, 0);
}
END_TEST

START_TEST(a_broken_header_keeps_the_format)
{
    put(body(), BYTES("GIF89a\x01"));
    inspect_body(j, &no_limits, false);
    ck_assert_int_eq(j->err, ERR_DECODE_ERROR);
    ck_assert_str_ne(j->message, "");
    ck_assert_str_eq(j->image.format, "gif");
    ck_assert_str_eq(j->image.extension, "gif");
}
END_TEST

START_TEST(an_image_beyond_a_limit_fails_and_keeps_its_size)
{
    static const struct {
        struct image_limits limits;
        enum err err;
    } cases[] = {
        {{.max_pixels = 40000}, ERR_OK},
        {{.max_pixels = 39999}, ERR_IMAGE_TOO_LARGE},
        {{.min_side = 100}, ERR_OK},
        {{.min_side = 101}, ERR_IMAGE_TOO_SMALL},
        {{.max_aspect = 4}, ERR_OK},
        {{.max_aspect = 3.99}, ERR_ASPECT_RATIO},
    };
    put_webp_lossless(body(), 400, 100);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        job_fail(j, ERR_OK, "%s", "");
        inspect_body(j, &cases[i].limits, false);
        ck_assert_int_eq(j->err, cases[i].err);
        ck_assert_int_eq(j->message[0] != '\0', cases[i].err != ERR_OK);
        ck_assert_str_eq(j->image.format, "webp");
        ck_assert_uint_eq(j->image.width, 400);
        ck_assert_uint_eq(j->image.height, 100);
    }
}
END_TEST

/* The format comes before all else that is wrong with the image, and what is no image has none. */
START_TEST(a_format_that_is_not_wanted_fails_and_keeps_its_size)
{
    struct image_limits limits = {
        .formats = 1ull << IMAGE_JPEG | 1ull << IMAGE_AVIF, .min_side = 500};
    put_webp_lossless(body(), 400, 100);
    inspect_body(j, &limits, true);
    ck_assert_int_eq(j->err, ERR_UNWANTED_FORMAT);
    ck_assert_str_eq(j->message, "WebP images are not accepted (--formats)");
    ck_assert_str_eq(j->image.format, "webp");
    ck_assert_uint_eq(j->image.width, 400);
    job_fail(j, ERR_OK, "%s", "");
    body()->len = 0;
    put(body(), BYTES("II*\0\x08\0\0\0")); /* a TIFF, which cannot be decoded either */
    inspect_body(j, &limits, true);
    ck_assert_int_eq(j->err, ERR_UNWANTED_FORMAT);
    job_fail(j, ERR_OK, "%s", "");
    body()->len = 0;
    put(body(), BYTES("<html><body>"));
    inspect_body(j, &limits, true);
    ck_assert_int_eq(j->err, ERR_NOT_AN_IMAGE);
    job_fail(j, ERR_OK, "%s", "");
    body()->len = 0;
    put_jpeg(body(), 30, 20, 0);
    inspect_body(j, &limits, true);
    ck_assert_int_eq(j->err, ERR_IMAGE_TOO_SMALL);
}
END_TEST

/* An image that is both too large and cut off is reported as too large. */
START_TEST(a_limit_comes_before_the_early_end)
{
    struct image_limits limits = {.min_side = 21};
    put_jpeg(body(), 30, 20, 0);
    body()->len -= 4;
    inspect_body(j, &limits, true);
    ck_assert_int_eq(j->err, ERR_IMAGE_TOO_SMALL);
    ck_assert(j->image.truncated);
}
END_TEST

START_TEST(every_beginning_of_a_body_has_an_outcome)
{
    struct buf whole = {0};
    put_jpeg(&whole, 64, 48, 1);
    for (size_t len = 1; len <= whole.len; len++) {
        struct job *cut = job_new(); /* of exactly that size, for the sanitizer */
        ck_assert(buf_reserve(&cut->response.body, len));
        ck_assert(buf_append(&cut->response.body, whole.data, len));
        inspect_body(cut, &no_limits, true);
        ck_assert_int_eq(cut->err == ERR_OK, len == whole.len);
        ck_assert(cut->err == ERR_OK || cut->message[0]);
        job_free(cut, NULL);
    }
    buf_fini(&whole);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, make_job, free_job);
    tcase_add_test(t, a_sound_image_fills_the_jobs_image);
    tcase_add_test(t, an_image_that_ends_early_is_a_failure_only_if_strict);
    tcase_add_test(t, what_is_no_image_has_no_format_no_extension_and_no_size);
    tcase_add_test(t, a_format_that_is_not_handled_is_named);
    tcase_add_test(t, a_broken_header_keeps_the_format);
    tcase_add_test(t, an_image_beyond_a_limit_fails_and_keeps_its_size);
    tcase_add_test(t, a_format_that_is_not_wanted_fails_and_keeps_its_size);
    tcase_add_test(t, a_limit_comes_before_the_early_end);
    tcase_add_test(t, every_beginning_of_a_body_has_an_outcome);
}

int main(void)
{
    return test_main("inspect", add);
}
