/* What one host gets of the slots and of the memory while others wait. */
#include "base/clock.h"
#include "base/test.h"
#include "fetch/frontier.h"

#include <stdio.h>
#include <string.h>

static struct frontier *f;
static struct budget budget;
static uint64_t now;

static void open_frontier(void)
{
    now = clock_ns();
    budget = (struct budget){.limit = 1000};
    f = frontier_new(&(struct frontier_conf){.budget = &budget});
}

static void close_frontier(void)
{
    ck_assert_uint_eq(budget.used, 0);
    frontier_free(f);
}

static void add_jobs(const char *host, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        char text[80];
        const char *why;
        struct job *j = job_new();
        snprintf(text, sizeof text, "http://%s/%u", host, i);
        ck_assert_int_eq(url_parse(text, strlen(text), &j->request.url, &why), ERR_OK);
        frontier_add(f, j);
    }
}

static struct job *expect_next(const char *host)
{
    struct job *j = frontier_next(f, now);
    ck_assert_ptr_nonnull(j);
    ck_assert_str_eq(j->request.url.host, host);
    return j;
}

static void end_with(struct job *j, enum err err)
{
    if (err)
        job_fail(j, err, "failed");
    frontier_done(f, j, now);
    job_free(j, &budget);
}

START_TEST(a_host_whose_requests_do_not_end_gets_no_more_slots_than_others)
{
    struct job *jobs[6];
    add_jobs("hangs", 20);
    add_jobs("works", 20);
    for (unsigned i = 0; i < 6; i++)
        jobs[i] = expect_next(i % 2 ? "works" : "hangs");
    for (unsigned i = 0; i < 17; i++) { /* whenever one ends, the slot stays with its host */
        end_with(jobs[5], ERR_OK);
        jobs[5] = expect_next("works");
    }
    for (unsigned i = 0; i < 6; i++)
        end_with(jobs[i], ERR_OK);
    for (unsigned i = 0; i < 17; i++) /* but alone it may have them all */
        end_with(expect_next("hangs"), ERR_OK);
}
END_TEST

START_TEST(a_host_with_more_than_a_quarter_of_the_memory_comes_after_the_others)
{
    add_jobs("large", 3);
    struct job *holder = expect_next("large");
    budget_set(&budget, &holder->memory, 251);
    add_jobs("small", 2);
    ck_assert(frontier_others_wait(f));
    struct job *first = expect_next("small"), *second = expect_next("small");
    ck_assert(!frontier_others_wait(f));
    ck_assert_ptr_null(frontier_next(f, now));
    end_with(first, ERR_OK);
    end_with(second, ERR_OK);
    struct job *third = expect_next("large"); /* nobody else has anything to do */
    add_jobs("small", 1);
    budget_set(&budget, &holder->memory, 250);
    frontier_tick(f, now);
    struct job *fourth = expect_next("small"), *fifth = expect_next("large");
    end_with(third, ERR_OK);
    end_with(fourth, ERR_OK);
    end_with(fifth, ERR_OK);
    end_with(holder, ERR_OK);
}
END_TEST

START_TEST(what_a_job_holds_after_its_request_still_counts_for_its_host)
{
    add_jobs("large", 1);
    struct job *decoding = expect_next("large");
    budget_set(&budget, &decoding->memory, 600);
    frontier_done(f, decoding, now);
    frontier_tick(f, now);
    add_jobs("large", 1);
    add_jobs("small", 1);
    end_with(expect_next("small"), ERR_OK);
    end_with(expect_next("large"), ERR_OK);
    job_free(decoding, &budget);
}
END_TEST

START_TEST(a_host_that_stalled_comes_after_the_others_until_it_serves)
{
    static const enum err bad[] = {ERR_STALLED, ERR_TIMEOUT};
    for (unsigned i = 0; i < 2; i++) {
        add_jobs("slow", 3);
        end_with(expect_next("slow"), bad[i]);
        add_jobs("good", 2);
        end_with(expect_next("good"), ERR_OK);
        end_with(expect_next("good"), ERR_OK);
        end_with(expect_next("slow"), ERR_OK);
        add_jobs("good", 1);
        end_with(expect_next("slow"), ERR_OK); /* it came first */
        end_with(expect_next("good"), ERR_OK);
    }
}
END_TEST

START_TEST(nor_is_it_asked_while_images_of_others_wait_for_a_decoder)
{
    add_jobs("large", 2);
    add_jobs("small", 1);
    struct job *large = expect_next("large"), *decoding = expect_next("small");
    budget_set(&budget, &large->memory, 600);
    budget_set(&budget, &decoding->memory, 1);
    frontier_done(f, decoding, now);
    frontier_done(f, large, now);
    frontier_tick(f, now);
    ck_assert_ptr_null(frontier_next(f, now));
    job_free(decoding, &budget);
    end_with(expect_next("large"), ERR_OK);
    job_free(large, &budget);
}
END_TEST

START_TEST(a_host_for_which_the_disk_is_behind_is_not_asked)
{
    add_jobs("large", 2);
    struct job *written = expect_next("large");
    struct budget_host *large = budget_host_ref(written->memory.host);
    budget_add_unwritten(&budget, large, BUDGET_HOST_UNWRITTEN + 1);
    end_with(written, ERR_OK);
    ck_assert(!frontier_others_wait(f));
    ck_assert_ptr_null(frontier_next(f, now)); /* although nobody else has anything to do */
    add_jobs("small", 2);
    ck_assert(frontier_others_wait(f));
    end_with(expect_next("small"), ERR_OK);
    end_with(expect_next("small"), ERR_OK);
    ck_assert_ptr_null(frontier_next(f, now));
    budget_sub_unwritten(&budget, large, BUDGET_HOST_UNWRITTEN + 1);
    budget_host_unref(large);
    frontier_tick(f, now);
    end_with(expect_next("large"), ERR_OK);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, open_frontier, close_frontier);
    tcase_add_test(t, a_host_whose_requests_do_not_end_gets_no_more_slots_than_others);
    tcase_add_test(t, a_host_with_more_than_a_quarter_of_the_memory_comes_after_the_others);
    tcase_add_test(t, what_a_job_holds_after_its_request_still_counts_for_its_host);
    tcase_add_test(t, nor_is_it_asked_while_images_of_others_wait_for_a_decoder);
    tcase_add_test(t, a_host_for_which_the_disk_is_behind_is_not_asked);
    tcase_add_test(t, a_host_that_stalled_comes_after_the_others_until_it_serves);
}

int main(void)
{
    return test_main("frontier_share", add);
}
