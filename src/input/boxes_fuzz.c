#include "base/fuzz.h"
#include "input/boxes.h"

#include <stdlib.h>
#include <string.h>

static void expect_sound(const struct boxes *b)
{
    fuzz_expect(b->n <= BOXES_MAX);
    for (uint32_t i = 0; i < b->n; i++) {
        fuzz_expect(b->at[i].x0 >= 0 && b->at[i].x0 <= b->at[i].x1 && b->at[i].x1 <= 1);
        fuzz_expect(b->at[i].y0 >= 0 && b->at[i].y0 <= b->at[i].y1 && b->at[i].y1 <= 1);
    }
}

/* What can be read can be written, and read again as the same. */
static void fuzz_text(const uint8_t *data, size_t len)
{
    static uint8_t out[BOXES_SIZE_MAX];
    const char *why = NULL;
    struct boxes *b = boxes_parse((const char *)data, len, &why);
    if (!b) {
        fuzz_expect(why && *why);
        return;
    }
    expect_sound(b);
    size_t size = boxes_write(b, out);
    struct boxes *again = boxes_read(out, &size);
    fuzz_expect(again && size == 0 && again->n == b->n);
    if (again && b->n)
        fuzz_expect(!memcmp(again->at, b->at, b->n * sizeof *b->at));
    free(again);
    free(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    size_t left = len;
    fuzz_text(data, len);
    struct boxes *b = boxes_read(data, &left);
    if (b) {
        expect_sound(b);
        fuzz_expect(left == len - sizeof b->n - b->n * sizeof *b->at);
    }
    free(b);
    return 0;
}
