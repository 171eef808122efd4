#include "base/heap.h"

#include "base/test.h"

#include <stdbool.h>

/* The heap never looks into an item. These items record their index, if asked to. */
static size_t items[1000];

static void keep_place(void *item, size_t place)
{
    *(size_t *)item = place;
}

START_TEST(an_empty_heap_has_no_first_and_gives_nothing)
{
    struct heap h = {0};
    ck_assert_ptr_null(heap_first(&h));
    ck_assert_ptr_null(heap_pop(&h));
    heap_fini(&h);
    heap_fini(&h);
}
END_TEST

START_TEST(the_first_can_be_seen_before_it_is_taken)
{
    struct heap h = {0};
    heap_push(&h, &items[0], 100);
    heap_push(&h, &items[1], 99);
    ck_assert_uint_eq(heap_first(&h)->key, 99);
    ck_assert_ptr_eq(heap_first(&h)->item, &items[1]);
    ck_assert_uint_eq(h.n, 2);
    ck_assert_ptr_eq(heap_pop(&h), &items[1]);
    ck_assert_ptr_eq(heap_first(&h)->item, &items[0]);
    ck_assert_ptr_eq(heap_pop(&h), &items[0]);
    ck_assert_ptr_null(heap_first(&h));
    heap_fini(&h);
}
END_TEST

START_TEST(keys_at_both_ends_of_their_range_keep_their_order)
{
    struct heap h = {0};
    const uint64_t key[] = {UINT64_MAX, 0, UINT64_MAX - 1, (uint64_t)1 << 63};
    for (int i = 0; i < 4; i++)
        heap_push(&h, &items[i], key[i]);
    const int order[] = {1, 3, 2, 0};
    for (int i = 0; i < 4; i++)
        ck_assert_ptr_eq(heap_pop(&h), &items[order[i]]);
    heap_fini(&h);
}
END_TEST

/* A fixed sequence that looks like chance (Numerical Recipes' generator). */
static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 16;
}

START_TEST(many_things_pushed_and_popped_in_turns_come_in_order_and_each_once)
{
    struct heap h = {0};
    uint64_t key[1000] = {0};
    bool is_in[1000] = {0};
    uint32_t random = 1;
    unsigned pushed = 0, popped = 0;
    while (popped < 1000) {
        if (pushed < 1000 && next_random(&random) % 3) {
            key[pushed] = 1 + next_random(&random) % 50; /* many have the same */
            is_in[pushed] = true;
            heap_push(&h, &items[pushed], key[pushed]);
            pushed++;
            continue;
        }
        uint64_t first = UINT64_MAX;
        for (unsigned i = 0; i < pushed; i++)
            if (is_in[i] && key[i] < first)
                first = key[i];
        if (first == UINT64_MAX)
            continue;
        ck_assert_uint_eq(heap_first(&h)->key, first);
        size_t *j = heap_pop(&h);
        ck_assert_ptr_nonnull(j);
        ck_assert(is_in[j - items]);
        ck_assert_uint_eq(key[j - items], first);
        is_in[j - items] = false;
        popped++;
    }
    ck_assert_uint_eq(h.n, 0);
    heap_fini(&h);
}
END_TEST

START_TEST(things_whose_keys_change_are_told_their_places_and_come_in_the_new_order)
{
    struct heap h = {.moved = keep_place};
    uint64_t key[1000];
    uint32_t random = 2;
    for (unsigned i = 0; i < 1000; i++)
        heap_push(&h, &items[i], key[i] = next_random(&random) % 5000);
    for (unsigned i = 0; i < 3000; i++) {
        unsigned changed = next_random(&random) % 1000;
        heap_change(&h, items[changed], key[changed] = next_random(&random) % 5000);
    }
    for (uint64_t last = 0; h.n;) {
        for (size_t i = 0; i < h.n; i++)
            ck_assert_uint_eq(*(size_t *)h.at[i].item, i);
        const size_t *item = heap_pop(&h);
        ck_assert_uint_ge(key[item - items], last);
        last = key[item - items];
    }
    heap_fini(&h);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, an_empty_heap_has_no_first_and_gives_nothing);
    tcase_add_test(t, the_first_can_be_seen_before_it_is_taken);
    tcase_add_test(t, keys_at_both_ends_of_their_range_keep_their_order);
    tcase_add_test(t, many_things_pushed_and_popped_in_turns_come_in_order_and_each_once);
    tcase_add_test(t, things_whose_keys_change_are_told_their_places_and_come_in_the_new_order);
}

int main(void)
{
    return test_main("heap", add);
}
