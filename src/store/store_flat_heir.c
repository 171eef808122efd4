#include "store/store_flat_heir.h"

#include "base/beneath.h"
#include "base/mem.h"
#include "manifest/shardfiles.h"
#include "store/name.h"
#include "store/name_text.h"
#include "store/store.h"
#include "store/store_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    FOLDER_SIZE = 128,
    NUMBERS_MAX = 1000, /* tried for a name */
};
_Static_assert((int)SIDECARS_PATH_SIZE >= (int)FOLDER_SIZE + (int)NAME_SIZE, "room");

void store_flat_path(const struct output *output, const char *spec, const struct job *j,
    const char *extension, char path[SIDECARS_PATH_SIZE])
{
    size_t len = 0;
    if (spec)
        len = (size_t)snprintf(path, FOLDER_SIZE, SHARDFILES_THUMBS "/%s/", spec);
    name_make(output->conf->name, j, output->digits, extension, path + len);
}

/* True if nothing has one of the heir's names. */
static bool is_free(const struct output *output, const struct job *heir)
{
    struct stat st;
    bool found = heir->path && !beneath_stat(output->dir, heir->path, &st);
    for (unsigned i = 0; i < heir->n_thumbs && !found; i++)
        found = !beneath_stat(output->dir, heir->thumbs[i].path, &st);
    return !found;
}

static void set_path(char **to, const char *path)
{
    free(*to);
    *to = mem_dup(path);
}

void store_flat_name_heir(struct samples *samples, const struct manifest_row *row, struct job *heir)
{
    const struct output *output = samples->output;
    char stem[NAME_SIZE], key[JOB_KEY_SIZE], end[2 * JOB_KEY_SIZE], path[SIDECARS_PATH_SIZE];
    size_t len = name_stem(output->conf->name, heir, output->digits, stem);
    job_key(heir->shard, heir->pos, output->digits, key);
    for (unsigned n = 1; n == 1 || (n < NUMBERS_MAX && !is_free(output, heir)); n++) {
        int more = n == 1 ? sprintf(end, "-%s", key) : sprintf(end, "-%s-%u", key, n);
        free(heir->name);
        heir->name = mem_new(NAME_STEM_MAX + 1);
        size_t cut = name_text_put(stem, len, heir->name, NAME_STEM_MAX - (size_t)more);
        memcpy(heir->name + cut, end, (size_t)more + 1);
        if (manifest_text(row, ROW_PATH)) {
            store_flat_path(output, NULL, heir, store_files_extension(row), path);
            set_path(&heir->path, path);
        }
        for (unsigned i = 0; i < heir->n_thumbs; i++) {
            const struct store_conf *conf = output->conf;
            store_flat_path(output, conf->spec_names[i], heir, conf->thumb_extension, path);
            set_path(&heir->thumbs[i].path, path);
        }
    }
}
