#include "store/reuse_index.h"

#include "base/beneath.h"
#include "base/mem.h"
#include "base/siphash.h"
#include "manifest/rowscan.h"
#include "manifest/shardfiles.h"
#include "store/tarfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    OFFSET_BITS = 40, /* of a manifest; the rest of `place` is the number of its shard */
    BLOCK = 512,      /* of a tar */
    FIRST_ROOM = 4096,
};

/* One row. */
struct entry {
    uint32_t hash, block; /* block: of the header of its body in the tar; NO_BLOCK: none */
    uint64_t place;       /* the number of its shard in `shards`, and the offset of its line */
};

enum { NO_BLOCK = UINT32_MAX };

struct shard {
    uint32_t number;
    unsigned which;
    unsigned digits; /* of its number, in names */
    bool is_root;
};

/* Open addressing. There is one slot for each 3/4 rows, so a search looks at few of them. */
struct reuse_index {
    uint8_t key[SIPHASH_KEY];
    struct shard *shards;
    size_t n_shards, shards_room;
    struct entry *entries;
    size_t n, room;
    uint32_t *slots; /* the number of an entry, plus 1; 0: free */
    size_t n_slots;
};

struct reuse_index *reuse_index_new(void)
{
    struct reuse_index *x = mem_new(sizeof *x);
    arc4random_buf(x->key, sizeof x->key);
    return x;
}

void reuse_index_free(struct reuse_index *x)
{
    if (!x)
        return;
    free(x->shards);
    free(x->entries);
    free(x->slots);
    free(x);
}

static uint32_t hash_of(const struct reuse_index *x, const char *text, size_t len)
{
    return (uint32_t)siphash(x->key, text, len);
}

/* ---- the bodies in a tar ---- */

struct member {
    uint32_t hash, block; /* of its name; of its header */
};

struct members {
    const struct reuse_index *index;
    const atomic_bool *stop;
    struct member *at;
    size_t n, room;
};

static bool note_member(void *arg, const struct tarfile_member *m)
{
    struct members *s = arg;
    if (m->end / BLOCK >= NO_BLOCK || atomic_load_explicit(s->stop, memory_order_relaxed))
        return false;
    if (s->n == s->room) {
        s->room = s->room ? 2 * s->room : FIRST_ROOM;
        s->at = mem_grow(s->at, s->room * sizeof *s->at);
    }
    uint32_t hash = hash_of(s->index, m->name, strlen(m->name));
    s->at[s->n++] = (struct member){hash, (uint32_t)(m->offset / BLOCK)};
    return true;
}

static int by_hash(const void *a, const void *b)
{
    uint32_t x = ((const struct member *)a)->hash, y = ((const struct member *)b)->hash;
    return x < y ? -1 : x > y;
}

/* Reads where the members are in the shard's tar, be it whole or not. */
static int find_members(int dir, const struct shard *shard, struct members *s)
{
    char name[SHARDFILES_NAME_SIZE];
    shardfiles_name(shard->number, shard->digits, SHARDFILES_TAR, name);
    int fd = beneath_open(dir, name, O_RDONLY);
    if (fd == -ENOENT) {
        shardfiles_name(shard->number, shard->digits, SHARDFILES_TAR_PART, name);
        fd = beneath_open(dir, name, O_RDONLY);
    }
    int err = fd < 0 ? fd : tarfile_scan(fd, note_member, s);
    if (fd >= 0)
        close(fd);
    if (s->n)
        qsort(s->at, s->n, sizeof *s->at, by_hash);
    return err == -ENOENT ? 0 : err; /* then it had no samples yet */
}

/* The member with this name; NO_BLOCK: there is none. */
static uint32_t block_of(const struct members *s, const char *name, size_t len)
{
    struct member wanted = {hash_of(s->index, name, len), 0};
    const struct member *found =
        s->n ? bsearch(&wanted, s->at, s->n, sizeof wanted, by_hash) : NULL;
    return found ? found->block : NO_BLOCK;
}

/* ---- rows ---- */

struct scan {
    struct reuse_index *index;
    const atomic_bool *stop;
    struct reuse_counts *counts;
    bool is_root;
    struct members members;
    uint64_t place; /* of the shard */
};

static void add_entry(struct reuse_index *x, struct entry entry)
{
    if (x->n == x->room) { /* by half: much memory, of which half would be unused, is much */
        x->room = x->room ? x->room + x->room / 2 : FIRST_ROOM;
        x->entries = mem_grow(x->entries, x->room * sizeof *x->entries);
    }
    x->entries[x->n++] = entry;
}

static bool take_line(void *arg, int64_t offset, const char *line, size_t len)
{
    struct scan *s = arg;
    struct rowscan row;
    if (atomic_load_explicit(s->stop, memory_order_relaxed))
        return false;
    enum rowscan_result result = rowscan_line(line, len, &row);
    s->counts->not_rows += result == ROWSCAN_NO_ROW;
    if (result != ROWSCAN_BODY)
        return true;
    const char *member = s->is_root ? memchr(row.path, '/', row.path_len) : NULL;
    struct entry e = {hash_of(s->index, row.url, row.url_len), NO_BLOCK, 0};
    e.place = s->place | (uint64_t)offset;
    if (member)
        e.block = block_of(&s->members, member + 1, (size_t)(row.path + row.path_len - member) - 1);
    bool is_there = e.block != NO_BLOCK || !s->is_root;
    if (is_there && !(offset >> OFFSET_BITS) && s->index->n < UINT32_MAX - 1)
        add_entry(s->index, e);
    rowscan_fini(&row);
    return true;
}

static bool add_shard(struct reuse_index *x, struct shard shard)
{
    if (x->n_shards >> (64 - OFFSET_BITS))
        return false;
    if (x->n_shards == x->shards_room) {
        x->shards_room = x->shards_room ? 2 * x->shards_room : 64;
        x->shards = mem_grow(x->shards, x->shards_room * sizeof *x->shards);
    }
    x->shards[x->n_shards++] = shard;
    return true;
}

static int read_shard(int dir, const struct shard *shard, struct scan *s)
{
    char name[SHARDFILES_NAME_SIZE];
    enum shardfiles_kind kind = shard->is_root ? SHARDFILES_ROOT_MANIFEST : SHARDFILES_MANIFEST;
    shardfiles_name(shard->number, shard->digits, kind, name);
    s->members = (struct members){.index = s->index, .stop = s->stop};
    int err = shard->is_root ? find_members(dir, shard, &s->members) : 0;
    int fd = err ? err : beneath_open(dir, name, O_RDONLY);
    err = fd < 0 ? fd : rowscan_lines(fd, take_line, s);
    if (fd >= 0)
        close(fd);
    free(s->members.at);
    return err;
}

int reuse_index_add(struct reuse_index *x, int dir, unsigned which, const atomic_bool *stop,
    struct reuse_counts *counts)
{
    struct shardfiles *found;
    size_t n;
    const char *where;
    int err = shardfiles_find(dir, NULL, NULL, &found, &n, &where);
    if (err)
        return err;
    size_t before = x->n;
    for (size_t i = 0; i < n && !atomic_load(stop); i++) {
        struct shard shard = {found[i].number, which, found[i].digits, false};
        struct scan s = {.index = x, .stop = stop, .counts = counts};
        shard.is_root = s.is_root = found[i].kinds & SHARDFILES_ROOT_MANIFEST;
        s.place = (uint64_t)x->n_shards << OFFSET_BITS;
        bool has_rows = s.is_root || found[i].kinds & SHARDFILES_MANIFEST;
        if (has_rows && (!add_shard(x, shard) || read_shard(dir, &shard, &s)))
            counts->unreadable++;
    }
    counts->rows += x->n - before;
    free(found);
    return 0;
}

/* ---- finding ---- */

static size_t first_slot(const struct reuse_index *x, uint32_t hash)
{
    return (size_t)((uint64_t)hash * x->n_slots >> 32);
}

static size_t next_slot(const struct reuse_index *x, size_t slot)
{
    return slot + 1 < x->n_slots ? slot + 1 : 0;
}

/* Rows with one hash are most likely of one URL, which a list can have a million times. */
static void enter(struct reuse_index *x, size_t number)
{
    uint32_t hash = x->entries[number].hash;
    unsigned same = 0;
    size_t slot = first_slot(x, hash);
    for (; x->slots[slot]; slot = next_slot(x, slot))
        if (x->entries[x->slots[slot] - 1].hash == hash && ++same == REUSE_PLACES)
            return;
    x->slots[slot] = (uint32_t)number + 1;
}

void reuse_index_finish(struct reuse_index *x)
{
    if (!x->n)
        return;
    x->entries = mem_grow(x->entries, x->n * sizeof *x->entries);
    x->room = x->n;
    x->n_slots = x->n + x->n / 3 + 1;
    x->slots = mem_array(x->n_slots, sizeof *x->slots);
    for (size_t i = 0; i < x->n; i++)
        enter(x, i);
}

static struct reuse_place place_of(const struct reuse_index *x, const struct entry *e)
{
    const struct shard *shard = &x->shards[e->place >> OFFSET_BITS];
    struct reuse_place p = {shard->which, shard->number, shard->digits, shard->is_root, 0, 0};
    p.offset = (int64_t)(e->place & ((UINT64_C(1) << OFFSET_BITS) - 1));
    p.tar = e->block == NO_BLOCK ? 0 : ((int64_t)e->block + 1) * BLOCK;
    return p;
}

unsigned reuse_index_find(
    const struct reuse_index *x, const char *url, struct reuse_place ret[REUSE_PLACES])
{
    unsigned n = 0;
    if (!x->n_slots)
        return 0;
    uint32_t hash = hash_of(x, url, strlen(url));
    for (size_t slot = first_slot(x, hash); x->slots[slot]; slot = next_slot(x, slot)) {
        const struct entry *e = &x->entries[x->slots[slot] - 1];
        if (e->hash == hash)
            ret[n++] = place_of(x, e);
    }
    return n;
}

size_t reuse_index_bytes(const struct reuse_index *x)
{
    return x->room * sizeof *x->entries + x->n_slots * sizeof *x->slots +
           x->shards_room * sizeof *x->shards;
}
