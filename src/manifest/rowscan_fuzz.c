#include "manifest/rowscan.h"
#include "base/fuzz.h"
#include "base/mem.h"
#include "manifest/rowstats.h"

#include <stdlib.h>
#include <string.h>

static void expect_inside(const char *text, size_t len, const char *line, size_t line_len)
{
    fuzz_expect(text >= line && len <= line_len && text + len <= line + line_len);
}

/* Uses the bytes as one line, and as lines to count. What is found without parsing lies inside of
 * it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct rowscan fast, whole;
    char *line = mem_dup_n((const char *)data, len);
    if (rowscan_line(line, len, &fast) == ROWSCAN_BODY) {
        if (!fast.row.tree) {
            expect_inside(fast.url, fast.url_len, line, len);
            expect_inside(fast.path, fast.path_len, line, len);
        }
        rowscan_fini(&fast);
    }
    if (rowscan_read(line, &whole) == ROWSCAN_BODY) {
        fuzz_expect(strlen(whole.url) == whole.url_len && strlen(whole.path) == whole.path_len);
        rowscan_fini(&whole);
    }
    struct rowstats *stats = rowstats_new();
    rowstats_add_lines(stats, line, len);
    rowstats_free(stats);
    free(line);
    return 0;
}
