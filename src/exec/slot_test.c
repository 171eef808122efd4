#include "exec/slot.h"
#include "base/test.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MB = 1 << 20 };

/* Bytes of the area that hold memory. */
static size_t resident(const uint8_t *area, size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), n = 0;
    unsigned char *in_core = malloc(size / page + 1);
    ck_assert_int_eq(mincore((void *)area, size, in_core), 0);
    for (size_t i = 0; i < size / page; i++)
        n += (in_core[i] & 1) * page;
    free(in_core);
    return n;
}

START_TEST(what_one_process_puts_the_other_sees)
{
    struct slot s;
    ck_assert(slot_init(&s, 100, 5000));
    ck_assert_uint_ge(s.in_size, 100);
    ck_assert_uint_ge(s.out_size, 5000);
    slot_put(&s, (const uint8_t *)"abc", 3);
    ck_assert_uint_eq(slot_out_len(&s), 0);
    pid_t child = fork();
    if (child == 0) {
        bool right = slot_in_len(&s) == 3 && memcmp(slot_in(&s), "abc", 3) == 0;
        memset(slot_out(&s), 7, 5000);
        slot_set_out_len(&s, 5000);
        _exit(right ? 0 : 1);
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    ck_assert_uint_eq(slot_out_len(&s), 5000);
    ck_assert_uint_eq(slot_out(&s)[4999], 7);
    slot_fini(&s);
    slot_fini(&s);
}
END_TEST

START_TEST(memory_of_large_jobs_is_given_back)
{
    struct slot s;
    uint8_t *large = calloc(1, 6 * MB);
    ck_assert(slot_init(&s, 8 * MB, 4 * MB));
    ck_assert_uint_eq(resident(s.base, 12 * MB), 0);
    slot_put(&s, large, 6 * MB);
    memset(slot_out(&s), 1, 3 * MB);
    ck_assert_uint_ge(resident(s.base, 12 * MB), 9 * MB);
    slot_trim(&s, 0, 3 * MB);
    ck_assert_uint_eq(resident(slot_in(&s), s.in_size), MB);
    ck_assert_uint_eq(resident(slot_out(&s), s.out_size), MB);
    slot_clear(&s);
    ck_assert_uint_eq(resident(s.base, 12 * MB), 0);
    slot_fini(&s);
    free(large);
}
END_TEST

START_TEST(input_that_waits_is_kept_when_memory_is_given_back)
{
    struct slot s;
    uint8_t *large = malloc(6 * MB);
    memset(large, 9, 6 * MB);
    ck_assert(slot_init(&s, 8 * MB, MB));
    slot_put(&s, large, 6 * MB);
    slot_put(&s, large, 2 * MB + 5);
    slot_trim(&s, slot_in_len(&s), 0);
    ck_assert_mem_eq(slot_in(&s), large, 2 * MB + 5);
    ck_assert_uint_lt(resident(slot_in(&s), s.in_size), 3 * MB);
    slot_fini(&s);
    free(large);
}
END_TEST

START_TEST(a_size_that_cannot_be_is_refused)
{
    struct slot s;
    ck_assert(!slot_init(&s, SIZE_MAX, 1));
    ck_assert(!slot_init(&s, SIZE_MAX / 16, 1));
    slot_fini(&s);
    slot_fini(NULL);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, what_one_process_puts_the_other_sees);
    tcase_add_test(t, memory_of_large_jobs_is_given_back);
    tcase_add_test(t, input_that_waits_is_kept_when_memory_is_given_back);
    tcase_add_test(t, a_size_that_cannot_be_is_refused);
}

int main(void)
{
    return test_main("slot", add);
}
