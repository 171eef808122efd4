/* The time limits of a request, as curl has to know them. Thread: the transfer's. */
#ifndef NET_TRANSFER_TIMES_H
#define NET_TRANSFER_TIMES_H

#include "net/transfer.h"

/* Call it before the request begins. */
void transfer_times_set(CURL *easy, const struct transfer_conf *, const struct request *);

/*
 * When curl is to be called again because the first address of a request may have been silent for
 * its share of the time, in ms after the connection is begun. 0: there is no other address, or one
 * of another family, for which curl has a timer.
 *
 * curl gives each address but the last of its family half of the time that is left to connect.
 * 7.88 then gives it up, but tries the next one only when it is called once more, and sets no timer
 * for that (lib/connect.c, is_connected). 8.14 does.
 */
uint64_t transfer_times_next_address(uint64_t to_connect_ms, const struct addr_set *);

#endif
