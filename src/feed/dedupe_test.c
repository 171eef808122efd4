#include "feed/dedupe.h"

#include "base/mem.h"
#include "base/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct dedupe *d;
static struct job *job;

static void set_up(void)
{
    d = dedupe_new();
    job = job_new();
}

static void tear_down(void)
{
    dedupe_free(d);
    job_free(job, NULL);
}

static uint64_t first(uint64_t index, const char *url)
{
    free(job->request.url.text);
    job->request.url.text = mem_dup(url);
    job->index = index;
    job_first_free(job->first);
    job->first = NULL;
    dedupe_find(d, job, 1000);
    if (!job->first)
        return index;
    ck_assert_uint_eq(job->first->shard, job->first->index / 1000);
    ck_assert_uint_eq(job->first->pos, job->first->index % 1000);
    return job->first->index;
}

static uint64_t first_of_number(uint64_t index, uint64_t number)
{
    char url[40];
    snprintf(url, sizeof url, "http://a/%llu", (unsigned long long)number);
    return first(index, url);
}

START_TEST(all_duplicates_have_the_same_first_row)
{
    ck_assert_uint_eq(first(0, "http://a/"), 0);
    ck_assert_uint_eq(first(1, "http://b/"), 1);
    ck_assert_uint_eq(first(2, "http://a/"), 0);
    ck_assert_uint_eq(first(3, "http://a/"), 0);
    ck_assert_uint_eq(first(4, "http://b/"), 1);
    dedupe_clear(d);
    ck_assert_uint_eq(first(5, "http://b/"), 5);
    ck_assert_uint_eq(first(6, "http://b/"), 5);
    ck_assert_uint_eq(first((UINT64_C(1) << 40) - 2, "http://c/"), (UINT64_C(1) << 40) - 2);
    ck_assert_uint_eq(first(7, "http://c/"), (UINT64_C(1) << 40) - 2);
}
END_TEST

START_TEST(a_row_with_another_expected_hash_is_no_duplicate)
{
    struct job_columns *c = job->columns = mem_new(sizeof *c);
    ck_assert_uint_eq(first(0, "http://a/"), 0);
    ck_assert(job_set_hash(c, "900150983cd24fb0d6963f7d28e17f72", 32));
    ck_assert_uint_eq(first(1, "http://a/"), 1);
    ck_assert_uint_eq(first(2, "http://a/"), 1);
    c->hash[0] ^= 1;
    ck_assert_uint_eq(first(3, "http://a/"), 3);
    c->hash_len = 0;
    ck_assert_uint_eq(first(4, "http://a/"), 0);
}
END_TEST

static void set_boxes(struct job_columns *c, const char *text)
{
    const char *why;
    free(c->boxes);
    c->boxes = boxes_parse(text, strlen(text), &why);
    ck_assert_ptr_nonnull(c->boxes);
}

START_TEST(a_row_with_other_boxes_is_no_duplicate)
{
    struct job_columns *c = job->columns = mem_new(sizeof *c);
    set_boxes(c, "[]");
    ck_assert_uint_eq(first(0, "http://a/"), 0);
    set_boxes(c, "[[0.1,0.2,0.3,0.4]]");
    ck_assert_uint_eq(first(1, "http://a/"), 1);
    set_boxes(c, "[[0.1,0.2,0.3,0.41]]");
    ck_assert_uint_eq(first(2, "http://a/"), 2);
    set_boxes(c, "[[0.1,0.2,0.3,0.4],[0.1,0.2,0.3,0.4]]");
    ck_assert_uint_eq(first(3, "http://a/"), 3);
    set_boxes(c, "[[1e-1, 0.2, 0.30, 0.4]]");
    ck_assert_uint_eq(first(4, "http://a/"), 1);
    set_boxes(c, "[]");
    ck_assert_uint_eq(first(5, "http://a/"), 0);
}
END_TEST

START_TEST(a_row_with_another_referer_is_no_duplicate)
{
    ck_assert_uint_eq(first(0, "http://a/"), 0);
    ck_assert(job_set_referer(job, "http://p/", 9));
    ck_assert_uint_eq(first(1, "http://a/"), 1);
    ck_assert_uint_eq(first(2, "http://a/"), 1);
    job->request.referer[7] = 'q';
    ck_assert_uint_eq(first(3, "http://a/"), 3);
    free(job->request.referer);
    job->request.referer = NULL;
    ck_assert_uint_eq(first(4, "http://a/"), 0);
}
END_TEST

START_TEST(the_target_of_a_redirect_does_not_matter)
{
    ck_assert_uint_eq(first(0, "http://a/"), 0);
    job->origin.text = mem_dup("http://a/");
    ck_assert_uint_eq(first(1, "http://b/"), 0);
}
END_TEST

static void note(uint64_t index, const char *url)
{
    dedupe_note(d, url, strlen(url), index);
}

START_TEST(a_noted_row_is_one_like_a_row_with_a_job)
{
    struct job_columns *c = job->columns = mem_new(sizeof *c);
    note(0, "http://a/");
    note(1, "http://b/");
    note(2, "http://a/");
    ck_assert_uint_eq(first(3, "http://a/"), 0);
    ck_assert_uint_eq(first(4, "http://c/"), 4);
    note(5, "http://c/");
    note(6, "http://d/");
    ck_assert_uint_eq(first(7, "http://c/"), 4);
    ck_assert_uint_eq(first(8, "http://d/"), 6);
    ck_assert(job_set_hash(c, "900150983cd24fb0d6963f7d28e17f72", 32));
    ck_assert_uint_eq(first(9, "http://d/"), 9);
    note(10, "http://e/");
    dedupe_clear(d);
    c->hash_len = 0;
    ck_assert_uint_eq(first(11, "http://e/"), 11);
}
END_TEST

/* Rows in turn with and without a job, over more than two generations. */
START_TEST(noting_and_finding_forget_the_same_rows)
{
    enum { NEAR = 1000 };
    uint64_t n = DEDUPE_GENERATION;
    note(0, "http://once/");
    for (uint64_t i = 1; i <= 2 * n; i++) {
        char url[40];
        snprintf(url, sizeof url, "http://a/%llu", (unsigned long long)i);
        note(i, url);
        if (i == n - NEAR)
            ck_assert_uint_eq(first(i, "http://once/"), 0);
    }
    ck_assert_uint_eq(first_of_number(9, n + NEAR), n + NEAR);
    ck_assert_uint_eq(first(9, "http://once/"), 9);
}
END_TEST

START_TEST(many_rows_are_all_remembered)
{
    enum { ROWS = 200000 };
    for (uint64_t i = 0; i < ROWS; i++)
        ck_assert_uint_eq(first_of_number(i, i), i);
    for (uint64_t i = 0; i < ROWS; i++)
        ck_assert_uint_eq(first_of_number(ROWS + i, i), i);
}
END_TEST

START_TEST(it_looks_back_over_a_generation_and_forgets_rows_without_duplicates)
{
    uint64_t n = DEDUPE_GENERATION;
    ck_assert_uint_eq(first(0, "http://often/"), 0);
    ck_assert_uint_eq(first(1, "http://once/"), 1);
    for (uint64_t i = 2; i < n; i++)
        first_of_number(i, i);
    ck_assert_uint_eq(first(n, "http://often/"), 0);
    for (uint64_t i = n; i < 2 * n - 1; i++)
        first_of_number(i, i);
    ck_assert_uint_eq(first(2 * n, "http://often/"), 0);
    ck_assert_uint_eq(first_of_number(2 * n, n - 1), n - 1);
    for (uint64_t i = 2 * n; i < 2 * n + 2; i++)
        first_of_number(i, i);
    ck_assert_uint_eq(first(9, "http://once/"), 9);
    ck_assert_uint_eq(first_of_number(2 * n, n + 1), n + 1);
}
END_TEST

static void add(TCase *t)
{
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, all_duplicates_have_the_same_first_row);
    tcase_add_test(t, a_row_with_another_expected_hash_is_no_duplicate);
    tcase_add_test(t, a_row_with_other_boxes_is_no_duplicate);
    tcase_add_test(t, a_row_with_another_referer_is_no_duplicate);
    tcase_add_test(t, the_target_of_a_redirect_does_not_matter);
    tcase_add_test(t, a_noted_row_is_one_like_a_row_with_a_job);
    tcase_add_test(t, noting_and_finding_forget_the_same_rows);
    tcase_add_test(t, many_rows_are_all_remembered);
    tcase_add_test(t, it_looks_back_over_a_generation_and_forgets_rows_without_duplicates);
}

int main(void)
{
    return test_main("dedupe", add);
}
