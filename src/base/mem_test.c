#include "base/mem.h"
#include "base/test.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
enum { SANITIZED = 1 }; /* malloc is another one */
#else
enum { SANITIZED = 0 };
#endif

enum { N = 16, SIZE = 1 << 20 };

static void take_and_give_back(char *begin, char *end)
{
    char *taken[N];
    for (int i = 0; i < N; i++) {
        taken[i] = malloc(SIZE);
        ck_assert(taken[i] >= begin && taken[i] + SIZE <= end);
        memset(taken[i], 'x', SIZE);
    }
    for (int i = 0; i < N; i++)
        free(taken[i]);
}

START_TEST(reserved_memory_needs_no_system_call)
{
    mem_tune();
    char *begin = sbrk(0);
    ck_assert(mem_reserve_heap((N + 1) * SIZE));
    char *end = sbrk(0);
    for (int i = 0; i < 2 && !SANITIZED; i++)
        take_and_give_back(begin - SIZE, end);
    ck_assert_ptr_eq(sbrk(0), end);
}
END_TEST

START_TEST(a_reservation_without_room_fails)
{
    ck_assert(SANITIZED || !mem_reserve_heap((size_t)1 << 60));
    free(mem_new(SIZE));
}
END_TEST

START_TEST(after_a_warm_up_large_blocks_begin_at_a_huge_page)
{
    enum { HUGE_PAGE = 2 << 20, NEAR = 256 };
    mem_tune();
    for (size_t odd = 0; odd < HUGE_PAGE && !SANITIZED; odd += HUGE_PAGE / 8 - 48) {
        void *kept = malloc(1000 + odd); /* so that the heap ends somewhere else each time */
        mem_begin_warm_up();
        void *freed = malloc(HUGE_PAGE / 4), *after = malloc(100);
        free(freed);
        mem_end_warm_up();
        ck_assert(mem_reserve_heap(4 * HUGE_PAGE));
        char *large = malloc(HUGE_PAGE / 4);
        ck_assert_uint_lt(((uintptr_t)large + NEAR) % HUGE_PAGE, 2 * NEAR);
        free(large);
        free(after);
        free(kept);
    }
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, after_a_warm_up_large_blocks_begin_at_a_huge_page);
    tcase_add_test(t, reserved_memory_needs_no_system_call);
    tcase_add_test(t, a_reservation_without_room_fails);
}

int main(void)
{
    return test_main("mem", add);
}
