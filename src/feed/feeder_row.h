/*
 * From a row of the list to a job, and to the fingerprint of its shard. Part of the feeder;
 * its thread.
 */
#ifndef FEED_FEEDER_ROW_H
#define FEED_FEEDER_ROW_H

#include "input/job.h"
#include "input/urllist.h"

#include <openssl/evp.h>

/* A new job with what the list says. A row that is bad, or whose expected hash is none, has
 * its error set. */
struct job *feeder_row_job(const struct urllist_row *, const struct columns *);

/* Puts the names of the columns, for the beginning of a shard: nothing if there is only a URL. */
void feeder_row_print_names(EVP_MD_CTX *, const struct columns *);

/* Puts all values of the row that are used. */
void feeder_row_print(EVP_MD_CTX *, const struct urllist_row *, const struct columns *);

#endif
