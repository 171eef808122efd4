#include "manifest/sharing.h"
#include "base/fuzz.h"
#include "base/mem.h"
#include "manifest/manifest.h"

#include <stdlib.h>
#include <string.h>

enum { MOST = 64 };

/* What is edited is a row that names the files of its first. */
static void check_row(const struct sharing_row *row)
{
    struct rowtext files, wanted;
    struct buf line = {0};
    fuzz_expect(rowtext_share(row->line.at, row->line.len, row->first, &line));
    fuzz_expect(rowtext_files((const char *)line.data, line.len, &files));
    fuzz_expect(rowtext_files(row->first.at, row->first.len, &wanted));
    struct rowtext is = rowtext_paths(files), should = rowtext_paths(wanted);
    fuzz_expect(is.len == should.len && !memcmp(is.at, should.at, is.len));
    buf_fini(&line);
}

/* Uses the bytes as the lines of a manifest. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char *text = mem_dup_n((const char *)data, len), *line = text, *newline;
    struct sharing *sharing = sharing_new(MOST);
    uint32_t n = 0;
    for (; n < MOST && (newline = memchr(line, '\n', (size_t)(text + len - line)));
         line = newline + 1)
        sharing_add(sharing, n++, line, (size_t)(newline - line));
    uint32_t changed, seen = 0;
    (void)sharing_find(sharing, NULL, NULL, &changed);
    for (uint32_t i = 0; i < n; i++) {
        struct sharing_row row = sharing_row(sharing, i);
        seen += row.first.at != NULL;
        if (row.first.at)
            check_row(&row);
    }
    fuzz_expect(seen == changed);
    sharing_free(sharing);
    free(text);
    return 0;
}
