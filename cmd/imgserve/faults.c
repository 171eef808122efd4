#include "cmd/imgserve/faults.h"

#include "cmd/imgserve/response.h"
#include "cmd/imgserve/encode.h"

#include <stdlib.h>

enum { GARBAGE_SIZE = 1024, LIE = 1000 };

static const char *const names[] = {
    [FAULT_CLOSE] = "close",
    [FAULT_RESET] = "reset",
    [FAULT_HALF] = "half",
    [FAULT_STALL] = "stall",
    [FAULT_SILENT] = "silent",
    [FAULT_LIE_LONG] = "lie_long",
    [FAULT_LIE_SHORT] = "lie_short",
    [FAULT_GARBAGE] = "garbage",
    [FAULT_ENDLESS] = "endless",
    [FAULT_BOMB] = "bomb",
    [FAULT_HOLLOW] = "hollow",
    [FAULT_EMPTY] = "empty",
    [FAULT_BAD_CHUNK] = "bad_chunk",
    [FAULT_DRIP] = "drip",
};

bool faults_find(struct span name, enum fault *ret)
{
    for (size_t i = FAULT_NONE + 1; i < sizeof names / sizeof *names; i++) {
        if (span_is(name, names[i])) {
            *ret = (enum fault)i;
            return true;
        }
    }
    return false;
}

static void say_nothing(struct response *r, enum response_then then)
{
    r->no_head = true;
    r->send = 0;
    r->tail = RESPONSE_TAIL_NONE;
    r->then = then;
}

/* Sends the same bytes every time, so that a failing test fails again. */
static void send_garbage(struct response *r)
{
    uint8_t bytes[GARBAGE_SIZE];
    uint32_t state = 2463534242; /* xorshift32 (Marsaglia 2003) */
    for (size_t i = 0; i < sizeof bytes; i++) {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        bytes[i] = (uint8_t)(state >> 24);
    }
    bytes[0] |= 0x80; /* no 'H' */
    body_text(&r->body);
    if (!buf_append(&r->body.text, bytes, sizeof bytes))
        abort();
    say_nothing(r, RESPONSE_THEN_CLOSE);
    r->send = sizeof bytes;
}

static void send_for_ever(struct response *r)
{
    body_pattern(&r->body, UINT64_MAX);
    r->send = UINT64_MAX;
    r->claimed = RESPONSE_NO_LENGTH;
    r->chunked = false;
    r->tail = RESPONSE_TAIL_NONE;
    r->then = RESPONSE_THEN_CLOSE;
}

static void deceive(struct response *r, void (*encode)(struct body *))
{
    send_for_ever(r);
    encode(&r->body);
    r->encoding = "gzip";
}

static void drip(struct response *r)
{
    send_for_ever(r);
    r->slow_head = true;
    r->open_head = true;
    if (!r->rate)
        r->rate = 1;
}

static void cut(struct response *r, enum response_then then)
{
    r->send /= 2;
    r->tail = RESPONSE_TAIL_NONE;
    r->then = then;
}

void faults_bend(enum fault fault, struct response *r)
{
    switch (fault) {
    case FAULT_NONE:
        break;
    case FAULT_CLOSE:
        say_nothing(r, RESPONSE_THEN_CLOSE);
        break;
    case FAULT_RESET:
        say_nothing(r, RESPONSE_THEN_RESET);
        break;
    case FAULT_SILENT:
        say_nothing(r, RESPONSE_THEN_HOLD);
        break;
    case FAULT_HALF:
        cut(r, RESPONSE_THEN_CLOSE);
        break;
    case FAULT_STALL:
        cut(r, RESPONSE_THEN_HOLD);
        break;
    case FAULT_LIE_LONG:
        r->claimed = r->send + LIE;
        r->chunked = false;
        r->tail = RESPONSE_TAIL_NONE;
        r->then = RESPONSE_THEN_CLOSE;
        break;
    case FAULT_LIE_SHORT:
        r->claimed = r->send / 2;
        r->chunked = false;
        r->tail = RESPONSE_TAIL_NONE;
        break;
    case FAULT_GARBAGE:
        send_garbage(r);
        break;
    case FAULT_ENDLESS:
        send_for_ever(r);
        break;
    case FAULT_BOMB:
        deceive(r, encode_bomb);
        break;
    case FAULT_HOLLOW:
        deceive(r, encode_hollow);
        break;
    case FAULT_EMPTY:
        r->send = r->claimed = 0;
        r->chunked = false;
        r->tail = RESPONSE_TAIL_NONE;
        break;
    case FAULT_BAD_CHUNK:
        cut(r, RESPONSE_THEN_CLOSE);
        r->claimed = RESPONSE_NO_LENGTH;
        r->chunked = true;
        r->tail = RESPONSE_TAIL_BAD_CHUNK;
        break;
    case FAULT_DRIP:
        drip(r);
        break;
    }
}
