/* What a process and all its descendants use at this moment, from /proc. */
#ifndef CMD_COMPARE_SAMPLE_H
#define CMD_COMPARE_SAMPLE_H

#include <sys/types.h>

struct compare_sample {
    double memory; /* bytes: the sum of their Pss, so that shared pages count once */
    double cpu;    /* seconds, user and system, with those that have ended */
    unsigned processes;
};

/* The processes may end meanwhile: then they count as far as they were seen. */
struct compare_sample compare_sample(pid_t root);

#endif
