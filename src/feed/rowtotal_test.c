#include "feed/rowtotal.h"
#include "base/test.h"

static const struct shards all = {SHARDS_ALL, 0, 0};

static void expect(struct rowtotal is, uint64_t rows, int kind)
{
    ck_assert_uint_eq(is.rows, rows);
    ck_assert_int_eq((int)is.kind, kind);
}

START_TEST(the_rest_of_the_list_has_rows_as_long_as_those_so_far)
{
    struct rowtotal_view v = {.rows = 1000, .taken = 60000, .size = 12000000};
    expect(rowtotal_of(&v, &all, 10000, 0), 200000, ROWTOTAL_ABOUT);
    v.rows = 997;
    expect(rowtotal_of(&v, &all, 10000, 0), 200000, ROWTOTAL_ABOUT); /* 199,400 */
    v = (struct rowtotal_view){.rows = 50, .taken = 3000, .size = 7200};
    expect(rowtotal_of(&v, &all, 10000, 0), 120, ROWTOTAL_ABOUT);
}
END_TEST

START_TEST(there_are_never_fewer_rows_than_have_been_read)
{
    struct rowtotal_view v = {.rows = 21597, .taken = 500, .size = 500};
    expect(rowtotal_of(&v, &all, 10000, 0), 21597, ROWTOTAL_ABOUT);
    v.taken = 700; /* the list has grown */
    expect(rowtotal_of(&v, &all, 10000, 0), 21597, ROWTOTAL_ABOUT);
}
END_TEST

START_TEST(a_list_that_has_been_read_is_known_exactly)
{
    struct rowtotal_view v = {.rows = 21597, .taken = 900, .size = 900, .ended = true};
    expect(rowtotal_of(&v, &all, 10000, 0), 21597, ROWTOTAL_EXACT);
    v = (struct rowtotal_view){.ended = true};
    expect(rowtotal_of(&v, &all, 10000, 0), 0, ROWTOTAL_EXACT);
}
END_TEST

START_TEST(a_pipe_says_nothing_before_its_end)
{
    struct rowtotal_view v = {.rows = 21597, .taken = 900};
    expect(rowtotal_of(&v, &all, 10000, 0), 0, ROWTOTAL_UNKNOWN);
    expect(rowtotal_of(&v, &all, 10000, 100), 0, ROWTOTAL_UNKNOWN); /* it may be shorter */
    v.ended = true;
    expect(rowtotal_of(&v, &all, 10000, 0), 21597, ROWTOTAL_EXACT);
}
END_TEST

START_TEST(nothing_is_estimated_from_nothing)
{
    struct rowtotal_view v = {.size = 900};
    expect(rowtotal_of(&v, &all, 10000, 0), 0, ROWTOTAL_UNKNOWN);
    v.taken = 100; /* comments */
    expect(rowtotal_of(&v, &all, 10000, 0), 0, ROWTOTAL_UNKNOWN);
}
END_TEST

START_TEST(a_limit_is_the_most)
{
    struct rowtotal_view v = {.rows = 1000, .taken = 60000, .size = 12000000};
    expect(rowtotal_of(&v, &all, 10000, 5000), 5000, ROWTOTAL_ABOUT);
    expect(rowtotal_of(&v, &all, 10000, 300000), 200000, ROWTOTAL_ABOUT);
}
END_TEST

START_TEST(only_rows_of_the_shards_to_do_count)
{
    struct rowtotal_view v = {.rows = 1000, .taken = 60000, .size = 12000000};
    const struct shards task = {SHARDS_TASK, 1, 4}, range = {SHARDS_RANGE, 3, 5};
    expect(rowtotal_of(&v, &task, 10000, 0), 50000, ROWTOTAL_ABOUT);
    expect(rowtotal_of(&v, &range, 10000, 0), 30000, ROWTOTAL_ABOUT);
}
END_TEST

/* Counts one by one. */
START_TEST(the_rows_of_shards_are_counted_without_looking_at_each)
{
    const struct shards some[] = {{SHARDS_ALL, 0, 0}, {SHARDS_TASK, 0, 3}, {SHARDS_TASK, 2, 3},
        {SHARDS_TASK, 0, 1}, {SHARDS_RANGE, 0, 0}, {SHARDS_RANGE, 2, 4}, {SHARDS_RANGE, 9, 12}};
    for (size_t i = 0; i < sizeof some / sizeof *some; i++)
        for (uint32_t size = 1; size < 6; size++)
            for (uint64_t n = 0, rows = 0; n < 60; rows += shards_has(&some[i], n++ / size))
                ck_assert_uint_eq(shards_rows(&some[i], size, n), rows);
}
END_TEST

START_TEST(what_was_noted_last_is_read)
{
    struct rowtotal_reach reach;
    rowtotal_init(&reach);
    ck_assert(!rowtotal_noted(&reach).ended);
    rowtotal_note(&reach, &(struct rowtotal_view){.rows = 7, .ended = true});
    ck_assert_uint_eq(rowtotal_noted(&reach).rows, 7);
    ck_assert(rowtotal_noted(&reach).ended);
    rowtotal_fini(&reach);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, the_rest_of_the_list_has_rows_as_long_as_those_so_far);
    tcase_add_test(t, there_are_never_fewer_rows_than_have_been_read);
    tcase_add_test(t, a_list_that_has_been_read_is_known_exactly);
    tcase_add_test(t, a_pipe_says_nothing_before_its_end);
    tcase_add_test(t, nothing_is_estimated_from_nothing);
    tcase_add_test(t, a_limit_is_the_most);
    tcase_add_test(t, only_rows_of_the_shards_to_do_count);
    tcase_add_test(t, the_rows_of_shards_are_counted_without_looking_at_each);
    tcase_add_test(t, what_was_noted_last_is_read);
}

int main(void)
{
    return test_main("rowtotal", add);
}
