#include "cmd/imgfetch/compare/compare_advice.h"

#include "base/mem.h"
#include "cmd/imgfetch/status/human.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The guide's borders; those between waits and bodies are the ones of backends/auto.c. */
enum { FEW_PER_CORE = 8, LARGE_BODY = 1024 * 1024 };
static const double AS_FAST = 1.10;                   /* up to this factor */
static const double cpu_heavy = 0.6, cpu_some = 0.15; /* of all cores' time: in decoders */

/* ---- the best ---- */

/* What counts, most first: of those who are nearly as good, the next figure decides. */
static const struct criterion {
    enum figure figure;
    bool more_is_better;
    double alike; /* up to this factor */
} criteria[] = {
    {FIGURE_OK, true, 1.01}, /* who fails fast has not won */
    {FIGURE_WALL, false, AS_FAST},
    {FIGURE_CPU, false, 1.10},
    {FIGURE_MEMORY, false, 1.00},
};

static bool takes_part(const struct contender *c, bool thumbs)
{
    return c->thumbs == thumbs && c->n_rounds && !c->trouble[0] && strcmp(c->name, "null") != 0;
}

/* Only those stay in the race who are nearly as good as the best. */
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

const struct contender *compare_best(const struct comparison *all, bool thumbs)
{
    const struct contender *best = NULL;
    bool *in = mem_array(all->n + 1, sizeof *in);
    for (unsigned i = 0; i < all->n; i++)
        in[i] = takes_part(&all->contenders[i], thumbs);
    for (size_t i = 0; i < sizeof criteria / sizeof *criteria; i++)
        sieve(all, in, &criteria[i]);
    for (unsigned i = 0; i < all->n && !best; i++)
        if (in[i])
            best = &all->contenders[i];
    free(in);
    return best;
}

/* ---- in words ---- */

static void say(char out[ADVICE_SIZE], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Appends; what does not fit is cut. */
static void say(char out[ADVICE_SIZE], const char *format, ...)
{
    size_t len = strlen(out);
    va_list args;
    va_start(args, format);
    vsnprintf(out + len, ADVICE_SIZE - len, format, args);
    va_end(args);
}

static void say_best(const struct comparison *all, const struct contender *best, char *out)
{
    char memory[HUMAN_SIZE];
    double wall = compare_median(best, FIGURE_WALL), slowest = 0;
    const struct contender *last = NULL;
    const char *between = "As fast, within 10 %: ";
    say(out, "%s thumbnails: %s suits this list best: %.3g s, %.0f images/s, %.3g s of CPU, %s. ",
        best->thumbs ? "With" : "Without", best->name, wall,
        compare_median(best, FIGURE_IMAGES_PER_S), compare_median(best, FIGURE_CPU),
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
        say(out, "%s%s (%.3g s of CPU)", between, c->name, compare_median(c, FIGURE_CPU));
        between = ", ";
    }
    if (*between == ',')
        say(out, ". ");
    if (last && slowest > wall * AS_FAST)
        say(out, "Slowest: %s, %.1f times as long.", last->name, slowest / wall);
}

/* The family of backends that the guide names. */
enum family { EVENT_LOOP, THREADS, PROCESSES };
static const char *const family_text[] = {
    "an event loop (async, coro)", "threads", "processes for the work (--pool=procs)"};

static bool is_of(enum family family, const struct comparison *all, const struct contender *c)
{
    if (family == PROCESSES) /* where decoding decides, any backend will do */
        return !all->pools || c->pool == POOL_PROCS;
    if (all->pools)
        return c->pool == POOL_PROCS || family == THREADS;
    bool loop = !strcmp(c->name, "async") || !strcmp(c->name, "coro") || !strcmp(c->name, "auto");
    return family == EVENT_LOOP ? loop : !strcmp(c->name, "threads");
}

static const char *describe(const struct contender *c, unsigned cores, enum family *ret)
{
    double rows = compare_median(c, FIGURE_OK), wall = compare_median(c, FIGURE_WALL);
    double size = rows > 0 ? compare_median(c, FIGURE_BYTES) / rows : 0;
    double busy = wall > 0 ? compare_median(c, FIGURE_DECODE) / wall / cores : 0;
    bool few_large =
        compare_median(c, FIGURE_IN_FLIGHT) <= FEW_PER_CORE * cores && size >= LARGE_BODY;
    *ret = few_large ? THREADS : EVENT_LOOP;
    if (c->thumbs && busy >= cpu_heavy) {
        *ret = PROCESSES;
        return "CPU-heavy: the decoders take most of the time";
    }
    if (few_large)
        return "a few long transfers";
    return c->thumbs && busy >= cpu_some ? "mixed: many small waits, and decoding"
                                         : "many small waits";
}

/* Do the figures bear out the guide? A tie with what it named is not against it. */
static void say_agreement(
    const struct comparison *all, const struct contender *best, enum family family, char *out)
{
    double wall = compare_median(best, FIGURE_WALL);
    bool agrees = is_of(family, all, best);
    for (unsigned i = 0; i < all->n && !agrees; i++) {
        const struct contender *c = &all->contenders[i];
        agrees = takes_part(c, best->thumbs) && is_of(family, all, c) &&
                 compare_median(c, FIGURE_WALL) <= wall * AS_FAST;
    }
    say(out, "). The figures %s.", agrees ? "agree" : "say otherwise");
}

static void say_guide(
    const struct comparison *all, const struct contender *best, unsigned cores, struct advice *ret)
{
    char size[HUMAN_SIZE], p50[HUMAN_SIZE], *out = ret->line[ret->n++];
    enum family family;
    double rows = compare_median(best, FIGURE_OK);
    const char *character = describe(best, cores, &family);
    bool mixed = family == EVENT_LOOP && !strncmp(character, "mixed", 5);
    say(out, "The decision guide says: %s%s; this workload is %s", family_text[family],
        mixed ? " beside a pool of processes (--pool=procs)" : "", character);
    say(out, " (hosts: %.0f, p50 %s, %s each, at most %.0f at once",
        compare_median(best, FIGURE_HOSTS),
        human_ns((uint64_t)(compare_median(best, FIGURE_P50) * 1e9), p50),
        human_bytes(rows > 0 ? (uint64_t)(compare_median(best, FIGURE_BYTES) / rows) : 0, size),
        compare_median(best, FIGURE_IN_FLIGHT));
    if (best->thumbs)
        say(out, "; decoding: %.0f %% of %u cores",
            100 * compare_median(best, FIGURE_DECODE) / compare_median(best, FIGURE_WALL) / cores,
            cores);
    say_agreement(all, best, family, out);
}

void compare_advise(const struct comparison *all, unsigned cores, struct advice *ret)
{
    *ret = (struct advice){0};
    for (int thumbs = 0; thumbs < 2; thumbs++) {
        const struct contender *best = compare_best(all, thumbs);
        if (!best)
            continue;
        say_best(all, best, ret->line[ret->n++]);
        say_guide(all, best, cores, ret);
    }
}
