#include "net/transfer_speed.h"

#include <limits.h>
#include <stdatomic.h>

void transfer_speed_follow(
    struct transfer_speed *s, const struct transfer_conf *conf, const struct transfer_wire *wire)
{
    /* A lower speed would count as a stall. */
    const uint64_t least = (uint64_t)10 * TRANSFER_STALL_BYTES_PER_S;
    if (!s->shares)
        return;
    unsigned bodies = atomic_load(conf->bodies);
    uint64_t body = transfer_wire_body(wire);
    unsigned weight = body && wire->raw / body > 1 ? (unsigned)(wire->raw / body) : 1;
    if (bodies == s->shares && weight == s->weight)
        return;
    uint64_t share = conf->max_speed / bodies / weight;
    s->shares = bodies;
    s->weight = weight;
    curl_easy_setopt(
        wire->easy, CURLOPT_MAX_RECV_SPEED_LARGE, (curl_off_t)(share > least ? share : least));
}

uint64_t transfer_speed_share(const struct transfer_speed *s, const struct transfer_conf *conf)
{
    return s->shares ? conf->max_speed / s->shares : 0;
}

void transfer_speed_begin(
    struct transfer_speed *s, const struct transfer_conf *conf, const struct transfer_wire *wire)
{
    if (!conf->bodies)
        return;
    atomic_fetch_add(conf->bodies, 1);
    s->counted = true;
    if (!conf->max_speed)
        return;
    s->shares = UINT_MAX; /* not known yet */
    transfer_speed_follow(s, conf, wire);
}

void transfer_speed_arrived(const struct transfer_conf *conf, size_t bytes)
{
    if (conf->arrived)
        atomic_fetch_add_explicit(conf->arrived, bytes, memory_order_relaxed);
}

void transfer_speed_end(struct transfer_speed *s, const struct transfer_conf *conf, CURL *easy)
{
    if (s->counted)
        atomic_fetch_sub(conf->bodies, 1);
    s->counted = false;
    if (!s->shares)
        return;
    s->shares = 0;
    curl_easy_setopt(easy, CURLOPT_MAX_RECV_SPEED_LARGE, (curl_off_t)0);
}

/* curl has a buffer for each transfer in flight. Receiving an image of common size in one
 * recv(2) is 10 % faster than with curl's default of 16 KB. But a thousand buffers of 64 KB
 * exceed the CPU caches, and are slower than small ones for small bodies. */
long transfer_speed_buffer(const struct transfer_conf *conf, unsigned n)
{
    enum { LEAST = 16 << 10, MOST = 64 << 10, ALL = 256 * MOST, CURL_LEAST = 1024 };
    unsigned share = ALL / (conf->in_flight ? conf->in_flight : n);
    long size = share < LEAST ? LEAST : share < MOST ? share : MOST;
    /* curl 7.88 fills a buffer up to 100 times before it checks the speed again, 8.14 up to 10
     * times (lib/transfer.c, maxloops): a thousandth of the speed makes that 100 ms at most. */
    uint64_t thousandth = conf->max_speed / 1000;
    if (!conf->max_speed || thousandth >= (uint64_t)size)
        return size;
    return thousandth > CURL_LEAST ? (long)thousandth : CURL_LEAST;
}
