#include "cmd/imgserve/faults.h"

#include "cmd/imgserve/answer.h"
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

static void say_nothing(struct answer *a, enum answer_then then)
{
    a->no_head = true;
    a->send = 0;
    a->tail = ANSWER_TAIL_NONE;
    a->then = then;
}

/* The same bytes every time, so that a failing test fails again. */
static void send_garbage(struct answer *a)
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
    body_text(&a->body);
    if (!buf_append(&a->body.text, bytes, sizeof bytes))
        abort();
    say_nothing(a, ANSWER_THEN_CLOSE);
    a->send = sizeof bytes;
}

static void send_for_ever(struct answer *a)
{
    body_pattern(&a->body, UINT64_MAX);
    a->send = UINT64_MAX;
    a->claimed = ANSWER_NO_LENGTH;
    a->chunked = false;
    a->tail = ANSWER_TAIL_NONE;
    a->then = ANSWER_THEN_CLOSE;
}

static void deceive(struct answer *a, void (*encode)(struct body *))
{
    send_for_ever(a);
    encode(&a->body);
    a->encoding = "gzip";
}

static void drip(struct answer *a)
{
    send_for_ever(a);
    a->slow_head = true;
    a->open_head = true;
    if (!a->rate)
        a->rate = 1;
}

static void cut(struct answer *a, enum answer_then then)
{
    a->send /= 2;
    a->tail = ANSWER_TAIL_NONE;
    a->then = then;
}

void faults_bend(enum fault fault, struct answer *a)
{
    switch (fault) {
    case FAULT_NONE:
        break;
    case FAULT_CLOSE:
        say_nothing(a, ANSWER_THEN_CLOSE);
        break;
    case FAULT_RESET:
        say_nothing(a, ANSWER_THEN_RESET);
        break;
    case FAULT_SILENT:
        say_nothing(a, ANSWER_THEN_HOLD);
        break;
    case FAULT_HALF:
        cut(a, ANSWER_THEN_CLOSE);
        break;
    case FAULT_STALL:
        cut(a, ANSWER_THEN_HOLD);
        break;
    case FAULT_LIE_LONG:
        a->claimed = a->send + LIE;
        a->chunked = false;
        a->tail = ANSWER_TAIL_NONE;
        a->then = ANSWER_THEN_CLOSE;
        break;
    case FAULT_LIE_SHORT:
        a->claimed = a->send / 2;
        a->chunked = false;
        a->tail = ANSWER_TAIL_NONE;
        break;
    case FAULT_GARBAGE:
        send_garbage(a);
        break;
    case FAULT_ENDLESS:
        send_for_ever(a);
        break;
    case FAULT_BOMB:
        deceive(a, encode_bomb);
        break;
    case FAULT_HOLLOW:
        deceive(a, encode_hollow);
        break;
    case FAULT_EMPTY:
        a->send = a->claimed = 0;
        a->chunked = false;
        a->tail = ANSWER_TAIL_NONE;
        break;
    case FAULT_BAD_CHUNK:
        cut(a, ANSWER_THEN_CLOSE);
        a->claimed = ANSWER_NO_LENGTH;
        a->chunked = true;
        a->tail = ANSWER_TAIL_BAD_CHUNK;
        break;
    case FAULT_DRIP:
        drip(a);
        break;
    }
}
