#include "run/delayheap.h"
#include "base/test.h"

/* The heap never looks into a job: places in an array will do. */
static struct job jobs[1000];

START_TEST(an_empty_heap_has_no_first_and_gives_nothing)
{
    struct delayheap h = {0};
    ck_assert_uint_eq(delayheap_first(&h), 0);
    ck_assert_ptr_null(delayheap_pop(&h, UINT64_MAX));
    delayheap_fini(&h);
    delayheap_fini(&h);
}
END_TEST

START_TEST(a_job_comes_at_its_time_and_not_before)
{
    struct delayheap h = {0};
    delayheap_push(&h, &jobs[0], 100);
    ck_assert_uint_eq(delayheap_first(&h), 100);
    ck_assert_ptr_null(delayheap_pop(&h, 99));
    ck_assert_ptr_eq(delayheap_pop(&h, 100), &jobs[0]);
    ck_assert_ptr_null(delayheap_pop(&h, UINT64_MAX));
    ck_assert_uint_eq(delayheap_first(&h), 0);
    delayheap_fini(&h);
}
END_TEST

START_TEST(times_at_both_ends_of_the_clock_keep_their_order)
{
    struct delayheap h = {0};
    const uint64_t when[] = {UINT64_MAX, 1, UINT64_MAX - 1, (uint64_t)1 << 63};
    for (int i = 0; i < 4; i++)
        delayheap_push(&h, &jobs[i], when[i]);
    const int order[] = {1, 3, 2, 0};
    for (int i = 0; i < 4; i++)
        ck_assert_ptr_eq(delayheap_pop(&h, UINT64_MAX), &jobs[order[i]]);
    delayheap_fini(&h);
}
END_TEST

/* A fixed sequence that looks like chance (Numerical Recipes' generator). */
static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 16;
}

START_TEST(many_jobs_pushed_and_popped_in_turns_come_in_order_and_each_once)
{
    struct delayheap h = {0};
    uint64_t when[1000] = {0};
    bool is_in[1000] = {0};
    uint32_t random = 1;
    unsigned pushed = 0, popped = 0;
    while (popped < 1000) {
        if (pushed < 1000 && next_random(&random) % 3) {
            when[pushed] = 1 + next_random(&random) % 50; /* many have the same time */
            is_in[pushed] = true;
            delayheap_push(&h, &jobs[pushed], when[pushed]);
            pushed++;
            continue;
        }
        uint64_t first = UINT64_MAX;
        for (unsigned i = 0; i < pushed; i++)
            if (is_in[i] && when[i] < first)
                first = when[i];
        if (first == UINT64_MAX)
            continue;
        ck_assert_uint_eq(delayheap_first(&h), first);
        ck_assert_ptr_null(delayheap_pop(&h, first - 1));
        struct job *j = delayheap_pop(&h, first);
        ck_assert_ptr_nonnull(j);
        ck_assert(is_in[j - jobs]);
        ck_assert_uint_eq(when[j - jobs], first);
        is_in[j - jobs] = false;
        popped++;
    }
    ck_assert_uint_eq(h.n, 0);
    delayheap_fini(&h);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, an_empty_heap_has_no_first_and_gives_nothing);
    tcase_add_test(t, a_job_comes_at_its_time_and_not_before);
    tcase_add_test(t, times_at_both_ends_of_the_clock_keep_their_order);
    tcase_add_test(t, many_jobs_pushed_and_popped_in_turns_come_in_order_and_each_once);
}

int main(void)
{
    return test_main("delayheap", add);
}
