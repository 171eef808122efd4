/* Measures the present memory and CPU time of a process and all its descendants, from /proc. */
#ifndef CMD_COMPARE_SAMPLE_H
#define CMD_COMPARE_SAMPLE_H

#include <sys/types.h>

struct compare_sample {
    double memory; /* bytes: the sum of their Pss, so that shared pages count once */
    double cpu;    /* seconds, user and system, including descendants that have ended */
    unsigned processes;
};

/* Processes may end meanwhile; then they count as far as they were read. */
struct compare_sample compare_sample(pid_t root);

#endif
