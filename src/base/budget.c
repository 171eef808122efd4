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
