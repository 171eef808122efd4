#include "cmd/imgserve/body.h"

#include "base/mem.h"
#include "cmd/imgserve/text.h"

#include <stdlib.h>
#include <unistd.h>

enum {
    LETTERS = 26,
    PATTERN_SIZE = LETTERS * 2500, /* whole alphabets, so that the seams do not show */
    SCRATCH_SIZE = 65536,
};

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

void body_fini(struct body *b)
{
    buf_fini(&b->text);
    files_release(b->file);
    free(b->scratch);
    *b = (struct body){0};
}

void body_text(struct body *b)
{
    body_fini(b);
    b->kind = BODY_TEXT;
}

void body_file(struct body *b, struct file *file)
{
    body_fini(b);
    b->kind = BODY_FILE;
    b->file = file;
}

void body_pattern(struct body *b, uint64_t size)
{
    body_fini(b);
    b->kind = BODY_PATTERN;
    b->size = size;
}

void body_repeat(struct body *b, size_t again)
{
    body_fini(b);
    b->kind = BODY_REPEAT;
    b->again = again;
}

void body_again(struct body *b, struct span bytes)
{
    body_repeat(b, 0);
    while (b->text.len < SCRATCH_SIZE) /* large pieces: what is tested is the client's speed */
        text_add(&b->text, bytes);
}

uint64_t body_size(const struct body *b)
{
    switch (b->kind) {
    case BODY_TEXT:
        return b->text.len;
    case BODY_FILE:
        return b->file->size;
    case BODY_PATTERN:
        return b->size;
    case BODY_REPEAT:
        return UINT64_MAX;
    case BODY_EMPTY:
        break;
    }
    return 0;
}

static size_t read_pattern(uint64_t at, uint64_t max, const uint8_t **ret)
{
    static uint8_t pattern[PATTERN_SIZE];
    if (!pattern[0])
        for (size_t i = 0; i < PATTERN_SIZE; i++)
            pattern[i] = (uint8_t)('a' + i % LETTERS);
    size_t from = at % PATTERN_SIZE;
    *ret = pattern + from;
    return least(max, PATTERN_SIZE - from);
}

static size_t read_file(struct body *b, uint64_t at, uint64_t max, const uint8_t **ret)
{
    if (b->file->bytes) {
        *ret = b->file->bytes + at;
        return max;
    }
    if (!b->scratch)
        b->scratch = mem_new(SCRATCH_SIZE);
    ssize_t n = pread(b->file->fd, b->scratch, least(max, SCRATCH_SIZE), (off_t)at);
    *ret = b->scratch;
    return n > 0 ? (size_t)n : 0;
}

static size_t read_repeated(const struct body *b, uint64_t at, uint64_t max, const uint8_t **ret)
{
    uint64_t len = b->text.len;
    if (at >= len)
        at = b->again + (at - len) % (len - b->again);
    *ret = b->text.data + at;
    return least(max, len - at);
}

size_t body_read(struct body *b, uint64_t at, uint64_t max, const uint8_t **ret)
{
    uint64_t size = body_size(b);
    if (at >= size || !max)
        return 0;
    max = least(max, size - at);
    switch (b->kind) {
    case BODY_TEXT:
        *ret = b->text.data + at;
        return max;
    case BODY_FILE:
        return read_file(b, at, max, ret);
    case BODY_PATTERN:
        return read_pattern(at, max, ret);
    case BODY_REPEAT:
        return read_repeated(b, at, max, ret);
    case BODY_EMPTY:
        break;
    }
    return 0;
}
