#include "feed/shards.h"

bool shards_has(const struct shards *s, uint32_t shard)
{
    switch (s->kind) {
    case SHARDS_TASK:
        return shard % s->b == s->a;
    case SHARDS_RANGE:
        return shard >= s->a && shard <= s->b;
    case SHARDS_ALL:
        break;
    }
    return true;
}

bool shards_end_before(const struct shards *s, uint32_t shard)
{
    return s->kind == SHARDS_RANGE && s->b < shard;
}

uint64_t shards_rows(const struct shards *s, uint32_t shard_size, uint64_t n)
{
    uint64_t begin = 0, end = n, whole = n / shard_size;
    switch (s->kind) {
    case SHARDS_TASK:
        return (whole / s->b + (whole % s->b > s->a)) * shard_size +
               (whole % s->b == s->a ? n % shard_size : 0);
    case SHARDS_RANGE:
        begin = (uint64_t)s->a * shard_size;
        end = ((uint64_t)s->b + 1) * shard_size;
        break;
    case SHARDS_ALL:
        break;
    }
    end = end < n ? end : n;
    return begin < end ? end - begin : 0;
}
