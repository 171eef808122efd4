#include "net/resolver_asker.h"
#include "net/test_dns.h"

/* The server, the loop and a resolver that asks it. */
static struct testdns dns, other;
static uv_loop_t loop;
static struct resolver *resolver;
static struct addr_net everything[2];

/* conf.servers: what stands before the test's own server in the list. conf.allow: all networks
 * unless it is set. */
static void start(struct resolver_conf conf)
{
    char message[RESOLVER_MESSAGE_SIZE] = "";
    testdns_start(&dns);
    ck_assert_int_eq(uv_loop_init(&loop), 0);
    char servers[80];
    snprintf(servers, sizeof servers, "%s%s", conf.servers ? conf.servers : "", dns.address);
    conf.servers = servers;
    if (!conf.n_allow) {
        conf.allow = everything;
        conf.n_allow = 2;
        ck_assert(addr_net_parse("0.0.0.0/0", &everything[0]));
        ck_assert(addr_net_parse("::/0", &everything[1]));
    }
    if (!conf.hosts_file)
        conf.hosts_file = "/dev/null";
    resolver = resolver_new(&loop, &conf, message);
    ck_assert_msg(resolver != NULL, "%s", message);
}

/* With nothing left open the loop ends by itself and can be closed. */
static void stop(void)
{
    resolver_free(resolver);
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
    testdns_stop(&dns);
}

static struct testdns_got look_up(const char *host)
{
    return testdns_look_up(&loop, resolver, host);
}

static void assert_fails(const char *host, enum err err, const char *message)
{
    struct testdns_got got = look_up(host);
    ck_assert_int_eq(got.answer.err, err);
    ck_assert_uint_eq(got.answer.addrs.n, 0);
    ck_assert_msg(strstr(got.message, message) != NULL, "%s: %s", host, got.message);
}

START_TEST(a_hundred_callers_are_one_question)
{
    start((struct resolver_conf){0});
    struct testdns_got got[100];
    for (int i = 0; i < 100; i++) {
        testdns_get(resolver, i % 2 ? "ok.test" : "ok.test.", &got[i]);
        ck_assert(!got[i].hit);
    }
    ck_assert_uint_eq(resolver_stats(resolver).queued, 1);
    uv_run(&loop, UV_RUN_DEFAULT);
    for (int i = 0; i < 100; i++) {
        ck_assert_uint_eq(got[i].calls, 1);
        ck_assert_int_eq(got[i].answer.err, ERR_OK);
        ck_assert(testdns_has(&got[i], "192.0.2.1"));
        ck_assert_uint_gt(got[i].answer.lookup_ns, 0);
    }
    ck_assert_uint_eq(atomic_load(&dns.asked_a), 1);
    ck_assert_uint_eq(atomic_load(&dns.asked_aaaa), 1);

    struct testdns_got again = look_up("ok.test"); /* its TTL of 1 s was raised */
    ck_assert(again.hit);
    ck_assert_uint_eq(again.answer.lookup_ns, 0);
    struct resolver_stats s = resolver_stats(resolver);
    ck_assert_uint_eq(s.lookups, 1);
    ck_assert_uint_eq(s.hits, 1);
    ck_assert_uint_eq(s.in_flight + s.queued, 0);
    stop();
}
END_TEST

START_TEST(the_first_family_answers_and_the_other_joins_the_cache)
{
    start((struct resolver_conf){0});
    struct testdns_got got = look_up("late6.test");
    ck_assert_uint_eq(got.answer.addrs.n, 1);
    ck_assert(testdns_has(&got, "192.0.2.1"));
    ck_assert_uint_eq(resolver_stats(resolver).in_flight, 1);

    look_up("release.test");
    while (resolver_stats(resolver).in_flight > 0)
        uv_run(&loop, UV_RUN_ONCE);
    got = look_up("late6.test");
    ck_assert(got.hit);
    ck_assert_uint_eq(got.answer.addrs.n, 2);
    ck_assert(testdns_has(&got, "2001:db8::1"));
    ck_assert_uint_eq(resolver_stats(resolver).lookups, 2);
    stop();
}
END_TEST

/* The guard lets only IPv4 through; so AAAA, which comes first, is no answer. */
START_TEST(an_address_that_is_refused_does_not_hide_the_other_family)
{
    struct addr_net v4;
    ck_assert(addr_net_parse("192.0.2.0/24", &v4));
    start((struct resolver_conf){.allow = &v4, .n_allow = 1});
    struct testdns_got got;
    testdns_get(resolver, "late4.test", &got);
    while (atomic_load(&dns.asked_aaaa) < 1)
        uv_run(&loop, UV_RUN_NOWAIT);
    for (uint64_t end = uv_hrtime() + 200000000; uv_hrtime() < end;)
        uv_run(&loop, UV_RUN_NOWAIT);
    ck_assert_uint_eq(got.calls, 0);
    look_up("release.test");
    while (!got.calls)
        uv_run(&loop, UV_RUN_ONCE);
    ck_assert_int_eq(got.answer.err, ERR_OK);
    ck_assert(testdns_has(&got, "192.0.2.1"));
    stop();
}
END_TEST

/* With a route for IPv6, AAAA is the answer when A has not come soon; without one, A is awaited. */
START_TEST(a_family_that_is_late_is_waited_for_a_little)
{
    start((struct resolver_conf){0});
    struct testdns_got got;
    testdns_get(resolver, "late4.test", &got);
    bool reaches_v6 = false;
    for (uint64_t end = uv_hrtime() + 500000000; !got.calls && uv_hrtime() < end;)
        uv_run(&loop, UV_RUN_NOWAIT);
    reaches_v6 = got.calls;
    look_up("release.test");
    while (!got.calls)
        uv_run(&loop, UV_RUN_ONCE);
    ck_assert_int_eq(got.answer.err, ERR_OK);
    ck_assert(testdns_has(&got, "2001:db8::1"));
    ck_assert_int_eq(testdns_has(&got, "192.0.2.1"), !reaches_v6);
    if (reaches_v6)
        ck_assert_uint_ge(got.answer.lookup_ns, RESOLVER_WAIT_FOR_A_MS * 900000);
    stop();
}
END_TEST

START_TEST(a_name_with_one_good_family_is_fine)
{
    start((struct resolver_conf){0});
    struct testdns_got got = look_up("only6.test");
    ck_assert_int_eq(got.answer.err, ERR_OK);
    ck_assert(testdns_has(&got, "2001:db8::1"));
    got = look_up("bad6.test");
    ck_assert_int_eq(got.answer.err, ERR_OK);
    ck_assert(testdns_has(&got, "192.0.2.1"));
    uv_run(&loop, UV_RUN_DEFAULT); /* the failed family changes nothing */
    got = look_up("bad6.test");
    ck_assert(got.hit);
    ck_assert_int_eq(got.answer.err, ERR_OK);
    stop();
}
END_TEST

START_TEST(only_the_wanted_family_is_asked)
{
    start((struct resolver_conf){.family = 6});
    struct testdns_got got = look_up("both.test");
    ck_assert_uint_eq(got.answer.addrs.n, 1);
    ck_assert(testdns_has(&got, "2001:db8::1"));
    assert_fails("ok.test", ERR_DNS_NOT_FOUND, "no address");
    ck_assert_uint_eq(atomic_load(&dns.asked_a), 0);
    stop();
    start((struct resolver_conf){.family = 4});
    got = look_up("both.test");
    ck_assert_uint_eq(got.answer.addrs.n, 1);
    ck_assert(testdns_has(&got, "192.0.2.1"));
    ck_assert_uint_eq(atomic_load(&dns.asked_aaaa), 0);
    stop();
}
END_TEST

START_TEST(failures_say_why_and_are_remembered)
{
    start((struct resolver_conf){0});
    assert_fails("servfail.test", ERR_DNS_FAILURE, "SERVFAIL");
    assert_fails("refused.test", ERR_DNS_FAILURE, "REFUSED");
    assert_fails("broken.test", ERR_DNS_FAILURE, "malformed");
    ck_assert_uint_eq(atomic_load(&dns.asked_a), 6); /* each of them twice */
    assert_fails("servfail.test", ERR_DNS_FAILURE, "SERVFAIL");
    ck_assert_uint_eq(atomic_load(&dns.asked_a), 6);
    ck_assert_uint_eq(resolver_stats(resolver).retried, 3);
    ck_assert_uint_eq(resolver_stats(resolver).failed, 3);
    ck_assert_uint_eq(resolver_stats(resolver).hits, 1);
    stop();
}
END_TEST

START_TEST(no_such_name_does_not_wait_for_the_other_family)
{
    start((struct resolver_conf){.timeout_ms = 50000});
    assert_fails("nx4.test", ERR_DNS_NOT_FOUND, "NXDOMAIN");
    ck_assert_uint_eq(resolver_stats(resolver).not_found, 1);
    ck_assert_uint_eq(resolver_stats(resolver).in_flight, 1);
    stop();
}
END_TEST

START_TEST(silence_ends_at_the_deadline)
{
    start((struct resolver_conf){.timeout_ms = 200});
    uint64_t before = uv_hrtime();
    assert_fails("silent.test", ERR_DNS_FAILURE, "no DNS answer within 0.2 s");
    uint64_t took_ms = (uv_hrtime() - before) / 1000000;
    ck_assert_uint_ge(took_ms, 190);
    ck_assert_uint_lt(took_ms, 1900);
    ck_assert(look_up("silent.test").hit);
    ck_assert_uint_eq(atomic_load(&dns.asked_a), 1);
    stop();
}
END_TEST

START_TEST(a_lost_packet_is_asked_for_again)
{
    start((struct resolver_conf){.family = 4});
    struct testdns_got got = look_up("lost.test");
    ck_assert_int_eq(got.answer.err, ERR_OK);
    ck_assert_uint_eq(atomic_load(&dns.asked_a), 2);
    ck_assert_uint_ge(got.answer.lookup_ns / 1000000, RESOLVER_RESEND_MS - 100);
    ck_assert_uint_lt(got.answer.lookup_ns / 1000000, RESOLVER_SILENCE_MS);
    ck_assert_uint_eq(resolver_stats(resolver).retried, 1);
    stop();
}
END_TEST

START_TEST(a_server_that_fails_is_not_the_last_word_when_there_are_two)
{
    testdns_start(&other);
    char first[40];
    snprintf(first, sizeof first, "%s,", other.address);
    start((struct resolver_conf){.servers = first, .family = 4});
    assert_fails("servfail.test", ERR_DNS_FAILURE, "SERVFAIL");
    ck_assert_uint_gt(atomic_load(&other.asked_a), 0);
    ck_assert_uint_gt(atomic_load(&dns.asked_a), 0);
    stop();
    testdns_stop(&other);
}
END_TEST

START_TEST(a_dead_server_is_passed_over)
{
    /* Nothing listens at port 1: an ICMP error comes at once. The other address may not be sent
     * to. */
    static const char *const dead[] = {"127.0.0.1:1,", "255.255.255.255,"};
    for (size_t n = 0; n < sizeof dead / sizeof *dead; n++) {
        start((struct resolver_conf){.servers = dead[n]});
        for (int i = 0; i < 4; i++) {
            char host[32];
            snprintf(host, sizeof host, "ok%d.test", i);
            struct testdns_got got = look_up(host);
            ck_assert_int_eq(got.answer.err, ERR_OK);
            ck_assert_uint_lt(got.answer.lookup_ns, 1500u * 1000 * 1000);
        }
        stop();
    }
}
END_TEST

START_TEST(no_more_than_the_limit_are_asked_at_once)
{
    enum { N = RESOLVER_PER_SERVER + 200 };
    static struct testdns_got got[N];
    start((struct resolver_conf){.family = 4});
    for (int i = 0; i < N; i++) {
        char host[32];
        snprintf(host, sizeof host, "silent%d.test", i);
        testdns_get(resolver, host, &got[i]);
    }
    while (atomic_load(&dns.asked_a) < RESOLVER_PER_SERVER)
        uv_run(&loop, UV_RUN_NOWAIT);
    ck_assert_uint_eq(resolver_stats(resolver).in_flight, RESOLVER_PER_SERVER);
    ck_assert_uint_eq(resolver_stats(resolver).queued, N - RESOLVER_PER_SERVER);
    ck_assert_uint_eq(atomic_load(&dns.asked_a), RESOLVER_PER_SERVER);
    stop();
    for (int i = 0; i < N; i++) {
        ck_assert_uint_eq(got[i].calls, 1);
        ck_assert_int_eq(got[i].answer.err, ERR_CANCELLED);
    }
}
END_TEST

START_TEST(known_names_are_answered_at_once)
{
    start((struct resolver_conf){
        .pins = (const char *const[]){"pinned.test:80:192.0.2.7", "localhost:80:192.0.2.8", NULL}});
    static const char *const cases[][2] = {
        {"192.0.2.9", "192.0.2.9"},
        {"[2001:db8::9]", "2001:db8::9"},
        {"2001:db8::9", "2001:db8::9"},
        {"192.0.2.9.", "192.0.2.9"},
        {"pinned.test", "192.0.2.7"},
        {"pinned.test.", "192.0.2.7"},
        {"localhost", "192.0.2.8"}, /* the user's pins come before the special names */
        {"a.localhost", "127.0.0.1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct testdns_got got;
        testdns_get(resolver, cases[i][0], &got);
        ck_assert_msg(got.hit && testdns_has(&got, cases[i][1]), "%s", cases[i][0]);
    }
    static const char *const wrong[] = {"", ".", "a..test", "a b.test", "x.invalid", "[::1", "*"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct testdns_got got;
        testdns_get(resolver, wrong[i], &got);
        ck_assert_msg(got.hit && got.answer.err == ERR_DNS_NOT_FOUND, "%s", wrong[i]);
        ck_assert_str_ne(got.message, "");
    }
    ck_assert_uint_eq(resolver_stats(resolver).lookups, 0);
    ck_assert_uint_eq(resolver_stats(resolver).hits, 0); /* those are of the cache */
    stop();
    ck_assert_uint_eq(atomic_load(&dns.asked_a), 0);
}
END_TEST

/* Asks for the next name from inside the answer to the last. */
struct chain {
    int left;
};

static void ask_next(void *arg, const struct resolver_answer *answer)
{
    struct chain *c = arg;
    ck_assert_int_eq(answer->err, ERR_OK);
    if (c->left-- == 0)
        return;
    char host[32];
    snprintf(host, sizeof host, "ok%d.test", c->left);
    struct resolver_answer ret;
    ck_assert(!resolver_get(resolver, host, 80, &ret, ask_next, c));
}

START_TEST(callers_may_ask_from_inside_an_answer)
{
    start((struct resolver_conf){0});
    struct chain c = {.left = 50};
    struct resolver_answer ret;
    ck_assert(!resolver_get(resolver, "ok.test", 80, &ret, ask_next, &c));
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(c.left, -1);
    ck_assert_uint_eq(resolver_stats(resolver).lookups, 51);
    stop();
}
END_TEST

START_TEST(freeing_cancels_waiting_callers)
{
    start((struct resolver_conf){0});
    struct testdns_got asked, queued;
    testdns_get(resolver, "silent.test", &asked);
    while (atomic_load(&dns.asked_a) == 0)
        uv_run(&loop, UV_RUN_NOWAIT);
    testdns_get(resolver, "queued.test", &queued);
    stop();
    ck_assert_uint_eq(asked.calls, 1);
    ck_assert_int_eq(asked.answer.err, ERR_CANCELLED);
    ck_assert_uint_eq(queued.calls, 1);
    ck_assert_int_eq(queued.answer.err, ERR_CANCELLED);
    resolver_free(NULL);
}
END_TEST

START_TEST(malformed_servers_and_pins_are_refused)
{
    static const char *const wrong[] = {"", ",", "1.2.3.4,", "1.2.3.4:", "1.2.3.4:0",
        "1.2.3.4:65536", "1.2.3.4:+53", "1.2.3.4:53x", "dns.example", "[::1", "::1]", "[::1]53",
        "[1.2.3.4]:53", " 1.2.3.4", "1.2.3.4;5.6.7.8"};
    ck_assert_int_eq(uv_loop_init(&loop), 0);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char message[RESOLVER_MESSAGE_SIZE] = "";
        struct resolver_conf conf = {.servers = wrong[i]};
        ck_assert_msg(!resolver_new(&loop, &conf, message), "%s", wrong[i]);
        ck_assert_ptr_nonnull(strstr(message, wrong[i]));
    }
    char message[RESOLVER_MESSAGE_SIZE] = "";
    struct resolver_conf conf = {.servers = "1.2.3.4", .pins = (const char *const[]){"x", NULL}};
    ck_assert_ptr_null(resolver_new(&loop, &conf, message));
    ck_assert_ptr_nonnull(strstr(message, "\"x\""));
    ck_assert_int_eq(uv_loop_close(&loop), 0);
}
END_TEST

START_TEST(servers_are_read_in_all_their_forms)
{
    static const char *const right[] = {
        "127.0.0.1:5353,[::1]:53,9.9.9.9", "::1", "[::1]", "2001:db8::53,192.0.2.53:65535"};
    ck_assert_int_eq(uv_loop_init(&loop), 0);
    for (size_t i = 0; i <= sizeof right / sizeof *right; i++) {
        char message[RESOLVER_MESSAGE_SIZE] = "";
        /* The last round is the system's own servers. */
        struct resolver_conf conf = {.servers = i < 4 ? right[i] : NULL};
        struct resolver *r = resolver_new(&loop, &conf, message);
        ck_assert_msg(r != NULL, "%s", message);
        resolver_free(r);
    }
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, a_hundred_callers_are_one_question);
    tcase_add_test(t, the_first_family_answers_and_the_other_joins_the_cache);
    tcase_add_test(t, an_address_that_is_refused_does_not_hide_the_other_family);
    tcase_add_test(t, a_family_that_is_late_is_waited_for_a_little);
    tcase_add_test(t, a_name_with_one_good_family_is_fine);
    tcase_add_test(t, only_the_wanted_family_is_asked);
    tcase_add_test(t, failures_say_why_and_are_remembered);
    tcase_add_test(t, no_such_name_does_not_wait_for_the_other_family);
    tcase_add_test(t, silence_ends_at_the_deadline);
    tcase_add_test(t, a_lost_packet_is_asked_for_again);
    tcase_add_test(t, a_server_that_fails_is_not_the_last_word_when_there_are_two);
    tcase_add_test(t, a_dead_server_is_passed_over);
    tcase_add_test(t, no_more_than_the_limit_are_asked_at_once);
    tcase_add_test(t, known_names_are_answered_at_once);
    tcase_add_test(t, callers_may_ask_from_inside_an_answer);
    tcase_add_test(t, freeing_cancels_waiting_callers);
    tcase_add_test(t, malformed_servers_and_pins_are_refused);
    tcase_add_test(t, servers_are_read_in_all_their_forms);
}

int main(void)
{
    return test_main("resolver", add);
}
