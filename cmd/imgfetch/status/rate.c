#include "cmd/imgfetch/status/rate.h"

#include <stdbool.h>

/* i samples before the newest. */
static const struct rate_sample *sample(const struct rate *r, uint64_t i)
{
    return &r->at[(r->count - 1 - i) % RATE_SAMPLES];
}

/* The newest sample moves until it is RATE_EVERY_MS after the one before it. */
void rate_note(struct rate *r, uint64_t ns, uint64_t n)
{
    const uint64_t every = (uint64_t)RATE_EVERY_MS * 1000000;
    if (r->count < 2 || sample(r, 0)->ns - sample(r, 1)->ns >= every)
        r->count++;
    r->at[(r->count - 1) % RATE_SAMPLES] = (struct rate_sample){ns, n};
}

double rate_of(const struct rate *r, double seconds)
{
    uint64_t kept = r->count < RATE_SAMPLES ? r->count : RATE_SAMPLES;
    if (kept < 2)
        return 0;
    const struct rate_sample *newest = sample(r, 0), *oldest = sample(r, 1);
    for (uint64_t i = 2; i < kept && (double)(newest->ns - oldest->ns) < seconds * 1e9; i++)
        oldest = sample(r, i);
    double passed = (double)(newest->ns - oldest->ns) / 1e9;
    return passed > 0 ? (double)(newest->n - oldest->n) / passed : 0;
}

double rate_expected(const struct rate *r)
{
    double now = rate_of(r, RATE_SHORT_S), long_term = rate_of(r, RATE_LONG_S);
    return now < long_term / 2 ? now : long_term;
}

double rate_left(struct rate_left *l, uint64_t ns, uint64_t todo, double per_s)
{
    if (per_s <= 0) {
        *l = (struct rate_left){0};
        return 0;
    }
    double now = (double)todo / per_s;
    double shown = l->seconds - (double)(ns - l->ns) / 1e9;
    double off = shown > now ? shown - now : now - shown;
    bool may_jump = ns - l->jumped_ns >= (uint64_t)RATE_JUMP_S * 1000000000;
    if (l->seconds <= 0 || shown <= 0 || (off > now / 8 && may_jump)) {
        shown = now;
        l->jumped_ns = ns;
    }
    l->seconds = shown;
    l->ns = ns;
    return shown;
}
