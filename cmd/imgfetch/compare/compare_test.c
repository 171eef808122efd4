#include "backends/table.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/test.h"
#include "cmd/imgfetch/compare/compare_plan.h"
#include "cmd/imgfetch/compare/compare_sample.h"
#include "cmd/imgfetch/compare/compare_scratch.h"
#include "net/transfer.h"

#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- figures ---- */

static const char last_line[] =
    "{\"end\":true,\"rows\":10,\"ok\":7,\"bytes\":700,\"seconds\":1.5,\"retries\":2,"
    "\"connections\":4,\"hosts\":3,\"in_flight\":5,\"decode_s\":0.5,"
    "\"failed\":{\"timeout\":2,\"http_error\":1,\"no_such_code\":9},"
    "\"latency\":[1000000,2000000,0,0,0,0,0,0,0,0,5000000,0,0,0,0,0,0,0,0,9000000,10000000]}";

START_TEST(the_last_line_of_a_run_is_taken)
{
    struct figures f = {.value[FIGURE_WALL] = 2};
    compare_figures_line(&f, "{\"t\":0.5,\"rows\":3,\"bytes\":100}");
    compare_figures_line(&f, last_line);
    compare_figures_work_out(&f);
    ck_assert(f.ended);
    ck_assert_double_eq(f.value[FIGURE_ROWS], 10);
    ck_assert_double_eq(f.value[FIGURE_FAILED], 3);
    ck_assert_double_eq(f.value[FIGURE_CONNECTIONS], 4);
    ck_assert_double_eq(f.value[FIGURE_IMAGES_PER_S], 3.5);
    ck_assert_double_eq(f.value[FIGURE_BYTES_PER_S], 350);
    ck_assert_double_eq_tol(f.value[FIGURE_P50], 0.005, 1e-9);
    ck_assert_double_eq_tol(f.value[FIGURE_P99], 0.01, 1e-9);
    ck_assert_uint_eq(f.failed[ERR_TIMEOUT], 2);
    ck_assert_uint_eq(f.failed[ERR_HTTP_ERROR], 1);
    ck_assert_uint_eq(f.rows.n, 2);
    ck_assert_float_eq(f.rows.at[0].value, 3);
}
END_TEST

START_TEST(lines_that_are_none_of_ours_are_ignored)
{
    static const char *const lines[] = {"", "{", "[]", "7", "null", "{\"end\":", "\"end\"", "\xff"};
    struct figures f = {0};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        compare_figures_line(&f, lines[i]);
    ck_assert(!f.ended);
    ck_assert_uint_eq(f.rows.n, 0);
    compare_figures_line(&f, "{\"end\":true,\"failed\":[1],\"latency\":[\"x\",{}]}");
    ck_assert(f.ended);
    ck_assert_double_eq(f.value[FIGURE_ROWS], 0);
}
END_TEST

START_TEST(times_beyond_those_that_are_told_are_ignored)
{
    struct figures f = {0};
    char line[1000] = "{\"end\":true,\"latency\":[0";
    for (int i = 0; i < 2 * STATSFD_QUANTILES; i++)
        strcat(line, ",1000000000");
    compare_figures_line(&f, strcat(line, "]}"));
    ck_assert_double_eq(f.latency[STATSFD_QUANTILES - 1], 1);
    for (int e = 0; e < ERR_COUNT; e++) /* which lie behind them */
        ck_assert_uint_eq(f.failed[e], 0);
}
END_TEST

START_TEST(a_curve_stays_small_and_covers_the_whole_run)
{
    struct curve c = {0};
    for (int i = 1; i <= 100000; i++) {
        compare_curve_add(&c, i, 2.0 * i);
        ck_assert_uint_le(c.n, CURVE_POINTS);
    }
    ck_assert_uint_ge(c.n, CURVE_POINTS / 2);
    ck_assert_float_gt(c.at[c.n - 1].t, 98000);
    for (unsigned i = 0; i < c.n; i++) {
        ck_assert_float_eq(c.at[i].value, 2 * c.at[i].t);
        ck_assert(i == 0 || c.at[i].t > c.at[i - 1].t);
    }
}
END_TEST

START_TEST(a_curve_does_not_jump_at_its_end)
{
    struct curve c = {0}, none = {0}, flat = {0};
    for (int i = 1; i <= 9; i++)
        compare_curve_add(&c, i, 2.0 * i);
    compare_curve_end(&c, 10, 50);
    ck_assert_uint_eq(c.n, 10);
    for (unsigned i = 0; i < c.n; i++)
        ck_assert_float_eq_tol(c.at[i].value, 5.0F * (float)(i + 1), 1e-3);
    compare_curve_end(&none, 1, 3);
    ck_assert_uint_eq(none.n, 1);
    ck_assert_float_eq(none.at[0].value, 3);
    compare_curve_add(&flat, 1, 0);
    compare_curve_end(&flat, 2, 4);
    ck_assert_float_eq(flat.at[0].value, 0);
    ck_assert_float_eq(flat.at[1].value, 4);
}
END_TEST

START_TEST(a_median_is_in_the_middle)
{
    struct figures rounds[4] = {0};
    struct contender c = {.rounds = rounds, .n_rounds = 3};
    rounds[0].value[FIGURE_WALL] = 5;
    rounds[1].value[FIGURE_WALL] = 1;
    rounds[2].value[FIGURE_WALL] = 3;
    rounds[3].value[FIGURE_WALL] = 4;
    struct range r = compare_range(&c, FIGURE_WALL);
    ck_assert_double_eq(r.median, 3);
    ck_assert_double_eq(r.min, 1);
    ck_assert_double_eq(r.max, 5);
    ck_assert_ptr_eq(compare_typical(&c), &rounds[2]);
    c.n_rounds = 4;
    ck_assert_double_eq(compare_median(&c, FIGURE_WALL), 3.5);
    ck_assert_ptr_eq(compare_typical(&c), &rounds[2]);
    c.n_rounds = 0;
    ck_assert_double_eq(compare_median(&c, FIGURE_WALL), 0);
    ck_assert_ptr_null(compare_typical(&c));
}
END_TEST

START_TEST(a_round_is_scattered_as_far_as_the_one_farthest_from_the_median)
{
    ck_assert_double_eq(compare_scatter(&(struct range){3, 1, 4}), 2);
    ck_assert_double_eq(compare_scatter(&(struct range){3, 2.5, 4}), 1);
    ck_assert_double_eq(compare_scatter(&(struct range){3, 3, 3}), 0);
}
END_TEST

/* ---- contenders ---- */

static bool plan(struct options *o, const char *names, struct comparison *ret)
{
    o->compare = names;
    o->repeat = 1;
    return compare_plan(o, ret);
}

START_TEST(names_choose_and_all_is_all_that_fetch)
{
    struct options o = {.thumbs = true};
    struct comparison c;
    ck_assert(plan(&o, "coro,async,coro", &c));
    ck_assert_uint_eq(c.n, 4); /* without and with thumbnails */
    ck_assert_str_eq(c.contenders[0].name, "coro");
    ck_assert(!c.contenders[1].thumbs);
    ck_assert_str_eq(c.contenders[2].name, "coro");
    ck_assert(c.contenders[2].thumbs);
    compare_plan_free(&c);
    o.thumbs = false;
    ck_assert(plan(&o, "", &c));
    ck_assert_uint_ge(c.n, 2);
    for (unsigned i = 0; i < c.n; i++) {
        ck_assert(!c.contenders[i].thumbs);
        ck_assert_str_ne(c.contenders[i].name, "null");
        ck_assert_str_ne(c.contenders[i].name, "auto");
    }
    compare_plan_free(&c);
}
END_TEST

START_TEST(unknown_names_and_pools_without_work_are_refused)
{
    static const char *const names[] = {"nobody", "async,", ",", "async,nobody", "async,,coro",
        "pools,async", "http,async", "http2", "async-and-a-name-that-is-far-longer-than-any"};
    struct options o = {.thumbs = true};
    struct comparison c;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        ck_assert_msg(!plan(&o, names[i], &c), "%s", names[i]);
        compare_plan_free(&c);
    }
    o.thumbs = false;
    ck_assert(!plan(&o, "pools", &c));
    compare_plan_free(&c);
}
END_TEST

START_TEST(versions_of_http_are_those_that_libcurl_has)
{
    static const char *const names[] = {"http1.1", "http2", "http3"};
    struct options o = {.thumbs = true, .pipeline.backend = backend_find("coro")};
    struct comparison c;
    unsigned n = transfer_has_http3() ? 3 : 2;
    ck_assert(plan(&o, "http", &c));
    ck_assert_uint_eq(c.n, 2 * n); /* without and with thumbnails */
    for (unsigned i = 0; i < c.n; i++) {
        ck_assert_str_eq(c.contenders[i].name, names[i % n]);
        ck_assert_str_eq(c.contenders[i].http + strlen("--"), names[i % n]);
        ck_assert_ptr_eq(c.contenders[i].backend, o.pipeline.backend);
        ck_assert_int_eq(c.contenders[i].thumbs, i >= n);
    }
    compare_plan_free(&c);
    ck_assert(plan(&o, "async", &c));
    ck_assert_ptr_null(c.contenders[0].http);
    compare_plan_free(&c);
}
END_TEST

/* ---- processes and directories ---- */

static void burn(double seconds)
{
    uint64_t until = clock_ns() + (uint64_t)(seconds * 1e9);
    while (clock_ns() < until)
        ;
}

/* Starts a child with a child that uses 8 MB. Both use CPU time; returns when both have. */
static pid_t start_family(void)
{
    int ready[2];
    char byte;
    ck_assert_int_eq(pipe(ready), 0);
    pid_t pid = fork();
    if (pid == 0) {
        setpgid(0, 0);
        if (fork() == 0) {
            char *memory = mem_new(8 << 20);
            memset(memory, 7, 8 << 20);
            burn(0.03);
            (void)!write(ready[1], "x", 1);
            pause();
            _exit(memory[0]);
        }
        burn(0.03);
        (void)!write(ready[1], "x", 1);
        pause();
        _exit(0);
    }
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    return pid;
}

START_TEST(a_sample_counts_the_whole_family)
{
    pid_t pid = start_family();
    struct compare_sample s = compare_sample(pid);
    kill(-pid, SIGKILL);
    waitpid(pid, NULL, 0);
    ck_assert_uint_eq(s.processes, 2);
    ck_assert_double_ge(s.memory, 8 << 20);
    ck_assert_double_le(s.memory, 200 << 20); /* sanitizers add theirs */
    ck_assert_double_gt(s.cpu, 0);
    ck_assert_double_lt(s.cpu, 30);
}
END_TEST

START_TEST(scratch_directories_are_new_and_all_go_away)
{
    struct scratch s;
    struct stat st;
    char first[SCRATCH_PATH_SIZE], second[SCRATCH_PATH_SIZE], deep[SCRATCH_PATH_SIZE + 32];
    ck_assert(compare_scratch_open(&s, true));
    compare_scratch_next(&s, first);
    ck_assert_int_eq(mkdir(first, 0700), 0);
    snprintf(deep, sizeof deep, "%s/deep", first);
    ck_assert_int_eq(mkdir(deep, 0700), 0);
    ck_assert_int_eq(symlink("/", strcat(deep, "/link")), 0);
    ck_assert(compare_scratch_fits(&s));
    compare_scratch_next(&s, second);
    ck_assert_str_ne(first, second);
    char path[PATH_MAX];
    strcpy(path, s.path);
    compare_scratch_close(&s);
    ck_assert_int_ne(lstat(path, &st), 0);
    ck_assert_int_eq(stat("/etc", &st), 0); /* links were not followed */
    compare_scratch_close(&s);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, the_last_line_of_a_run_is_taken);
    tcase_add_test(t, lines_that_are_none_of_ours_are_ignored);
    tcase_add_test(t, times_beyond_those_that_are_told_are_ignored);
    tcase_add_test(t, a_curve_stays_small_and_covers_the_whole_run);
    tcase_add_test(t, a_curve_does_not_jump_at_its_end);
    tcase_add_test(t, a_median_is_in_the_middle);
    tcase_add_test(t, names_choose_and_all_is_all_that_fetch);
    tcase_add_test(t, unknown_names_and_pools_without_work_are_refused);
    tcase_add_test(t, a_round_is_scattered_as_far_as_the_one_farthest_from_the_median);
    tcase_add_test(t, versions_of_http_are_those_that_libcurl_has);
    tcase_add_test(t, a_sample_counts_the_whole_family);
    tcase_add_test(t, scratch_directories_are_new_and_all_go_away);
}

int main(void)
{
    return test_main("compare", add);
}
