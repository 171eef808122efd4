/*
 * For tests: a DNS server in a thread, whose behaviour the name's first label selects, and a
 * function that looks names up and waits for the answer.
 *
 *   ok        A 192.0.2.1, no AAAA                 servfail, refused, broken   that answer
 *   both      A 192.0.2.1, AAAA 2001:db8::1        silent     no answer at all
 *   only6     AAAA alone                           nx4        NXDOMAIN to A, silence to AAAA
 *   bad6      A, and SERVFAIL to AAAA
 *   lost      A, but not to the server's first question
 *   once      SERVFAIL to the server's first question, then A
 *   moving    A 192.0.2.N, the Nth time that this server is asked for an A
 *   cut       nothing but "ask me over TCP", where nobody listens
 *   late6     A; AAAA only after `release` was asked for
 *   late4     AAAA; A only after that
 *   slow      A, after TESTDNS_SLOW_MS
 *   slower    A, after twice that time: longer than RESOLVER_SILENCE_MS
 *   odd       SERVFAIL to a question with EDNS; else A
 *   old       FORMERR to a question with EDNS, without repeating it; else A
 *   forged    A, but first 192.0.2.66 with a wrong number, and for another name
 *
 * A whole server can also be silent, answer SERVFAIL, drop every Nth question, or delay its answers
 * until no question has come for TESTDNS_PATIENCE_MS.
 */
#ifndef NET_TEST_DNS_H
#define NET_TEST_DNS_H

#include "base/test.h"
#include "net/resolver.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { TESTDNS_HELD_MAX = 4096, TESTDNS_PACKET = 128, TESTDNS_PATIENCE_MS = 100 };
enum { TESTDNS_SLOW_MS = 1200 };

struct testdns_packet {
    struct sockaddr_in from;
    size_t len; /* header and question */
    bool edns, is_forged;
    uint16_t type;
    unsigned char bytes[TESTDNS_PACKET];
};

struct testdns {
    int fd;
    char address[32]; /* "127.0.0.1:PORT" */
    pthread_t thread;
    atomic_bool is_silent, fails, holds;
    atomic_uint drop_every;
    atomic_uint asked_a, asked_aaaa;
    atomic_uint peak_held;
    atomic_uint n_ports; /* different source ports of questions */
    bool ports[UINT16_MAX + 1];
    struct testdns_packet held[TESTDNS_HELD_MAX];
    size_t n_held;
    struct testdns_packet slow; /* answered at slow_ms; 0: none */
    uint64_t slow_ms;
};

static inline bool testdns_is(const struct testdns_packet *p, const char *label)
{
    return p->bytes[12] >= strlen(label) && memcmp(p->bytes + 13, label, strlen(label)) == 0;
}

/* Sends a reply with rcode, and with one address record if `has_address`. */
static inline void testdns_reply(
    struct testdns *d, struct testdns_packet *p, unsigned rcode, bool has_address)
{
    static const unsigned char v4[] = {
        0xc0, 12, 0, ns_t_a, 0, ns_c_in, 0, 0, 0, 1, 0, 4, 192, 0, 2, 1};
    static const unsigned char v6[] = {0xc0, 12, 0, ns_t_aaaa, 0, ns_c_in, 0, 0, 0, 1, 0, 16, 0x20,
        0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    unsigned char *b = p->bytes;
    size_t len = p->len;
    b[2] = 0x81; /* an answer, recursion desired */
    if (testdns_is(p, "cut"))
        b[2] |= 0x02;
    b[3] = (unsigned char)(0x80 | rcode);
    memset(b + 6, 0, 6);
    if (has_address) {
        b[7] = 1;
        size_t n = p->type == ns_t_a ? sizeof v4 : sizeof v6;
        memcpy(b + len, p->type == ns_t_a ? v4 : v6, n);
        len += n;
        if (testdns_is(p, "moving"))
            b[len - 1] = (unsigned char)atomic_load(&d->asked_a);
        if (p->is_forged)
            b[len - 1] = 66;
    }
    sendto(d->fd, b, len, 0, (struct sockaddr *)&p->from, sizeof p->from);
}

static inline void testdns_release(struct testdns *d)
{
    for (size_t i = 0; i < d->n_held; i++)
        testdns_reply(d, &d->held[i], ns_r_noerror, true);
    d->n_held = 0;
}

/* Holds a question back; answers all of them when no more come. */
static inline void testdns_hold(struct testdns *d, struct testdns_packet *p)
{
    d->held[d->n_held++] = *p;
    if (d->n_held > atomic_load(&d->peak_held))
        atomic_store(&d->peak_held, (unsigned)d->n_held);
    struct pollfd poll_in = {.fd = d->fd, .events = POLLIN};
    if (d->n_held == TESTDNS_HELD_MAX || poll(&poll_in, 1, TESTDNS_PATIENCE_MS) == 0)
        testdns_release(d);
}

/* Forged answers, as if sent without knowledge of the question. */
static inline void testdns_forge(struct testdns *d, const struct testdns_packet *p)
{
    static const int at[] = {1, 13}; /* the number, and the name */
    for (int i = 0; i < 2; i++) {
        struct testdns_packet forged = *p;
        forged.bytes[at[i]] ^= 1;
        forged.is_forged = true;
        testdns_reply(d, &forged, ns_r_noerror, true);
    }
}

static inline void testdns_answer_later(struct testdns *d, const struct testdns_packet *p)
{
    d->slow = *p;
    d->slow_ms =
        uv_hrtime() / 1000000 + (uint64_t)TESTDNS_SLOW_MS * (testdns_is(p, "slower") ? 2 : 1);
}

static inline void testdns_answer(struct testdns *d, struct testdns_packet *p)
{
    bool is_a = p->type == ns_t_a;
    unsigned drop_every = atomic_load(&d->drop_every);
    if (atomic_load(&d->is_silent) ||
        (drop_every && (d->asked_a + d->asked_aaaa) % drop_every == 0))
        return;
    if (testdns_is(p, "silent") || (testdns_is(p, "nx4") && !is_a) ||
        (testdns_is(p, "lost") && d->asked_a == 1))
        return;
    if (testdns_is(p, "forged"))
        testdns_forge(d, p);
    if (testdns_is(p, "slow")) {
        if (!d->slow_ms)
            testdns_answer_later(d, p);
    } else if (testdns_is(p, "old") && p->edns) {
        p->len = 12;
        p->bytes[5] = 0;
        testdns_reply(d, p, ns_r_formerr, false);
    } else if ((testdns_is(p, "late6") && !is_a) || (testdns_is(p, "late4") && is_a)) {
        d->held[d->n_held++] = *p;
    } else if (atomic_load(&d->fails) || (testdns_is(p, "once") && d->asked_a == 1) ||
               testdns_is(p, "servfail") || (testdns_is(p, "odd") && p->edns) ||
               (testdns_is(p, "bad6") && !is_a)) {
        testdns_reply(d, p, ns_r_servfail, false);
    } else if (testdns_is(p, "refused")) {
        testdns_reply(d, p, ns_r_refused, false);
    } else if (testdns_is(p, "nx4")) {
        testdns_reply(d, p, ns_r_nxdomain, false);
    } else if (testdns_is(p, "broken")) {
        memset(p->bytes + p->len, 0xff, 20);
        p->len += 20;
        testdns_reply(d, p, ns_r_noerror, true);
    } else if (testdns_is(p, "only6") || testdns_is(p, "late4")) {
        testdns_reply(d, p, ns_r_noerror, !is_a);
    } else {
        testdns_reply(d, p, ns_r_noerror, is_a || testdns_is(p, "both"));
    }
    if (testdns_is(p, "release"))
        testdns_release(d);
}

/* Waits for a packet, and sends the delayed answer when it is due. */
static inline void testdns_wait(struct testdns *d)
{
    struct pollfd poll_in = {.fd = d->fd, .events = POLLIN};
    while (d->slow_ms) {
        int64_t ms = (int64_t)d->slow_ms - (int64_t)(uv_hrtime() / 1000000);
        if (poll(&poll_in, 1, ms > 0 ? (int)ms : 0) > 0)
            return;
        d->slow_ms = 0;
        testdns_reply(d, &d->slow, ns_r_noerror, d->slow.type == ns_t_a);
    }
}

static inline void *testdns_run(void *arg)
{
    struct testdns *d = arg;
    for (;;) {
        testdns_wait(d);
        struct testdns_packet p;
        socklen_t size = sizeof p.from;
        ssize_t n = recvfrom(d->fd, p.bytes, sizeof p.bytes, 0, (struct sockaddr *)&p.from, &size);
        if (n < 12)
            return NULL; /* testdns_stop() */
        size_t at = 12;
        while (at < (size_t)n && p.bytes[at])
            at += p.bytes[at] + 1u;
        p.len = at + 5;
        p.type = p.bytes[at + 2];
        p.edns = p.bytes[11] != 0;
        atomic_fetch_add(p.type == ns_t_a ? &d->asked_a : &d->asked_aaaa, 1);
        uint16_t port = ntohs(p.from.sin_port);
        if (!d->ports[port])
            atomic_fetch_add(&d->n_ports, 1);
        d->ports[port] = true;
        if (atomic_load(&d->holds))
            testdns_hold(d, &p);
        else
            testdns_answer(d, &p);
    }
}

static inline void testdns_start(struct testdns *d)
{
    memset(d, 0, sizeof *d);
    struct sockaddr_in sin = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof sin;
    d->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(d->fd, (struct sockaddr *)&sin, sizeof sin), 0);
    ck_assert_int_eq(getsockname(d->fd, (struct sockaddr *)&sin, &size), 0);
    setsockopt(d->fd, SOL_SOCKET, SO_RCVBUF, &(int){4 << 20}, sizeof(int));
    snprintf(d->address, sizeof d->address, "127.0.0.1:%u", ntohs(sin.sin_port));
    ck_assert_int_eq(pthread_create(&d->thread, NULL, testdns_run, d), 0);
}

static inline void testdns_stop(struct testdns *d)
{
    struct sockaddr_in sin;
    socklen_t size = sizeof sin;
    getsockname(d->fd, (struct sockaddr *)&sin, &size);
    sendto(d->fd, "", 0, 0, (struct sockaddr *)&sin, sizeof sin);
    pthread_join(d->thread, NULL);
    close(d->fd);
}

/* What a caller has received. */
struct testdns_got {
    unsigned calls; /* of `done`; 0 for a hit */
    bool hit;
    struct resolver_answer answer;
    char message[RESOLVER_MESSAGE_SIZE];
};

static inline void testdns_keep(struct testdns_got *got, const struct resolver_answer *answer)
{
    got->answer = *answer;
    snprintf(got->message, sizeof got->message, "%s", answer->message ? answer->message : "");
}

static inline void testdns_done(void *arg, const struct resolver_answer *answer)
{
    struct testdns_got *got = arg;
    got->calls++;
    testdns_keep(got, answer);
}

static inline void testdns_get(struct resolver *r, const char *host, struct testdns_got *got)
{
    memset(got, 0, sizeof *got);
    struct resolver_answer answer;
    got->hit = resolver_get(r, host, 80, &answer, testdns_done, got);
    ck_assert_uint_eq(got->calls, 0);
    if (got->hit)
        testdns_keep(got, &answer);
}

/* Looks a name up and waits for the answer. */
static inline struct testdns_got testdns_look_up(
    uv_loop_t *loop, struct resolver *r, const char *host)
{
    struct testdns_got got;
    testdns_get(r, host, &got);
    while (!got.hit && got.calls == 0)
        uv_run(loop, UV_RUN_ONCE);
    return got;
}

static inline bool testdns_has(const struct testdns_got *got, const char *addr)
{
    for (unsigned i = 0; i < got->answer.addrs.n; i++) {
        char text[ADDR_TEXT_SIZE];
        addr_format(&got->answer.addrs.at[i], text);
        if (strcmp(text, addr) == 0)
            return true;
    }
    return false;
}

#endif
