/* Questions and answers as bytes: aliases, many addresses, and everything that is not an answer. */
#include "net/resolver_wire.h"

#include "base/test.h"

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

static enum resolver_wire_kind kind_as(int family, const struct packet *p)
{
    struct resolver_reply ignored;
    return resolver_wire_read(&ignored, "n0.test", family, p->bytes, (size_t)p->len);
}

static struct resolver_reply read_as(int family, const struct packet *p)
{
    struct resolver_reply reply;
    ck_assert_int_eq(resolver_wire_read(&reply, "n0.test", family, p->bytes, (size_t)p->len),
        RESOLVER_WIRE_ANSWER);
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
        ck_assert_uint_eq(r.n_addrs, 1);
        ck_assert_uint_eq(r.addrs[0].bytes[3], 7);
        /* as short-lived as the alias that expires first */
        ck_assert_uint_eq(r.ttl, n ? (uint32_t)(1001 - n) : 2000);
    }
}
END_TEST

START_TEST(aliases_may_come_behind_what_they_lead_to)
{
    struct packet p;
    for (int n = 1; n <= 10; n++) {
        begin(&p, ns_t_a);
        put_a(&p, n, 7, 2000);
        for (int i = n - 1; i >= 0; i--)
            put_alias(&p, i, i + 1, 60);
        ck_assert_int_eq(read_as(4, &p).outcome, RESOLVER_ADDRESSES);
    }
}
END_TEST

START_TEST(aliases_in_a_circle_have_no_address)
{
    for (int n = 1; n <= ALIASES_MAX; n++) {
        struct packet p;
        for (int family = 4; family <= 6; family += 2) {
            begin(&p, family == 4 ? ns_t_a : ns_t_aaaa);
            for (int i = 0; i < n; i++)
                put_alias(&p, i, (i + 1) % n, 60);
            ck_assert_int_eq(read_as(family, &p).outcome, RESOLVER_NO_ADDRESS);
        }
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
    ck_assert_uint_eq(r.n_addrs, 1);
    ck_assert_uint_eq(r.addrs[0].bytes[3], 7);
}
END_TEST

START_TEST(addresses_of_another_family_or_class_do_not_count)
{
    struct packet p;
    begin(&p, ns_t_a);
    put_aaaa(&p, 0, 66, 60);
    put_a(&p, 0, 66, 60);
    p.bytes[p.len - 11] = ns_c_chaos;
    ck_assert_int_eq(read_as(4, &p).outcome, RESOLVER_NO_ADDRESS);
    put_a(&p, 0, 7, 60);
    ck_assert_uint_eq(read_as(4, &p).n_addrs, 1);
}
END_TEST

START_TEST(names_are_the_same_in_any_case)
{
    struct packet p;
    begin(&p, ns_t_a);
    p.bytes[13] = 'N';
    put_alias(&p, 0, 1, 60);
    p.bytes[p.len - 5] = 'T';
    put_a(&p, 1, 7, 60);
    ck_assert_uint_eq(read_as(4, &p).n_addrs, 1);
}
END_TEST

START_TEST(of_many_addresses_the_first_are_taken)
{
    struct packet p;
    begin(&p, ns_t_a);
    for (unsigned i = 0; i < 200; i++)
        put_a(&p, 0, i, 60);
    struct resolver_reply r = read_as(4, &p);
    ck_assert_uint_eq(r.n_addrs, RESOLVER_WIRE_ADDRS_MAX);
    for (unsigned i = 0; i < RESOLVER_WIRE_ADDRS_MAX; i++)
        ck_assert_uint_eq(r.addrs[i].bytes[3], i);

    begin(&p, ns_t_aaaa);
    for (unsigned i = 0; i < 200; i++)
        put_aaaa(&p, 0, i, 60 + i);
    r = read_as(6, &p);
    ck_assert_uint_eq(r.n_addrs, RESOLVER_WIRE_ADDRS_MAX);
    ck_assert_uint_eq(r.addrs[7].family, 6);
    ck_assert_uint_eq(r.addrs[7].bytes[15], 7);
    ck_assert_uint_eq(r.ttl, 60);
}
END_TEST

START_TEST(a_time_to_live_with_the_top_bit_is_none)
{
    struct packet p;
    begin(&p, ns_t_a);
    put_a(&p, 0, 7, 0x7fffffff);
    ck_assert_uint_eq(read_as(4, &p).ttl, 0x7fffffff);
    put_a(&p, 0, 8, 0x80000001);
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

/* Until the repeated question matches, anyone may have sent the packet. */
START_TEST(an_answer_that_ends_too_early_is_bad)
{
    struct packet p;
    begin(&p, ns_t_a);
    int head = p.len;
    make_full(&p);
    ck_assert_int_eq(read_as(4, &p).outcome, RESOLVER_ADDRESSES);
    int full = p.len;
    for (int len = 0; len < full; len++) {
        /* in memory of that size, for the sanitizer to see */
        unsigned char *copy = malloc(len ? (size_t)len : 1);
        memcpy(copy, p.bytes, (size_t)len);
        struct resolver_reply r;
        enum resolver_wire_kind kind = resolver_wire_read(&r, "n0.test", 4, copy, (size_t)len);
        free(copy);
        ck_assert_int_eq(kind, len < head ? RESOLVER_WIRE_FOREIGN : RESOLVER_WIRE_ANSWER);
        if (len < head)
            continue;
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
                struct resolver_reply r;
                enum resolver_wire_kind kind =
                    resolver_wire_read(&r, "n0.test", family, p.bytes, (size_t)p.len);
                if (kind == RESOLVER_WIRE_FOREIGN || kind == RESOLVER_WIRE_CUT_OFF)
                    continue;
                ck_assert_int_eq(r.n_addrs > 0, r.outcome == RESOLVER_ADDRESSES);
                ck_assert_int_eq(r.message != NULL, r.outcome == RESOLVER_BAD_ANSWER);
            }
        }
    }
}
END_TEST

START_TEST(a_name_that_points_at_itself_or_ahead_is_bad)
{
    for (unsigned ahead = 0; ahead < 4; ahead += 2) {
        struct packet p;
        begin(&p, ns_t_a);
        p.bytes[7] = 1;
        put16(&p, 0xc000u | ((unsigned)p.len + ahead));
        put(&p, "\0\1\0\1\0\0\0\1\0\4\1\2\3\4", 14);
        ck_assert_int_eq(read_as(4, &p).outcome, RESOLVER_BAD_ANSWER);
    }
}
END_TEST

/* Each of many names is a label and a pointer to the name before it. */
START_TEST(a_name_that_grows_beyond_all_names_is_bad)
{
    struct packet p;
    begin(&p, ns_t_a);
    unsigned before = HEADER_SIZE;
    for (int n = 1; n <= 130; n++) {
        unsigned at = (unsigned)p.len;
        p.bytes[7]++;
        put(&p, "\1a", 2);
        put16(&p, 0xc000u | before);
        put(&p, "\0\20\0\1\0\0\0\1\0\0", 10); /* TXT, empty */
        before = at;
        /* "n0.test" has 9 bytes on the wire, and each label two */
        ck_assert_int_eq(
            read_as(4, &p).outcome, 9 + 2 * n <= 255 ? RESOLVER_NO_ADDRESS : RESOLVER_BAD_ANSWER);
    }
}
END_TEST

START_TEST(an_address_of_another_size_is_bad)
{
    struct packet p;
    begin(&p, ns_t_a);
    put_record(&p, 0, ns_t_a, 60);
    put16(&p, 5);
    put(&p, "\1\2\3\4\5", 5);
    struct resolver_reply r = read_as(4, &p);
    ck_assert_int_eq(r.outcome, RESOLVER_BAD_ANSWER);
    ck_assert_uint_eq(r.n_addrs, 0);
}
END_TEST

START_TEST(an_answer_to_another_question_is_none_of_ours)
{
    struct packet p;
    make_full(&p);
    ck_assert_int_eq(kind_as(4, &p), RESOLVER_WIRE_ANSWER);
    ck_assert_int_eq(kind_as(6, &p), RESOLVER_WIRE_FOREIGN);
    p.bytes[14] = '1'; /* n1.test */
    ck_assert_int_eq(kind_as(4, &p), RESOLVER_WIRE_FOREIGN);
    make_full(&p);
    p.bytes[2] &= 0x7f; /* a question */
    ck_assert_int_eq(kind_as(4, &p), RESOLVER_WIRE_FOREIGN);
    uint16_t id;
    ck_assert(!resolver_wire_id(p.bytes, (size_t)p.len, &id));
    make_full(&p);
    p.bytes[5] = 0; /* NOERROR without a question */
    ck_assert_int_eq(kind_as(4, &p), RESOLVER_WIRE_FOREIGN);
}
END_TEST

START_TEST(truncated_answers_are_not_read)
{
    struct packet p;
    make_full(&p);
    p.bytes[2] |= 0x02;
    ck_assert_int_eq(kind_as(4, &p), RESOLVER_WIRE_CUT_OFF);
}
END_TEST

START_TEST(response_codes_become_outcomes)
{
    static const struct {
        unsigned rcode;
        enum resolver_wire_kind kind;
        enum resolver_outcome outcome;
        const char *says;
    } cases[] = {
        {ns_r_noerror, RESOLVER_WIRE_ANSWER, RESOLVER_NO_ADDRESS, NULL},
        {ns_r_nxdomain, RESOLVER_WIRE_ANSWER, RESOLVER_NO_NAME, NULL},
        {ns_r_servfail, RESOLVER_WIRE_ANSWER, RESOLVER_BAD_ANSWER, "SERVFAIL"},
        {ns_r_refused, RESOLVER_WIRE_ANSWER, RESOLVER_BAD_ANSWER, "REFUSED"},
        {ns_r_notimpl, RESOLVER_WIRE_ANSWER, RESOLVER_BAD_ANSWER, "NOTIMP"},
        {ns_r_formerr, RESOLVER_WIRE_OLD_SERVER, RESOLVER_BAD_ANSWER, "FORMERR"},
        {15, RESOLVER_WIRE_ANSWER, RESOLVER_BAD_ANSWER, "of its own"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct packet p;
        begin(&p, ns_t_a);
        p.bytes[3] |= (unsigned char)cases[i].rcode;
        struct resolver_reply r;
        ck_assert_int_eq(
            resolver_wire_read(&r, "n0.test", 4, p.bytes, (size_t)p.len), cases[i].kind);
        ck_assert_int_eq(r.outcome, cases[i].outcome);
        ck_assert_uint_eq(r.n_addrs, 0);
        ck_assert(cases[i].says ? r.message && strstr(r.message, cases[i].says) : !r.message);
        /* Some do not even repeat the question. */
        p.bytes[5] = 0;
        ck_assert_int_eq(resolver_wire_read(&r, "n0.test", 4, p.bytes, HEADER_SIZE),
            cases[i].says ? cases[i].kind : RESOLVER_WIRE_FOREIGN);
    }
}
END_TEST

START_TEST(a_question_is_written)
{
    static const char with_edns[] = "\x12\x34\1\0\0\1\0\0\0\0\0\1"
                                    "\2n0\4test\0\0\34\0\1"
                                    "\0\0\51\4\320\0\0\0\0\0";
    unsigned char out[RESOLVER_WIRE_QUESTION_MAX];
    size_t len = resolver_wire_ask(out, 0x1234, "N0.test", 6, true);
    ck_assert_uint_eq(len, sizeof with_edns); /* the last byte is its NUL */
    ck_assert_mem_eq(out, with_edns, len);
    len = resolver_wire_ask(out, 0x1234, "n0.test", 4, false);
    ck_assert_uint_eq(len, sizeof with_edns - 11);
    ck_assert_uint_eq(out[11], 0);
    ck_assert_uint_eq(out[len - 3], ns_t_a);

    char longest[254]; /* three labels of 63 and one of 61 bytes */
    memset(longest, 'a', 253);
    longest[63] = longest[127] = longest[191] = '.';
    longest[253] = '\0';
    ck_assert_uint_eq(
        resolver_wire_ask(out, 0, longest, 4, true), (size_t)RESOLVER_WIRE_QUESTION_MAX);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, a_chain_of_aliases_leads_to_the_addresses);
    tcase_add_test(t, aliases_may_come_behind_what_they_lead_to);
    tcase_add_test(t, aliases_in_a_circle_have_no_address);
    tcase_add_test(t, addresses_of_another_name_do_not_count);
    tcase_add_test(t, addresses_of_another_family_or_class_do_not_count);
    tcase_add_test(t, names_are_the_same_in_any_case);
    tcase_add_test(t, of_many_addresses_the_first_are_taken);
    tcase_add_test(t, a_time_to_live_with_the_top_bit_is_none);
    tcase_add_test(t, an_answer_that_ends_too_early_is_bad);
    tcase_add_test(t, any_byte_may_be_anything);
    tcase_add_test(t, a_name_that_points_at_itself_or_ahead_is_bad);
    tcase_add_test(t, a_name_that_grows_beyond_all_names_is_bad);
    tcase_add_test(t, an_address_of_another_size_is_bad);
    tcase_add_test(t, an_answer_to_another_question_is_none_of_ours);
    tcase_add_test(t, truncated_answers_are_not_read);
    tcase_add_test(t, response_codes_become_outcomes);
    tcase_add_test(t, a_question_is_written);
}

int main(void)
{
    return test_main("resolver_wire", add);
}
