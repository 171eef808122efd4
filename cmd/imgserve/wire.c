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

/* Returns how many bytes of the head count for the rate. */
static uint64_t add_head(struct response *r, uint64_t allowance, struct wire_piece *p)
{
    size_t left = r->head.len - r->head_sent;
    size_t n = r->slow_head ? least(left, allowance) : left;
    if (n)
        add_piece(p, r->head.data + r->head_sent, n);
    r->head_sent += n;
    return r->slow_head ? n : 0;
}

static const char *tail_of(const struct response *r)
{
    switch (r->tail) {
    case RESPONSE_TAIL_LAST_CHUNK:
        return "\r\n0\r\n\r\n";
    case RESPONSE_TAIL_BAD_CHUNK:
        return "\r\nthis is not a chunk\r\n";
    case RESPONSE_TAIL_NONE:
        break;
    }
    return "\r\n";
}

bool wire_next(struct response *r, uint64_t allowance, struct wire_piece *ret)
{
    *ret = (struct wire_piece){.n = 0};
    if (r->done)
        return true;
    uint64_t counted = add_head(r, allowance, ret);
    r->paced += counted;
    if (r->head_sent < r->head.len)
        return true;

    uint64_t want = least(r->send - r->sent, allowance - counted);
    want = least(want, r->chunked ? CHUNK_MAX : PIECE_MAX);
    const uint8_t *bytes;
    size_t len = want ? body_read(&r->body, r->sent, want, &bytes) : 0;
    if (want && !len)
        return false;
    if (len) {
        if (r->chunked)
            add_piece(ret, r->frame, (size_t)snprintf(r->frame, sizeof r->frame, "%zx\r\n", len));
        add_piece(ret, bytes, len);
        r->sent += len;
        r->paced += len;
    }
    r->done = r->sent == r->send;
    if (r->chunked) {
        const char *end = r->done ? tail_of(r) : "\r\n";
        if (!len)
            end += 2; /* no chunk before it to be ended */
        if (len || r->done)
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

uint64_t wire_allowance(const struct response *r, uint64_t elapsed_ms)
{
    if (!r->rate)
        return UINT64_MAX;
    uint64_t due = r->rate * (elapsed_ms / 1000) + r->rate * (elapsed_ms % 1000) / 1000;
    return due > r->paced ? due - r->paced : 0;
}

uint64_t wire_tick_ms(const struct response *r)
{
    if (!r->rate)
        return 0;
    uint64_t ms_per_byte = (1000 + r->rate - 1) / r->rate;
    return ms_per_byte > TICK_MS ? ms_per_byte : TICK_MS;
}
