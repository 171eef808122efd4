#include "feed/rowtotal.h"

/* Three figures, so that the number does not look exact and does not change with every read. */
static uint64_t round_up(uint64_t n)
{
    uint64_t unit = 1;
    while (n / unit >= 1000)
        unit *= 10;
    return (n + unit - 1) / unit * unit;
}

/* Rows of the whole list. */
static uint64_t estimate(const struct rowtotal_view *v)
{
    if (v->taken >= v->size)
        return v->rows;
    double all = (double)v->rows * ((double)v->size / (double)v->taken);
    uint64_t rounded = all < 1e18 ? round_up((uint64_t)all) : (uint64_t)1e18;
    return rounded > v->rows ? rounded : v->rows;
}

struct rowtotal rowtotal_of(
    const struct rowtotal_view *v, const struct shards *shards, uint32_t shard_size, uint64_t limit)
{
    bool known = v->ended || (v->size && v->taken && v->rows);
    if (!known)
        return (struct rowtotal){0, ROWTOTAL_UNKNOWN};
    uint64_t all = v->ended ? v->rows : estimate(v);
    if (limit && all > limit)
        all = limit;
    return (struct rowtotal){
        shards_rows(shards, shard_size, all), v->ended ? ROWTOTAL_EXACT : ROWTOTAL_ABOUT};
}

void rowtotal_init(struct rowtotal_reach *r)
{
    *r = (struct rowtotal_reach){0};
    pthread_mutex_init(&r->lock, NULL);
}

void rowtotal_fini(struct rowtotal_reach *r)
{
    pthread_mutex_destroy(&r->lock);
}

void rowtotal_note(struct rowtotal_reach *r, const struct rowtotal_view *view)
{
    pthread_mutex_lock(&r->lock);
    r->view = *view;
    pthread_mutex_unlock(&r->lock);
}

struct rowtotal_view rowtotal_noted(struct rowtotal_reach *r)
{
    pthread_mutex_lock(&r->lock);
    struct rowtotal_view view = r->view;
    pthread_mutex_unlock(&r->lock);
    return view;
}
