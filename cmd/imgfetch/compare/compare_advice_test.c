#include "cmd/imgfetch/compare/compare_advice.h"

#include "backends/table.h"
#include "base/test.h"
#include "cmd/imgfetch/compare/compare_table.h"

#include <string.h>

enum { N = 3 };
static struct figures rounds_of[N];
static struct contender contenders[N];
static struct options options = {.repeat = 1};
static struct comparison all = {&options, COMPARED_BACKENDS, contenders, N};

static void give(unsigned i, const char *name, double wall, double cpu, double memory)
{
    struct figures *f = &rounds_of[i];
    *f = (struct figures){0};
    f->value[FIGURE_WALL] = wall;
    f->value[FIGURE_CPU] = cpu;
    f->value[FIGURE_MEMORY] = memory;
    f->value[FIGURE_ROWS] = f->value[FIGURE_OK] = 100;
    f->value[FIGURE_BYTES] = 100 * 10000;
    f->value[FIGURE_IN_FLIGHT] = 64;
    contenders[i] = (struct contender){.name = name, .rounds = f, .n_rounds = 1};
    contenders[i].backend = backend_find(name);
}

static bool says(const char *text)
{
    struct advice advice;
    compare_advise(&all, 2, &advice);
    for (unsigned i = 0; i < advice.n; i++)
        if (strstr(advice.line[i], text))
            return true;
    return false;
}

START_TEST(the_fastest_is_best_and_ties_go_to_less_cpu_then_memory)
{
    give(0, "async", 1.00, 2.0, 10);
    give(1, "coro", 1.05, 1.0, 20);
    give(2, "serial", 9.00, 0.1, 1);
    ck_assert_str_eq(compare_best(&all, false)->name, "coro");
    give(1, "coro", 1.05, 1.95, 9);
    ck_assert_str_eq(compare_best(&all, false)->name, "coro");
    give(1, "coro", 1.20, 0.1, 1);
    ck_assert_str_eq(compare_best(&all, false)->name, "async");
    ck_assert_ptr_null(compare_best(&all, true));
}
END_TEST

START_TEST(the_sentence_of_the_verdict_says_why)
{
    give(0, "async", 1.00, 2.0, 10);
    give(1, "coro", 1.05, 1.0, 20);
    give(2, "serial", 9.00, 0.1, 1);
    ck_assert(
        says("coro suits this list best (within 10 % of the least wall time, least CPU): 1.05 s"));
    give(1, "coro", 1.05, 1.95, 9);
    ck_assert(says("best (within 10 % of the least wall time and CPU, least memory): 1.05 s"));
    give(1, "coro", 1.20, 0.1, 1);
    ck_assert(says("async suits this list best (least wall time): 1 s"));
    rounds_of[0].value[FIGURE_OK] = 50;
    rounds_of[1].value[FIGURE_OK] = 50;
    ck_assert(says("serial suits this list best (most rows succeeded): 9 s"));
    strcpy(contenders[0].trouble, "crashed");
    strcpy(contenders[1].trouble, "crashed");
    ck_assert(says("serial suits this list best: 9 s"));
}
END_TEST

enum { ROUNDS = 5 };
static struct figures more_rounds[N][ROUNDS];

static void give_rounds(unsigned i, const char *name, unsigned n, const double *walls)
{
    give(i, name, walls[0], 1, 1);
    for (unsigned k = 0; k < n; k++) {
        more_rounds[i][k] = rounds_of[i];
        more_rounds[i][k].value[FIGURE_WALL] = walls[k];
    }
    contenders[i].rounds = more_rounds[i];
    contenders[i].n_rounds = n;
}

START_TEST(rounds_that_cannot_tell_backends_apart_are_warned_of)
{
    static const double steady[] = {1.00, 1.01, 1.02}, slower[] = {2.00, 2.01, 2.02},
                        alike[] = {1.03, 1.04, 1.00}, wild[] = {1.30, 0.99, 1.50},
                        wild_but_slower[] = {2, 3, 4};
    give_rounds(0, "async", 3, steady);
    give_rounds(1, "coro", 3, alike);
    give_rounds(2, "serial", 3, slower);
    ck_assert(!says("Warning"));
    give_rounds(2, "serial", 3, wild_but_slower);
    ck_assert(!says("Warning"));
    give_rounds(2, "threads", 3, wild);
    ck_assert(says("Warning: the rounds of threads (1.3 ± 0.31 s) overlap with those of async "
                   "(1.01 ± 0.01 s), so which is faster may be chance; try --repeat=7."));
    give_rounds(0, "async", 2, steady);
    give_rounds(1, "coro", 2, alike);
    give_rounds(2, "serial", 2, slower);
    ck_assert(says("Warning: 2 rounds are too few to tell backends apart; try --repeat=5."));
    give_rounds(0, "async", 1, steady);
    strcpy(contenders[1].trouble, "crashed");
    ck_assert(says("Warning: 1 round is too few"));
    strcpy(contenders[2].trouble, "crashed"); /* there is nothing to tell apart */
    ck_assert(!says("Warning"));
}
END_TEST

START_TEST(who_fails_fast_or_drops_out_has_not_won)
{
    give(0, "async", 1, 1, 1);
    give(1, "coro", 0.1, 0.1, 1);
    give(2, "threads", 0.2, 0.1, 1);
    rounds_of[1].value[FIGURE_OK] = 50;
    strcpy(contenders[2].trouble, "crashed");
    ck_assert_str_eq(compare_best(&all, false)->name, "async");
    give(1, "null", 0.1, 0.1, 1); /* it fetches nothing */
    ck_assert_str_eq(compare_best(&all, false)->name, "async");
}
END_TEST

START_TEST(the_guide_follows_the_character_of_the_workload)
{
    give(0, "async", 1, 1, 1);
    give(1, "threads", 3, 1, 1);
    give(2, "serial", 9, 1, 1);
    ck_assert(says("many small waits"));
    ck_assert(says("The figures agree."));
    rounds_of[0].value[FIGURE_BYTES] = 100e7;
    rounds_of[0].value[FIGURE_IN_FLIGHT] = 8;
    ck_assert(says("a few long transfers"));
    ck_assert(says("The figures disagree."));
    for (unsigned i = 0; i < N; i++)
        contenders[i].thumbs = true;
    rounds_of[0].value[FIGURE_DECODE] = 1.8; /* of 2 cores, 1 s */
    ck_assert(says("CPU-heavy"));
    ck_assert(says("--pool=procs"));
    rounds_of[0].value[FIGURE_DECODE] = 0.5;
    rounds_of[0].value[FIGURE_IN_FLIGHT] = 64;
    ck_assert(says("mixed"));
    contenders[0].n_rounds = contenders[1].n_rounds = contenders[2].n_rounds = 0;
    struct advice advice;
    compare_advise(&all, 2, &advice);
    ck_assert_uint_eq(advice.n, 0);
}
END_TEST

START_TEST(the_guide_has_no_word_on_versions_of_http)
{
    struct comparison versions = {&options, COMPARED_HTTP, contenders, N};
    struct advice advice;
    give(0, "async", 1, 1, 1);
    give(1, "async", 2, 1, 1);
    give(2, "async", 3, 1, 1);
    contenders[0].name = "http2";
    compare_advise(&versions, 2, &advice);
    ck_assert_uint_eq(advice.n, 2); /* and that one round is too few */
    ck_assert_ptr_nonnull(strstr(advice.line[0], "http2 suits this list best (least wall time)"));
}
END_TEST

START_TEST(nothing_is_best_where_no_row_has_succeeded)
{
    struct advice advice;
    for (unsigned i = 0; i < N; i++) {
        give(i, i ? "serial" : "async", 1 + i, 1, 1);
        rounds_of[i].value[FIGURE_OK] = 0;
    }
    ck_assert_ptr_null(compare_best(&all, false));
    compare_advise(&all, 2, &advice);
    ck_assert_uint_eq(advice.n, 1);
    ck_assert_str_eq(advice.line[0],
        "Without thumbnails: no row succeeded, so there is nothing to tell them apart by.");
    rounds_of[2].value[FIGURE_OK] = 1;
    ck_assert(says("serial suits this list best (most rows succeeded)"));
}
END_TEST

START_TEST(failures_are_told_once_for_all_that_share_them)
{
    char text[COMPARE_FAILURES_SIZE];
    give(0, "async", 1, 1, 1);
    give(1, "coro", 1, 1, 1);
    give(2, "threads", 1, 1, 1);
    rounds_of[0].failed[ERR_TIMEOUT] = rounds_of[1].failed[ERR_TIMEOUT] = 3;
    ck_assert(compare_failures(&all, 0, text, sizeof text));
    ck_assert_str_eq(text, "failed rows of async, coro, in all rounds: timeout 3");
    ck_assert(!compare_failures(&all, 1, text, sizeof text));
    ck_assert(!compare_failures(&all, 2, text, sizeof text));
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, the_fastest_is_best_and_ties_go_to_less_cpu_then_memory);
    tcase_add_test(t, the_sentence_of_the_verdict_says_why);
    tcase_add_test(t, rounds_that_cannot_tell_backends_apart_are_warned_of);
    tcase_add_test(t, who_fails_fast_or_drops_out_has_not_won);
    tcase_add_test(t, the_guide_follows_the_character_of_the_workload);
    tcase_add_test(t, the_guide_has_no_word_on_versions_of_http);
    tcase_add_test(t, nothing_is_best_where_no_row_has_succeeded);
    tcase_add_test(t, failures_are_told_once_for_all_that_share_them);
}

int main(void)
{
    return test_main("compare_advice", add);
}
