#include "net/resolver_wire.h"
#include "base/fuzz.h"

#include <string.h>

static const char name[] = "n0.test";

static void read_message(int family, const uint8_t *bytes, size_t len)
{
    struct resolver_reply reply = {0};
    enum resolver_wire_kind kind = resolver_wire_read(&reply, name, family, bytes, len);
    if (kind == RESOLVER_WIRE_CUT_OFF || kind == RESOLVER_WIRE_FOREIGN)
        return;
    fuzz_expect((reply.outcome == RESOLVER_ADDRESSES) == (reply.n_addrs > 0));
    fuzz_expect((reply.outcome == RESOLVER_BAD_ANSWER) == (reply.message != NULL));
}

/* Parses the input as a whole message, and as what follows the question, which few inputs would
 * repeat by chance. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len == 0 || len > 65535) /* a DNS message has no more */
        return 0;
    for (int family = 4; family <= 6; family += 2) {
        read_message(family, data, len);
        unsigned char *answer = malloc(RESOLVER_WIRE_QUESTION_MAX + len);
        size_t head = resolver_wire_ask(answer, 0, name, family, false);
        answer[2] |= 0x80;   /* it is an answer */
        answer[7] = data[0]; /* of so many records */
        memcpy(answer + head, data + 1, len - 1);
        read_message(family, answer, head + len - 1);
        free(answer);
    }
    return 0;
}
