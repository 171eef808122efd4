/* Combining the answers for two families. */
#include "net/resolver_verdict.h"

#include "base/test.h"

#include <string.h>

static struct resolver_reply reply_of(enum resolver_outcome outcome, int family)
{
    struct resolver_reply r = {.outcome = outcome, .ttl = family == 4 ? 400u : 600u};
    struct addr a = {.family = (uint8_t)family, .bytes = {family == 4 ? 10 : 0xfd}};
    if (outcome == RESOLVER_ADDRESSES)
        r.addrs[r.n_addrs++] = a;
    if (outcome >= RESOLVER_BAD_ANSWER)
        r.message = family == 4 ? "A failed" : "AAAA failed";
    return r;
}

/* Lets the addresses of reply_of() through, or only those of IPv4. */
static struct resolver_conf guard_of(bool v6)
{
    static struct addr_net nets[2];
    ck_assert(addr_net_parse("10.0.0.0/8", &nets[0]));
    ck_assert(addr_net_parse("fd00::/8", &nets[1]));
    return (struct resolver_conf){.allow = nets, .n_allow = v6 ? 2 : 1};
}

enum { GOOD = RESOLVER_ADDRESSES, NONE = RESOLVER_NO_ADDRESS, NX = RESOLVER_NO_NAME };
enum { BAD = RESOLVER_BAD_ANSWER, SILENT = RESOLVER_SILENCE };

START_TEST(both_families_make_one_answer)
{
    static const struct {
        int a, aaaa;
        enum err err;
        const char *message;
    } cases[] = {
        {GOOD, GOOD, ERR_OK, ""},
        {GOOD, NONE, ERR_OK, ""},
        {GOOD, NX, ERR_OK, ""}, /* RFC 4074: they mean that there is no AAAA */
        {GOOD, BAD, ERR_OK, ""},
        {GOOD, SILENT, ERR_OK, ""},
        {NONE, GOOD, ERR_OK, ""},
        {BAD, GOOD, ERR_OK, ""},
        {NX, GOOD, ERR_OK, ""},
        {NONE, NONE, ERR_DNS_NOT_FOUND, "the name has no address"},
        {NX, NX, ERR_DNS_NOT_FOUND, "no such name (NXDOMAIN)"},
        {NX, NONE, ERR_DNS_NOT_FOUND, "no such name (NXDOMAIN)"},
        {NX, BAD, ERR_DNS_NOT_FOUND, "no such name (NXDOMAIN)"},
        {NX, SILENT, ERR_DNS_NOT_FOUND, "no such name (NXDOMAIN)"},
        {BAD, NX, ERR_DNS_FAILURE, "A failed"}, /* A may yet be good */
        {SILENT, NX, ERR_DNS_FAILURE, "A failed"},
        {BAD, NONE, ERR_DNS_FAILURE, "A failed"},
        {NONE, BAD, ERR_DNS_FAILURE, "AAAA failed"},
        {BAD, BAD, ERR_DNS_FAILURE, "A failed"},
    };
    struct resolver_conf guard = guard_of(true);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (int v6_first = 0; v6_first < 2; v6_first++) {
            struct resolver_verdict v = RESOLVER_VERDICT_NONE;
            struct resolver_reply a = reply_of((enum resolver_outcome)cases[i].a, 4);
            struct resolver_reply aaaa = reply_of((enum resolver_outcome)cases[i].aaaa, 6);
            if (v6_first)
                resolver_verdict_add(&v, 6, &aaaa, &guard);
            resolver_verdict_add(&v, 4, &a, &guard);
            if (!v6_first)
                resolver_verdict_add(&v, 6, &aaaa, &guard);
            struct resolver_answer answer;
            resolver_verdict_read(&v, &answer);
            ck_assert_msg(answer.err == cases[i].err, "case %zu: %s", i, err_name(answer.err));
            ck_assert_uint_eq(
                answer.addrs.n, (unsigned)(cases[i].a == GOOD) + (cases[i].aaaa == GOOD));
            /* Of two failures the first that came is told. */
            if (cases[i].a != cases[i].aaaa || !v6_first)
                ck_assert_str_eq(answer.message ? answer.message : "", cases[i].message);
        }
    }
}
END_TEST

enum { NOT = RESOLVER_WAIT_NOT, LITTLE = RESOLVER_WAIT_A_LITTLE, LONG = RESOLVER_WAIT_LONG };

START_TEST(callers_wait_only_if_the_answer_may_change)
{
    static const struct {
        int family, outcome;
        int with_v6, without, with_v6_refused;
    } cases[] = {
        {4, GOOD, NOT, NOT, NOT},
        {6, GOOD, LITTLE, LONG, LONG},
        {4, NX, NOT, NOT, NOT},
        {6, NX, LONG, LONG, LONG},
        {4, NONE, LONG, LONG, LONG},
        {6, NONE, LONG, LONG, LONG},
        {4, BAD, LONG, LONG, LONG},
        {6, SILENT, LONG, LONG, LONG},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct resolver_reply r =
            reply_of((enum resolver_outcome)cases[i].outcome, cases[i].family);
        struct resolver_verdict v = RESOLVER_VERDICT_NONE, refused = RESOLVER_VERDICT_NONE;
        struct resolver_conf guard = guard_of(true);
        resolver_verdict_add(&v, cases[i].family, &r, &guard);
        ck_assert_int_eq((int)resolver_verdict_wait(&v, true), cases[i].with_v6);
        ck_assert_int_eq((int)resolver_verdict_wait(&v, false), cases[i].without);
        guard = guard_of(false);
        resolver_verdict_add(&refused, cases[i].family, &r, &guard);
        ck_assert_int_eq((int)resolver_verdict_wait(&refused, true), cases[i].with_v6_refused);
    }
}
END_TEST

START_TEST(the_shortest_life_counts)
{
    struct resolver_verdict v = RESOLVER_VERDICT_NONE;
    struct resolver_reply a = reply_of(RESOLVER_ADDRESSES, 4);
    struct resolver_reply aaaa = reply_of(RESOLVER_ADDRESSES, 6);
    struct resolver_conf guard = guard_of(true);
    resolver_verdict_add(&v, 6, &aaaa, &guard);
    ck_assert_uint_eq(v.ttl, 600);
    resolver_verdict_add(&v, 4, &a, &guard);
    ck_assert_uint_eq(v.ttl, 400);
    resolver_verdict_add(&v, 6, &aaaa, &guard);
    ck_assert_uint_eq(v.ttl, 400);
}
END_TEST

START_TEST(refused_addresses_take_no_place)
{
    struct resolver_verdict v = RESOLVER_VERDICT_NONE;
    struct resolver_reply r = {.outcome = RESOLVER_ADDRESSES};
    struct resolver_conf guard = guard_of(true);
    struct resolver_answer answer;
    for (uint8_t i = 0; i < 20; i++)
        r.addrs[r.n_addrs++] = (struct addr){4, {192, 168, 0, i}};
    resolver_verdict_add(&v, 4, &r, &guard);
    resolver_verdict_read(&v, &answer); /* all are: that is for the transfer to tell */
    ck_assert_uint_eq(answer.addrs.n, ADDR_SET_MAX);
    r.addrs[r.n_addrs++] = (struct addr){4, {10, 0, 0, 1}};
    resolver_verdict_add(&v, 4, &r, &guard);
    resolver_verdict_read(&v, &answer);
    ck_assert_int_eq(answer.err, ERR_OK);
    ck_assert_uint_eq(answer.addrs.n, 1);
    ck_assert_uint_eq(answer.addrs.at[0].bytes[0], 10);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, both_families_make_one_answer);
    tcase_add_test(t, callers_wait_only_if_the_answer_may_change);
    tcase_add_test(t, refused_addresses_take_no_place);
    tcase_add_test(t, the_shortest_life_counts);
}

int main(void)
{
    return test_main("resolver_verdict", add);
}
