/*
 * A transfer done the blocking way: for backends that give each request a thread or a
 * process of its own. Thread: the transfer's.
 */
#ifndef NET_TRANSFER_PERFORM_H
#define NET_TRANSFER_PERFORM_H

#include "net/transfer.h"

/* Asked while the transfer is under way, at every piece of a body and at least once a
 * second (curl's progress callback): ERR_OK, or why it must be given up (ERR_CANCELLED,
 * ERR_EVICTED). Cheap, please. */
typedef enum err transfer_poll(void *arg);

/* From transfer_start() to transfer_finish(). poll may be NULL. */
void transfer_perform(struct transfer *, struct job *, transfer_poll *poll, void *arg);

#endif
