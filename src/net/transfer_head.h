/* Checks the header of a response before its body is read. Internal to transfer.c: see
 * transfer.h. */
#ifndef NET_TRANSFER_HEAD_H
#define NET_TRANSFER_HEAD_H

#include "net/transfer_outcome.h"

/* Call it with each header line from curl (CURLOPT_HEADERFUNCTION). False: the transfer must be
 * aborted, and outcome.abort says why. */
bool transfer_head_line(
    struct outcome *, const struct transfer_conf *, CURL *, const char *line, size_t len);

/* True for a line that begins with "HTTP/". No name of a field does. */
bool transfer_head_is_status(const char *line, size_t len);

#endif
