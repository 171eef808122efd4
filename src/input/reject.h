/*
 * Pictures that a site sends in place of the one it no longer has: told by their SHA-256, or by the
 * URL that they come from in the end. Read from a file with one entry a line:
 *
 *   64 hex digits           the SHA-256 of a body
 *   https://i.example/r*    a URL in its normal form (input/url.h); `*` stands for any text
 *
 * A pattern begins with http:// or https://, or has a `*` before that is over. Its scheme and host
 * may have capitals. `#` begins a comment (no URL has one), and blank lines are skipped.
 *
 * Immutable once it is loaded, so any thread may ask.
 */
#ifndef INPUT_REJECT_H
#define INPUT_REJECT_H

#include "input/job.h"

#include <stdbool.h>
#include <stdint.h>

enum { REJECT_MESSAGE_SIZE = 400, REJECT_SHA256_SIZE = 32 };

struct reject;

/* Reads the file. NULL: `message` (REJECT_MESSAGE_SIZE) says why, with the line's number if a line
 * is no entry. Blocks. */
struct reject *reject_load(const char *path, char *message);
void reject_free(struct reject *);

bool reject_has_hash(const struct reject *, const uint8_t sha256[REJECT_SHA256_SIZE]);

/* The pattern that matches the whole URL; NULL: none. Valid as long as the reject. */
const char *reject_pattern_of(const struct reject *, const char *url);

/* True: the body that the job's URL (request.url) leads to is a placeholder, and the job has failed
 * with ERR_PLACEHOLDER. sha256: of the body; NULL: not known. The job's thread. */
bool reject_check(const struct reject *, struct job *, const uint8_t *sha256);

#endif
