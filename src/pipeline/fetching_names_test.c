#include "net/test_dns.h"
#include "pipeline/test_pipeline.h"

static const char *const pins[] = {
    "ok.test:80:192.0.2.9", "three.test:80:192.0.2.1,192.0.2.2,192.0.2.3", NULL};

static void set_up_names(void)
{
    set_up();
    net_backend.needs_address = true;
    conf.retries = 0;
    conf.resolver.hosts_file = "/dev/null";
    conf.resolver.servers = "127.0.0.1:9"; /* must not be asked */
    conf.resolver.pins = pins;
}

static void expect_address(const char *text)
{
    char found[ADDR_TEXT_SIZE];
    ck_assert_uint_ge(net.last.addrs.n, 1);
    addr_format(&net.last.addrs.at[0], found);
    ck_assert_str_eq(found, text);
}

START_TEST(a_request_has_the_addresses_of_its_host)
{
    start("http://ok.test/\n");
    expect_end(1);
    expect_address("192.0.2.9");
    close_pipeline();
}
END_TEST

START_TEST(each_further_attempt_begins_at_the_next_address)
{
    conf.retries = 3;
    conf.concurrency = 1;
    for (int i = 0; i < 3; i++)
        say((struct answer){.url = "http://three.test/", .err = ERR_CONNECT_TIMEOUT});
    start("http://three.test/\n");
    static const char *const addresses[] = {"192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.1"};
    for (unsigned i = 0; i < 4; i++) {
        UNTIL(net.n_asked == i + 1);
        expect_address(addresses[i]);
        if (i == 3)
            break;
        UNTIL(pipeline->stats.retries == i + 1);
        test_clock_pass_ms(30000);
    }
    expect_end(1);
    close_pipeline();
}
END_TEST

START_TEST(the_next_row_begins_at_the_address_that_answered)
{
    conf.concurrency = 1;
    say((struct answer){.url = "http://three.test/1", .ip = "192.0.2.3"});
    say((struct answer){
        .url = "http://three.test/2", .err = ERR_CONNECT_FAILED, .ip = "192.0.2.2"});
    start("http://three.test/1\nhttp://three.test/2\nhttp://three.test/3\n");
    UNTIL(net.n_asked == 2);
    expect_address("192.0.2.3");
    expect_end(3);
    expect_address("192.0.2.3"); /* an address that was tried has not answered */
    close_pipeline();
}
END_TEST

START_TEST(a_row_of_a_host_that_does_not_exist_fails_without_a_request)
{
    conf.robots_txt = true; /* nor is its robots.txt asked for */
    start("http://a.invalid/\nhttp://ok.test/\n");
    expect_end(2);
    expect_row(0, ERR_DNS_NOT_FOUND);
    expect_row(1, ERR_OK);
    ck_assert_str_ne(seen[0].message, "");
    ck_assert_ptr_null(strstr(seen[0].message, "robots.txt"));
    expect_asked("http://ok.test/robots.txt http://ok.test/ ");
    ck_assert_uint_eq(pipeline->stats.tally.by_code[ERR_DNS_NOT_FOUND], 1);
    ck_assert_uint_eq(pipeline->stats.connections, 2);
    close_pipeline();
}
END_TEST

START_TEST(rows_without_a_request_give_their_slots_back)
{
    conf.per_host = 1;
    start("http://a.invalid/1\nhttp://a.invalid/2\nhttp://a.invalid/3\n");
    expect_end(3);
    ck_assert_uint_eq(pipeline->stats.tally.by_code[ERR_DNS_NOT_FOUND], 3);
    close_pipeline();
}
END_TEST

START_TEST(a_row_waits_until_its_host_has_been_looked_up)
{
    static struct testdns dns;
    testdns_start(&dns);
    conf.resolver.servers = dns.address;
    start("http://both.test/\nhttp://both.test/2\n");
    expect_end(2);
    ck_assert_uint_eq(pipeline_stats(pipeline)->dns.lookups, 1);
    ck_assert_uint_eq(net.n_asked, 2);
    ck_assert_uint_ge(net.last.addrs.n, 1);
    close_pipeline();
    testdns_stop(&dns);
}
END_TEST

/* The resolver knows the host by its port 80 when a row asks for another port. */
START_TEST(a_row_whose_address_is_not_known_after_all_waits_in_its_place)
{
    static struct testdns dns;
    testdns_start(&dns);
    conf.resolver.servers = dns.address;
    conf.concurrency = 1;
    start("http://ok.test/1\nhttp://ok.test:81/2\nhttp://ok.test/3\n");
    expect_end(3);
    expect_asked("http://ok.test/1 http://ok.test:81/2 http://ok.test/3 ");
    ck_assert_uint_eq(pipeline_stats(pipeline)->dns.lookups, 1);
    ck_assert_uint_eq(seen[1].attempts, 1);
    close_pipeline();
    testdns_stop(&dns);
}
END_TEST

START_TEST(a_pipeline_can_be_freed_while_names_are_still_looked_up)
{
    static struct testdns dns;
    testdns_start(&dns);
    conf.resolver.servers = dns.address;
    start("http://silent.test/\n");
    UNTIL(pipeline_stats(pipeline)->dns.in_flight == 1);
    pipeline_stop(pipeline, PIPELINE_ABORT);
    until_over();
    ck_assert_uint_eq(pipeline->stats.dropped, 1);
    close_pipeline();
    testdns_stop(&dns);
}
END_TEST

static void add(TCase *t)
{
    tcase_set_timeout(t, 30);
    tcase_add_checked_fixture(t, set_up_names, tear_down);
    tcase_add_test(t, a_request_has_the_addresses_of_its_host);
    tcase_add_test(t, each_further_attempt_begins_at_the_next_address);
    tcase_add_test(t, the_next_row_begins_at_the_address_that_answered);
    tcase_add_test(t, a_row_of_a_host_that_does_not_exist_fails_without_a_request);
    tcase_add_test(t, rows_without_a_request_give_their_slots_back);
    tcase_add_test(t, a_row_waits_until_its_host_has_been_looked_up);
    tcase_add_test(t, a_row_whose_address_is_not_known_after_all_waits_in_its_place);
    tcase_add_test(t, a_pipeline_can_be_freed_while_names_are_still_looked_up);
}

int main(void)
{
    return test_main("fetching_names", add);
}
