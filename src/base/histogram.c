#include "base/histogram.h"

/* Classes are linear below 16. Above, each octave has 16 classes. */
static unsigned class_of(uint64_t value)
{
    if (value < HISTOGRAM_PER_OCTAVE)
        return (unsigned)value;
    unsigned shift = (unsigned)(63 - __builtin_clzll(value)) - 4;
    unsigned i =
        (shift + 1) * HISTOGRAM_PER_OCTAVE + (unsigned)(value >> shift) % HISTOGRAM_PER_OCTAVE;
    return i < HISTOGRAM_CLASSES ? i : HISTOGRAM_CLASSES - 1;
}

static uint64_t upper_end(unsigned i)
{
    if (i < HISTOGRAM_PER_OCTAVE)
        return i + 1;
    unsigned shift = i / HISTOGRAM_PER_OCTAVE - 1;
    return (uint64_t)(HISTOGRAM_PER_OCTAVE + i % HISTOGRAM_PER_OCTAVE + 1) << shift;
}

void histogram_add(struct histogram *h, uint64_t value)
{
    h->n++;
    h->classes[class_of(value)]++;
}

uint64_t histogram_quantile(const struct histogram *h, double q)
{
    uint64_t wanted = (uint64_t)(q * (double)h->n), seen = 0;
    if (!h->n)
        return 0;
    for (unsigned i = 0; i < HISTOGRAM_CLASSES; i++) {
        seen += h->classes[i];
        if (seen > wanted || seen == h->n)
            return upper_end(i);
    }
    return 0;
}

uint64_t histogram_between(const struct histogram *h, uint64_t low, uint64_t high)
{
    uint64_t n = 0;
    if (low >= high)
        return 0;
    for (unsigned i = class_of(low), last = class_of(high - 1); i <= last; i++)
        n += h->classes[i];
    return n;
}
