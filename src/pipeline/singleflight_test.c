#include "pipeline/singleflight.h"

#include "base/mem.h"
#include "base/test.h"

#include <stdlib.h>

static struct singleflight singleflight;

static void tear_down(void)
{
    singleflight_fini(&singleflight);
}

static struct job *row(uint64_t index)
{
    struct job *j = job_new();
    j->index = index;
    return j;
}

static struct job *duplicate(uint64_t index, uint64_t first)
{
    struct job *j = row(index);
    j->first = mem_new(sizeof *j->first);
    j->first->index = first;
    return j;
}

static unsigned free_chain(struct job *j)
{
    unsigned n = 0;
    for (struct job *next; j; j = next, n++) {
        next = j->next_waiter;
        job_free(j, NULL);
    }
    return n;
}

START_TEST(who_waits_leaves_with_the_first)
{
    struct job *a = row(5), *b = row(6);
    singleflight_add(&singleflight, a);
    singleflight_add(&singleflight, b);
    for (uint64_t i = 7; i < 10; i++)
        ck_assert(singleflight_wait(&singleflight, duplicate(i, 5)));
    ck_assert_ptr_null(singleflight_remove(&singleflight, b));
    struct job *waiting = singleflight_remove(&singleflight, a);
    ck_assert_uint_eq(waiting->index, 7);
    ck_assert_uint_eq(waiting->next_waiter->index, 8);
    ck_assert_uint_eq(free_chain(waiting), 3);
    ck_assert_ptr_null(singleflight_remove(&singleflight, a));
    job_free(a, NULL);
    job_free(b, NULL);
}
END_TEST

START_TEST(nobody_waits_for_a_row_that_is_not_inside)
{
    struct job *a = row(5), *j = duplicate(9, 5), *stranger = row(5);
    ck_assert(!singleflight_wait(&singleflight, j));
    ck_assert_ptr_null(singleflight_remove(&singleflight, a));
    singleflight_add(&singleflight, a);
    ck_assert_ptr_null(
        singleflight_remove(&singleflight, stranger)); /* a job with that index, never added */
    ck_assert_ptr_null(singleflight_remove(&singleflight, a));
    ck_assert(!singleflight_wait(&singleflight, j));
    job_free(a, NULL);
    job_free(j, NULL);
    job_free(stranger, NULL);
}
END_TEST

enum { BITS = 9 };

/* An index that hashes to this bucket of a table of 2^BITS buckets, and to half its number in a
 * table of half the size. Uses the inverse, modulo 2^64, of the factor in singleflight.c. */
static uint64_t index_at(uint64_t bucket, uint64_t which)
{
    return ((bucket << (64 - BITS)) + which) * UINT64_C(0xf1de83e19937733d);
}

/* Rows that hash to the same bucket, or to neighbours, come and go. */
START_TEST(rows_are_found_whatever_comes_and_goes_around_them)
{
    enum { ROWS = 300 };
    struct job *inside[ROWS] = {0};
    srandom(7);
    for (int round = 0; round < 20000; round++) {
        int i = (int)(random() % ROWS);
        /* At the end of the table, so that runs wrap around to its beginning. */
        uint64_t index = index_at((1U << BITS) - 20 + (uint64_t)(i % 50), (uint64_t)i / 50);
        struct job *j = duplicate(1, index);
        ck_assert_int_eq(singleflight_wait(&singleflight, j), inside[i] != NULL);
        if (inside[i]) {
            ck_assert_ptr_eq(singleflight_remove(&singleflight, inside[i]), j);
            job_free(inside[i], NULL);
            inside[i] = NULL;
        } else {
            inside[i] = row(index);
            singleflight_add(&singleflight, inside[i]);
        }
        job_free(j, NULL);
    }
    for (int i = 0; i < ROWS; i++)
        job_free(inside[i], NULL);
}
END_TEST

/* As in a run. It would take minutes if the rows filled one long run of buckets. */
START_TEST(rows_side_by_side_do_not_get_in_each_others_way)
{
    enum { ROWS = 65536, ALL = 1000000 };
    struct job **inside = mem_array(ROWS, sizeof *inside);
    for (uint64_t i = 0; i < ALL; i++) {
        struct job **bucket = &inside[i % ROWS];
        if (*bucket)
            ck_assert_ptr_null(singleflight_remove(&singleflight, *bucket));
        job_free(*bucket, NULL);
        *bucket = row(i);
        singleflight_add(&singleflight, *bucket);
    }
    for (int i = 0; i < ROWS; i++)
        job_free(inside[i], NULL);
    free(inside);
}
END_TEST

static void add(TCase *t)
{
    tcase_set_timeout(t, 30);
    tcase_add_checked_fixture(t, NULL, tear_down);
    tcase_add_test(t, who_waits_leaves_with_the_first);
    tcase_add_test(t, nobody_waits_for_a_row_that_is_not_inside);
    tcase_add_test(t, rows_side_by_side_do_not_get_in_each_others_way);
    tcase_add_test(t, rows_are_found_whatever_comes_and_goes_around_them);
}

int main(void)
{
    return test_main("singleflight", add);
}
