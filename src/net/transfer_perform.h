/*
 * A transfer done the blocking way: for backends that give each request a thread or a
 * process of its own. Thread: the transfer's, but for transfer_wake().
 */
#ifndef NET_TRANSFER_PERFORM_H
#define NET_TRANSFER_PERFORM_H

#include "net/transfer.h"

/* Asked before anything is sent, at every piece of an answer, when the transfer is woken, and
 * once a second in any case: ERR_OK, or why it must be given up (ERR_CANCELLED,
 * ERR_EVICTED). Cheap, please. */
typedef enum err transfer_poll(void *arg);

/* From transfer_start() to transfer_finish(). poll may be NULL. */
void transfer_perform(struct transfer *, struct job *, transfer_poll *poll, void *arg);

/* Has `poll` asked at once, if a transfer is under way. Any thread, as long as there is the
 * transfer. */
void transfer_wake(struct transfer *);

#endif
