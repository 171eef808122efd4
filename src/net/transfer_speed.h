/*
 * Limits the speed of bodies and chooses the size of receive buffers. Internal to the transfer: see
 * transfer.h.
 *
 * The bodies being received share max_speed evenly. Each recomputes its share whenever it receives
 * data, so a new body gets its share at once. Thread: the transfer's.
 */
#ifndef NET_TRANSFER_SPEED_H
#define NET_TRANSFER_SPEED_H

#include "net/transfer.h"
#include "net/transfer_wire.h"

struct transfer_speed {
    bool counted;    /* in conf->bodies */
    unsigned shares; /* how many max_speed was last divided into; 0: no limit, or no body yet */
    unsigned
        weight; /* bytes that come for one of body, rounded: curl's limit counts the body only */
};

/* The first byte of the body has come. */
void transfer_speed_begin(
    struct transfer_speed *, const struct transfer_conf *, const struct transfer_wire *);

/* So many more bytes of any body have come. */
void transfer_speed_arrived(const struct transfer_conf *, size_t);

/* More of the body has come, or time has passed. */
void transfer_speed_follow(
    struct transfer_speed *, const struct transfer_conf *, const struct transfer_wire *);

/* The transfer is over, with or without a body. */
void transfer_speed_end(struct transfer_speed *, const struct transfer_conf *, CURL *);

/* Bytes a second that the body may have; 0: no limit. */
uint64_t transfer_speed_share(const struct transfer_speed *, const struct transfer_conf *);

/* For CURLOPT_BUFFERSIZE of the n-th transfer, from 1. */
long transfer_speed_buffer(const struct transfer_conf *, unsigned n);

#endif
