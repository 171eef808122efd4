/*
 * The rows of --json on standard output. Its reader may be slow, stop reading, or go away; then the
 * run waits, or ends.
 */
#ifndef CMD_ROWPRINT_H
#define CMD_ROWPRINT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <uv.h>

struct rowprint {
    atomic_bool gave_up; /* the user does not wait for the reader */
    atomic_bool is_gone; /* standard output is closed; set by the store's thread */
    uv_async_t wake;
    void (*on_gone)(void *arg); /* on the loop, once */
    void *arg;
};

/* 0 or a negative errno. Loop thread. */
int rowprint_open(struct rowprint *, uv_loop_t *, void (*on_gone)(void *arg), void *arg);

/* store_conf's on_rows; arg is the struct. Store thread. A reader may stop reading without going
 * away: then this waits until it goes on, or until the user gives up. */
bool rowprint_lines(void *arg, const char *lines, size_t len);

void rowprint_close(struct rowprint *); /* loop thread */

#endif
