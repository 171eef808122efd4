#include "fetch/frontier.h"
#include "base/clock.h"
#include "base/test.h"

#include <stdio.h>
#include <string.h>

static struct frontier *f;
static char wanted[8][64];
static unsigned n_wanted;
static const uint64_t S = 1000000000; /* ns */
static double rate;
static uint64_t now; /* the time that the frontier is given; tests do not wait for real time */

static bool want(void *arg, const struct job *j)
{
    (void)arg;
    snprintf(wanted[n_wanted++], sizeof wanted[0], "%s", j->request.url.host);
    return !strcmp(j->request.url.host, "known");
}

static struct job *make_job(const char *host, uint64_t index)
{
    char text[80];
    const char *why;
    snprintf(text, sizeof text, "http://%s/%d", host, (int)index);
    struct job *j = job_new();
    j->index = index;
    ck_assert_int_eq(url_parse(text, strlen(text), &j->request.url, &why), ERR_OK);
    return j;
}

static void open_frontier(unsigned per_host, bool needs_address)
{
    now = clock_ns();
    struct frontier_conf conf = {.pace.per_host = per_host, .pace.max_wait_ns = 3600 * S};
    conf.pace.rate = rate;
    rate = 0;
    conf.want_host = needs_address ? want : NULL;
    f = frontier_new(&conf);
    n_wanted = 0;
}

static struct job *expect_next(uint64_t index)
{
    struct job *j = frontier_next(f, now);
    ck_assert_ptr_nonnull(j);
    ck_assert_uint_eq(j->index, index);
    return j;
}

static void end(struct job *j)
{
    frontier_done(f, j, now);
    job_free(j, NULL);
}

START_TEST(hosts_take_turns_in_a_list_sorted_by_host)
{
    open_frontier(0, false);
    for (uint64_t i = 0; i < 6; i++)
        frontier_add(f, make_job(i < 3 ? "a" : "b", i));
    const uint64_t order[] = {0, 3, 1, 4, 2, 5};
    for (int i = 0; i < 6; i++) {
        struct job *j = expect_next(order[i]);
        ck_assert_int_eq(j->request.last_for_host, i >= 4);
        end(j);
    }
    ck_assert_ptr_null(frontier_next(f, now));
    ck_assert_uint_eq(frontier_count(f), 0);
    frontier_free(f);
}
END_TEST

START_TEST(a_host_has_at_most_its_limit_under_way)
{
    open_frontier(2, false);
    for (uint64_t i = 0; i < 4; i++)
        frontier_add(f, make_job("a", i));
    struct job *first = expect_next(0), *second = expect_next(1);
    ck_assert_ptr_null(frontier_next(f, now));
    end(first);
    struct job *third = expect_next(2);
    ck_assert_ptr_null(frontier_next(f, now));
    end(second);
    end(third);
    end(expect_next(3));
    frontier_free(f);
}
END_TEST

START_TEST(a_host_waits_for_its_addresses_and_asks_for_them_once)
{
    open_frontier(0, true);
    frontier_add(f, make_job("a", 0));
    frontier_add(f, make_job("a", 1));
    ck_assert_uint_eq(n_wanted, 1);
    ck_assert_str_eq(wanted[0], "a");
    ck_assert_ptr_null(frontier_next(f, now));
    frontier_host_ready(f, "a", 0);
    end(expect_next(0));
    end(expect_next(1));
    frontier_host_ready(f, "a", 0); /* the host is forgotten by now: no effect */
    frontier_free(f);
}
END_TEST

START_TEST(a_host_whose_addresses_are_known_at_once_does_not_wait)
{
    open_frontier(0, true);
    frontier_add(f, make_job("known", 0));
    ck_assert_uint_eq(n_wanted, 1);
    end(expect_next(0));
    frontier_free(f);
}
END_TEST

START_TEST(a_job_put_back_comes_first_once_its_host_is_known_again)
{
    open_frontier(0, true);
    frontier_add(f, make_job("a", 0));
    frontier_add(f, make_job("a", 1));
    frontier_host_ready(f, "a", 0);
    frontier_put_back(f, expect_next(0));
    ck_assert_uint_eq(n_wanted, 1); /* the caller of put_back has begun the look-up */
    ck_assert_ptr_null(frontier_next(f, now));
    frontier_host_ready(f, "a", 0);
    end(expect_next(0));
    end(expect_next(1));
    frontier_free(f);
}
END_TEST

START_TEST(a_job_is_charged_with_the_part_of_the_look_up_it_waited_for)
{
    open_frontier(0, true);
    frontier_add(f, make_job("a", 0));
    frontier_host_ready(f, "a", 1); /* a look-up that began long before the job was added */
    frontier_add(f, make_job("a", 1));
    struct job *waited = expect_next(0), *came_later = expect_next(1);
    ck_assert_uint_eq(waited->ms.dns, 1);
    ck_assert_uint_eq(came_later->ms.dns, 0);
    end(waited);
    end(came_later);
    frontier_free(f);
}
END_TEST

START_TEST(delayed_jobs_come_in_the_order_of_their_time_and_hold_no_slot)
{
    open_frontier(1, false);
    const uint64_t when[] = {500, 100, 300, 200, 400};
    for (uint64_t i = 0; i < 5; i++)
        frontier_delay(f, make_job("a", i), when[i]);
    ck_assert_uint_eq(frontier_count(f), 5);
    ck_assert_uint_eq(frontier_tick(f, 50), 100);
    ck_assert_ptr_null(frontier_next(f, now));
    ck_assert_uint_eq(frontier_tick(f, 300), 400);
    const uint64_t order[] = {1, 3, 2};
    for (int i = 0; i < 3; i++)
        end(expect_next(order[i]));
    ck_assert_uint_eq(frontier_tick(f, 1000), 0);
    end(expect_next(4));
    end(expect_next(0));
    frontier_free(f);
}
END_TEST

/* Ends the job's request with this outcome and makes the job ready for another one. */
static void end_badly(struct job *j, enum err err, int status, uint32_t retry_after_s)
{
    job_fail(j, err, "as told");
    j->response.http_status = status;
    j->response.retry_after_s = retry_after_s;
    frontier_done(f, j, now);
    job_clear_response(j, NULL);
}

static void free_all(void)
{
    struct job_queue all = TAILQ_HEAD_INITIALIZER(all);
    struct job *j;
    frontier_drain(f, &all);
    while ((j = TAILQ_FIRST(&all))) {
        TAILQ_REMOVE(&all, j, link);
        job_free(j, NULL);
    }
    frontier_free(f);
}

START_TEST(a_host_that_asks_for_time_gets_it_and_others_go_on)
{
    open_frontier(8, false);
    frontier_add(f, make_job("busy", 0));
    frontier_add(f, make_job("busy", 1));
    frontier_add(f, make_job("other", 2));
    struct job *j = expect_next(0);
    end_badly(j, ERR_HTTP_ERROR, 429, 100);
    frontier_add_first(f, j);
    end(expect_next(2));
    ck_assert_ptr_null(frontier_next(f, now));
    ck_assert_uint_eq(frontier_tick(f, now), now + 100 * S);
    ck_assert_ptr_null(frontier_next(f, now));
    now += 100 * S;
    frontier_tick(f, now);
    j = expect_next(0);
    ck_assert_ptr_null(frontier_next(f, now)); /* alone */
    end(j);
    end(expect_next(1));
    free_all();
}
END_TEST

START_TEST(the_job_that_was_refused_most_often_comes_first)
{
    const uint16_t attempts[] = {0, 1, 2, 1, 0};
    const uint64_t order[] = {2, 3, 1, 4, 0};
    open_frontier(8, false);
    for (uint64_t i = 0; i < 5; i++) {
        struct job *j = make_job("busy", i);
        j->attempts = attempts[i];
        frontier_add_first(f, j);
    }
    for (unsigned i = 0; i < 5; i++)
        end(expect_next(order[i]));
    free_all();
}
END_TEST

START_TEST(a_host_is_remembered_while_it_has_nothing_to_do)
{
    open_frontier(8, false);
    frontier_add(f, make_job("busy", 0));
    struct job *j = expect_next(0);
    end_badly(j, ERR_HTTP_ERROR, 429, 100);
    job_free(j, NULL);
    frontier_tick(f, now);
    frontier_add(f, make_job("busy", 1));
    ck_assert_ptr_null(frontier_next(f, now));
    now += 100 * S;
    frontier_tick(f, now);
    end(expect_next(1));
    free_all();
}
END_TEST

START_TEST(of_too_many_idle_hosts_the_oldest_is_forgotten)
{
    enum { REMEMBERED = 65536 }; /* as in frontier.c */
    char host[20];
    open_frontier(8, false);
    for (unsigned i = 0; i <= REMEMBERED; i++) {
        snprintf(host, sizeof host, "h%u", i);
        frontier_add(f, make_job(host, i));
        struct job *j = expect_next(i);
        end_badly(j, ERR_HTTP_ERROR, 429, 100);
        job_free(j, NULL);
        frontier_tick(f, now);
    }
    now += 50 * S;
    frontier_add(f, make_job("h1", 1)); /* still waits */
    frontier_add(f, make_job("h0", 0)); /* is as new */
    end(expect_next(0));
    ck_assert_ptr_null(frontier_next(f, now));
    free_all();
}
END_TEST

START_TEST(a_rate_holds_its_host_and_no_other)
{
    rate = 2;
    open_frontier(8, false);
    for (uint64_t i = 0; i < 4; i++)
        frontier_add(f, make_job(i < 3 ? "a" : "b", i));
    struct job *first = expect_next(0);
    end(expect_next(3));
    ck_assert_ptr_null(frontier_next(f, now));
    uint64_t then = frontier_tick(f, now);
    ck_assert_uint_gt(then, now + 4 * S / 10);
    ck_assert_uint_le(then, now + 5 * S / 10);
    now = then;
    frontier_tick(f, now);
    end(expect_next(1));
    ck_assert_ptr_null(frontier_next(f, now));
    end(first);
    now = frontier_tick(f, now);
    frontier_tick(f, now);
    end(expect_next(2));
    free_all();
}
END_TEST

/* Lets the rows that wait for "dead" fail, and its probe, too. */
static void let_die(void)
{
    for (unsigned i = 0; i < PACE_TRIES; i++) {
        struct job *j = expect_next(0);
        end_badly(j, ERR_CONNECT_FAILED, 0, 0);
        frontier_add_first(f, j);
    }
    ck_assert_ptr_null(frontier_next(f, now)); /* held */
    ck_assert_uint_eq(frontier_tick(f, now), now + PACE_HOLD_S * S);
    now += PACE_HOLD_S * S;
    frontier_tick(f, now);
    struct job *probe = expect_next(0);
    ck_assert(probe->request.new_connection);
    ck_assert_ptr_null(frontier_next(f, now));
    end_badly(probe, ERR_CONNECT_FAILED, 0, 0);
    job_free(probe, NULL);
}

START_TEST(the_rows_of_a_host_that_is_down_have_failed_at_once)
{
    open_frontier(1, true);
    for (uint64_t i = 0; i < 4; i++)
        frontier_add(f, make_job("dead", i));
    frontier_host_ready(f, "dead", 0);
    let_die();
    for (uint64_t i = 1; i < 4; i++) { /* per_host does not matter to them */
        struct job *j = expect_next(i);
        ck_assert_int_eq(j->err, ERR_HOST_DOWN);
        ck_assert_str_ne(j->message, "");
        end(j);
    }
    now += PACE_DOWN_S * S;
    frontier_add(f, make_job("dead", 4));
    frontier_tick(f, now);
    struct job *again = expect_next(4);
    ck_assert_int_eq(again->err, ERR_OK);
    end(again);                           /* it responds */
    frontier_add(f, make_job("dead", 5)); /* it is a host like any other again */
    ck_assert_ptr_null(frontier_next(f, now));
    frontier_host_ready(f, "dead", 0);
    end(expect_next(5));
    free_all();
}
END_TEST

START_TEST(a_dead_host_does_not_hold_up_others)
{
    open_frontier(8, false);
    frontier_add(f, make_job("dead", 0));
    let_die();
    for (uint64_t i = 0; i < 100; i++)
        frontier_add(f, make_job(i % 2 ? "dead" : "alive", i));
    unsigned down = 0;
    struct job *j;
    while ((j = frontier_next(f, now))) {
        down += j->err == ERR_HOST_DOWN;
        end(j);
    }
    ck_assert_uint_eq(down, 50);
    ck_assert_uint_eq(frontier_count(f), 0);
    free_all();
}
END_TEST

START_TEST(a_host_may_have_limits_of_its_own)
{
    struct hostlimits *limits = hostlimits_new();
    hostlimits_set_at_once(limits, "a", 2);
    hostlimits_set_rate(limits, "b", 1);
    struct frontier_conf conf = {.pace.per_host = 1, .limits = limits};
    now = clock_ns();
    f = frontier_new(&conf);
    for (uint64_t i = 0; i < 9; i++)
        frontier_add(f, make_job(&"a\0b\0c"[i % 3 * 2], i));
    struct job *a = expect_next(0), *b = expect_next(1), *c = expect_next(2);
    end(expect_next(3)); /* a's second one */
    end(b);
    struct job *last = expect_next(6);
    ck_assert_ptr_null(frontier_next(f, now)); /* b has to wait, and c has its one */
    now += S;
    frontier_tick(f, now);
    b = expect_next(4);
    end(a);
    end(b);
    end(c);
    end(last);
    end(expect_next(5));
    now += S;
    frontier_tick(f, now);
    end(expect_next(8));
    end(expect_next(7));
    free_all();
    hostlimits_free(limits);
}
END_TEST

START_TEST(draining_gives_back_everything)
{
    open_frontier(0, true);
    frontier_add(f, make_job("a", 0));
    frontier_add(f, make_job("b", 1));
    frontier_delay(f, make_job("c", 2), 1);
    struct job_queue all = TAILQ_HEAD_INITIALIZER(all);
    frontier_drain(f, &all);
    unsigned n = 0;
    for (struct job *j; (j = TAILQ_FIRST(&all)); n++) {
        TAILQ_REMOVE(&all, j, link);
        job_free(j, NULL);
    }
    ck_assert_uint_eq(n, 3);
    ck_assert_uint_eq(frontier_count(f), 0);
    frontier_free(f);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, hosts_take_turns_in_a_list_sorted_by_host);
    tcase_add_test(t, a_host_has_at_most_its_limit_under_way);
    tcase_add_test(t, a_host_waits_for_its_addresses_and_asks_for_them_once);
    tcase_add_test(t, a_host_whose_addresses_are_known_at_once_does_not_wait);
    tcase_add_test(t, a_job_put_back_comes_first_once_its_host_is_known_again);
    tcase_add_test(t, a_job_is_charged_with_the_part_of_the_look_up_it_waited_for);
    tcase_add_test(t, delayed_jobs_come_in_the_order_of_their_time_and_hold_no_slot);
    tcase_add_test(t, a_host_that_asks_for_time_gets_it_and_others_go_on);
    tcase_add_test(t, the_job_that_was_refused_most_often_comes_first);
    tcase_add_test(t, a_host_is_remembered_while_it_has_nothing_to_do);
    tcase_add_test(t, of_too_many_idle_hosts_the_oldest_is_forgotten);
    tcase_add_test(t, a_rate_holds_its_host_and_no_other);
    tcase_add_test(t, the_rows_of_a_host_that_is_down_have_failed_at_once);
    tcase_add_test(t, a_dead_host_does_not_hold_up_others);
    tcase_add_test(t, a_host_may_have_limits_of_its_own);
    tcase_add_test(t, draining_gives_back_everything);
}

int main(void)
{
    return test_main("frontier", add);
}
