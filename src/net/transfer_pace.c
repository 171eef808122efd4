#include "net/transfer_pace.h"

static const double SECOND = 1e9;

/* Bytes a second since the first byte. */
static double mean_pace(const struct transfer_pace *p, uint64_t come, uint64_t now)
{
    return (double)come / (double)(now > p->begun ? now - p->begun : 1) * SECOND;
}

static double seconds_left(const struct transfer_pace *p, uint64_t now)
{
    return now < p->until ? (double)(p->until - now) / SECOND : 0;
}

uint64_t transfer_pace_room(const struct transfer_pace *p, uint64_t come, uint64_t now)
{
    uint64_t room = come + TRANSFER_RESERVE;
    if (!p->length)
        return room;
    if (room >= p->length)
        return p->length > come ? p->length : come;
    /* The first bytes of a body say nothing: they come with the header, all at once. */
    if (come >= TRANSFER_RESERVE) {
        double more = mean_pace(p, come, now) * seconds_left(p, now);
        room = more < (double)(p->length - room) ? room + (uint64_t)more : p->length;
    }
    return room;
}

bool transfer_pace_is_hopeless(
    const struct transfer_pace *p, uint64_t come, uint64_t limit, uint64_t now)
{
    if (!p->begun || come >= p->length ||
        now < p->begun + TRANSFER_PACE_JUDGED_S * UINT64_C(1000000000))
        return false;
    double pace = mean_pace(p, come, now);
    if (limit && pace * 2 >= (double)limit)
        return false;
    return (double)(p->length - come) > pace * 2 * seconds_left(p, now);
}
