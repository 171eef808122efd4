#include "cmd/imgserve/stats.h"

#include "base/test.h"

#include <stdio.h>
#include <string.h>

static void check_json(const struct stats *s, const char *want)
{
    struct buf json = {0};
    stats_json(s, &json);
    ck_assert(buf_append(&json, "", 1));
    ck_assert_msg(strstr((char *)json.data, want), "%s", (char *)json.data);
    buf_fini(&json);
}

START_TEST(a_connection_counts_once_for_its_host)
{
    struct stats *s = stats_new();
    uint64_t first = 0, second = 0;
    stats_opened(s);
    stats_opened(s);
    struct stats_host *a = stats_begin(s, span_of("A.example"), &first);
    stats_end(s, a);
    ck_assert_ptr_eq(stats_begin(s, span_of("a.EXAMPLE"), &first), a);
    stats_begin(s, span_of("a.example"), &second);
    check_json(
        s, "\"a.example\":{\"requests\":3,\"connections\":2,\"in_flight\":2,\"max_in_flight\":2}");
    check_json(s, "\"open\":2,\"max_open\":2");
    stats_free(s);
}
END_TEST

START_TEST(a_reset_forgets_all_but_what_is_under_way)
{
    struct stats *s = stats_new();
    uint64_t last = 0;
    stats_end(s, stats_begin(s, span_of("done"), &last));
    struct stats_host *busy = stats_begin(s, span_of("busy"), &last);
    stats_sent(s, 5);
    stats_reset(s);
    check_json(s,
        "{\"requests\":0,\"refused\":0,\"connections\":0,\"open\":0,\"max_open\":0,"
        "\"bytes_sent\":0,\"in_flight\":1,\"max_in_flight\":1,\"hosts\":{\n\"busy\":{"
        "\"requests\":0,\"connections\":0,\"in_flight\":1,\"max_in_flight\":1}},\n\"dns\"");
    stats_end(s, busy);
    check_json(s, "\"in_flight\":0,\"max_in_flight\":1,\"hosts\"");
    stats_free(s);
}
END_TEST

START_TEST(hosts_beyond_the_limit_count_in_the_totals)
{
    struct stats *s = stats_new();
    uint64_t last = 0;
    char name[300];
    for (int i = 0; i < STATS_HOSTS_MAX; i++) {
        snprintf(name, sizeof name, "h%d", i);
        ck_assert_ptr_nonnull(stats_begin(s, span_of(name), &last));
    }
    ck_assert_ptr_null(stats_begin(s, span_of("one-more"), &last));
    ck_assert_ptr_nonnull(stats_begin(s, span_of("h7"), &last));
    memset(name, 'x', 299);
    name[299] = '\0';
    ck_assert_ptr_null(stats_begin(s, span_of(name), &last));
    check_json(s, "{\"requests\":20003,");
    stats_free(s);
}
END_TEST

START_TEST(questions_for_names_count_by_what_became_of_them)
{
    struct stats *s = stats_new();
    stats_dns_begin(s, DNS_FATE_NX);
    stats_dns_begin(s, DNS_FATE_ADDRESS);
    stats_dns_end(s);
    stats_dns_dropped(s);
    check_json(s, "\"dns\":{\"dropped\":1,\"open\":1,\"max_open\":2,\"questions\":{"
                  "\"address\":1,\"nx\":1,\"servfail\":0,");
    stats_reset(s);
    check_json(s, "\"dns\":{\"dropped\":0,\"open\":1,\"max_open\":1,\"questions\":{"
                  "\"address\":0,\"nx\":0,");
    stats_free(s);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, a_connection_counts_once_for_its_host);
    tcase_add_test(t, a_reset_forgets_all_but_what_is_under_way);
    tcase_add_test(t, questions_for_names_count_by_what_became_of_them);
    tcase_add_test(t, hosts_beyond_the_limit_count_in_the_totals);
}

int main(void)
{
    return test_main("stats", add);
}
