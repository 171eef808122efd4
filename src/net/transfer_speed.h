/*
 * How fast a body is received, and into how large a buffer. Part of net/transfer.h.
 *
 * The bodies that are being received share max_speed evenly. Each looks whenever some of it comes,
 * so that one that begins takes from the others at once. One thread, that of the transfer.
 */
#ifndef NET_TRANSFER_SPEED_H
#define NET_TRANSFER_SPEED_H

#include "net/transfer.h"

struct transfer_speed {
    unsigned shares; /* that max_speed was last divided into; 0: no body is being received */
};

/* The first byte of the body has come. */
void transfer_speed_begin(struct transfer_speed *, const struct transfer_conf *, CURL *);

/* More of it has come, or some time has gone by. */
void transfer_speed_follow(struct transfer_speed *, const struct transfer_conf *, CURL *);

/* The transfer is over; there may have been no body. */
void transfer_speed_end(struct transfer_speed *, const struct transfer_conf *, CURL *);

/* For CURLOPT_BUFFERSIZE. */
long transfer_speed_buffer(const struct transfer_conf *);

#endif
