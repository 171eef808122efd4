/* Answers as bytes: aliases, many addresses, and everything that is not an answer. */
#include "net/resolver_reply.h"

#include "base/test.h"

#include <ares.h>
#include <arpa/nameser.h>
#include <stdio.h>
#include <string.h>

enum { ALIASES_MAX = 50, HEADER_SIZE = 12 };

/* Bytes of an answer to a question about "n0.test". */
struct packet {
    int len;
    unsigned char bytes[8192];
};

static void put(struct packet *p, const void *bytes, size_t n)
{
    memcpy(p->bytes + p->len, bytes, n);
    p->len += (int)n;
}

static void put16(struct packet *p, unsigned n)
{
    put(p, (unsigned char[]){(unsigned char)(n >> 8), (unsigned char)n}, 2);
}

static void put_name(struct packet *p, int i)
{
    char label[16];
    int n = snprintf(label, sizeof label, "n%d", i);
    put(p, (unsigned char[]){(unsigned char)n}, 1);
    put(p, label, (size_t)n);
    put(p, "\4test", 6);
}

static void begin(struct packet *p, int type)
{
    *p = (struct packet){0};
    put(p, "\0\1\x81\x80\0\1\0\0\0\0\0\0", HEADER_SIZE);
    put_name(p, 0);
    put16(p, (unsigned)type);
    put16(p, ns_c_in);
}

/* The head of a record; the size of the data follows, and the data. */
static void put_record(struct packet *p, int name, int type, uint32_t ttl)
{
    p->bytes[7]++;
    put_name(p, name);
    put16(p, (unsigned)type);
    put16(p, ns_c_in);
    put16(p, ttl >> 16);
    put16(p, ttl & 0xffff);
}

static void put_alias(struct packet *p, int from, int to, uint32_t ttl)
{
    put_record(p, from, ns_t_cname, ttl);
    int at = p->len;
    put16(p, 0);
    put_name(p, to);
    p->bytes[at + 1] = (unsigned char)(p->len - at - 2);
}

static void put_a(struct packet *p, int name, unsigned last_byte, uint32_t ttl)
{
    put_record(p, name, ns_t_a, ttl);
    put16(p, 4);
    put(p, (unsigned char[]){192, 0, 2, (unsigned char)last_byte}, 4);
}

static void put_aaaa(struct packet *p, int name, unsigned last_byte, uint32_t ttl)
{
    put_record(p, name, ns_t_aaaa, ttl);
    put16(p, 16);
    put(p, (unsigned char[16]){0x20, 1, 0x0d, 0xb8, [15] = (unsigned char)last_byte}, 16);
}

static struct resolver_reply read_as(int family, const struct packet *p)
{
    struct resolver_reply reply;
    resolver_reply_read(&reply, family, ARES_SUCCESS, 0, p->bytes, p->len);
    return reply;
}

START_TEST(a_chain_of_aliases_leads_to_the_addresses)
{
    for (int n = 0; n <= ALIASES_MAX; n++) {
        struct packet p;
        begin(&p, ns_t_a);
        for (int i = 0; i < n; i++)
            put_alias(&p, i, i + 1, (uint32_t)(1000 - i));
        put_a(&p, n, 7, 2000);
        struct resolver_reply r = read_as(4, &p);
        ck_assert_int_eq(r.outcome, RESOLVER_ADDRESSES);
        ck_assert_uint_eq(r.addrs.n, 1);
        ck_assert_uint_eq(r.addrs.at[0].bytes[3], 7);
        /* as short-lived as the alias that expires first */
        ck_assert_uint_eq(r.ttl, n ? (uint32_t)(1001 - n) : 2000);
    }
}
END_TEST

START_TEST(aliases_in_a_circle_have_no_address)
{
    for (int n = 1; n <= ALIASES_MAX; n++) {
        struct packet p;
        begin(&p, ns_t_a);
        for (int i = 0; i < n; i++)
            put_alias(&p, i, (i + 1) % n, 60);
        ck_assert_int_eq(read_as(4, &p).outcome, RESOLVER_NO_ADDRESS);
        ck_assert_int_eq(read_as(6, &p).outcome, RESOLVER_NO_ADDRESS);
    }
}
END_TEST

START_TEST(addresses_of_another_name_do_not_count)
{
    struct packet p;
    begin(&p, ns_t_a);
    put_a(&p, 1, 66, 60);
    put_alias(&p, 0, 2, 60);
    put_a(&p, 3, 66, 60);
    put_a(&p, 2, 7, 60);
    struct resolver_reply r = read_as(4, &p);
    ck_assert_uint_eq(r.addrs.n, 1);
    ck_assert_uint_eq(r.addrs.at[0].bytes[3], 7);
}
END_TEST

START_TEST(of_many_addresses_the_first_are_taken)
{
    struct packet p;
    begin(&p, ns_t_a);
    for (unsigned i = 0; i < 200; i++)
        put_a(&p, 0, i, 60);
    struct resolver_reply r = read_as(4, &p);
    ck_assert_uint_eq(r.addrs.n, ADDR_SET_MAX);
    for (unsigned i = 0; i < ADDR_SET_MAX; i++)
        ck_assert_uint_eq(r.addrs.at[i].bytes[3], i);

    begin(&p, ns_t_aaaa);
    for (unsigned i = 0; i < 200; i++)
        put_aaaa(&p, 0, i, 60 + i);
    r = read_as(6, &p);
    ck_assert_uint_eq(r.addrs.n, ADDR_SET_MAX);
    ck_assert_uint_eq(r.addrs.at[7].family, 6);
    ck_assert_uint_eq(r.addrs.at[7].bytes[15], 7);
    ck_assert_uint_eq(r.ttl, 60);
    ck_assert_int_eq(read_as(4, &p).outcome, RESOLVER_NO_ADDRESS);
}
END_TEST

START_TEST(a_time_to_live_with_the_top_bit_is_none)
{
    struct packet p;
    begin(&p, ns_t_a);
    put_a(&p, 0, 7, 0x80000001);
    ck_assert_uint_eq(read_as(4, &p).ttl, 0);
}
END_TEST

static void make_full(struct packet *p)
{
    begin(p, ns_t_a);
    put_alias(p, 0, 1, 60);
    put_alias(p, 1, 2, 60);
    put_a(p, 2, 7, 60);
    put_a(p, 2, 8, 60);
}

START_TEST(an_answer_that_ends_too_early_is_bad)
{
    struct packet p;
    make_full(&p);
    ck_assert_int_eq(read_as(4, &p).outcome, RESOLVER_ADDRESSES);
    int full = p.len;
    for (int len = 0; len < full; len++) {
        /* in memory of that size, for the sanitizer to see */
        unsigned char *copy = malloc(len ? (size_t)len : 1);
        memcpy(copy, p.bytes, (size_t)len);
        struct resolver_reply r;
        resolver_reply_read(&r, 4, ARES_SUCCESS, 0, copy, len);
        free(copy);
        ck_assert_msg(r.outcome == RESOLVER_BAD_ANSWER, "%d of %d bytes", len, full);
        ck_assert_ptr_nonnull(strstr(r.message, "malformed"));
    }
}
END_TEST

START_TEST(any_byte_may_be_anything)
{
    struct packet full;
    make_full(&full);
    for (int at = 0; at < full.len; at++) {
        for (int value = 0; value < 256; value++) {
            struct packet p = full;
            p.bytes[at] = (unsigned char)value;
            for (int family = 4; family <= 6; family += 2) {
                struct resolver_reply r = read_as(family, &p);
                ck_assert_int_eq(r.addrs.n > 0, r.outcome == RESOLVER_ADDRESSES);
                ck_assert_int_eq(r.message != NULL, r.outcome == RESOLVER_BAD_ANSWER);
            }
        }
    }
}
END_TEST

START_TEST(a_name_that_points_at_itself_is_bad)
{
    struct packet p;
    begin(&p, ns_t_a);
    p.bytes[7] = 1;
    put16(&p, 0xc000u | (unsigned)p.len);
    put(&p, "\0\1\0\1\0\0\0\1\0\4\1\2\3\4", 14);
    ck_assert_int_eq(read_as(4, &p).outcome, RESOLVER_BAD_ANSWER);
}
END_TEST

START_TEST(what_c_ares_says_is_sorted)
{
    static const struct {
        int status;
        enum resolver_outcome outcome;
        const char *says;
    } cases[] = {
        {ARES_ENODATA, RESOLVER_NO_ADDRESS, NULL},
        {ARES_ENOTFOUND, RESOLVER_NO_NAME, NULL},
        {ARES_ESERVFAIL, RESOLVER_BAD_ANSWER, "SERVFAIL"},
        {ARES_EREFUSED, RESOLVER_BAD_ANSWER, "REFUSED"},
        {ARES_ENOTIMP, RESOLVER_BAD_ANSWER, "NOTIMP"},
        {ARES_EFORMERR, RESOLVER_BAD_ANSWER, "FORMERR"},
        {ARES_ETIMEOUT, RESOLVER_SILENCE, "in time"},
        {ARES_ECONNREFUSED, RESOLVER_UNREACHABLE, "reached"},
        {ARES_ENOMEM, RESOLVER_BAD_ANSWER, "memory"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct resolver_reply r;
        resolver_reply_read(&r, 4, cases[i].status, 1, NULL, 0);
        ck_assert_int_eq(r.outcome, cases[i].outcome);
        ck_assert_uint_eq(r.sent, cases[i].status == ARES_ETIMEOUT ? 1 : 2);
        ck_assert_uint_eq(r.addrs.n, 0);
        ck_assert(cases[i].says ? r.message && strstr(r.message, cases[i].says) : !r.message);
    }
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, a_chain_of_aliases_leads_to_the_addresses);
    tcase_add_test(t, aliases_in_a_circle_have_no_address);
    tcase_add_test(t, addresses_of_another_name_do_not_count);
    tcase_add_test(t, of_many_addresses_the_first_are_taken);
    tcase_add_test(t, a_time_to_live_with_the_top_bit_is_none);
    tcase_add_test(t, an_answer_that_ends_too_early_is_bad);
    tcase_add_test(t, any_byte_may_be_anything);
    tcase_add_test(t, a_name_that_points_at_itself_is_bad);
    tcase_add_test(t, what_c_ares_says_is_sorted);
}

int main(void)
{
    return test_main("resolver_reply", add);
}
