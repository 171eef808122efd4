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
