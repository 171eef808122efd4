/*
 * What the control groups of this process allow it (cgroups(7)): a container's share of the
 * machine. Of the groups that contain one another, the smallest limit counts.
 *
 * Version 2: memory.max, cpu.max, memory.events. Version 1: memory.limit_in_bytes,
 * cpu.cfs_quota_us, memory.oom_control (Documentation/admin-guide/cgroup-v2.rst and cgroup-v1 of
 * Linux). Reads files of /proc and /sys; call it before the process is confined.
 */
#ifndef BASE_CGROUP_H
#define BASE_CGROUP_H

#include <stdint.h>

struct cgroup {
    double cpus;     /* processors' worth of time; 0: no limit */
    uint64_t memory; /* bytes of memory, without swap; 0: no limit */
};

/* root: a directory with proc/self/cgroup and proc/self/mountinfo and all that they name; "" is the
 * machine. What cannot be read is no limit. */
void cgroup_read(const char *root, struct cgroup *ret);

/* The processors that this process can use at once: those that it may run on
 * (sched_setaffinity(2)), at most the groups' share, rounded up. At least 1. */
unsigned cgroup_processors(void);

/* A file that counts the processes of the innermost group, and of those in it, that were killed
 * because it has used its memory up: opened now, read by cgroup_kills(). -1: there is none. */
int cgroup_open_kills(const char *root);

/* How many so far; 0 if it cannot be read. */
uint64_t cgroup_kills(int fd);

#endif
