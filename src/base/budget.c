#include "base/budget.h"

#include "base/mem.h"

#include <stdlib.h>

struct budget_host *budget_host_new(void)
{
    struct budget_host *host = mem_new(sizeof *host);
    atomic_init(&host->refs, 1);
    return host;
}

struct budget_host *budget_host_ref(struct budget_host *host)
{
    atomic_fetch_add(&host->refs, 1);
    return host;
}

void budget_host_unref(struct budget_host *host)
{
    if (host && atomic_fetch_sub(&host->refs, 1) == 1)
        free(host);
}

static size_t counted(size_t unwritten)
{
    return unwritten < BUDGET_HOST_UNWRITTEN ? unwritten : BUDGET_HOST_UNWRITTEN;
}

void budget_add_unwritten(struct budget *b, struct budget_host *host, size_t bytes)
{
    if (!host || !bytes)
        return;
    size_t before = atomic_fetch_add(&host->unwritten, bytes);
    atomic_fetch_add(&b->unwritten, counted(before + bytes) - counted(before));
}

void budget_sub_unwritten(struct budget *b, struct budget_host *host, size_t bytes)
{
    if (!host || !bytes)
        return;
    size_t before = atomic_fetch_sub(&host->unwritten, bytes);
    atomic_fetch_sub(&b->unwritten, counted(before) - counted(before - bytes));
}
