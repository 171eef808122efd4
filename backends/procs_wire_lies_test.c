/* A reply of a fetch process that an attacker has taken over: nothing in it is believed that cannot
 * be. */
#include "backends/procs_wire_script.h"

#include <sys/resource.h>

START_TEST(a_status_has_three_digits_or_there_is_none)
{
    static const int32_t right[] = {0, 100, 304, 999};
    static const int32_t wrong[] = {-1, 1, 99, 1000, INT32_MIN, INT32_MAX};
    for (unsigned i = 0; i < 6; i++) {
        said.head = (struct reply){.err = ERR_PROTOCOL_ERROR, .http_status = right[i % 4]};
        said.len = 0;
        hear_all();
        expect_taken(ERR_PROTOCOL_ERROR);
        ck_assert_int_eq(job->response.http_status, right[i % 4]);
        said.head.http_status = wrong[i];
        hear_all();
        expect_impossible();
    }
}
END_TEST

/* Above all not "cancelled", with which a row would vanish. */
START_TEST(an_error_is_one_that_a_transfer_can_end_with)
{
    static const enum err never[] = {ERR_BAD_URL, ERR_DNS_NOT_FOUND, ERR_REDIRECT_LOOP,
        ERR_HASH_MISMATCH, ERR_HOST_DOWN, ERR_PLACEHOLDER, ERR_NAME_TAKEN, ERR_BAD_BOXES,
        ERR_CANCELLED, ERR_EVICTED};
    for (int32_t err = -3; err <= ERR_COUNT + 6; err++) {
        bool is_possible = (err > ERR_OK && err < ERR_COUNT && !err_is_resize((enum err)err)) ||
                           err == ERR_STALE || err == ERR_STARVED;
        for (unsigned i = 0; i < sizeof never / sizeof *never; i++)
            is_possible = is_possible && err != (int32_t)never[i];
        said.head = (struct reply){.err = err, .message = "so it says"};
        said.len = 0;
        hear_all();
        if (!is_possible) {
            expect_impossible();
        } else if (err != ERR_STARVED) {
            expect_taken((enum err)err);
            ck_assert_str_eq(job->message, "so it says");
        }
    }
    static const int32_t wrong[] = {INT32_MIN, INT32_MAX, 256 + ERR_TIMEOUT, 65536 + ERR_TIMEOUT};
    for (unsigned i = 0; i < 4; i++) {
        said.head.err = wrong[i];
        hear_all();
        expect_impossible();
    }
}
END_TEST

/* It would be asked again and again, and no attempt counted. */
START_TEST(a_process_is_short_of_descriptors_only_if_this_one_is_too)
{
    struct rlimit before, none;
    said.head = (struct reply){.err = ERR_STARVED, .message = "socket: Too many open files"};
    said.len = 0;
    hear_all();
    expect_taken(ERR_IO_ERROR);
    ck_assert_str_eq(job->message, "the fetch process had no socket");
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = (struct rlimit){0, before.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    hear_all();
    setrlimit(RLIMIT_NOFILE, &before);
    expect_taken(ERR_STARVED);
}
END_TEST

START_TEST(an_address_is_one_or_it_is_left_out)
{
    static const char *const wrong[] = {
        "a.example", "192.0.2.256", "<script>", "%n%n", "192.0.2.2", "2001:db8::2"};
    for (unsigned i = 0; i < 6; i++) {
        say_sound();
        strcpy(said.head.ip, wrong[i]);
        hear_all();
        expect_taken(ERR_OK);
        ck_assert_str_eq(job->response.ip, "");
    }
    strcpy(said.head.ip, "2001:0DB8:0::1"); /* in the usual form, without what follows its end */
    memset(said.head.ip + 16, 'x', sizeof said.head.ip - 17);
    hear_all();
    ck_assert_mem_eq(job->response.ip, "2001:db8::1\0\0\0\0\0\0\0", 18);
    conf.proxies.http.url = "http://192.0.2.2:3128/";
    strcpy(said.head.ip, "192.0.2.2");
    hear_all();
    ck_assert_str_eq(job->response.ip, "192.0.2.2");
}
END_TEST

START_TEST(numbers_are_kept_in_their_bounds)
{
    static const uint64_t numbers[] = {0, 1, 99, 100, 101, 0x80000000u, UINT32_MAX, UINT64_MAX};
    for (unsigned i = 0; i < 8; i++) {
        const uint64_t n = numbers[i], ms = n < ELAPSED ? n : ELAPSED;
        say_sound();
        said.head.connections = (uint32_t)n;
        said.head.ms = (struct timings){n, n, n, n, n, n};
        hear_all();
        expect_taken(ERR_OK);
        ck_assert_uint_eq(job->response.connections, n < 100 ? n : 100);
        const struct timings *t = &job->ms;
        ck_assert(t->connect == ms && t->tls == ms && t->first_byte == ms && t->total == ms);
        ck_assert_uint_eq(t->dns + t->decode, 0);
        said.head = (struct reply){.err = ERR_HTTP_ERROR, .retry_after_s = (uint32_t)n};
        said.len = 0;
        for (said.head.http_status = 400; said.head.http_status < 600; said.head.http_status++) {
            bool is_told = said.head.http_status == 429 || said.head.http_status == 503;
            hear_all();
            ck_assert_uint_eq(job->response.retry_after_s, is_told ? (uint32_t)n : 0);
        }
    }
}
END_TEST

/* Or a lie would make a run with --limit-rate stand still. */
START_TEST(no_more_was_received_than_size_and_time_allow)
{
    static const uint64_t speeds[] = {0, 1, 100, 1000, UINT64_MAX};
    static const uint64_t most[] = {MAX_SIZE, 2, 200, MAX_SIZE, MAX_SIZE};
    for (unsigned i = 0; i < 5; i++) {
        const uint64_t bound = most[i] + RECEIVED_BESIDES;
        const uint64_t numbers[] = {0, bound - 1, bound, bound + 1, (uint64_t)1 << 60, UINT64_MAX};
        bounds.max_speed = speeds[i];
        for (unsigned k = 0; k < 6; k++) {
            say_sound();
            said.head.received = numbers[k];
            hear_all();
            ck_assert_uint_eq(job->response.received, numbers[k] < bound ? numbers[k] : bound);
        }
    }
}
END_TEST

START_TEST(a_body_is_as_large_as_allowed_and_not_a_byte_larger)
{
    for (unsigned more = 0; more < 2; more++) {
        said.head = (struct reply){.http_status = 200};
        said.len = said.head.body_len = MAX_SIZE + more;
        hear_all();
        if (more)
            expect_impossible();
        else
            ck_assert_uint_eq(job->response.body.len, MAX_SIZE);
    }
}
END_TEST

/* Each changes one thing of a sound reply so that it does not fit the rest. */
START_TEST(parts_that_do_not_fit_together_are_impossible)
{
    static const int32_t statuses[] = {0, 100, 301, 304, 404, 500};
    for (unsigned i = 0; i < 6; i++) { /* a success, and its validators, are of 2xx */
        say_sound();
        said.head.http_status = statuses[i];
        hear_all();
        expect_impossible();
        said.head.err = ERR_TIMEOUT;
        said.len -= said.head.body_len;
        said.head.body_len = 0;
        hear_all();
        expect_impossible();
    }
    say_sound(); /* most errors have no body */
    said.head.err = ERR_TLS_FAILED;
    hear_all();
    expect_impossible();
    say_sound(); /* an empty response has none */
    said.head.err = ERR_TRUNCATED_BODY;
    said.head.is_empty = 1;
    hear_all();
    expect_impossible();
    say_sound(); /* a success has one */
    said.len -= said.head.body_len;
    said.head.body_len = 0;
    hear_all();
    expect_impossible();
    static const int32_t others[] = {200, 304, 305, 306, 400};
    for (unsigned i = 0; i < 5; i++) { /* these do not redirect */
        say_redirect();
        said.head.http_status = others[i];
        hear_all();
        expect_impossible();
    }
    say_redirect(); /* and without a body */
    say_text(&said.head.body_len, "bytes");
    hear_all();
    expect_impossible();
}
END_TEST

START_TEST(only_a_2xx_without_a_body_is_empty)
{
    said.head = (struct reply){.http_status = 200, .err = ERR_TRUNCATED_BODY, .is_empty = 7};
    said.len = 0;
    hear_all();
    expect_taken(ERR_TRUNCATED_BODY);
    ck_assert(job->response.is_empty);
    said.head.err = ERR_TIMEOUT;
    hear_all();
    expect_impossible();
    said.head.err = ERR_TRUNCATED_BODY;
    said.head.http_status = 404;
    hear_all();
    expect_impossible();
}
END_TEST

START_TEST(only_a_304_that_was_asked_for_says_that_nothing_has_changed)
{
    said.head = (struct reply){.http_status = 304, .is_unchanged = 0x80000000u};
    said.len = 0;
    hear_all();
    expect_impossible();
    job->request.etag = strdup("\"tag\"");
    hear_all();
    expect_taken(ERR_OK);
    ck_assert(job->response.is_unchanged);
    free(job->request.etag);
    job->request.etag = NULL;
    job->request.last_modified = strdup("Mon, 01 Jan 2024 00:00:00 GMT");
    hear_all();
    ck_assert(is_taken && job->response.is_unchanged);
    said.head.http_status = 303;
    hear_all();
    expect_impossible();
    said.head.http_status = 304;
    said.head.err = ERR_ROBOTS_TAG;
    hear_all();
    expect_impossible();
    said.head.is_unchanged = 0;
    hear_all();
    expect_taken(ERR_ROBOTS_TAG);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, a_status_has_three_digits_or_there_is_none);
    tcase_add_test(t, an_error_is_one_that_a_transfer_can_end_with);
    tcase_add_test(t, a_process_is_short_of_descriptors_only_if_this_one_is_too);
    tcase_add_test(t, an_address_is_one_or_it_is_left_out);
    tcase_add_test(t, numbers_are_kept_in_their_bounds);
    tcase_add_test(t, no_more_was_received_than_size_and_time_allow);
    tcase_add_test(t, a_body_is_as_large_as_allowed_and_not_a_byte_larger);
    tcase_add_test(t, parts_that_do_not_fit_together_are_impossible);
    tcase_add_test(t, only_a_2xx_without_a_body_is_empty);
    tcase_add_test(t, only_a_304_that_was_asked_for_says_that_nothing_has_changed);
}

int main(void)
{
    return test_main("procs_wire_lies", add);
}
