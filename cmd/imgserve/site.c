#include "cmd/imgserve/site.h"

#include "base/mem.h"
#include "cmd/imgserve/files.h"
#include "cmd/imgserve/stats.h"
#include "cmd/imgserve/tries.h"

#include <stdlib.h>
#include <time.h>

struct site *site_new(const char *dir)
{
    struct files *files = files_new(dir);
    if (!files)
        return NULL;
    struct site *site = mem_new(sizeof *site);
    site->files = files;
    site->stats = stats_new();
    site->tries = tries_new();
    return site;
}

void site_free(struct site *site)
{
    if (!site)
        return;
    files_free(site->files);
    stats_free(site->stats);
    tries_free(site->tries);
    if (site->log)
        fclose(site->log);
    free(site);
}

const char *site_date(struct site *site)
{
    int64_t now = time(NULL);
    if (now != site->date_at) {
        text_date(now, site->date);
        site->date_at = now;
    }
    return site->date;
}
