#include "fetch/ratelimit.h"

#include "base/test.h"

enum { MB = 1000000, SECOND = 1000000000 };

/* Simulates a run of `seconds`: each response has size(i) bytes and takes latency_ms, and as many
 * requests begin as allowed. Returns the bytes received a second; of the last quarter if `late`. */
struct run {
    uint64_t rate, latency_ms;
    uint64_t (*size)(unsigned i);
    unsigned most_in_flight;
};

struct made {
    uint64_t bytes, late_bytes;
    unsigned most_in_flight;
};

enum { MS = SECOND / 1000, RUN_MS = 60000, FLIGHT_MAX = 4096 };

static struct made simulate(const struct run *run)
{
    static struct {
        uint64_t taken, size, end;
    } flight[FLIGHT_MAX];
    struct ratelimit limit = {.rate = run->rate};
    struct made made = {0};
    unsigned begun = 0, ended = 0;
    for (uint64_t ms = 1; ms <= RUN_MS; ms++) {
        for (; ended < begun && flight[ended % FLIGHT_MAX].end <= ms; ended++) {
            ratelimit_end(
                &limit, flight[ended % FLIGHT_MAX].taken, flight[ended % FLIGHT_MAX].size);
            made.bytes += flight[ended % FLIGHT_MAX].size;
            if (ms > RUN_MS / 4 * 3)
                made.late_bytes += flight[ended % FLIGHT_MAX].size;
        }
        while (begun - ended < run->most_in_flight && !ratelimit_wait_until(&limit, ms * MS)) {
            flight[begun % FLIGHT_MAX].taken = ratelimit_begin(&limit);
            flight[begun % FLIGHT_MAX].size = run->size(begun);
            flight[begun % FLIGHT_MAX].end = ms + run->latency_ms;
            begun++;
        }
        if (made.most_in_flight < begun - ended)
            made.most_in_flight = begun - ended;
    }
    return made;
}

static uint64_t small(unsigned i)
{
    (void)i;
    return 20000;
}

/* A tiny response, three of a common size, and sometimes a very large one. */
static uint64_t mixed(unsigned i)
{
    return i % 40 == 39 ? 8 * MB : i % 4 ? 100000 : 300;
}

/* Responses that grow without a sign of it. */
static uint64_t small_then_large(unsigned i)
{
    return i < 500 ? 1000 : 2 * MB;
}

START_TEST(the_average_is_kept_whatever_the_sizes_and_the_latency)
{
    static uint64_t (*const sizes[])(unsigned) = {small, mixed};
    static const uint64_t latencies_ms[] = {1, 100, 2000};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (size_t l = 0; l < sizeof latencies_ms / sizeof *latencies_ms; l++) {
            struct made made = simulate(&(struct run){5 * MB, latencies_ms[l], sizes[s], 1000});
            double late = (double)made.late_bytes / (RUN_MS / 4000);
            ck_assert_msg(late > 4.0 * MB && late < 6.0 * MB, "%zu, %zu: %.0f B/s", s, l, late);
            ck_assert_uint_lt(made.bytes, 5ULL * MB * (RUN_MS / 1000) * 12 / 10);
        }
}
END_TEST

START_TEST(a_debt_is_paid_back)
{
    struct made made = simulate(&(struct run){1 * MB, 50, small_then_large, 64});
    /* only the requests under way when they grew may exceed the rate */
    ck_assert_uint_lt(made.bytes, 60ULL * MB + 64 * 2 * MB);
    ck_assert_uint_gt(made.bytes, 40ULL * MB);
}
END_TEST

START_TEST(nothing_is_known_at_first_so_few_begin)
{
    struct ratelimit limit = {.rate = 1 * MB};
    unsigned n = 0;
    for (; !ratelimit_wait_until(&limit, 5); n++)
        ratelimit_begin(&limit);
    ck_assert_uint_eq(n, 1);
    ck_assert_uint_gt(ratelimit_wait_until(&limit, 5), 5);
}
END_TEST

START_TEST(it_says_when_to_go_on)
{
    struct ratelimit limit = {.rate = 1 * MB};
    ck_assert_uint_eq(ratelimit_wait_until(&limit, 5), 0);
    ratelimit_end(&limit, ratelimit_begin(&limit), 2 * MB + 250000);
    uint64_t when = ratelimit_wait_until(&limit, 5);
    ck_assert_uint_ge(when, 2ULL * SECOND);
    ck_assert_uint_le(when, 2ULL * SECOND + 10);
    ck_assert_uint_ne(ratelimit_wait_until(&limit, when - 1000), 0);
    ck_assert_uint_eq(ratelimit_wait_until(&limit, when + 1000), 0);
}
END_TEST

START_TEST(what_is_not_used_is_not_saved)
{
    struct ratelimit limit = {.rate = 1 * MB};
    ck_assert_uint_eq(ratelimit_wait_until(&limit, 5), 0);
    ck_assert_uint_eq(ratelimit_wait_until(&limit, 1000ULL * SECOND), 0);
    ratelimit_end(&limit, ratelimit_begin(&limit), 1 * MB);
    ck_assert_uint_gt(
        ratelimit_wait_until(&limit, 1000ULL * SECOND), 1000ULL * SECOND + SECOND / 2);
}
END_TEST

START_TEST(without_a_limit_nothing_waits)
{
    struct ratelimit limit = {0};
    for (int i = 0; i < 1000; i++) {
        ck_assert_uint_eq(ratelimit_wait_until(&limit, 5), 0);
        ratelimit_end(&limit, ratelimit_begin(&limit), 1000 * MB);
    }
}
END_TEST

START_TEST(a_request_that_did_not_begin_takes_nothing)
{
    struct ratelimit limit = {.rate = 1 * MB};
    for (int i = 0; i < 1000; i++) {
        ck_assert_uint_eq(ratelimit_wait_until(&limit, 5), 0);
        ratelimit_unbegin(&limit, ratelimit_begin(&limit));
    }
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, the_average_is_kept_whatever_the_sizes_and_the_latency);
    tcase_add_test(t, a_debt_is_paid_back);
    tcase_add_test(t, nothing_is_known_at_first_so_few_begin);
    tcase_add_test(t, it_says_when_to_go_on);
    tcase_add_test(t, what_is_not_used_is_not_saved);
    tcase_add_test(t, without_a_limit_nothing_waits);
    tcase_add_test(t, a_request_that_did_not_begin_takes_nothing);
}

int main(void)
{
    return test_main("ratelimit", add);
}
