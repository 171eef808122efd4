#include "pipeline/latency.h"

/* Classes are linear below 16 us; above, each octave has 16 of them. */
static unsigned class_of(uint64_t us)
{
    if (us < LATENCY_PER_OCTAVE)
        return (unsigned)us;
    unsigned shift = (unsigned)(63 - __builtin_clzll(us)) - 4;
    unsigned i = (shift + 1) * LATENCY_PER_OCTAVE + (unsigned)(us >> shift) % LATENCY_PER_OCTAVE;
    return i < LATENCY_CLASSES ? i : LATENCY_CLASSES - 1;
}

static uint64_t upper_end(unsigned i)
{
    if (i < LATENCY_PER_OCTAVE)
        return i + 1;
    unsigned shift = i / LATENCY_PER_OCTAVE - 1;
    return (uint64_t)(LATENCY_PER_OCTAVE + i % LATENCY_PER_OCTAVE + 1) << shift;
}

void latency_add(struct latency *l, uint64_t ns)
{
    l->n++;
    l->classes[class_of(ns / 1000)]++;
}

uint64_t latency_quantile(const struct latency *l, double q)
{
    uint64_t wanted = (uint64_t)(q * (double)l->n), seen = 0;
    if (!l->n)
        return 0;
    for (unsigned i = 0; i < LATENCY_CLASSES; i++) {
        seen += l->classes[i];
        if (seen > wanted || seen == l->n)
            return upper_end(i) * 1000;
    }
    return 0;
}
