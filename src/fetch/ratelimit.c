#include "fetch/ratelimit.h"

/* The first estimate of a response, as a share of the rate: some requests begin in the first
 * second, but not all at once. */
static const double FIRST_SHARE = 0.25, FIRST_MOST = 1 << 20;

/* The tokens of so many seconds are saved while no request begins. */
static const double KEPT_S = 0.25;

/* The weight of a new response in the average, as for round trips in TCP (RFC 6298, 2.3). */
static const double GAIN = 0.125;

static void begin_to_count(struct ratelimit *l, uint64_t now)
{
    double share = (double)l->rate * FIRST_SHARE;
    l->filled = now;
    l->usual = share < FIRST_MOST ? share : FIRST_MOST;
    l->tokens = (double)l->rate * KEPT_S;
}

uint64_t ratelimit_wait_until(struct ratelimit *l, uint64_t now)
{
    if (!l->rate)
        return 0;
    if (!l->filled)
        begin_to_count(l, now);
    const double rate = (double)l->rate, most = rate * KEPT_S;
    l->tokens += (double)(now - l->filled) / 1e9 * rate;
    l->filled = now;
    if (l->tokens > most)
        l->tokens = most;
    return l->tokens > 0 ? 0 : now + (uint64_t)(-l->tokens / rate * 1e9) + 1;
}

uint64_t ratelimit_begin(struct ratelimit *l)
{
    uint64_t taken = (uint64_t)l->usual;
    l->tokens -= (double)taken;
    return taken;
}

void ratelimit_end(struct ratelimit *l, uint64_t taken, uint64_t received)
{
    l->tokens += (double)taken - (double)received;
    l->usual += ((double)received - l->usual) * GAIN;
}

void ratelimit_unbegin(struct ratelimit *l, uint64_t taken)
{
    l->tokens += (double)taken;
}
