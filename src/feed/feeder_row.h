/*
 * Turns a row of the list into a job, and adds it to the fingerprint of its shard. Part of
 * feed/feeder.h; its thread.
 */
#ifndef FEED_FEEDER_ROW_H
#define FEED_FEEDER_ROW_H

#include "input/job.h"
#include "input/urllist.h"
#include "store/resume.h"

#include <openssl/evp.h>

/* A new job from a row. Its err is set if the row is bad or its expected hash is not a hash. */
struct job *feeder_row_job(const struct urllist_row *, const struct columns *);

/* Adds the names of the columns, at the beginning of a shard; nothing if the URL is the only one.
 */
void feeder_row_print_names(EVP_MD_CTX *, const struct columns *);

/* Adds the row's values in all used columns. */
void feeder_row_print(EVP_MD_CTX *, const struct urllist_row *, const struct columns *);

/* True if the manifest has a row at this position that was made from another URL. */
bool feeder_row_is_other(const struct urllist_row *, const struct resume *, uint32_t pos);

#endif
