/* What the head of an answer says of its body, before that is read. The inside of transfer.c:
 * see transfer.h. */
#ifndef NET_TRANSFER_HEAD_H
#define NET_TRANSFER_HEAD_H

#include "net/transfer_outcome.h"

/* To be called with each header line curl gives (CURLOPT_HEADERFUNCTION). False: the transfer
 * is to be given up, and outcome.abort says why. */
bool transfer_head_line(
    struct outcome *, const struct transfer_conf *, CURL *, const char *line, size_t len);

#endif
