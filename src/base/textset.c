#include "base/textset.h"

#include "base/mem.h"
#include "base/siphash.h"

#include <stdlib.h>

enum { FIRST_ROOM = 1024 };

struct textset {
    uint8_t key[SIPHASH_KEY];
    uint64_t *at; /* sorted by textset_finish() */
    size_t n, room;
};

struct textset *textset_new(void)
{
    struct textset *s = mem_new(sizeof *s);
    arc4random_buf(s->key, sizeof s->key);
    return s;
}

void textset_free(struct textset *s)
{
    if (!s)
        return;
    free(s->at);
    free(s);
}

void textset_add(struct textset *s, const char *text, size_t len)
{
    if (s->n == s->room) {
        s->room = s->room ? 2 * s->room : FIRST_ROOM;
        s->at = mem_grow(s->at, s->room * sizeof *s->at);
    }
    s->at[s->n++] = siphash(s->key, text, len);
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

void textset_finish(struct textset *s)
{
    if (s->n)
        qsort(s->at, s->n, sizeof *s->at, by_value);
}

bool textset_has(const struct textset *s, const char *text, size_t len)
{
    uint64_t hash = siphash(s->key, text, len);
    return s->n && bsearch(&hash, s->at, s->n, sizeof hash, by_value);
}

size_t textset_count(const struct textset *s)
{
    return s->n;
}
