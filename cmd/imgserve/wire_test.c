#include "cmd/imgserve/wire.h"

#include "base/test.h"
#include "cmd/imgserve/faults.h"
#include "cmd/imgserve/text.h"

#include <string.h>

/* A response with a head "H" and a body of `size` letters. */
static struct response make(uint64_t size, bool chunked)
{
    struct response r = {.chunked = chunked, .send = size, .claimed = size};
    if (chunked)
        r.tail = RESPONSE_TAIL_LAST_CHUNK;
    body_pattern(&r.body, size);
    text_adds(&r.head, "H");
    return r;
}

/* All bytes of a response, `allowance` of them at a time. Frees it. */
static struct buf drain(struct response *r, uint64_t allowance)
{
    struct buf all = {0};
    struct wire_piece p;
    for (int i = 0; !r->done; i++) {
        ck_assert_int_lt(i, 10000);
        ck_assert(wire_next(r, allowance, &p));
        size_t len = 0;
        for (unsigned k = 0; k < p.n; k++) {
            text_add(&all, (struct span){p.parts[k].base, p.parts[k].len});
            len += p.parts[k].len;
        }
        ck_assert_uint_eq(len, p.len);
    }
    response_fini(r);
    return all;
}

static void check_text(struct response r, uint64_t allowance, const char *want)
{
    struct buf all = drain(&r, allowance);
    ck_assert_msg(all.len == strlen(want) && memcmp(all.data, want, all.len) == 0, "%.*s",
        (int)all.len, (char *)all.data);
    buf_fini(&all);
}

START_TEST(head_and_body_come_in_one_piece)
{
    struct response r = make(5, false);
    struct wire_piece p;
    ck_assert(wire_next(&r, UINT64_MAX, &p));
    ck_assert_uint_eq(p.n, 2);
    ck_assert_uint_eq(p.len, 6);
    ck_assert(r.done);
    response_fini(&r);
}
END_TEST

START_TEST(chunks_are_framed_whatever_the_pace)
{
    check_text(make(5, true), UINT64_MAX, "H5\r\nabcde\r\n0\r\n\r\n");
    check_text(make(5, true), 2, "H2\r\nab\r\n2\r\ncd\r\n1\r\ne\r\n0\r\n\r\n");
    check_text(make(0, true), UINT64_MAX, "H0\r\n\r\n");
    check_text(make(5, false), 2, "Habcde");
}
END_TEST

START_TEST(a_long_pattern_has_no_seams)
{
    struct response r = make(200000, false);
    struct buf all = drain(&r, UINT64_MAX);
    ck_assert_uint_eq(all.len, 200001);
    for (size_t i = 0; i < 200000; i++)
        ck_assert_uint_eq(all.data[i + 1], 'a' + i % 26);
    buf_fini(&all);
}
END_TEST

START_TEST(faults_cut_and_lie_as_they_say)
{
    struct response r = make(6, false);
    faults_bend(faults_find(span_of("half")), &r);
    ck_assert_uint_eq(r.claimed, 6);
    ck_assert_int_eq(r.then, RESPONSE_THEN_CLOSE);
    check_text(r, UINT64_MAX, "Habc");

    r = make(6, true);
    faults_bend(faults_find(span_of("stall")), &r);
    ck_assert_int_eq(r.then, RESPONSE_THEN_HOLD);
    check_text(r, UINT64_MAX, "H3\r\nabc\r\n");

    r = make(6, false);
    faults_bend(faults_find(span_of("bad_chunk")), &r);
    ck_assert(r.chunked && r.claimed == RESPONSE_NO_LENGTH);
    check_text(r, UINT64_MAX, "H3\r\nabc\r\nthis is not a chunk\r\n");

    r = make(6, true);
    faults_bend(faults_find(span_of("lie_long")), &r);
    ck_assert_uint_gt(r.claimed, 6);
    check_text(r, UINT64_MAX, "Habcdef");

    r = make(6, false);
    faults_bend(faults_find(span_of("lie_short")), &r);
    ck_assert_uint_eq(r.claimed, 3);
    check_text(r, UINT64_MAX, "Habcdef");

    r = make(6, true);
    faults_bend(faults_find(span_of("empty")), &r);
    ck_assert(r.claimed == 0 && !r.chunked);
    check_text(r, UINT64_MAX, "H");
}
END_TEST

START_TEST(a_drip_counts_the_bytes_of_the_head)
{
    struct response r = make(6, false);
    struct wire_piece p;
    text_adds(&r.head, "ead");
    faults_bend(faults_find(span_of("drip")), &r);
    ck_assert_uint_eq(r.rate, 1);
    ck_assert(wire_next(&r, 0, &p));
    ck_assert_uint_eq(p.n, 0);
    for (int i = 1; i < 10; i++) {
        ck_assert(wire_next(&r, wire_allowance(&r, 1000u * (unsigned)i), &p));
        ck_assert_uint_eq(p.len, 1);
    }
    ck_assert(!r.done);
    response_fini(&r);
}
END_TEST

START_TEST(a_rate_is_kept_over_time)
{
    struct response r = {.rate = 1};
    ck_assert_uint_eq(wire_tick_ms(&r), 1000);
    ck_assert_uint_eq(wire_allowance(&r, 999), 0);
    ck_assert_uint_eq(wire_allowance(&r, 1000), 1);
    r.paced = 5; /* more than is due: a piece is never cut */
    ck_assert_uint_eq(wire_allowance(&r, 1000), 0);
    ck_assert_uint_eq(wire_allowance(&r, 6000), 1);
    r.rate = 1000000000;
    ck_assert_uint_eq(wire_tick_ms(&r), 50);
    ck_assert(wire_allowance(&r, 86400000) == UINT64_C(86400000000000) - 5);
    r.rate = 0;
    ck_assert(wire_allowance(&r, 0) == UINT64_MAX);
}
END_TEST

START_TEST(what_was_written_is_dropped_from_a_piece)
{
    char a[] = "ab", b[] = "cde";
    struct wire_piece p = {.parts = {uv_buf_init(a, 2), uv_buf_init(b, 3)}, .n = 2, .len = 5};
    wire_drop(&p, 3);
    ck_assert_uint_eq(p.n, 1);
    ck_assert_uint_eq(p.len, 2);
    ck_assert_ptr_eq(p.parts[0].base, b + 1);
    wire_drop(&p, 2);
    ck_assert_uint_eq(p.n, 0);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, head_and_body_come_in_one_piece);
    tcase_add_test(t, chunks_are_framed_whatever_the_pace);
    tcase_add_test(t, a_long_pattern_has_no_seams);
    tcase_add_test(t, faults_cut_and_lie_as_they_say);
    tcase_add_test(t, a_drip_counts_the_bytes_of_the_head);
    tcase_add_test(t, a_rate_is_kept_over_time);
    tcase_add_test(t, what_was_written_is_dropped_from_a_piece);
}

int main(void)
{
    return test_main("wire", add);
}
