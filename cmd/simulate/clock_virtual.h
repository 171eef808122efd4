/* The clock of the simulation: clock_ns() (base/clock.h) stands still until this moves it. It takes
 * the place of the library's in every program that links it. One thread. */
#ifndef SIMULATE_CLOCK_VIRTUAL_H
#define SIMULATE_CLOCK_VIRTUAL_H

#include <stdint.h>

void clock_set(uint64_t ns);

#endif
