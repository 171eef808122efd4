#include "net/resolver_reply.h"
#include "base/fuzz.h"

#include <ares.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len > 65535) /* a DNS message has no more */
        return 0;
    for (int family = 4; family <= 6; family += 2) {
        struct resolver_reply reply = {0};
        resolver_reply_read(&reply, family, ARES_SUCCESS, 0, data, (int)len);
        fuzz_expect((reply.outcome == RESOLVER_ADDRESSES) == (reply.addrs.n > 0));
    }
    return 0;
}
