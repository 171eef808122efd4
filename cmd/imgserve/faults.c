#include "cmd/imgserve/faults.h"

#include "cmd/imgserve/response.h"

enum { GARBAGE_SIZE = 1024, LIE = 1000 };

static void say_nothing(struct response *r, enum response_then then)
{
    r->no_head = true;
    r->send = 0;
    r->tail = RESPONSE_TAIL_NONE;
    r->then = then;
}

/* Sends the same bytes every time, so that a failing test fails again. */
static void send_garbage(struct response *r, enum response_then then)
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
    text_add(&r->body.text, (struct span){(char *)bytes, sizeof bytes});
    say_nothing(r, then);
    r->send = sizeof bytes;
}

/* Makes Content-Length `bytes`, whatever is sent. */
static void claim(struct response *r, uint64_t bytes, enum response_then then)
{
    r->claimed = bytes;
    r->chunked = false;
    r->tail = RESPONSE_TAIL_NONE;
    r->then = then;
}

static void claim_more(struct response *r, enum response_then then)
{
    claim(r, r->send + LIE, then);
}

static void claim_less(struct response *r, enum response_then then)
{
    claim(r, r->send / 2, then);
}

static void send_empty(struct response *r, enum response_then then)
{
    r->send = 0;
    claim(r, 0, then);
}

static void send_for_ever(struct response *r, enum response_then then)
{
    body_pattern(&r->body, UINT64_MAX);
    r->send = UINT64_MAX;
    claim(r, RESPONSE_NO_LENGTH, then);
}

static void send_bomb(struct response *r, enum response_then then)
{
    send_for_ever(r, then);
    body_bomb(&r->body);
    r->encoding = "gzip";
}

static void send_hollow(struct response *r, enum response_then then)
{
    send_for_ever(r, then);
    body_hollow(&r->body);
    r->encoding = "gzip";
}

static void drip(struct response *r, enum response_then then)
{
    send_for_ever(r, then);
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

static void break_chunks(struct response *r, enum response_then then)
{
    cut(r, then);
    r->claimed = RESPONSE_NO_LENGTH;
    r->chunked = true;
    r->tail = RESPONSE_TAIL_BAD_CHUNK;
}

static const struct fault {
    const char *name;
    void (*bend)(struct response *, enum response_then);
    enum response_then then; /* KEEP: as without the fault */
} faults[] = {
    {"close", say_nothing, RESPONSE_THEN_CLOSE},
    {"reset", say_nothing, RESPONSE_THEN_RESET},
    {"silent", say_nothing, RESPONSE_THEN_HOLD},
    {"half", cut, RESPONSE_THEN_CLOSE},
    {"stall", cut, RESPONSE_THEN_HOLD},
    {"lie_long", claim_more, RESPONSE_THEN_CLOSE},
    {"lie_short", claim_less, RESPONSE_THEN_KEEP},
    {"empty", send_empty, RESPONSE_THEN_KEEP},
    {"garbage", send_garbage, RESPONSE_THEN_CLOSE},
    {"endless", send_for_ever, RESPONSE_THEN_CLOSE},
    {"bomb", send_bomb, RESPONSE_THEN_CLOSE},
    {"hollow", send_hollow, RESPONSE_THEN_CLOSE},
    {"bad_chunk", break_chunks, RESPONSE_THEN_CLOSE},
    {"drip", drip, RESPONSE_THEN_CLOSE},
};

const struct fault *faults_find(struct span name)
{
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        if (span_is(name, faults[i].name))
            return &faults[i];
    return NULL;
}

void faults_bend(const struct fault *fault, struct response *r)
{
    fault->bend(r, fault->then == RESPONSE_THEN_KEEP ? r->then : fault->then);
}
