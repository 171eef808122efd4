#include "cmd/imgfetch/compare/compare_advice.h"

#include "backends/guide.h"
#include "base/mem.h"
#include "cmd/imgfetch/compare/compare_table.h"
#include "cmd/imgfetch/status/human.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double AS_FAST = 1.10; /* times up to this factor count as equal */

/* ---- the best ---- */

/* The figures that decide, the most important first. Among contenders that are nearly equal in one,
 * the next figure decides. */
static const struct criterion {
    enum figure figure;
    bool more_is_better;
    double alike;       /* values up to this factor count as equal */
    const char *reason; /* if this one decided */
} criteria[] = {
    {FIGURE_OK, true, 1.01, "most rows succeeded"}, /* first: to fail fast is not to win */
    {FIGURE_WALL, false, AS_FAST, "least wall time"},
    {FIGURE_CPU, false, 1.10, "within 10 % of the least wall time, least CPU"},
    {FIGURE_MEMORY, false, 1.00, "within 10 % of the least wall time and CPU, least memory"},
};
enum { CRITERIA = sizeof criteria / sizeof *criteria };

static bool takes_part(const struct contender *c, bool thumbs)
{
    return c->thumbs == thumbs && c->n_rounds && !c->trouble[0] &&
           c->backend->kind != BACKEND_FETCHES_NOTHING;
}

/* Keeps only the contenders that are nearly as good as the best. */
static void sieve(const struct comparison *all, bool *in, const struct criterion *by)
{
    double best = -1;
    for (unsigned i = 0; i < all->n; i++) {
        double own = compare_median(&all->contenders[i], by->figure);
        if (in[i] && (best < 0 || (by->more_is_better ? own > best : own < best)))
            best = own;
    }
    for (unsigned i = 0; i < all->n; i++) {
        double own = compare_median(&all->contenders[i], by->figure);
        if (in[i] && (by->more_is_better ? own * by->alike < best : own > best * by->alike))
            in[i] = false;
    }
}

static unsigned count_in(const struct comparison *all, const bool *in)
{
    unsigned n = 0;
    for (unsigned i = 0; i < all->n; i++)
        n += in[i];
    return n;
}

/* *ret_reason: NULL if there was no choice. */
static const struct contender *choose(
    const struct comparison *all, bool thumbs, const char **ret_reason)
{
    const struct contender *best = NULL;
    bool *in = mem_array(all->n + 1, sizeof *in);
    for (unsigned i = 0; i < all->n; i++)
        in[i] = takes_part(&all->contenders[i], thumbs);
    *ret_reason = NULL;
    for (unsigned i = 0; i < CRITERIA && count_in(all, in) > 1; i++) {
        sieve(all, in, &criteria[i]);
        *ret_reason = criteria[i].reason;
    }
    for (unsigned i = 0; i < all->n && !best; i++)
        if (in[i])
            best = &all->contenders[i];
    free(in);
    return best;
}

const struct contender *compare_best(const struct comparison *all, bool thumbs)
{
    const char *ignored;
    const struct contender *best = choose(all, thumbs, &ignored);
    return best && compare_median(best, FIGURE_OK) > 0 ? best : NULL;
}

/* ---- in words ---- */

static void add_sentence(char out[ADVICE_SIZE], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Appends text; cuts what does not fit. */
static void add_sentence(char out[ADVICE_SIZE], const char *format, ...)
{
    size_t len = strlen(out);
    va_list args;
    va_start(args, format);
    vsnprintf(out + len, ADVICE_SIZE - len, format, args);
    va_end(args);
}

static void say_best(
    const struct comparison *all, const struct contender *best, const char *reason, char *out)
{
    char memory[HUMAN_SIZE];
    double wall = compare_median(best, FIGURE_WALL), slowest = 0;
    const struct contender *last = NULL;
    unsigned n_as_fast = 0;
    add_sentence(out,
        "%s thumbnails: %s suits this list best%s%s%s: %.3g s, %.0f images/s, %.3g s of CPU, %s. ",
        best->thumbs ? "With" : "Without", best->name, reason ? " (" : "", reason ? reason : "",
        reason ? ")" : "", wall, compare_median(best, FIGURE_IMAGES_PER_S),
        compare_median(best, FIGURE_CPU),
        human_bytes((uint64_t)compare_median(best, FIGURE_MEMORY), memory));
    for (unsigned i = 0; i < all->n; i++) {
        const struct contender *c = &all->contenders[i];
        double own = compare_median(c, FIGURE_WALL);
        if (c == best || !takes_part(c, best->thumbs))
            continue;
        if (own > slowest) {
            slowest = own;
            last = c;
        }
        if (own > wall * AS_FAST || own * AS_FAST < wall)
            continue;
        add_sentence(out, "%s%s (%.3g s of CPU)",
            n_as_fast++ ? ", " : "As fast (within 10 %): ", c->name, compare_median(c, FIGURE_CPU));
    }
    if (n_as_fast)
        add_sentence(out, ". ");
    if (last && slowest > wall * AS_FAST)
        add_sentence(out, "Slowest: %s, %.1f times as long.", last->name, slowest / wall);
}

/* ---- doubt ---- */

/* With three rounds each, the chance that all rounds of the slower one come first is one in twenty;
 * with two it is one in six. */
enum { ROUNDS_ENOUGH = 3 };

/* True if the order of the two may be chance: their rounds overlap although their medians say that
 * one is faster, or they scatter by more than what counts as equal. */
static bool is_doubtful(const struct contender *a, const struct contender *b)
{
    struct range x = compare_range(a, FIGURE_WALL), y = compare_range(b, FIGURE_WALL);
    bool overlap = x.min <= y.max && y.min <= x.max;
    bool are_steady = x.max <= x.median * AS_FAST && y.max <= y.median * AS_FAST;
    bool are_alike = x.median <= y.median * AS_FAST && y.median <= x.median * AS_FAST;
    return overlap && !(are_alike && are_steady);
}

static void say_wall(const struct contender *c, char *out)
{
    struct range r = compare_range(c, FIGURE_WALL);
    add_sentence(out, "%s (%.3g ± %.2g s)", c->name, r.median, compare_scatter(&r));
}

/* False: there is no doubt. */
static bool say_doubt(const struct comparison *all, const struct contender *best, char *out)
{
    unsigned n = best->n_rounds, n_doubtful = 0, others = 0;
    for (unsigned i = 0; i < all->n; i++) {
        const struct contender *c = &all->contenders[i];
        if (c == best || !takes_part(c, best->thumbs))
            continue;
        others++;
        if (n < ROUNDS_ENOUGH || !is_doubtful(best, c))
            continue;
        add_sentence(out, n_doubtful++ ? ", " : "Warning: the rounds of ");
        say_wall(c, out);
    }
    if (n_doubtful) {
        add_sentence(out, " overlap with those of ");
        say_wall(best, out);
        add_sentence(out, ", so which is faster may be chance; try --repeat=%u.", 2 * n + 1);
    } else if (others && n < ROUNDS_ENOUGH) {
        add_sentence(out, "Warning: %u round%s too few to tell %s apart; try --repeat=%d.", n,
            n == 1 ? " is" : "s are", compare_kinds[all->what].many, ROUNDS_ENOUGH + 2);
    }
    return *out;
}

/* ---- the guide ---- */

/* What the guide recommends for each kind of workload. */
static const struct {
    const char *workload, *advice;
    enum backend_kind backend; /* the kind it recommends */
} words[] = {
    [GUIDE_SMALL_WAITS] = {"many small waits", "an event loop (async, coro)", BACKEND_EVENT_LOOP},
    [GUIDE_MIXED] = {"mixed: many small waits, and decoding",
        "an event loop (async, coro) beside a pool of processes (--pool=procs)",
        BACKEND_EVENT_LOOP},
    [GUIDE_LONG_TRANSFERS] = {"a few long transfers", "threads", BACKEND_THREADS},
    [GUIDE_CPU_HEAVY] = {"CPU-heavy: the decoders take most of the time",
        "processes for decoding (--pool=procs)", BACKEND_OTHER},
};

static bool is_advised(enum guide guide, const struct comparison *all, const struct contender *c)
{
    if (all->what == COMPARED_POOLS)
        return c->pool == POOL_PROCS || guide == GUIDE_LONG_TRANSFERS;
    return guide == GUIDE_CPU_HEAVY /* any backend will do */ ||
           c->backend->kind == words[guide].backend;
}

/* Says whether the figures confirm the guide. A tie with its choice does not contradict it. */
static void say_agreement(
    const struct comparison *all, const struct contender *best, enum guide guide, char *out)
{
    double wall = compare_median(best, FIGURE_WALL);
    bool agrees = is_advised(guide, all, best);
    for (unsigned i = 0; i < all->n && !agrees; i++) {
        const struct contender *c = &all->contenders[i];
        agrees = takes_part(c, best->thumbs) && is_advised(guide, all, c) &&
                 compare_median(c, FIGURE_WALL) <= wall * AS_FAST;
    }
    add_sentence(out, "). The figures %s.", agrees ? "agree" : "disagree");
}

static void say_guide(
    const struct comparison *all, const struct contender *best, unsigned cores, struct advice *ret)
{
    char size[HUMAN_SIZE], p50[HUMAN_SIZE], *out = ret->line[ret->n++];
    double rows = compare_median(best, FIGURE_OK), wall = compare_median(best, FIGURE_WALL);
    double body = rows > 0 ? compare_median(best, FIGURE_BYTES) / rows : 0;
    double at_once = compare_median(best, FIGURE_IN_FLIGHT);
    double decoding =
        best->thumbs && wall > 0 ? compare_median(best, FIGURE_DECODE) / wall / cores : 0;
    enum guide guide = guide_judge(body, at_once, decoding, cores);
    add_sentence(out, "The decision guide says: %s; this workload is %s", words[guide].advice,
        words[guide].workload);
    add_sentence(out, " (hosts: %.0f, p50 %s, %s each, at most %.0f at once",
        compare_median(best, FIGURE_HOSTS),
        human_ns((uint64_t)(compare_median(best, FIGURE_P50) * 1e9), p50),
        human_bytes((uint64_t)body, size), at_once);
    if (best->thumbs)
        add_sentence(out, "; decoding: %.0f %% of %u cores", 100 * decoding, cores);
    say_agreement(all, best, guide, out);
}

void compare_advise(const struct comparison *all, unsigned cores, struct advice *ret)
{
    *ret = (struct advice){0};
    for (int thumbs = 0; thumbs < 2; thumbs++) {
        const char *reason;
        const struct contender *best = choose(all, thumbs, &reason);
        if (!best)
            continue;
        if (compare_median(best, FIGURE_OK) == 0) {
            add_sentence(ret->line[ret->n++],
                "%s thumbnails: no row succeeded, so there is nothing to tell them apart by.",
                thumbs ? "With" : "Without");
            continue;
        }
        say_best(all, best, reason, ret->line[ret->n++]);
        if (say_doubt(all, best, ret->line[ret->n]))
            ret->n++;
        if (all->what != COMPARED_HTTP) /* it says nothing about those */
            say_guide(all, best, cores, ret);
    }
}
