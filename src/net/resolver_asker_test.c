/* Servers that fail, are silent or lose questions: which questions are retried, and at which
 * server. */
#include "net/resolver_asker.h"
#include "net/resolver_servers.h"
#include "net/test_dns.h"

enum { SERVERS = 2 };
static const uint64_t SECOND = 1000 * 1000 * 1000; /* ns */

static struct testdns dns[SERVERS];
static uv_loop_t loop;
static struct resolver *resolver;
static struct addr_net v4; /* all of it */

static void open_resolver_for(int family, int n_servers)
{
    char servers[80], message[RESOLVER_MESSAGE_SIZE] = "";
    snprintf(servers, sizeof servers, "%s%s%s", dns[0].address, n_servers > 1 ? "," : "",
        n_servers > 1 ? dns[1].address : "");
    ck_assert_int_eq(uv_loop_init(&loop), 0);
    ck_assert(addr_net_parse("0.0.0.0/0", &v4));
    resolver = resolver_new(&loop,
        &(struct resolver_conf){.servers = servers,
            .hosts_file = "/dev/null",
            .family = family,
            .allow = &v4,
            .n_allow = 1},
        message);
    ck_assert_msg(resolver != NULL, "%s", message);
}

/* One family: what a question does is easier to count. */
static void open_resolver(int n_servers)
{
    open_resolver_for(4, n_servers);
}

static void close_resolver(void)
{
    resolver_free(resolver);
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
}

static void start(int n_servers)
{
    for (int i = 0; i < SERVERS; i++)
        testdns_start(&dns[i]);
    open_resolver(n_servers);
}

static void stop(void)
{
    close_resolver();
    for (int i = 0; i < SERVERS; i++)
        testdns_stop(&dns[i]);
}

static unsigned asked(int server)
{
    return atomic_load(&dns[server].asked_a);
}

static struct testdns_got look_up(const char *host)
{
    return testdns_look_up(&loop, resolver, host);
}

enum { MANY_MAX = 2000 };
static struct testdns_got many[MANY_MAX];

/* Names of their own each time: "LABEL0.test" and on. All must be found. */
static void look_up_many(const char *label, int n)
{
    for (int i = 0; i < n; i++) {
        char host[40];
        snprintf(host, sizeof host, "%s%d.test", label, i);
        testdns_get(resolver, host, &many[i]);
    }
    uv_run(&loop, UV_RUN_DEFAULT);
    for (int i = 0; i < n; i++) {
        ck_assert_uint_eq(many[i].calls, 1);
        ck_assert_msg(many[i].answer.err == ERR_OK, "%s%d: %s", label, i, many[i].message);
    }
}

START_TEST(a_name_that_failed_once_is_found_a_second_later)
{
    start(1);
    struct testdns_got got = look_up("once.test");
    ck_assert_int_eq(got.answer.err, ERR_OK);
    ck_assert_uint_ge(got.answer.lookup_ns, SECOND * 9 / 10);
    ck_assert_uint_eq(asked(0), 2);
    ck_assert_uint_eq(resolver_stats(resolver).retried, 1);
    ck_assert_uint_eq(resolver_stats(resolver).failed, 0);
    stop();
}
END_TEST

START_TEST(a_failing_server_is_made_good_by_the_other)
{
    start(2);
    atomic_store(&dns[0].fails, true);
    look_up_many("ok", 20);
    ck_assert_uint_gt(asked(0), 0);
    ck_assert_uint_eq(asked(1), 20); /* all of them in the end */
    ck_assert_uint_eq(resolver_stats(resolver).retried, asked(0));
    stop();
}
END_TEST

START_TEST(failure_everywhere_is_a_failure_and_says_so)
{
    start(2);
    struct testdns_got got = look_up("servfail.test");
    ck_assert_int_eq(got.answer.err, ERR_DNS_FAILURE);
    ck_assert_str_eq(got.message, "the DNS server failed (SERVFAIL), asked twice");
    ck_assert_uint_eq(asked(0), 1);
    ck_assert_uint_eq(asked(1), 1);
    ck_assert_uint_eq(resolver_stats(resolver).failed, 1);
    stop();
}
END_TEST

START_TEST(the_optional_family_is_not_retried)
{
    for (int i = 0; i < SERVERS; i++)
        testdns_start(&dns[i]);
    open_resolver_for(0, 2);
    look_up_many("bad6-", 50);
    unsigned asked_aaaa = atomic_load(&dns[0].asked_aaaa) + atomic_load(&dns[1].asked_aaaa);
    ck_assert_uint_eq(asked(0) + asked(1), 50);
    ck_assert_uint_eq(asked_aaaa, 50);
    ck_assert_uint_eq(resolver_stats(resolver).retried, 0);
    stop();
}
END_TEST

START_TEST(a_name_that_does_not_exist_is_asked_for_once)
{
    start(2);
    ck_assert_int_eq(look_up("nx4.test").answer.err, ERR_DNS_NOT_FOUND);
    ck_assert_uint_eq(asked(0) + asked(1), 1);
    ck_assert_uint_eq(resolver_stats(resolver).retried, 0);
    stop();
}
END_TEST

START_TEST(no_such_name_from_one_server_outweighs_the_failure_of_another)
{
    start(2);
    atomic_store(&dns[0].fails, true);
    for (int i = 0; i < 4; i++) {
        char host[40];
        snprintf(host, sizeof host, "nx4-%d.test", i);
        struct testdns_got got = look_up(host);
        ck_assert_int_eq(got.answer.err, ERR_DNS_NOT_FOUND);
    }
    ck_assert_uint_gt(asked(0), 0);
    ck_assert_uint_eq(asked(1), 4);
    ck_assert_uint_eq(resolver_stats(resolver).not_found, 4);
    ck_assert_uint_eq(resolver_stats(resolver).failed, 0);
    stop();
}
END_TEST

START_TEST(a_silent_server_is_passed_over)
{
    start(2);
    atomic_store(&dns[0].is_silent, true);
    look_up_many("ok", 20);
    unsigned lost = asked(0);
    ck_assert_uint_gt(lost, 0);
    ck_assert_uint_eq(asked(1), 20);
    look_up_many("later", 50);
    ck_assert_uint_eq(asked(0), lost);
    for (int i = 0; i < 50; i++)
        ck_assert_uint_lt(many[i].answer.lookup_ns, SECOND);
    stop();
}
END_TEST

START_TEST(a_server_that_answers_again_is_asked_again)
{
    start(2);
    atomic_store(&dns[0].is_silent, true);
    look_up_many("ok", 4);
    unsigned lost = asked(0);
    atomic_store(&dns[0].is_silent, false);
    for (int i = 0; asked(0) == lost; i++) {
        char host[40];
        snprintf(host, sizeof host, "ask%d.test", i);
        ck_assert_int_eq(look_up(host).answer.err, ERR_OK);
        uv_sleep(20);
        uv_update_time(&loop);
    }
    ck_assert_uint_gt(asked(0), lost);
    look_up_many("then", 20);
    ck_assert_uint_ge(asked(0), lost + 10);
    stop();
}
END_TEST

START_TEST(a_server_that_loses_questions_gives_all_names)
{
    start(1);
    atomic_store(&dns[0].drop_every, 20);
    look_up_many("ok", 400);
    ck_assert_uint_ge(resolver_stats(resolver).retried, 20);
    ck_assert_uint_gt(asked(0), 420);
    stop();
}
END_TEST

START_TEST(no_server_has_more_than_its_share_open)
{
    start(2);
    atomic_store(&dns[0].holds, true);
    atomic_store(&dns[1].holds, true);
    look_up_many("ok", MANY_MAX);
    for (int i = 0; i < SERVERS; i++) {
        ck_assert_uint_le(atomic_load(&dns[i].peak_held), RESOLVER_PER_SERVER);
        ck_assert_uint_ge(atomic_load(&dns[i].peak_held), RESOLVER_PER_SERVER / 2);
    }
    ck_assert_uint_eq(asked(0) + asked(1), MANY_MAX);
    stop();
}
END_TEST

START_TEST(names_whose_servers_are_silent_do_not_keep_others_waiting)
{
    enum { SILENT = 3 * RESOLVER_PER_SERVER };
    static struct testdns_got silent[SILENT];
    start(1);
    look_up_many("ok", 50); /* an answer takes a few milliseconds */
    for (int i = 0; i < SILENT; i++) {
        char host[40];
        snprintf(host, sizeof host, "silent%d.test", i);
        testdns_get(resolver, host, &silent[i]);
    }
    struct testdns_got got = look_up("both.test");
    ck_assert_int_eq(got.answer.err, ERR_OK);
    for (int i = 0; i < SILENT; i++) /* all of them were asked before it, and are waited for */
        ck_assert_uint_eq(silent[i].calls, 0);
    stop();
}
END_TEST

START_TEST(domains_take_turns)
{
    enum { SILENT = 4 * RESOLVER_PER_SERVER };
    static struct testdns_got silent[SILENT];
    start(1);
    for (int i = 0; i < SILENT; i++) {
        char host[40];
        snprintf(host, sizeof host, "silent.%d.bad.test", i);
        testdns_get(resolver, host, &silent[i]);
    }
    ck_assert_int_eq(look_up("ok.good.test").answer.err, ERR_OK);
    ck_assert_uint_lt(asked(0), 2 * RESOLVER_PER_SERVER);
    stop();
}
END_TEST

START_TEST(the_source_port_changes)
{
    start(1);
    for (int i = 0; i < 10; i++) {
        char host[40];
        snprintf(host, sizeof host, "ok%d.test", i);
        look_up(host);
    }
    /* Nothing was open in between. Two of ten may be the same by chance. */
    ck_assert_uint_ge(atomic_load(&dns[0].n_ports), 8);

    unsigned before = atomic_load(&dns[0].n_ports);
    atomic_store(&dns[0].holds, true); /* so that something is open all the time */
    look_up_many("many", MANY_MAX);
    ck_assert_uint_ge(atomic_load(&dns[0].n_ports), before + 3);
    stop();
}
END_TEST

START_TEST(a_truncated_answer_with_a_closed_tcp_port_is_a_failure)
{
    start(1);
    struct testdns_got got = look_up("cut.test");
    ck_assert_int_eq(got.answer.err, ERR_DNS_FAILURE);
    ck_assert_str_eq(
        got.message, "the DNS server's answer needs TCP, and it does not take the connection");
    stop();
}
END_TEST

/* Some look a name up for seconds, whatever they know of others. */
START_TEST(a_slow_name_has_its_time_however_fast_others_are)
{
    start(1);
    look_up_many("ok", 20);
    struct testdns_got got = look_up("slow.test");
    ck_assert_msg(got.answer.err == ERR_OK, "%s", got.message);
    /* sent again after RESOLVER_RESEND_MS, and the answer is to the first */
    ck_assert_uint_eq(asked(0), 20 + 2);
    stop();
}
END_TEST

START_TEST(a_malformed_answer_is_the_trouble_of_one_name)
{
    enum { OTHERS = 100, BROKEN = 20 };
    static struct testdns_got broken[BROKEN];
    start(1);
    for (int i = 0; i < BROKEN; i++) {
        char host[40];
        snprintf(host, sizeof host, "broken%d.test", i);
        testdns_get(resolver, host, &broken[i]);
    }
    look_up_many("ok", OTHERS);
    ck_assert_uint_eq(asked(0), OTHERS + 2 * BROKEN);
    for (int i = 0; i < BROKEN; i++)
        ck_assert_msg(strstr(broken[i].message, "malformed"), "%s", broken[i].message);
    stop();
}
END_TEST

START_TEST(a_server_that_knows_no_edns_is_asked_without)
{
    start(1);
    struct testdns_got got = look_up("old.test");
    ck_assert_msg(got.answer.err == ERR_OK, "%s", got.message);
    ck_assert_uint_eq(asked(0), 2);
    ck_assert_uint_eq(resolver_stats(resolver).retried, 0);
    stop();
}
END_TEST

START_TEST(a_server_that_fails_for_edns_is_asked_without)
{
    start(1);
    struct testdns_got got = look_up("odd.test");
    ck_assert_msg(got.answer.err == ERR_OK, "%s", got.message);
    ck_assert_uint_eq(asked(0), 2);
    stop();
}
END_TEST

static void keep_outcome(void *arg, const struct resolver_reply *reply)
{
    *(enum resolver_outcome *)arg = reply->outcome;
}

START_TEST(the_last_try_waits_longer)
{
    start(1);
    for (int is_last = 0; is_last < 2; is_last++) {
        struct resolver_servers list;
        char message[RESOLVER_MESSAGE_SIZE];
        enum resolver_outcome got = RESOLVER_NO_NAME;
        ck_assert(resolver_servers_init(&list, dns[is_last].address, message));
        struct resolver_udp *udp = resolver_udp_new(&loop, &list.at[0]);
        struct resolver_query q = {.family = 4,
            .name = "slower.test",
            .is_last = is_last,
            .done = keep_outcome,
            .arg = &got};
        resolver_udp_ask(udp, &q);
        while (got == RESOLVER_NO_NAME)
            uv_run(&loop, UV_RUN_ONCE);
        ck_assert_int_eq(got, is_last ? RESOLVER_ADDRESSES : RESOLVER_SILENCE);
        resolver_udp_free(udp);
        resolver_servers_fini(&list);
    }
    stop();
}
END_TEST

START_TEST(duplicates_to_other_questions_are_not_heard)
{
    start(1);
    struct testdns_got got = look_up("forged.test");
    ck_assert_int_eq(got.answer.err, ERR_OK);
    ck_assert_uint_eq(got.answer.addrs.n, 1);
    ck_assert(testdns_has(&got, "192.0.2.1"));
    ck_assert_uint_eq(asked(0), 1);
    stop();
}
END_TEST

START_TEST(an_answer_holds_until_it_is_asked_for_anew)
{
    start(1);
    struct testdns_got got = look_up("moving.test");
    ck_assert(testdns_has(&got, "192.0.2.1"));
    got = look_up("moving.test");
    ck_assert(got.hit && testdns_has(&got, "192.0.2.1"));
    ck_assert_uint_eq(asked(0), 1);
    close_resolver(); /* nothing is known any more */
    open_resolver(1);
    got = look_up("moving.test");
    ck_assert(!got.hit);
    ck_assert_uint_eq(got.answer.addrs.n, 1);
    ck_assert(testdns_has(&got, "192.0.2.2"));
    stop();
}
END_TEST

START_TEST(freeing_cancels_questions_that_wait_for_a_retry)
{
    start(1);
    struct testdns_got got;
    testdns_get(resolver, "servfail.test", &got);
    /* Until the next event is the second try: the time-out of the first was later. */
    while (asked(0) == 0 || uv_backend_timeout(&loop) > RESOLVER_RETRY_MS)
        uv_run(&loop, UV_RUN_ONCE);
    stop();
    ck_assert_uint_eq(got.calls, 1);
    ck_assert_int_eq(got.answer.err, ERR_CANCELLED);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, a_name_that_failed_once_is_found_a_second_later);
    tcase_add_test(t, a_failing_server_is_made_good_by_the_other);
    tcase_add_test(t, failure_everywhere_is_a_failure_and_says_so);
    tcase_add_test(t, the_optional_family_is_not_retried);
    tcase_add_test(t, a_name_that_does_not_exist_is_asked_for_once);
    tcase_add_test(t, no_such_name_from_one_server_outweighs_the_failure_of_another);
    tcase_add_test(t, a_silent_server_is_passed_over);
    tcase_add_test(t, a_server_that_answers_again_is_asked_again);
    tcase_add_test(t, a_server_that_loses_questions_gives_all_names);
    tcase_add_test(t, no_server_has_more_than_its_share_open);
    tcase_add_test(t, names_whose_servers_are_silent_do_not_keep_others_waiting);
    tcase_add_test(t, domains_take_turns);
    tcase_add_test(t, the_source_port_changes);
    tcase_add_test(t, a_truncated_answer_with_a_closed_tcp_port_is_a_failure);
    tcase_add_test(t, a_slow_name_has_its_time_however_fast_others_are);
    tcase_add_test(t, a_malformed_answer_is_the_trouble_of_one_name);
    tcase_add_test(t, a_server_that_knows_no_edns_is_asked_without);
    tcase_add_test(t, a_server_that_fails_for_edns_is_asked_without);
    tcase_add_test(t, the_last_try_waits_longer);
    tcase_add_test(t, duplicates_to_other_questions_are_not_heard);
    tcase_add_test(t, an_answer_holds_until_it_is_asked_for_anew);
    tcase_add_test(t, freeing_cancels_questions_that_wait_for_a_retry);
}

int main(void)
{
    return test_main("resolver_asker", add);
}
