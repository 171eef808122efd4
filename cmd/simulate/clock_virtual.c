#include "cmd/simulate/clock_virtual.h"

#include "base/clock.h"

static uint64_t time_ns;

uint64_t clock_ns(void)
{
    return time_ns;
}

void clock_set(uint64_t ns)
{
    time_ns = ns;
}
