/*
 * How many rows of a list each host has: by Zipf's law, or from a file.
 *
 * Holds 8 bytes a host. Hosts are numbered from 0. One thread.
 */
#ifndef SIMULATE_HOSTS_H
#define SIMULATE_HOSTS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { HOSTS_MOST = 50000000 };

struct hosts {
    double *rows; /* of each host, `n` of them; whole numbers in a file, fractions by Zipf's law */
    size_t n;
    double total;  /* rows of the list */
    size_t widest; /* the host with the most rows */
};

/* The host of rank r has a share that is proportional to 1 / r^s, with an s that gives the largest
 * host its share of the rows. NULL on success, or why there is no such list: `largest` lies between
 * 1/n and 1, `n` between 1 and HOSTS_MOST. */
const char *hosts_zipf(struct hosts *ret, double rows, size_t n, double largest);

/* Reads lines "HOST COUNT" (tabs or spaces). The name itself does not matter. NULL on success, or
 * what is wrong with line *line. */
const char *hosts_read(struct hosts *ret, FILE *, size_t *line);

void hosts_fini(struct hosts *);

/* Each n-th row of the list, if it were sorted by host: `size` rows. ret: the host of each, in
 * random order, always the same one; free() it. */
uint32_t *hosts_sample(const struct hosts *, size_t size);

/* How many names are looked up if the rows of each host are divided at random among so many
 * tasks: for each host as many as there are tasks that have rows of it. */
double hosts_lookups(const struct hosts *, unsigned tasks);

#endif
