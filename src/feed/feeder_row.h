/*
 * Turns a row of the list into a job, and adds it to the fingerprint of its shard. Part of
 * feed/feeder.h; its thread.
 */
#ifndef FEED_FEEDER_ROW_H
#define FEED_FEEDER_ROW_H

#include "feed/dedupe.h"
#include "input/job.h"
#include "input/urllist.h"
#include "store/resume.h"

#include <openssl/evp.h>

/* A new job from a row. Its err is set if the row is bad or its expected hash is not a hash. */
struct job *feeder_row_job(const struct urllist_row *, const struct columns *);

/* Has the row remembered without a job, which is far quicker. False: it needs one, as its URL, in
 * its normal form, is not all that tells it from other rows, or the row is bad. */
bool feeder_row_note(
    const struct urllist_row *, const struct columns *, struct dedupe *, uint64_t index);

/* Adds the names of the columns, at the beginning of a shard; nothing if the URL is the only one.
 */
void feeder_row_print_names(EVP_MD_CTX *, const struct columns *);

/* Adds the row's values in all used columns. */
void feeder_row_print(EVP_MD_CTX *, const struct urllist_row *, const struct columns *);

/* True if the manifest has a row at this position that was made from another URL. */
bool feeder_row_is_other(const struct urllist_row *, const struct resume *, uint32_t pos);

#endif
