/* Internal to the transfer: see transfer.h for struct transfer_pins. */
#ifndef NET_TRANSFER_PINS_H
#define NET_TRANSFER_PINS_H

#include "base/addr.h"
#include "input/url.h"
#include "net/transfer.h"

/* For CURLOPT_SHARE: the TLS sessions. */
CURLSH *transfer_pins_share(struct transfer_pins *);

/*
 * Pins the addresses for a transfer and returns the list for CURLOPT_RESOLVE; curl_slist_free_all()
 * it when the transfer has ended. The list also contains the removals that are due. NULL: nothing
 * to pin (an IP literal).
 */
struct curl_slist *transfer_pins_add(
    struct transfer_pins *, const struct url *, const struct addr_set *);

/* Counts a transfer that shares them: how many there are now. */
unsigned transfer_pins_join(struct transfer_pins *);

/* The transfer has ended. When it was the last one for that host and port, its pin is
 * removed with the next list. */
void transfer_pins_drop(struct transfer_pins *, const struct url *);

#endif
