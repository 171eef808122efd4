/*
 * Runs a transfer and blocks, for backends with a thread or process per request. Thread: the
 * transfer's, except transfer_wake().
 */
#ifndef NET_TRANSFER_PERFORM_H
#define NET_TRANSFER_PERFORM_H

#include "net/transfer.h"

/* Called before anything is sent, after every read, when the transfer is woken, and at least
 * once a second. Returns ERR_OK, or why the transfer must be aborted (ERR_CANCELLED,
 * ERR_EVICTED). It must be cheap. */
typedef enum err transfer_poll(void *arg);

/* Runs the transfer from transfer_start() to transfer_finish(). poll may be NULL. */
void transfer_perform(struct transfer *, struct job *, transfer_poll *poll, void *arg);

/* Makes `poll` run at once, if the transfer is in progress. Any thread, while the transfer
 * exists. */
void transfer_wake(struct transfer *);

#endif
