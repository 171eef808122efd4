#include "cmd/imgserve/body.h"

#include "base/test.h"

#include <string.h>
#include <zlib.h>

enum { SIZE = 300000, ROOM = 4 << 20 };

/* Inflates up to `max` bytes from the beginning of a body. Returns the number of bytes it gave. */
static size_t inflate_some(struct body *b, uint64_t max, uint8_t *out, size_t room)
{
    const uint8_t *bytes;
    uint64_t at = 0;
    size_t n;
    int status = Z_OK;
    z_stream z = {.next_out = out, .avail_out = (uInt)room};
    ck_assert_int_eq(inflateInit2(&z, MAX_WBITS + 32), Z_OK); /* either format */
    for (; at < max && z.avail_out && (n = body_read(b, at, max - at, &bytes)) > 0; at += n) {
        z.next_in = (uint8_t *)bytes;
        z.avail_in = (uInt)n;
        status = inflate(&z, Z_NO_FLUSH);
        ck_assert_msg(status == Z_OK || status == Z_STREAM_END, "%s", z.msg);
    }
    size_t total = z.total_out;
    ck_assert_int_eq(status, body_size(b) < max ? Z_STREAM_END : Z_OK);
    inflateEnd(&z);
    return total;
}

START_TEST(an_encoded_body_is_the_same_once_decoded)
{
    static const char *const names[] = {"gzip", "deflate"};
    static uint8_t out[SIZE + 1];
    for (int i = 0; i < 2; i++) {
        struct body b = {0};
        body_pattern(&b, SIZE);
        ck_assert(body_encode(&b, body_encoding(span_of(names[i]))));
        ck_assert_uint_lt(body_size(&b), SIZE / 10);
        ck_assert_uint_eq(b.text.data[0], i ? 0x78 : 0x1f);
        ck_assert_uint_eq(inflate_some(&b, SIZE, out, sizeof out), SIZE);
        for (size_t at = 0; at < SIZE; at++)
            ck_assert_int_eq(out[at], 'a' + at % 26);
        body_fini(&b);
    }
}
END_TEST

START_TEST(what_cannot_be_encoded_is_left_alone)
{
    struct body b = {0};
    ck_assert_ptr_null(body_encoding(span_of("br")));
    body_pattern(&b, BODY_ENCODE_MAX + 1);
    ck_assert(!body_encode(&b, "gzip"));
    ck_assert_uint_eq(body_size(&b), BODY_ENCODE_MAX + 1);
    body_fini(&b);
}
END_TEST

START_TEST(a_bomb_grows_and_a_hollow_body_never_does)
{
    static uint8_t out[ROOM];
    struct body b = {0};
    body_bomb(&b);
    ck_assert_uint_eq(inflate_some(&b, ROOM / 500, out, ROOM), ROOM);
    body_hollow(&b);
    ck_assert_uint_eq(inflate_some(&b, ROOM, out, ROOM), 0);
    body_fini(&b);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, an_encoded_body_is_the_same_once_decoded);
    tcase_add_test(t, what_cannot_be_encoded_is_left_alone);
    tcase_add_test(t, a_bomb_grows_and_a_hollow_body_never_does);
}

int main(void)
{
    return test_main("body", add);
}
