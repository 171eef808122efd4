/*
 * Appends text to a struct buf.
 *
 * The text is bounded by the size of a request head or by the number of hosts
 * counted, so running out of memory means abort().
 */
#ifndef IMGSERVE_TEXT_H
#define IMGSERVE_TEXT_H

#include "base/buf.h"
#include "base/span.h"

void text_add(struct buf *, struct span);
void text_adds(struct buf *, const char *text);
void text_addu(struct buf *, uint64_t number); /* decimal */

/* Slower: not for every request. */
void text_addf(struct buf *, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, section 5.6.7). */
enum { TEXT_DATE_SIZE = 30 };
void text_date(int64_t seconds, char out[TEXT_DATE_SIZE]);

#endif
