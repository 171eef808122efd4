#include "audit/survey_inside.h"

#include "base/hex.h"
#include "base/mem.h"
#include "image/phash.h"

#include <stdlib.h>
#include <string.h>

/*
 * Of 5 bands of a hash, at most 4 can have one of 4 bits that differ. So near duplicates have a
 * band in common, and only rows of one bucket of a band are compared.
 */
enum {
    BANDS = SURVEY_ALIKE_BITS + 1,
    BAND_BITS = 13, /* of 64; the last one has 12 */
    BUCKETS = 1 << BAND_BITS,
    WANTED = SURVEY_ALIKE_GROUPS * SURVEY_ALIKE_SHOWN,
};

_Static_assert(BANDS *BAND_BITS >= 64, "the bands cover the hash");

/* ---- collecting ---- */

/* 0: the row has none, or one that says nothing of the picture. */
static uint64_t hash_of(const struct manifest_row *row)
{
    const char *hex = manifest_text(row, ROW_PHASH);
    uint64_t hash = 0;
    if (!hex || strlen(hex) != 16)
        return 0;
    for (int i = 0; i < 8; i++) {
        int byte = hex_byte(hex + 2 * i);
        if (byte < 0)
            return 0;
        hash = hash << 8 | (uint64_t)byte;
    }
    return hash;
}

void survey_add_hash(struct survey_hashes *h, const struct shardfiles *shard, const char *line,
    const struct manifest_row *row, struct survey *s)
{
    uint64_t hash = row->code == ERR_OK && !row->is_duplicate ? hash_of(row) : 0;
    if (!hash)
        return;
    s->hashed++;
    if (h->n == SURVEY_ALIKE_ROWS)
        return;
    if (h->n == h->room) {
        h->room = h->room ? 2 * h->room : 1024;
        h->at = mem_grow(h->at, h->room * sizeof *h->at);
    }
    h->at[h->n++] =
        (struct survey_hash){hash, shard->number, (uint32_t)survey_position(shard, line)};
}

/* ---- grouping ---- */

static unsigned bucket_of(uint64_t hash, unsigned band)
{
    return (unsigned)(hash >> (band * BAND_BITS)) % BUCKETS;
}

/* The rows of each bucket of one band as a list that ends with n, in their order. */
struct band {
    uint32_t first[BUCKETS];
    uint32_t next[SURVEY_ALIKE_ROWS];
};

static struct band *sort_into_buckets(const struct survey_hashes *h)
{
    struct band *bands = mem_array(BANDS, sizeof *bands);
    for (unsigned b = 0; b < BANDS; b++) {
        for (unsigned i = 0; i < BUCKETS; i++)
            bands[b].first[i] = (uint32_t)h->n;
        for (uint32_t i = (uint32_t)h->n; i-- > 0;) {
            uint32_t *first = &bands[b].first[bucket_of(h->at[i].hash, b)];
            bands[b].next[i] = *first;
            *first = i;
        }
    }
    return bands;
}

/* Sets for each row the first row of its group: itself, if no earlier one looks like it. */
static void find_groups(const struct survey_hashes *h, uint32_t *leaders)
{
    struct band *bands = sort_into_buckets(h);
    uint32_t n = (uint32_t)h->n;
    for (uint32_t i = 0; i < n; i++)
        leaders[i] = n;
    for (uint32_t i = 0; i < n; i++) {
        if (leaders[i] != n)
            continue;
        leaders[i] = i;
        for (unsigned b = 0; b < BANDS; b++)
            for (uint32_t k = bands[b].next[i]; k != n; k = bands[b].next[k])
                if (leaders[k] == n &&
                    phash_distance(h->at[i].hash, h->at[k].hash) <= SURVEY_ALIKE_BITS)
                    leaders[k] = i;
    }
    free(bands);
}

/* The groups to show: the first row of each, the largest first. */
static void choose_groups(const uint32_t *leaders, uint32_t n, uint32_t *chosen, struct survey *s)
{
    uint32_t *sizes = mem_array(n, sizeof *sizes);
    for (uint32_t i = 0; i < n; i++)
        sizes[leaders[i]]++;
    for (uint32_t i = 0; i < n; i++) {
        if (sizes[i] < 2)
            continue;
        s->groups++;
        unsigned k = s->n_alike;
        if (k < SURVEY_ALIKE_GROUPS)
            s->n_alike++;
        else if (sizes[i] <= s->alike[--k].n)
            continue;
        for (; k > 0 && s->alike[k - 1].n < sizes[i]; k--) {
            s->alike[k].n = s->alike[k - 1].n;
            chosen[k] = chosen[k - 1];
        }
        s->alike[k].n = sizes[i];
        chosen[k] = i;
    }
    free(sizes);
}

/* ---- reading what is shown ---- */

/* Rows of which a picture is shown, in the order of the rows. */
struct wanted {
    struct survey_hash row[WANTED];
    unsigned group[WANTED];
    bool is_taken[WANTED]; /* a hostile manifest may have the row again */
    unsigned n;
    const struct shardfiles *shard; /* being read */
    struct survey_sample *sample;
    unsigned group_of[WANTED]; /* of the sample's candidates */
};

static void want(const struct survey_hashes *h, const uint32_t *leaders, const uint32_t *chosen,
    const struct survey *s, struct wanted *w)
{
    unsigned n_of[SURVEY_ALIKE_GROUPS] = {0};
    for (size_t i = 0; i < h->n; i++)
        for (unsigned g = 0; g < s->n_alike; g++)
            if (leaders[i] == chosen[g] && n_of[g] < SURVEY_ALIKE_SHOWN) {
                n_of[g]++;
                w->row[w->n] = h->at[i];
                w->group[w->n++] = g;
            }
}

static void take_wanted(void *arg, const char *line)
{
    struct wanted *w = arg;
    struct manifest_row row;
    struct manifest_figures f;
    int64_t pos = survey_position(w->shard, line);
    unsigned i = 0;
    while (
        i < w->n && (w->is_taken[i] || w->row[i].shard != w->shard->number || w->row[i].pos != pos))
        i++;
    if (i == w->n || !manifest_row_parse(line, &row))
        return;
    w->is_taken[i] = true;
    manifest_figures(&row, &f);
    unsigned before = w->sample->n;
    if (f.thumb.path && hash_of(&row) == w->row[i].hash)
        survey_add_candidate(w->sample, w->shard, &row, &f.thumb);
    if (w->sample->n > before)
        w->group_of[before] = w->group[i];
    manifest_row_fini(&row);
}

static void read_wanted(struct wanted *w, int dir, const struct shardfiles *shards, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bool has_some = false;
        for (unsigned k = 0; k < w->n; k++)
            has_some |= w->row[k].shard == shards[i].number;
        FILE *file = has_some ? survey_open_manifest(dir, &shards[i]) : NULL;
        w->shard = &shards[i];
        if (file) {
            survey_lines(file, &shards[i], take_wanted, w);
            fclose(file);
        }
    }
}

static void read_groups(
    struct wanted *w, int dir, const struct shardfiles *shards, size_t n, struct survey *s)
{
    struct survey_picture pictures[2 * SURVEY_PICTURES] = {0};
    w->sample = mem_new(sizeof *w->sample);
    read_wanted(w, dir, shards, n);
    survey_read_candidates(dir, w->sample, SURVEY_ALIKE_MAX, pictures);
    for (unsigned i = 0; i < w->sample->n; i++) {
        struct survey_alike *group = &s->alike[w->group_of[i]];
        if (pictures[i].bytes.len)
            group->shown[group->n_shown++] = pictures[i];
    }
    survey_sample_fini(w->sample);
    free(w->sample);
}

void survey_take_alike(
    struct survey_hashes *h, int dir, const struct shardfiles *shards, size_t n, struct survey *s)
{
    uint32_t chosen[SURVEY_ALIKE_GROUPS] = {0};
    struct wanted w = {.n = 0};
    if (h->n) {
        uint32_t *leaders = mem_array(h->n, sizeof *leaders);
        find_groups(h, leaders);
        choose_groups(leaders, (uint32_t)h->n, chosen, s);
        want(h, leaders, chosen, s, &w);
        free(leaders);
        read_groups(&w, dir, shards, n, s);
    }
    free(h->at);
    *h = (struct survey_hashes){0};
}
