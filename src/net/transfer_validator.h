/*
 * Validators, which tell whether an image has changed: ETag and Last-Modified of a response, and
 * the conditions of a request (RFC 9110, sections 8.8 and 13.1). Internal to transfer.c: see
 * transfer.h.
 */
#ifndef NET_TRANSFER_VALIDATOR_H
#define NET_TRANSFER_VALIDATOR_H

#include "input/job.h"

#include <curl/curl.h>

/* Bytes of a validator; a longer one is ignored. */
enum { TRANSFER_VALIDATOR_MAX = 1024 };

void transfer_validator_take(CURL *, struct response *);

/* The header lines of a conditional request; NULL: no validator is known. A value that cannot be
 * put in a header is left out. */
struct curl_slist *transfer_validator_ask(const struct request *);

#endif
