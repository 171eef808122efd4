#include "pipeline/standstill.h"

static const uint64_t min_ns = (uint64_t)STANDSTILL_MIN_MS * 1000000;

void standstill_look(struct standstill *s, uint64_t now)
{
    if (s->seen && now - s->seen >= min_ns)
        s->until = now;
    s->seen = now;
}

bool standstill_was_within(const struct standstill *s, uint64_t now, uint64_t span)
{
    return s->until && span >= min_ns && now - s->until <= span;
}
