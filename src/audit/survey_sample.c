#include "audit/survey_inside.h"

#include "base/mem.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

static void free_candidate(struct survey_candidate *c)
{
    free(c->path);
    free(c->url.text);
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

void survey_add_candidate(struct survey_sample *s, uint32_t shard, const struct manifest_row *row,
    const struct manifest_file *thumb)
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
    *c = (struct survey_candidate){mem_dup(thumb->path), thumb->bytes, shard, {0}};
    survey_keep_text(&c->url, manifest_text(row, ROW_URL));
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
