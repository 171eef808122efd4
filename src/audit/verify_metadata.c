#include "audit/verify_inside.h"

#include "base/beneath.h"
#include "manifest/sample.h"
#include "store/metadata.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct reading {
    struct verify_shard *shard;
    const char *folder, *path; /* of the images; of the file */
    char *line, *end;          /* what is not read yet */
    unsigned number;           /* of the line read last */
    bool is_good;
};

/* Takes the next line, which then ends with a NUL. NULL: there is none. */
static const char *next_line(struct reading *r)
{
    char *line = r->line, *newline = memchr(line, '\n', (size_t)(r->end - line));
    r->number++;
    if (!newline)
        return NULL;
    *newline = '\0';
    r->line = newline + 1;
    return line;
}

/* Compares the line of each image that the row has in the folder. */
static void look_at_row(struct reading *r, const struct verify_row *row)
{
    struct manifest_row said;
    char name[SAMPLE_PATH_SIZE];
    if (!r->is_good || !manifest_row_parse(row->line, &said))
        return;
    for (unsigned i = 0; i < said.n_images && r->is_good && said.code == ERR_OK; i++) {
        const char *path = said.files[i].path;
        if (!sample_file_name(path, strlen(path), r->folder, name))
            continue;
        const char *line = next_line(r);
        r->is_good = line && manifest_is_metadata(line, row->line, name);
        if (!r->is_good)
            verify_fault(r->shard, r->path, "line %u: %s", r->number,
                line ? "differs from its row" : "missing");
    }
    manifest_row_fini(&said);
}

void verify_metadata(struct verify_shard *s, const char *folder)
{
    char path[SAMPLE_PATH_SIZE];
    struct verify_row *row, *next;
    struct buf text = {0};
    snprintf(path, sizeof path, "%s/" METADATA_NAME, folder);
    int err = manifest_read_file(s->dir, path, &text);
    if (err && err != -ENOENT && err != -ENOTDIR) {
        verify_fault(s, path, "%s", beneath_why(err));
        return;
    }
    char none[] = "", *begin = err ? none : (char *)text.data;
    struct reading r = {s, folder, path, begin, begin + text.len, .is_good = true};
    HASH_ITER (hh, s->rows, row, next)
        look_at_row(&r, row);
    if (r.is_good && r.line < r.end)
        verify_fault(s, path, "line %u: no row has it", r.number + 1);
    s->counts.files += !err;
    s->counts.bytes += text.len;
    buf_fini(&text);
}
