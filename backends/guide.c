#include "backends/guide.h"

enum {
    FEW_PER_CORE = 8,         /* requests in flight: a thread for each costs almost nothing */
    LARGE_BODY = 1024 * 1024, /* bytes: moving them takes longer than waiting */
};
static const double cpu_heavy = 0.6, cpu_some = 0.15; /* of all cores' time */

enum guide guide_judge(double body, double at_once, double decoding, unsigned cores)
{
    if (decoding >= cpu_heavy)
        return GUIDE_CPU_HEAVY;
    if (body >= LARGE_BODY && at_once <= FEW_PER_CORE * cores)
        return GUIDE_LONG_TRANSFERS;
    return decoding >= cpu_some ? GUIDE_MIXED : GUIDE_SMALL_WAITS;
}
