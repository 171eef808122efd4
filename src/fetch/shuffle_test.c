#include "fetch/shuffle.h"
#include "base/test.h"

#include <string.h>

enum { N = 3 * SHUFFLE_ROOM, SMALL = 100 };

static struct job jobs[N];

/* Shuffles the first n jobs; at[i]: the job that came out as the i-th. */
static void pass(uint64_t seed, size_t n, size_t *at)
{
    struct shuffle s = {.random = seed};
    struct job_queue rest = TAILQ_HEAD_INITIALIZER(rest);
    struct job *j;
    size_t out = 0;
    for (size_t i = 0; i < n; i++)
        if ((j = shuffle_swap(&s, &jobs[i])))
            at[out++] = (size_t)(j - jobs);
    ck_assert_uint_eq(out, n > SHUFFLE_ROOM ? n - SHUFFLE_ROOM : 0);
    shuffle_drain(&s, &rest);
    ck_assert_uint_eq(s.n, 0);
    TAILQ_FOREACH (j, &rest, link)
        at[out++] = (size_t)(j - jobs);
    ck_assert_uint_eq(out, n);
    shuffle_fini(&s);
}

START_TEST(every_row_comes_out_once_and_at_most_one_room_early)
{
    static size_t at[N];
    static bool seen[N];
    pass(7, N, at);
    for (size_t i = 0; i < N; i++) {
        ck_assert(!seen[at[i]]);
        seen[at[i]] = true;
        ck_assert_uint_le(at[i], i + SHUFFLE_ROOM);
    }
}
END_TEST

START_TEST(one_seed_gives_one_order_and_another_seed_another)
{
    static size_t a[N], b[N], c[N];
    pass(7, N, a);
    pass(7, N, b);
    pass(8, N, c);
    ck_assert_mem_eq(a, b, sizeof a);
    ck_assert_mem_ne(a, c, sizeof a);
}
END_TEST

START_TEST(seed_seven_gives_the_same_order_for_ever)
{
    size_t at[5];
    pass(7, 5, at);
    const size_t want[5] = {2, 0, 3, 1, 4};
    ck_assert_mem_eq(at, want, sizeof want);
}
END_TEST

START_TEST(every_row_comes_everywhere_about_as_often)
{
    enum { ROUNDS = 10000, PLACES = 4, EXPECTED = ROUNDS / PLACES };
    static unsigned count[PLACES][PLACES];
    size_t at[PLACES];
    for (uint64_t seed = 0; seed < ROUNDS; seed++) {
        pass(seed, PLACES, at);
        for (size_t i = 0; i < PLACES; i++)
            count[i][at[i]]++;
    }
    for (size_t i = 0; i < PLACES; i++)
        for (size_t k = 0; k < PLACES; k++) {
            ck_assert_uint_gt(count[i][k], EXPECTED * 9 / 10);
            ck_assert_uint_lt(count[i][k], EXPECTED * 11 / 10);
        }
}
END_TEST

START_TEST(a_long_list_is_mixed_far_beyond_its_neighbourhood)
{
    static size_t at[N];
    size_t far = 0;
    pass(1, N, at);
    for (size_t i = 0; i < N; i++) {
        size_t moved = at[i] > i ? at[i] - i : i - at[i];
        far += moved > SMALL;
    }
    ck_assert_uint_gt(far, N * 9 / 10);
}
END_TEST

START_TEST(nothing_in_gives_nothing_out)
{
    struct shuffle s = {0};
    struct job_queue rest = TAILQ_HEAD_INITIALIZER(rest);
    shuffle_drain(&s, &rest);
    ck_assert(TAILQ_EMPTY(&rest));
    shuffle_fini(&s);
    shuffle_fini(&s);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, every_row_comes_out_once_and_at_most_one_room_early);
    tcase_add_test(t, one_seed_gives_one_order_and_another_seed_another);
    tcase_add_test(t, seed_seven_gives_the_same_order_for_ever);
    tcase_add_test(t, every_row_comes_everywhere_about_as_often);
    tcase_add_test(t, a_long_list_is_mixed_far_beyond_its_neighbourhood);
    tcase_add_test(t, nothing_in_gives_nothing_out);
}

int main(void)
{
    return test_main("shuffle", add);
}
