#include "cmd/imgserve/wire.h"

#include <stdio.h>
#include <string.h>

enum {
    CHUNK_MAX = 16384,
    PIECE_MAX = 1 << 20,
    TICK_MS = 50,
};

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static void add_piece(struct wire_piece *p, const void *bytes, size_t len)
{
    if (!len)
        return;
    p->parts[p->n++] = uv_buf_init((char *)bytes, (unsigned)len);
    p->len += len;
}

/* How many bytes of it were counted by the rate. */
static uint64_t add_head(struct answer *a, uint64_t allowance, struct wire_piece *p)
{
    size_t left = a->head.len - a->head_sent;
    size_t n = a->slow_head ? least(left, allowance) : left;
    if (n)
        add_piece(p, a->head.data + a->head_sent, n);
    a->head_sent += n;
    return a->slow_head ? n : 0;
}

static const char *tail_of(const struct answer *a)
{
    switch (a->tail) {
    case ANSWER_TAIL_LAST_CHUNK:
        return "\r\n0\r\n\r\n";
    case ANSWER_TAIL_BAD_CHUNK:
        return "\r\nthis is not a chunk\r\n";
    case ANSWER_TAIL_NONE:
        break;
    }
    return "\r\n";
}

bool wire_next(struct answer *a, uint64_t allowance, struct wire_piece *ret)
{
    *ret = (struct wire_piece){.n = 0};
    if (a->done)
        return true;
    uint64_t counted = add_head(a, allowance, ret);
    a->paced += counted;
    if (a->head_sent < a->head.len)
        return true;

    uint64_t want = least(a->send - a->sent, allowance - counted);
    want = least(want, a->chunked ? CHUNK_MAX : PIECE_MAX);
    const uint8_t *bytes;
    size_t len = want ? body_read(&a->body, a->sent, want, &bytes) : 0;
    if (want && !len)
        return false;
    if (len) {
        if (a->chunked)
            add_piece(ret, a->frame, (size_t)snprintf(a->frame, sizeof a->frame, "%zx\r\n", len));
        add_piece(ret, bytes, len);
        a->sent += len;
        a->paced += len;
    }
    a->done = a->sent == a->send;
    if (a->chunked) {
        const char *end = a->done ? tail_of(a) : "\r\n";
        if (!len)
            end += 2; /* no chunk before it to be ended */
        if (len || a->done)
            add_piece(ret, end, strlen(end));
    }
    return true;
}

void wire_drop(struct wire_piece *p, size_t len)
{
    unsigned i = 0;
    p->len -= len;
    while (i < p->n && len >= p->parts[i].len)
        len -= p->parts[i++].len;
    p->n -= i;
    memmove(p->parts, p->parts + i, p->n * sizeof *p->parts);
    if (p->n) {
        p->parts[0].base += len;
        p->parts[0].len -= len;
    }
}

uint64_t wire_allowance(const struct answer *a, uint64_t elapsed_ms)
{
    if (!a->rate)
        return UINT64_MAX;
    uint64_t due = a->rate * (elapsed_ms / 1000) + a->rate * (elapsed_ms % 1000) / 1000;
    return due > a->paced ? due - a->paced : 0;
}

uint64_t wire_tick_ms(const struct answer *a)
{
    if (!a->rate)
        return 0;
    uint64_t ms_per_byte = (1000 + a->rate - 1) / a->rate;
    return ms_per_byte > TICK_MS ? ms_per_byte : TICK_MS;
}
