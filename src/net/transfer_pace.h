/*
 * What the mean pace of a body foretells: how much memory it will need, and that it cannot be
 * complete in time. What a server announces is not believed before its bytes bear it out. Internal
 * to the transfer: see transfer.h. Plain values; times are clock_ns(). Thread: the transfer's.
 */
#ifndef NET_TRANSFER_PACE_H
#define NET_TRANSFER_PACE_H

#include "net/transfer.h"

struct transfer_pace {
    uint64_t begun;  /* when the first byte came; 0: none has */
    uint64_t until;  /* when --timeout is over */
    uint64_t length; /* of the body as it comes over the wire; 0: unknown */
};

/* No pace is judged before this time. */
enum { TRANSFER_PACE_JUDGED_S = 10 };

/* Bytes of memory for a body of which `come` bytes have come: for these, for a step
 * (TRANSFER_RESERVE), and for what its mean pace would bring before `until`; but not for more than
 * its length. Without a length: for what has come, and a step. */
uint64_t transfer_pace_room(const struct transfer_pace *, uint64_t come, uint64_t now);

/* True if the rest would take more than twice the time that is left. limit: bytes a second that we
 * allow it, or 0; a body that comes half as fast is not judged. */
bool transfer_pace_is_hopeless(
    const struct transfer_pace *, uint64_t come, uint64_t limit, uint64_t now);

#endif
