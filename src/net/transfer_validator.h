/*
 * What tells whether an image is still the one that is known: ETag and Last-Modified, of an answer
 * and for a request (RFC 9110, sections 8.8 and 13.1). The inside of transfer.c: see transfer.h.
 */
#ifndef NET_TRANSFER_VALIDATOR_H
#define NET_TRANSFER_VALIDATOR_H

#include "input/job.h"

#include <curl/curl.h>

/* Bytes of one; a longer one is as good as none. */
enum { TRANSFER_VALIDATOR_MAX = 1024 };

void transfer_validator_take(CURL *, struct response *);

/* Header lines that ask for the image only if it is another one; NULL: nothing is known of it.
 * What cannot stand in a header is left out. */
struct curl_slist *transfer_validator_ask(const struct request *);

#endif
