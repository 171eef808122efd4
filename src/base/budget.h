/*
 * The memory that bodies in flight may take (--memory), and what each host has of it.
 *
 * A counter, not an allocator: holders of network data report how many bytes they hold, and callers
 * check for room before they start new work. The count may exceed the limit by design, since a
 * started transfer may grow. Always true:
 * - While there is no room and a host that holds less than a quarter waits (budget_want()), what a
 *   host holds beyond a quarter is given up. Above 1.25 times the limit, started work is given up
 *   in any case. Both times it is that of the host that holds most (budget_pressure()).
 * - The oldest transfer of a backend is never given up, and ends within --timeout. What has left
 *   the backend only waits for the decoders and the disk. So something always goes on, and every
 *   transfer is the oldest some time.
 * - Of what is held, the bodies that wait for the disk are counted once more. A host for which
 *   BUDGET_HOST_UNWRITTEN bytes wait gets no request, whatever others do. No host gets one while
 *   BUDGET_UNWRITTEN wait, of which BUDGET_HOST_UNWRITTEN count for each host. So it takes several
 *   hosts to stop the others.
 *
 * Any thread.
 */
#ifndef BASE_BUDGET_H
#define BASE_BUDGET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct budget {
    size_t limit;            /* bytes */
    atomic_size_t used;      /* bytes */
    atomic_bool is_wanted;   /* by a host that holds less than a quarter */
    atomic_size_t unwritten; /* bytes, as counted against BUDGET_UNWRITTEN */
};

/* Bytes. They keep a disk busy for some time; more would only leave the CPU caches before they are
 * written. */
enum { BUDGET_HOST_UNWRITTEN = 32 << 20, BUDGET_UNWRITTEN = 128 << 20 };

/* What one host holds. The last who refers to it frees it. */
struct budget_host {
    atomic_size_t used;      /* bytes */
    atomic_size_t unwritten; /* bytes of bodies that wait for the disk */
    atomic_uint refs;
};

struct budget_host *budget_host_new(void); /* one reference */
struct budget_host *budget_host_ref(struct budget_host *);
void budget_host_unref(struct budget_host *); /* NULL is fine */

/* What one job holds. Zeroed: nothing, of no host. */
struct budget_share {
    struct budget_host *host; /* a reference; may be NULL */
    size_t bytes;
};

/* Changes the share to `bytes`. */
static inline void budget_set(struct budget *b, struct budget_share *share, size_t bytes)
{
    size_t more = bytes - share->bytes; /* modulo SIZE_MAX + 1, as the counters are */
    atomic_fetch_add_explicit(&b->used, more, memory_order_relaxed);
    if (share->host)
        atomic_fetch_add_explicit(&share->host->used, more, memory_order_relaxed);
    share->bytes = bytes;
}

static inline size_t budget_used_by(const struct budget_share *share)
{
    return share->host ? atomic_load_explicit(&share->host->used, memory_order_relaxed) : 0;
}

/* True if there is room to start something new. */
static inline bool budget_has_room(const struct budget *b)
{
    return atomic_load_explicit(&b->used, memory_order_relaxed) < b->limit;
}

/* True if the host holds so much that others go first. */
static inline bool budget_is_over_quarter(const struct budget *b, const struct budget_host *host)
{
    return atomic_load_explicit(&host->used, memory_order_relaxed) > b->limit / 4;
}

/* True while a host that holds less than a quarter waits for room. */
static inline void budget_want(struct budget *b, bool is_wanted)
{
    atomic_store_explicit(&b->is_wanted, is_wanted, memory_order_relaxed);
}

/* So many more bytes of the host's wait for the disk, or so many fewer. host: may be NULL. */
void budget_add_unwritten(struct budget *, struct budget_host *, size_t bytes);
void budget_sub_unwritten(struct budget *, struct budget_host *, size_t bytes);

/* True if the disk is slower than the net: better not to fetch more just now, for this host or for
 * any. */
static inline bool budget_host_is_behind(const struct budget_host *host)
{
    return atomic_load_explicit(&host->unwritten, memory_order_relaxed) > BUDGET_HOST_UNWRITTEN;
}

static inline bool budget_is_behind(const struct budget *b)
{
    return atomic_load_explicit(&b->unwritten, memory_order_relaxed) > BUDGET_UNWRITTEN;
}

/* SIZE_MAX: nothing has to be given up. Else a transfer of the host that holds most, if that is
 * more than the number returned. */
static inline size_t budget_pressure(const struct budget *b)
{
    size_t used = atomic_load_explicit(&b->used, memory_order_relaxed);
    if (used > b->limit + b->limit / 4)
        return 0;
    bool is_wanted = atomic_load_explicit(&b->is_wanted, memory_order_relaxed);
    return is_wanted && used >= b->limit ? b->limit / 4 : SIZE_MAX;
}

#endif
