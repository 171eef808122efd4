#include "manifest/sample.h"
#include "base/fuzz.h"
#include "base/mem.h"
#include "manifest/manifest.h"
#include "manifest/manifest_tree.h"

#include <stdlib.h>
#include <string.h>

/* Uses the bytes as one row. What is made of JSON is JSON. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char *line = mem_dup_n((const char *)data, len);
    size_t n = strlen(line);
    bool has_comment =
        strstr(line, "/*") || strstr(line, "//"); /* yajl reads them; no row has one */
    yajl_val row = has_comment ? NULL : manifest_tree_parse(line);
    for (int image = SAMPLE_ORIGINAL; image <= 1; image++) {
        struct sample s = {.row = line, .len = n, .image = image};
        s.folder = len % 2 ? "images/00000" : NULL;
        struct buf out = {0};
        if (!sample_write(&s, &out) && row && n && line[n - 1] == '}') {
            fuzz_expect(buf_append(&out, "", 1));
            yajl_val sample = manifest_tree_parse((const char *)out.data);
            fuzz_expect(YAJL_IS_OBJECT(sample));
            yajl_tree_free(sample);
        }
        buf_fini(&out);
    }
    yajl_tree_free(row);
    free(line);
    return 0;
}
