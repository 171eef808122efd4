#include "audit/survey_inside.h"
#include "base/fuzz.h"

#include <stdio.h>
#include <string.h>

struct seen {
    size_t len; /* of the file */
    uint64_t rows;
};

static void take_line(void *arg, const char *line)
{
    struct seen *seen = arg;
    struct manifest_row row;
    fuzz_expect(strlen(line) < seen->len && !strncmp(line, "{\"key\":\"00000", 13));
    seen->rows++;
    if (!manifest_row_parse(line, &row))
        return;
    struct manifest_figures f;
    manifest_figures(&row, &f);
    fuzz_expect(f.started >= -1 && f.finished >= -1 && f.total >= -1);
    fuzz_expect(manifest_number(&row, ROW_WIDTH) >= -1);
    fuzz_expect(!f.http_status || (f.http_status >= 100 && f.http_status <= 599));
    fuzz_expect(!f.thumb.path || manifest_path_is_ours(f.thumb.path));
    struct survey_example example = {0};
    survey_keep_example(&example, &row);
    fuzz_expect(!example.url.text || example.url.is_cut ||
                !strcmp(example.url.text, manifest_text(&row, ROW_URL)));
    survey_forget_example(&example);
    manifest_row_fini(&row);
}

/* Uses the bytes as the manifest of a complete shard and of an incomplete one. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct seen seen = {len, 0}, last = {len, 0};
    struct shardfiles shard = {.kinds = SHARDFILES_MANIFEST | SHARDFILES_STATS};
    FILE *file = fmemopen((void *)(uintptr_t)data, len, "r");
    if (!file) /* an empty one */
        return 0;
    uint64_t others = survey_lines(file, &shard, take_line, &seen);
    shard.kinds = SHARDFILES_MANIFEST;
    fuzz_expect(survey_lines(file, &shard, take_line, &last) == others);
    fuzz_expect(last.rows <= seen.rows && (last.rows > 0) == (seen.rows > 0));
    fuzz_expect(others + seen.rows <= len);
    fclose(file);
    return 0;
}
