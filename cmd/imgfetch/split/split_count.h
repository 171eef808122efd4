/*
 * Which domains have most rows of a list, in memory that does not grow with it (Misra and Gries,
 * 1982): up to a number of domains all counts are exact. When there are more, one row is taken from
 * each domain, and those without rows are forgotten; so a count is too low by at most
 * split_count_missed(), which is less than the rows divided by that number.
 *
 * One thread.
 */
#ifndef CMD_SPLIT_COUNT_H
#define CMD_SPLIT_COUNT_H

#include <stddef.h>
#include <stdint.h>

struct split_count;

struct split_count *split_count_new(size_t most_domains);
void split_count_free(struct split_count *);

/* A row of the domain. The hash stands for the name, which is copied. */
void split_count_add(struct split_count *, uint64_t hash, const char *name);

uint64_t split_count_missed(const struct split_count *);
size_t split_count_domains(const struct split_count *); /* those that are known */

/* Calls `each` for every known domain with its rows, the missed ones included: never too low. */
void split_count_list(const struct split_count *,
    void (*each)(void *arg, uint64_t hash, const char *name, uint64_t rows), void *arg);

#endif
