#include "exec/slot.h"
#include "base/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MB = 1 << 20 };

/* Returns how many bytes of the area take memory. */
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
        atomic_fetch_add(slot_progress(&s), 77);
        _exit(right ? 0 : 1);
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    ck_assert_uint_eq(slot_out_len(&s), 5000);
    ck_assert_uint_eq(slot_out(&s)[4999], 7);
    ck_assert_uint_eq(atomic_load(slot_progress(&s)), 77);
    slot_put(&s, NULL, 0);
    ck_assert_uint_eq(atomic_load(slot_progress(&s)), 0);
    slot_fini(&s);
    slot_fini(&s);
}
END_TEST

START_TEST(areas_are_whole_pages_that_follow_one_another)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const size_t sizes[] = {1, page - 1, page, page + 1, 2 * page, 2 * page + 1};
    static const unsigned pages[] = {1, 1, 1, 2, 2, 3};
    for (unsigned i = 0; i < 6; i++) {
        struct slot s;
        ck_assert(slot_init(&s, sizes[i], sizes[5 - i]));
        ck_assert_uint_eq(s.in_size, pages[i] * page);
        ck_assert_uint_eq(s.out_size, pages[5 - i] * page);
        ck_assert_ptr_eq(slot_in(&s), s.base + page);
        ck_assert_ptr_eq(slot_out(&s), slot_in(&s) + s.in_size);
        memset(slot_in(&s), 0xff, s.in_size);
        memset(slot_out(&s), 0xff, s.out_size);
        ck_assert_uint_eq(slot_in_len(&s), 0); /* the lengths are in another page */
        ck_assert_uint_eq(slot_out_len(&s), 0);
        ck_assert(!slot_was_taken(&s));
        slot_fini(&s);
    }
}
END_TEST

/* What the last worker left there must not count as the next worker's. */
START_TEST(new_input_is_not_taken_and_has_no_answer)
{
    struct slot s;
    ck_assert(slot_init(&s, 100, 100));
    ck_assert(!slot_was_taken(&s));
    for (unsigned i = 0; i < 2; i++) {
        slot_put(&s, (const uint8_t *)"abc", 3 - i);
        ck_assert_uint_eq(slot_in_len(&s), 3 - i);
        ck_assert_uint_eq(slot_out_len(&s), 0);
        ck_assert(!slot_was_taken(&s));
        slot_take(&s);
        slot_set_out_len(&s, SIZE_MAX); /* the worker may write anything */
        ck_assert(slot_was_taken(&s));
        ck_assert_uint_eq(slot_out_len(&s), SIZE_MAX);
        ck_assert_uint_eq(slot_in_len(&s), 3 - i);
    }
    slot_clear(&s);
    ck_assert(!slot_was_taken(&s));
    ck_assert_uint_eq(slot_out_len(&s), 0);
    slot_fini(&s);
}
END_TEST

START_TEST(one_more_byte_than_is_kept_costs_its_page_only_until_trimmed)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    struct slot s;
    uint8_t *large = calloc(1, MB + 1);
    ck_assert(slot_init(&s, 2 * MB, 2 * MB));
    for (size_t more = 0; more < 2; more++) {
        slot_put(&s, large, MB + more);
        memset(slot_out(&s), 1, MB + more);
        ck_assert_uint_eq(resident(slot_in(&s), s.in_size), MB + more * page);
        slot_trim(&s, MB + more);
        ck_assert_uint_eq(resident(slot_in(&s), s.in_size), MB + more * page);
        ck_assert_uint_eq(resident(slot_out(&s), s.out_size), MB);
        slot_trim(&s, 0);
        ck_assert_uint_eq(resident(slot_in(&s), s.in_size), MB);
    }
    slot_fini(&s);
    free(large);
}
END_TEST

/* Through /proc even a closed descriptor can be opened again, by those who may (CAP_SYS_ADMIN). */
START_TEST(nobody_can_change_the_size_of_the_memory)
{
    struct slot s;
    char path[100];
    ck_assert(slot_init(&s, 5000, 5000));
    size_t size = (size_t)sysconf(_SC_PAGESIZE) + s.in_size + s.out_size;
    snprintf(path, sizeof path, "/proc/self/map_files/%lx-%lx", (unsigned long)s.base,
        (unsigned long)s.base + size);
    int fd = open(path, O_RDWR);
    ck_assert(fd >= 0 || errno == EPERM);
    if (fd >= 0) {
        ck_assert_int_eq(fcntl(fd, F_GET_SEALS), F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
        ck_assert_int_eq(ftruncate(fd, (off_t)size - 1), -1);
        ck_assert_int_eq(ftruncate(fd, (off_t)size + 1), -1);
        close(fd);
    }
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
    slot_trim(&s, 0);
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
    slot_trim(&s, slot_in_len(&s));
    ck_assert_mem_eq(slot_in(&s), large, 2 * MB + 5);
    ck_assert_uint_lt(resident(slot_in(&s), s.in_size), 3 * MB);
    slot_fini(&s);
    free(large);
}
END_TEST

/* Whatever a worker writes there, it is a number, and tells no lie about memory. */
START_TEST(a_worker_may_write_anything_anywhere)
{
    struct slot s;
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    ck_assert(slot_init(&s, 4 * MB, 4 * MB));
    for (unsigned byte = 0; byte < 256; byte++) {
        slot_put(&s, (const uint8_t *)"abc", 3);
        memset(s.base, (int)byte, page);
        ck_assert_int_eq(slot_was_taken(&s), byte != 0);
        size_t all;
        memset(&all, (int)byte, sizeof all);
        ck_assert_uint_eq(slot_out_len(&s), all);
    }
    for (unsigned i = 0; i < 2; i++) { /* it claims to have used nothing, or all */
        memset(slot_in(&s), 1, s.in_size);
        memset(slot_out(&s), 1, s.out_size);
        slot_set_out_len(&s, i ? s.out_size : 0);
        slot_trim(&s, 0);
        ck_assert_uint_eq(resident(slot_in(&s), s.in_size), MB);
        ck_assert_uint_eq(resident(slot_out(&s), s.out_size), MB);
    }
    slot_fini(&s);
}
END_TEST

START_TEST(a_size_that_cannot_be_is_refused)
{
    struct slot s;
    ck_assert(!slot_init(&s, SIZE_MAX, 1));
    ck_assert(!slot_init(&s, 1, SIZE_MAX));
    ck_assert(!slot_init(&s, SIZE_MAX / 2, SIZE_MAX / 2)); /* the sum overflows */
    ck_assert(!slot_init(&s, SIZE_MAX / 16, 1));
    slot_fini(&s);
    slot_fini(NULL);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, what_one_process_puts_the_other_sees);
    tcase_add_test(t, areas_are_whole_pages_that_follow_one_another);
    tcase_add_test(t, new_input_is_not_taken_and_has_no_answer);
    tcase_add_test(t, one_more_byte_than_is_kept_costs_its_page_only_until_trimmed);
    tcase_add_test(t, nobody_can_change_the_size_of_the_memory);
    tcase_add_test(t, memory_of_large_jobs_is_given_back);
    tcase_add_test(t, input_that_waits_is_kept_when_memory_is_given_back);
    tcase_add_test(t, a_worker_may_write_anything_anywhere);
    tcase_add_test(t, a_size_that_cannot_be_is_refused);
}

int main(void)
{
    return test_main("slot", add);
}
