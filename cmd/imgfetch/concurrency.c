#include "cmd/imgfetch/concurrency.h"

#include "cmd/imgfetch/status/human.h"
#include "fetch/window.h"

#include <stdio.h>
#include <sys/resource.h>

enum {
    SPARE_DESCRIPTORS = 64, /* for files, epoll sets, workers, shards */
    MIB = 1 << 20,
};

bool concurrency_adapts(const struct options *o)
{
    return !o->pipeline.concurrency && o->pipeline.backend->adapts;
}

/* What the limit of open files is enough for; `wanted` if that is less, or no reason. */
static uint64_t limit_by_descriptors(const struct options *o, uint64_t wanted)
{
    const struct backend *backend = o->pipeline.backend;
    struct rlimit limit;
    char n[HUMAN_SIZE];
    if (getrlimit(RLIMIT_NOFILE, &limit))
        return wanted;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (!backend->descriptors)
        return wanted;
    rlim_t spare = limit.rlim_cur / 2 < SPARE_DESCRIPTORS ? limit.rlim_cur / 2 : SPARE_DESCRIPTORS;
    rlim_t most = (limit.rlim_cur - spare) / backend->descriptors;
    most = most ? most : 1;
    if (wanted <= most)
        return wanted;
    if (!concurrency_adapts(o) || most < WINDOW_FIRST)
        human_line(stderr,
            "imgfetch: at most %s requests in flight: the limit of open files is %llu (ulimit -Hn)",
            human_count(most, n), (unsigned long long)limit.rlim_cur);
    return most;
}

/* Each request reserves some memory before its body comes. */
static uint64_t limit_by_memory(const struct options *o, uint64_t wanted)
{
    uint64_t most = o->pipeline.memory / TRANSFER_RESERVE;
    char n[HUMAN_SIZE], all[HUMAN_SIZE];
    most = most ? most : 1;
    if (wanted <= most)
        return wanted;
    if (!concurrency_adapts(o))
        human_line(stderr, "imgfetch: at most %s requests in flight: %s need --memory=%lluM",
            human_count(most, n), human_count(wanted, all),
            (unsigned long long)(wanted * TRANSFER_RESERVE + MIB - 1) / MIB);
    return most;
}

unsigned concurrency_limit(const struct options *o)
{
    unsigned wanted =
        o->pipeline.concurrency ? o->pipeline.concurrency : o->pipeline.backend->concurrency;
    return (unsigned)limit_by_memory(o, limit_by_descriptors(o, wanted));
}
