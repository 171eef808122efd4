#include "audit/survey_inside.h"

#include "base/mem.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

void survey_forget_shown(struct survey_shown *s)
{
    free(s->key.text);
    free(s->url.text);
    free(s->caption.text);
    free(s->file);
    *s = (struct survey_shown){0};
}

/* The file that a person wants to see. */
static char *file_of(
    const struct manifest_row *row, const struct shardfiles *shard, const char *thumb)
{
    const char *original = manifest_text(row, ROW_PATH);
    char tar[40];
    int len = snprintf(tar, sizeof tar, SHARDFILES_OF_TAR, (int)shard->digits, shard->number);
    if (!strncmp(thumb, tar, (size_t)len))
        return NULL;
    bool is_kept = original && manifest_path_is_ours(original) && strlen(original) < PATH_MAX;
    return mem_dup(is_kept ? original : thumb);
}

static void note_shown(struct survey_shown *s, const struct manifest_row *row)
{
    survey_keep_text(&s->key, manifest_text(row, ROW_KEY));
    survey_keep_text(&s->url, manifest_text(row, ROW_URL));
    survey_keep_text(&s->caption, manifest_text(row, ROW_CAPTION));
    s->bytes = manifest_number(row, ROW_BYTES);
    s->width = manifest_number(row, ROW_WIDTH);
    s->height = manifest_number(row, ROW_HEIGHT);
}

static void free_candidate(struct survey_candidate *c)
{
    free(c->path);
    survey_forget_shown(&c->row);
    *c = (struct survey_candidate){0};
}

/* Drops every second candidate. */
static void halve(struct survey_sample *s)
{
    for (unsigned i = 0; i < s->n; i++)
        if (i % 2)
            free_candidate(&s->at[i]);
        else
            s->at[i / 2] = s->at[i];
    s->n = (s->n + 1) / 2;
    s->step *= 2;
}

void survey_add_candidate(struct survey_sample *s, const struct shardfiles *shard,
    const struct manifest_row *row, const struct manifest_file *thumb)
{
    if (strlen(thumb->path) >= PATH_MAX)
        return;
    if (!s->step)
        s->step = 1;
    if (s->seen++ % s->step)
        return;
    if (s->n == sizeof s->at / sizeof *s->at) {
        halve(s);
        if ((s->seen - 1) % s->step)
            return;
    }
    struct survey_candidate *c = &s->at[s->n++];
    *c = (struct survey_candidate){.path = mem_dup(thumb->path),
        .bytes = thumb->bytes,
        .shard = shard->number,
        .digits = shard->digits};
    note_shown(&c->row, row);
    c->row.file = file_of(row, shard, thumb->path);
}

void survey_thin(struct survey_sample *s, unsigned n)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < s->n; i++)
        if (n >= s->n || (kept < n && i == kept * s->n / n))
            s->at[kept++] = s->at[i];
        else
            free_candidate(&s->at[i]);
    s->n = kept;
}

void survey_sample_fini(struct survey_sample *s)
{
    survey_thin(s, 0);
}
