/*
 * Counts what comes over the wire for a response: header fields of all its parts (1xx, the
 * response, the trailer) and the body with the framing of its chunks, or with all that came over
 * its connection of HTTP/2 meanwhile. A byte counts wherever it comes from. Internal to transfer.c:
 * see transfer.h. Thread: the transfer's.
 */
#ifndef NET_TRANSFER_WIRE_H
#define NET_TRANSFER_WIRE_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

struct transfer_wire {
    CURL *easy;
    uint64_t head, lines; /* bytes and lines of header fields */
    bool after_status;    /* the last line was a status line */
    uint64_t raw;         /* of a body in chunks or frames: bytes with their framing */
    bool has_others;      /* ... and with bytes of streams that were given up */
};

/* Once for a handle. Takes CURLOPT_DEBUGFUNCTION and CURLOPT_VERBOSE. */
void transfer_wire_init(struct transfer_wire *, CURL *);

/* A transfer begins. */
void transfer_wire_begin(struct transfer_wire *);

/* Something has come for this transfer: counts what came over its connection of HTTP/2. */
void transfer_wire_take_records(struct transfer_wire *);

/* The transfer is given up while it still has its connection: more may be on its way. */
void transfer_wire_give_up(struct transfer_wire *);

/* A header line has come. False: there are too many of them, or too many bytes. */
bool transfer_wire_take_line(struct transfer_wire *, const char *line, size_t len);

/* The header is complete. True: the body comes in chunks, and transfer_wire_is_sane() is to be
 * called as it comes. */
bool transfer_wire_end_head(struct transfer_wire *);

/* Bytes of body: before decompression, without framing. */
uint64_t transfer_wire_body(const struct transfer_wire *);

/* All bytes. */
uint64_t transfer_wire_all(const struct transfer_wire *);

/* False: the framing is out of all proportion to the body. */
bool transfer_wire_is_sane(const struct transfer_wire *);

#endif
