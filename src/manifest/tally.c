#include "manifest/tally.h"

uint64_t tally_rows(const struct tally *t)
{
    uint64_t n = 0;
    for (int e = 0; e < ERR_COUNT; e++)
        n += t->by_code[e];
    return n;
}

uint64_t tally_failed_to_resize(const struct tally *t)
{
    uint64_t n = 0;
    for (int e = 0; e < ERR_COUNT; e++)
        if (err_is_resize(e))
            n += t->by_code[e];
    return n;
}

uint64_t tally_failed_to_download(const struct tally *t)
{
    return tally_rows(t) - tally_failed_to_resize(t) - t->by_code[ERR_OK];
}

void tally_add(struct tally *t, const struct tally *more)
{
    for (int e = 0; e < ERR_COUNT; e++)
        t->by_code[e] += more->by_code[e];
}
