#include "net/contentcoding.h"

#include "base/test.h"

#include <string.h>
#include <zlib.h>
#include <zstd.h>

static const char picture[] = "hello hello hello hello, what a picture";
enum { LEN = sizeof picture - 1, MAX = 100000 };

static struct contentcoding codings;
static struct buf body;

static void set_up(void)
{
    codings = (struct contentcoding){0};
    body = (struct buf){0};
}

static void tear_down(void)
{
    buf_fini(&body);
}

static void put(const void *bytes, size_t len)
{
    buf_fini(&body);
    ck_assert(buf_append(&body, bytes, len));
}

/* window_bits: as deflateInit2() takes them. */
static void pack(int window_bits)
{
    z_stream z = {0};
    uint8_t out[MAX];
    ck_assert_int_eq(deflateInit2(&z, 9, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = body.data;
    z.avail_in = (uInt)body.len;
    z.next_out = out;
    z.avail_out = sizeof out;
    ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
    put(out, z.total_out);
    deflateEnd(&z);
}

static void pack_zstd(void)
{
    uint8_t out[1000];
    size_t len = ZSTD_compress(out, sizeof out, body.data, body.len, 3);
    ck_assert(!ZSTD_isError(len));
    put(out, len);
}

static void expect(enum contentcoding_status status, const void *bytes, size_t len)
{
    ck_assert_int_eq(contentcoding_undo(&codings, &body, MAX), status);
    ck_assert_uint_eq(body.len, len);
    ck_assert(!len || !memcmp(body.data, bytes, len));
}

static void cut_off(size_t bytes)
{
    body.len -= bytes;
}

START_TEST(each_coding_is_undone)
{
    static const struct {
        const char *value;
        int window_bits;
    } zlib[] = {{"gzip", 31}, {"X-GZIP", 31}, {"deflate", 15}, {"deflate", -15},
        /* and one that is mistaken for another */ {"gzip", 15}, {"deflate", 31}};
    for (size_t i = 0; i < sizeof zlib / sizeof *zlib; i++) {
        set_up();
        contentcoding_add(&codings, zlib[i].value);
        put(picture, LEN);
        pack(zlib[i].window_bits);
        expect(CONTENTCODING_OK, picture, LEN);
        tear_down();
    }
    set_up();
    contentcoding_add(&codings, "zstd");
    put(picture, LEN);
    pack_zstd();
    expect(CONTENTCODING_OK, picture, LEN);
}
END_TEST

START_TEST(a_wrong_checksum_makes_a_body_doubtful_but_keeps_it)
{
    for (size_t from_end = 1; from_end <= 8; from_end += 7) { /* the length; the checksum */
        contentcoding_add(&codings, "gzip");
        put(picture, LEN);
        pack(31);
        body.data[body.len - from_end] ^= 1;
        expect(CONTENTCODING_CUT, picture, LEN);
        tear_down();
        set_up();
    }
}
END_TEST

START_TEST(brotli_is_undone)
{
    static const uint8_t packed[] = {0x1b, 0x26, 0x00, 0xf8, 0x8d, 0xd4, 0x4e, 0x77, 0x73, 0xa6,
        0xa2, 0x06, 0x41, 0x63, 0x7b, 0x53, 0x61, 0x65, 0x29, 0x48, 0x25, 0xf2, 0xe4, 0x01, 0x9c,
        0x4c, 0xb4, 0x5d, 0xc3, 0x7f, 0x42, 0x00};
    contentcoding_add(&codings, "br");
    put(packed, sizeof packed);
    expect(CONTENTCODING_OK, picture, LEN);
    put(packed, sizeof packed - 4);
    enum contentcoding_status status = contentcoding_undo(&codings, &body, MAX);
    ck_assert(status == CONTENTCODING_CUT || body.len == sizeof packed - 4);
}
END_TEST

START_TEST(codings_are_undone_in_the_opposite_order)
{
    contentcoding_add(&codings, "identity, deflate");
    contentcoding_add(&codings, "gzip,gzip");
    put(picture, LEN);
    pack(15);
    pack(31);
    pack(31);
    expect(CONTENTCODING_OK, picture, LEN);
}
END_TEST

START_TEST(what_is_no_coding_is_identity)
{
    static const char *const values[] = {"utf-8", "none", "binary", "base64", "8bit", "aws-chunked",
        "image/jpeg", "identity", "", ",", " , ", "gzipped", "compress"};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        contentcoding_add(&codings, values[i]);
    ck_assert_uint_eq(codings.n, 0);
    put(picture, LEN);
    expect(CONTENTCODING_OK, picture, LEN);
}
END_TEST

START_TEST(a_coding_that_is_a_lie_changes_nothing)
{
    static const char *const values[] = {"gzip", "deflate", "br", "zstd", "gzip, br"};
    static const char *const bodies[] = {"\xff\xd8\xff\xe0 a JPEG", "\x89PNG\r\n\x1a\n and so on",
        "GIF89a", "RIFF....WEBP", "BM", "x", "\x1f",
        /* brotli makes something of this */
        "GIF8\x98\x25\x03\xef\x59\x34\x92\x33\x71\x58\x8e\x84"};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        for (size_t k = 0; k < sizeof bodies / sizeof *bodies; k++) {
            set_up();
            contentcoding_add(&codings, values[i]);
            put(bodies[k], strlen(bodies[k]));
            expect(CONTENTCODING_OK, bodies[k], strlen(bodies[k]));
            tear_down();
        }
}
END_TEST

START_TEST(what_was_cut_off_is_decoded_as_far_as_it_goes)
{
    static const int window_bits[] = {31, 15, -15};
    uint8_t noise[1000];
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (uint8_t)(i * i * 2654435761u >> 13);
    for (int i = 0; i < 3; i++) {
        set_up();
        contentcoding_add(&codings, i ? "deflate" : "gzip");
        put(noise, sizeof noise);
        pack(window_bits[i]);
        cut_off(body.len / 2);
        ck_assert_int_eq(contentcoding_undo(&codings, &body, MAX), CONTENTCODING_CUT);
        ck_assert_uint_lt(body.len, sizeof noise);
        ck_assert(!memcmp(body.data, noise, body.len));
        tear_down();
    }
}
END_TEST

START_TEST(gzip_members_are_joined_and_padding_is_dropped)
{
    struct buf both = {0};
    contentcoding_add(&codings, "gzip");
    put("one ", 4);
    pack(31);
    ck_assert(buf_append(&both, body.data, body.len));
    put("two", 3);
    pack(31);
    ck_assert(buf_append(&both, body.data, body.len));
    put(both.data, both.len);
    expect(CONTENTCODING_OK, "one two", 7);
    ck_assert(buf_append(&both, "\0\0\0\0", 4));
    put(both.data, both.len);
    expect(CONTENTCODING_OK, "one two", 7);
    buf_fini(&both);
}
END_TEST

START_TEST(damaged_bytes_are_told)
{
    contentcoding_add(&codings, "gzip");
    put(picture, LEN);
    pack(31);
    body.data[10] |= 6; /* behind the header: a block of a type that there is not */
    expect(CONTENTCODING_BROKEN, NULL, 0);
    ck_assert_ptr_null(body.data);
}
END_TEST

START_TEST(no_step_makes_more_than_allowed)
{
    static uint8_t zeros[MAX + 1];
    static const int window_bits[] = {31, 15, -15};
    for (int i = 0; i < 3; i++) {
        for (size_t extra = 0; extra < 2; extra++) {
            set_up();
            contentcoding_add(&codings, i ? "deflate" : "gzip");
            put(zeros, MAX + extra);
            pack(window_bits[i]);
            expect(extra ? CONTENTCODING_TOO_LARGE : CONTENTCODING_OK, zeros, extra ? 0 : MAX);
            tear_down();
        }
    }
    set_up();
    contentcoding_add(&codings, "zstd");
    put(zeros, MAX + 1);
    pack_zstd();
    expect(CONTENTCODING_TOO_LARGE, NULL, 0);
}
END_TEST

START_TEST(there_may_be_four_codings_and_no_more)
{
    for (int n = 4; n <= 5; n++) {
        set_up();
        put(picture, LEN);
        for (int i = 0; i < n; i++) {
            contentcoding_add(&codings, "gzip");
            pack(31);
        }
        expect(n == 4 ? CONTENTCODING_OK : CONTENTCODING_BROKEN, picture, n == 4 ? LEN : 0);
        tear_down();
    }
    set_up();
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, each_coding_is_undone);
    tcase_add_test(t, a_wrong_checksum_makes_a_body_doubtful_but_keeps_it);
    tcase_add_test(t, brotli_is_undone);
    tcase_add_test(t, codings_are_undone_in_the_opposite_order);
    tcase_add_test(t, what_is_no_coding_is_identity);
    tcase_add_test(t, a_coding_that_is_a_lie_changes_nothing);
    tcase_add_test(t, what_was_cut_off_is_decoded_as_far_as_it_goes);
    tcase_add_test(t, gzip_members_are_joined_and_padding_is_dropped);
    tcase_add_test(t, damaged_bytes_are_told);
    tcase_add_test(t, no_step_makes_more_than_allowed);
    tcase_add_test(t, there_may_be_four_codings_and_no_more);
}

int main(void)
{
    return test_main("contentcoding", add);
}
