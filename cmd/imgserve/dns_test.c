#include "cmd/imgserve/dns.h"

#include "base/test.h"
#include "cmd/imgserve/server.h"
#include "net/resolver_wire.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE_S = 10 };

/* A question as imgfetch writes it. */
struct packet {
    size_t len;
    uint8_t bytes[DNS_MESSAGE_MAX];
};

static struct packet packet_of(const char *name, ns_type type)
{
    struct packet p;
    p.len = resolver_wire_ask(p.bytes, 77, name, type == ns_t_a ? 4 : 6, false);
    return p;
}

static struct dns_question question(const char *name, ns_type type)
{
    struct packet p = packet_of(name, type);
    struct dns_question q;
    ck_assert(dns_message_read(p.bytes, p.len, &q));
    return q;
}

/* How imgfetch reads an answer: "127.1.2.3 300", "nx", "servfail" or "empty".
 * After aliases the address has "> " before it. */
static const char *understood(const struct packet *answer, const char *name, ns_type type)
{
    static char text[100];
    char address[ADDR_TEXT_SIZE];
    struct resolver_reply reply;
    ck_assert_int_eq(
        resolver_wire_read(&reply, name, type == ns_t_a ? 4 : 6, answer->bytes, answer->len),
        RESOLVER_WIRE_ANSWER);
    switch (reply.outcome) {
    case RESOLVER_NO_NAME:
        return "nx";
    case RESOLVER_NO_ADDRESS:
        return "empty";
    case RESOLVER_ADDRESSES:
        ck_assert_uint_eq(reply.n_addrs, 1);
        addr_format(&reply.addrs[0], address);
        snprintf(text, sizeof text, "%s%s %u", answer->bytes[7] > 1 ? "> " : "", address,
            (unsigned)reply.ttl);
        return text;
    default:
        return strstr(reply.message, "SERVFAIL") ? "servfail" : reply.message;
    }
}

static struct dns_script script_of(const char *name, const char *value)
{
    struct dns_script s;
    dns_script_init(&s);
    if (name)
        ck_assert_msg(!dns_script_set(&s, name, value), "%s", value);
    return s;
}

/* Asks one more question and returns the answer. */
static const char *answered(
    const struct dns_script *s, struct tries *tries, const char *name, ns_type type)
{
    struct dns_question q = question(name, type);
    enum dns_fate fate = dns_script_fate(s, tries, &q);
    if (fate == DNS_FATE_LOST)
        return "lost";
    struct dns_reply reply = dns_script_reply(s, fate, &q);
    struct packet answer;
    answer.len = dns_message_write(&q, &reply, answer.bytes);
    ck_assert_uint_eq(answer.bytes[1], 77);
    return understood(&answer, name, type);
}

START_TEST(each_name_has_an_address_of_its_own_in_any_case)
{
    struct dns_script s = script_of(NULL, NULL);
    struct tries *tries = tries_new();
    char first[40], second[40];
    snprintf(first, sizeof first, "%s", answered(&s, tries, "a.test", ns_t_a));
    snprintf(second, sizeof second, "%s", answered(&s, tries, "b.test", ns_t_a));
    ck_assert_int_eq(strncmp(first, "127.1.", 6), 0);
    ck_assert_int_eq(strncmp(second, "127.1.", 6), 0);
    ck_assert_str_ne(first, second);
    ck_assert_str_eq(answered(&s, tries, "A.tEst", ns_t_a), first);
    ck_assert_str_eq(answered(&s, tries, "a.test", ns_t_aaaa), "empty");
    tries_free(tries);
}
END_TEST

START_TEST(a_label_decides_over_the_script)
{
    static const struct {
        const char *name;
        ns_type type;
        const char *begins[3]; /* the answers to three questions */
    } cases[] = {
        {"nx.test", ns_t_a, {"nx", "nx", "nx"}},
        {"a.nx.test", ns_t_aaaa, {"nx", "nx", "nx"}},
        {"NX", ns_t_a, {"nx", "nx", "nx"}},
        {"nxt.test", ns_t_a, {"127.1.", "127.1.", "127.1."}},
        {"servfail.test", ns_t_a, {"servfail", "servfail", "servfail"}},
        {"servfail-once.test", ns_t_a, {"servfail", "127.1.", "127.1."}},
        {"servfail-once.test", ns_t_aaaa, {"servfail", "empty", "empty"}},
        {"lost.test", ns_t_a, {"lost", "lost", "lost"}},
        {"lost-once.test", ns_t_a, {"lost", "127.1.", "127.1."}},
        {"nx-once.test", ns_t_a, {"127.1.", "127.1.", "127.1."}},
        {"private.test", ns_t_a, {"1", "1", "1"}},
        {"private.test", ns_t_aaaa, {"empty", "empty", "empty"}},
        {"cname.test", ns_t_a, {"> 127.1.", "> 127.1.", "> 127.1."}},
        {"mapped.test", ns_t_a, {"empty", "empty", "empty"}},
        {"mapped.test", ns_t_aaaa, {"::ffff:127.0.0.1 7", "::ffff:127", "::ffff:127"}},
        {"v6only.test", ns_t_a, {"empty", "empty", "empty"}},
        {"v6only.test", ns_t_aaaa, {"::1 7", "::1 7", "::1 7"}},
        {"rebind.test", ns_t_aaaa, {"empty", "empty", "empty"}},
        {"address.nx.test", ns_t_a, {"127.1.", "127.1.", "127.1."}},
    };
    struct dns_script s = script_of("ttl", "7");
    struct tries *tries = tries_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (int turn = 0; turn < 3; turn++) {
            const char *want = cases[i].begins[turn];
            const char *is = answered(&s, tries, cases[i].name, cases[i].type);
            ck_assert_msg(
                strncmp(is, want, strlen(want)) == 0, "%s %d: %s", cases[i].name, turn, is);
        }
    }
    tries_free(tries);
}
END_TEST

static bool is_private(const char *answer)
{
    return strncmp(answer, "10.", 3) == 0 || strncmp(answer, "169.254.169.254 ", 16) == 0;
}

START_TEST(private_addresses_are_of_both_kinds_and_rebind_takes_turns)
{
    struct dns_script s = script_of(NULL, NULL);
    struct tries *tries = tries_new();
    int link_local = 0, n = 40;
    for (int i = 0; i < n; i++) {
        char name[30];
        snprintf(name, sizeof name, "%d.private.test", i);
        const char *is = answered(&s, tries, name, ns_t_a);
        ck_assert_msg(is_private(is), "%s", is);
        link_local += is[1] == '6';
    }
    ck_assert(link_local > 0 && link_local < n);
    for (int i = 0; i < 6; i++)
        ck_assert(is_private(answered(&s, tries, "rebind.test", ns_t_a)) == (i % 2 == 1));
    tries_free(tries);
}
END_TEST

/* Returns how many of a thousand names get this answer. */
static int count(const struct dns_script *s, struct tries *tries, const char *want)
{
    int n = 0;
    for (int i = 0; i < 1000; i++) {
        char name[30];
        snprintf(name, sizeof name, "host%d.test", i);
        n += strncmp(answered(s, tries, name, ns_t_a), want, strlen(want)) == 0;
    }
    return n;
}

START_TEST(percentages_hold_for_names_and_always_for_the_same_ones)
{
    struct dns_script s = script_of("servfail", "20,always");
    struct tries *tries = tries_new();
    ck_assert_ptr_null(dns_script_set(&s, "nxdomain", "10"));
    ck_assert_ptr_null(dns_script_set(&s, "lost", "5"));
    int failed = count(&s, tries, "servfail"), not_found = count(&s, tries, "nx");
    ck_assert(failed > 140 && failed < 260);
    ck_assert(not_found > 60 && not_found < 140);
    ck_assert_int_eq(count(&s, tries, "servfail"), failed);
    tries_reset(tries);
    int lost = count(&s, tries, "lost");
    ck_assert(lost > 20 && lost < 80);
    ck_assert_int_eq(count(&s, tries, "lost"), 0);
    tries_reset(tries);
    ck_assert_int_eq(count(&s, tries, "lost"), lost);

    s = script_of("cname", "100");
    ck_assert_int_eq(count(&s, tries, "> 127.1."), 1000);
    tries_free(tries);
}
END_TEST

START_TEST(a_script_that_makes_no_sense_is_refused)
{
    static const char *const bad[][2] = {{"delay", "60001"}, {"delay", ""}, {"ttl", "-1"},
        {"nxdomain", "101"}, {"nxdomain", "5,always"}, {"servfail", "5,"}, {"servfail", "5,never"},
        {"lost", "x"}, {"lost", ",always"}, {"cname", "5.5"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct dns_script s = script_of(NULL, NULL);
        ck_assert_msg(dns_script_set(&s, bad[i][0], bad[i][1]), "%s=%s", bad[i][0], bad[i][1]);
    }
    struct dns_script s = script_of("lost", "60");
    ck_assert_ptr_nonnull(dns_script_set(&s, "private", "41"));
    ck_assert_ptr_null(dns_script_set(&s, "private", "40"));
}
END_TEST

START_TEST(no_part_of_a_question_is_one)
{
    struct dns_question q;
    struct packet p = packet_of("a.test", ns_t_a);
    for (size_t len = 0; len < p.len; len++) {
        uint8_t *exact = malloc(len + 1); /* so that a read beyond it is detected */
        memcpy(exact, p.bytes, len);
        ck_assert_msg(!dns_message_read(exact, len, &q), "%zu bytes", len);
        ck_assert_msg(!dns_message_read(p.bytes, len, &q), "%zu bytes of more", len);
        free(exact);
    }
    ck_assert(dns_message_read(p.bytes, p.len, &q));

    static const struct {
        size_t at;
        uint8_t byte;
    } spoiled[] = {
        {2, 0x81},  /* an answer */
        {2, 0x29},  /* an UPDATE */
        {5, 0},     /* no question */
        {5, 2},     /* two of them */
        {12, 64},   /* a label of that length */
        {12, 0xc0}, /* a pointer */
        {23, 3},    /* class CHAOS */
    };
    for (size_t i = 0; i < sizeof spoiled / sizeof *spoiled; i++) {
        struct packet bad = p;
        bad.bytes[spoiled[i].at] = spoiled[i].byte;
        ck_assert_msg(!dns_message_read(bad.bytes, bad.len, &q), "case %zu", i);
    }
}
END_TEST

/* 255 bytes on the wire, when its labels have 63, 63, 63 and 61. */
static struct packet longest(size_t last)
{
    struct packet p = {.len = 12, .bytes = {0, 77, 1, 0, 0, 1}};
    size_t labels[] = {63, 63, 63, last};
    for (int i = 0; i < 4; i++) {
        p.bytes[p.len] = (uint8_t)labels[i];
        memset(p.bytes + p.len + 1, 'x', labels[i]);
        p.len += labels[i] + 1;
    }
    p.bytes[p.len + 2] = ns_t_a;
    p.bytes[p.len + 4] = ns_c_in;
    p.len += 5;
    return p;
}

START_TEST(a_label_has_63_bytes_at_most)
{
    for (size_t len = 62; len <= 65; len++) {
        struct packet p = {.bytes = {0, 77, 1, 0, 0, 1, [12] = (uint8_t)len}};
        struct dns_question q;
        memset(p.bytes + 13, 'x', len);
        p.bytes[15 + len] = ns_t_a;
        p.bytes[17 + len] = ns_c_in;
        p.len = 18 + len;
        ck_assert_msg(dns_message_read(p.bytes, p.len, &q) == (len <= 63), "%zu", len);
    }
}
END_TEST

START_TEST(the_longest_name_is_answered_and_a_longer_one_is_none)
{
    struct packet p = longest(62), answer;
    char name[NS_MAXCDNAME] = {0};
    struct dns_question q;
    ck_assert(!dns_message_read(p.bytes, p.len, &q));
    struct dns_script s = script_of("cname", "100");
    for (size_t last = 50; last <= 61; last++) {
        p = longest(last);
        memset(name, 'x', 3 * 64 + last);
        name[63] = name[127] = name[191] = '.';
        ck_assert(dns_message_read(p.bytes, p.len, &q));
        struct dns_reply reply = dns_script_reply(&s, DNS_FATE_CNAME, &q);
        answer.len = dns_message_write(&q, &reply, answer.bytes);
        const char *is = understood(&answer, name, ns_t_a);
        const char *want = last <= 57 ? "> 127.1." : "127.1.";
        ck_assert_msg(strncmp(is, want, strlen(want)) == 0, "%zu: %s", last, is);
    }
}
END_TEST

START_TEST(noise_is_read_without_harm)
{
    srand(1);
    for (int i = 0; i < 200000; i++) {
        struct packet p = packet_of("a.cname.test", ns_t_a);
        for (int spoil = rand() % 6; spoil; spoil--)
            p.bytes[(size_t)rand() % p.len] = (uint8_t)rand();
        p.len -= rand() % 4 == 0 ? (size_t)rand() % p.len : 0;
        struct dns_question q;
        if (!dns_message_read(p.bytes, p.len, &q))
            continue;
        struct dns_script s = script_of("cname", "100");
        struct dns_reply reply = dns_script_reply(&s, DNS_FATE_CNAME, &q);
        ck_assert_uint_le(dns_message_write(&q, &reply, p.bytes), DNS_MESSAGE_MAX);
    }
}
END_TEST

/* ---- over UDP ---- */

static void *run(void *server)
{
    server_run(server);
    return NULL;
}

static int dial(const struct server *server)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(server_dns_port(server))};
    struct timeval patience = {.tv_sec = PATIENCE_S};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

static void ask(int fd, const char *name)
{
    struct packet p = packet_of(name, ns_t_a);
    ck_assert_int_eq(send(fd, p.bytes, p.len, 0), (ssize_t)p.len);
}

static const char *hear(int fd, const char *name)
{
    struct packet p;
    ssize_t n = recv(fd, p.bytes, sizeof p.bytes, 0);
    ck_assert_int_gt(n, 0);
    p.len = (size_t)n;
    return understood(&p, name, ns_t_a);
}

START_TEST(questions_over_udp_are_answered_in_order_after_the_delay)
{
    struct dns_script s = script_of("delay", "30");
    char message[SERVER_MESSAGE_SIZE];
    pthread_t thread;
    struct server *server = server_new("/", 0, message);
    ck_assert(server && server_add_dns(server, &s, 0, message));
    ck_assert_int_eq(pthread_create(&thread, NULL, run, server), 0);
    int fd = dial(server);
    ck_assert_int_eq(send(fd, "junk", 4, 0), 4);
    ask(fd, "lost.test");
    ask(fd, "a.test");
    ask(fd, "nx.test");
    ck_assert_int_eq(strncmp(hear(fd, "a.test"), "127.1.", 6), 0);
    ck_assert_str_eq(hear(fd, "nx.test"), "nx");
    ask(fd, "under.way.test"); /* when the server ends */
    kill(getpid(), SIGTERM);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    server_free(server);
    close(fd);
}
END_TEST

START_TEST(a_port_that_is_taken_is_said)
{
    struct dns_script s = script_of(NULL, NULL);
    char message[SERVER_MESSAGE_SIZE];
    struct server *first = server_new("/", 0, message), *second = server_new("/", 0, message);
    ck_assert(first && second && server_add_dns(first, &s, 0, message));
    ck_assert(!server_add_dns(second, &s, server_dns_port(first), message));
    ck_assert_ptr_nonnull(strstr(message, "address already in use"));
    server_free(second);
    server_free(first);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, each_name_has_an_address_of_its_own_in_any_case);
    tcase_add_test(t, a_label_decides_over_the_script);
    tcase_add_test(t, private_addresses_are_of_both_kinds_and_rebind_takes_turns);
    tcase_add_test(t, percentages_hold_for_names_and_always_for_the_same_ones);
    tcase_add_test(t, a_script_that_makes_no_sense_is_refused);
    tcase_add_test(t, no_part_of_a_question_is_one);
    tcase_add_test(t, a_label_has_63_bytes_at_most);
    tcase_add_test(t, the_longest_name_is_answered_and_a_longer_one_is_none);
    tcase_add_test(t, noise_is_read_without_harm);
    tcase_add_test(t, questions_over_udp_are_answered_in_order_after_the_delay);
    tcase_add_test(t, a_port_that_is_taken_is_said);
}

int main(void)
{
    return test_main("dns", add);
}
