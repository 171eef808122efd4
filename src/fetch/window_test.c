#include "fetch/window.h"

#include "base/test.h"

#include <string.h>

enum { STEP_MS = 5, FLIGHT_MAX = WINDOW_MOST, HOSTS = 500 };
static const uint64_t MS = 1000000, GB = 1 << 30;

/* A line and its hosts, on a clock of steps of 5 ms. 0 for a limit: none. */
struct line {
    double latency_ms; /* to the first byte, give or take a tenth */
    double bandwidth;  /* bytes a second, shared by all bodies */
    double body_rate;  /* bytes a second, of each body */
    bool in_bursts;    /* each second's bytes come at once */
    double responses;  /* a second, at most */
    double body;       /* bytes */
    unsigned room;     /* connections; those beyond it time out */
    unsigned timeout_ms, rows;
    unsigned dead_hosts;      /* of 500: never answer */
    unsigned slow_host_slots; /* so many requests for one host, of which every other times out */
    uint64_t memory;
    unsigned available; /* rows that may be in flight at once, for another reason */
};

struct request {
    double wait_ms, left; /* until the first byte; bytes */
    uint64_t began;
    unsigned host;
    bool silent;
    double pause_ms; /* until the next burst */
};

static struct sim {
    struct line line;
    struct window window;
    struct request flight[FLIGHT_MAX];
    unsigned n, begun, ended, receiving, alive, slow_host;
    unsigned least, most; /* sizes since the last reset */
    uint64_t now, bytes;
    double may_answer; /* responses that this step still allows */
    uint32_t random;
} sim;

static double jitter(void)
{
    sim.random = sim.random * 1664525 + 1013904223; /* Knuth's */
    return 0.9 + 0.2 * (sim.random >> 8) / (1 << 24);
}

static void set_up_line(const struct line *line, unsigned fixed)
{
    memset(&sim, 0, sizeof sim);
    sim.line = *line;
    if (!sim.line.memory)
        sim.line.memory = GB;
    if (!sim.line.rows)
        sim.line.rows = UINT32_MAX;
    sim.now = 1000 * MS;
    window_init(&sim.window, fixed ? fixed : WINDOW_MOST, !fixed);
}

static void begin_request(void)
{
    struct request *r = &sim.flight[sim.n++];
    const struct line *l = &sim.line;
    *r = (struct request){.wait_ms = l->latency_ms * jitter(), .left = l->body, .began = sim.now};
    r->host = sim.begun++ % HOSTS;
    if (sim.slow_host < l->slow_host_slots) {
        sim.slow_host++;
        r->host = HOSTS;
        r->silent = sim.begun % 2;
    } else {
        r->silent = r->host < l->dead_hosts || (l->room && sim.alive >= l->room);
    }
    sim.alive += !r->silent;
    if (r->silent)
        r->wait_ms = l->timeout_ms;
}

static void end_request(unsigned i)
{
    struct request r = sim.flight[i];
    sim.flight[i] = sim.flight[--sim.n];
    sim.alive -= !r.silent;
    sim.slow_host -= r.host == HOSTS;
    sim.ended++;
    window_ended(&sim.window, r.silent ? WINDOW_UNANSWERED : WINDOW_ANSWERED, r.host,
        sim.now - r.began, sim.now);
}

/* Moves one request on. True: it has ended. */
static bool move_request(struct request *r, double share)
{
    if (r->wait_ms > 0) {
        r->wait_ms -= STEP_MS;
        return r->silent && r->wait_ms <= 0;
    }
    if (sim.line.in_bursts && (r->pause_ms -= STEP_MS) > 0)
        return false;
    r->pause_ms = 1000;
    double piece = share < r->left ? share : r->left;
    r->left -= piece;
    sim.bytes += (uint64_t)piece;
    if (r->left > 0 || (sim.line.responses > 0 && sim.may_answer < 1))
        return false;
    sim.may_answer--;
    return true;
}

static void move_all(void)
{
    const struct line *l = &sim.line;
    double share = l->body_rate > 0 ? l->body_rate * (l->in_bursts ? 1 : STEP_MS / 1000.0) : 1e12;
    double all = l->bandwidth * STEP_MS / 1000;
    if (l->bandwidth > 0 && sim.receiving && all / sim.receiving < share)
        share = all / sim.receiving;
    sim.may_answer = sim.may_answer > 0 ? 0 : sim.may_answer;
    sim.may_answer += l->responses * STEP_MS / 1000;
    sim.receiving = 0;
    for (unsigned i = sim.n; i-- > 0;) {
        if (move_request(&sim.flight[i], share))
            end_request(i);
        else
            sim.receiving += sim.flight[i].wait_ms <= 0;
    }
}

static void one_step(void)
{
    const struct line *l = &sim.line;
    sim.now += STEP_MS * MS;
    move_all();
    do {
        unsigned most =
            l->available && l->available < sim.window.size ? l->available : sim.window.size;
        while (sim.n < most && sim.begun < l->rows)
            begin_request();
    } while (window_turn(
        &sim.window, &(struct window_view){sim.now, sim.bytes, sim.n, sim.receiving, l->memory}));
    if (sim.window.size < sim.least)
        sim.least = sim.window.size;
    if (sim.window.size > sim.most)
        sim.most = sim.window.size;
}

static void go_on_for(unsigned ms)
{
    sim.least = sim.most = sim.window.size;
    for (unsigned t = 0; t < ms; t += STEP_MS)
        one_step();
}

/* Milliseconds for all rows of the line; fixed 0: adapts. */
static double time_of(const struct line *line, unsigned fixed)
{
    set_up_line(line, fixed);
    uint64_t from = sim.now;
    while (sim.ended < line->rows)
        one_step();
    return (double)(sim.now - from) / (double)MS;
}

/* Its time in relation to that of the best fixed number. */
static double of_the_best(const struct line *line)
{
    double best = 1e12;
    for (unsigned fixed = WINDOW_LEAST; fixed <= WINDOW_MOST; fixed *= 2) {
        double ms = time_of(line, fixed);
        if (ms < best)
            best = ms;
    }
    return time_of(line, 0) / best;
}

START_TEST(small_files_far_away_take_what_they_take_with_the_best_fixed_number)
{
    struct line line = {.latency_ms = 100, .responses = 8000, .body = 5000, .rows = 20000};
    ck_assert_double_le(of_the_best(&line), 1.1);
    line.latency_ms = 500;
    line.rows = 200000;
    ck_assert_double_le(of_the_best(&line), 1.1);
}
END_TEST

START_TEST(large_bodies_on_a_narrow_line_take_what_they_take_with_the_best_fixed_number)
{
    struct line line = {.latency_ms = 50, .bandwidth = 50e6, .body = 1e6, .rows = 2000};
    ck_assert_double_le(of_the_best(&line), 1.05);
}
END_TEST

START_TEST(large_bodies_of_slow_servers_do_not_wait_for_the_first_to_end)
{
    struct line line = {.latency_ms = 50, .body_rate = 200e3, .body = 1e6, .rows = 600};
    ck_assert_double_le(of_the_best(&line), 1.1);
    line.in_bursts = true;
    ck_assert_double_le(of_the_best(&line), 1.1);
}
END_TEST

START_TEST(hosts_of_which_some_are_dead_take_what_they_take_with_the_best_fixed_number)
{
    struct line line = {.latency_ms = 100, .responses = 5000, .body = 20000, .rows = 30000};
    line.dead_hosts = HOSTS / 50;
    line.timeout_ms = 3000;
    ck_assert_double_le(of_the_best(&line), 1.1);
}
END_TEST

START_TEST(it_begins_at_64_and_is_at_thousands_within_a_second)
{
    set_up_line(&(struct line){.latency_ms = 100, .body = 5000, .memory = 4 * GB}, 0);
    ck_assert_uint_eq(sim.window.size, WINDOW_FIRST);
    go_on_for(1000);
    ck_assert_uint_eq(sim.window.size, WINDOW_MOST);
}
END_TEST

START_TEST(a_narrow_line_gets_no_more_than_fill_it)
{
    /* 2.5 MB are under way at once: 125 bodies. */
    set_up_line(&(struct line){.latency_ms = 100, .bandwidth = 25e6, .body = 20000}, 0);
    go_on_for(3000);
    ck_assert_uint_ge(sim.window.size, 100);
    ck_assert_uint_le(sim.window.size, 400);
    for (int i = 0; i < 20; i++) { /* it stays there */
        go_on_for(3000);
        ck_assert_uint_ge(sim.least, 80);
        ck_assert_uint_le(sim.most, 1000);
    }
}
END_TEST

START_TEST(a_line_that_becomes_wider_is_filled_again)
{
    set_up_line(&(struct line){.latency_ms = 100, .bandwidth = 25e6, .body = 20000}, 0);
    go_on_for(10000);
    sim.line.bandwidth *= 8;
    go_on_for(20000);
    ck_assert_uint_ge(sim.window.size, 900);
    uint64_t bytes = sim.bytes;
    go_on_for(5000);
    ck_assert_double_ge((double)(sim.bytes - bytes), 0.9 * 5 * 200e6);
}
END_TEST

START_TEST(connections_beyond_what_the_line_holds_make_it_smaller)
{
    set_up_line(&(struct line){.latency_ms = 100, .body = 5000, .room = 40}, 0);
    sim.line.timeout_ms = 10000;
    go_on_for(40000);
    ck_assert_uint_le(sim.window.size, 100);
    unsigned ended = sim.ended;
    go_on_for(60000); /* it is tried again, but by small steps */
    ck_assert_uint_le(sim.most, 100);
    ck_assert_uint_ge(sim.least, 24);
    ck_assert_uint_ge(sim.ended - ended, 60 * 300); /* of 400 a second at most */
}
END_TEST

START_TEST(connections_that_are_reset_beyond_a_number_make_it_smaller)
{
    set_up_line(&(struct line){.latency_ms = 100, .body = 5000, .room = 40}, 0);
    sim.line.timeout_ms = STEP_MS;
    go_on_for(10000);
    ck_assert_uint_le(sim.window.size, 50);
}
END_TEST

START_TEST(a_slow_host_does_not_make_it_smaller)
{
    set_up_line(&(struct line){.latency_ms = 100, .bandwidth = 12e6, .body = 20000}, 0);
    sim.line.slow_host_slots = 8;
    sim.line.timeout_ms = 10000;
    go_on_for(60000);
    ck_assert_uint_eq(sim.window.shrunk, 0);
    ck_assert_uint_ge(sim.least, 50);
}
END_TEST

START_TEST(dead_hosts_do_not_make_it_smaller)
{
    set_up_line(&(struct line){.latency_ms = 100, .responses = 1000, .body = 20000}, 0);
    sim.line.dead_hosts = HOSTS / 5;
    sim.line.timeout_ms = 10000;
    go_on_for(60000);
    ck_assert_uint_eq(sim.window.shrunk, 0);
    unsigned ended = sim.ended;
    go_on_for(20000); /* 2,000 of its slots wait for dead hosts */
    ck_assert_uint_ge(sim.ended - ended, 20 * 900);
}
END_TEST

START_TEST(all_bodies_in_flight_fit_into_the_memory)
{
    set_up_line(&(struct line){.latency_ms = 200, .body_rate = 1e6, .body = 2e6}, 0);
    sim.line.memory = 400 << 20;
    go_on_for(20000);
    ck_assert_uint_le(sim.window.size, 220);
    ck_assert_uint_ge(sim.window.size, 150);
}
END_TEST

START_TEST(what_others_limit_does_not_change_it)
{
    set_up_line(&(struct line){.latency_ms = 100, .body = 5000, .available = 30}, 0);
    go_on_for(20000);
    ck_assert_uint_eq(sim.least, WINDOW_FIRST);
    ck_assert_uint_eq(sim.most, WINDOW_FIRST);
}
END_TEST

START_TEST(a_line_on_which_nothing_comes_does_not_change_it)
{
    set_up_line(&(struct line){.latency_ms = 100, .bandwidth = 25e6, .body = 20000}, 0);
    go_on_for(3000);
    unsigned size = sim.window.size;
    sim.line.latency_ms = 60000;
    sim.line.bandwidth = 1e-9;
    go_on_for(20000);
    ck_assert_uint_le(sim.most, size + size / 2);
    ck_assert_uint_ge(sim.least, size - size / 4 - 1);
}
END_TEST

START_TEST(a_fixed_number_stays)
{
    set_up_line(
        &(struct line){.latency_ms = 100, .body = 5000, .room = 40, .timeout_ms = 500}, 300);
    go_on_for(20000);
    ck_assert_uint_eq(sim.least, 300);
    ck_assert_uint_eq(sim.most, 300);
}
END_TEST

START_TEST(too_few_descriptors_hold_for_both_and_pass)
{
    for (unsigned fixed = 0; fixed <= 400; fixed += 400) {
        set_up_line(&(struct line){.latency_ms = 100, .bandwidth = 50e6, .body = 20000}, fixed);
        go_on_for(3000);
        unsigned before = sim.window.size;
        window_starved(&sim.window, 80);
        ck_assert_uint_eq(sim.window.size, 70);
        go_on_for(1000);
        ck_assert_uint_le(sim.most, 90);
        go_on_for(60000);
        ck_assert_uint_ge(sim.window.size, before - before / 4);
    }
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, small_files_far_away_take_what_they_take_with_the_best_fixed_number);
    tcase_add_test(t, large_bodies_on_a_narrow_line_take_what_they_take_with_the_best_fixed_number);
    tcase_add_test(t, large_bodies_of_slow_servers_do_not_wait_for_the_first_to_end);
    tcase_add_test(t, hosts_of_which_some_are_dead_take_what_they_take_with_the_best_fixed_number);
    tcase_add_test(t, it_begins_at_64_and_is_at_thousands_within_a_second);
    tcase_add_test(t, a_narrow_line_gets_no_more_than_fill_it);
    tcase_add_test(t, a_line_that_becomes_wider_is_filled_again);
    tcase_add_test(t, connections_beyond_what_the_line_holds_make_it_smaller);
    tcase_add_test(t, connections_that_are_reset_beyond_a_number_make_it_smaller);
    tcase_add_test(t, a_slow_host_does_not_make_it_smaller);
    tcase_add_test(t, dead_hosts_do_not_make_it_smaller);
    tcase_add_test(t, all_bodies_in_flight_fit_into_the_memory);
    tcase_add_test(t, what_others_limit_does_not_change_it);
    tcase_add_test(t, a_line_on_which_nothing_comes_does_not_change_it);
    tcase_add_test(t, a_fixed_number_stays);
    tcase_add_test(t, too_few_descriptors_hold_for_both_and_pass);
}

int main(void)
{
    return test_main("window", add);
}
