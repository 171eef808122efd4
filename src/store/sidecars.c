#include "store/sidecars.h"

#include "base/mem.h"
#include "manifest/row.h"
#include "manifest/sample.h"

#include <errno.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sidecars {
    const struct output *output;
    struct row_writer *rows;
    struct buf json;
    struct sidecars_file file; /* the present one */
};

bool sidecars_has(const struct store_conf *conf, const struct job *j, enum sidecars_kind kind)
{
    return conf->sidecars & kind && j->err == ERR_OK;
}

void sidecars_path(const char *image, enum sidecars_kind kind, char out[SIDECARS_PATH_SIZE])
{
    const char *dot = strrchr(image, '.');
    snprintf(out, SIDECARS_PATH_SIZE, "%.*s.%s", (int)(dot - image), image,
        kind == SIDECARS_JSON ? "json" : "txt");
}

struct sidecars *sidecars_new(const struct output *output)
{
    struct sidecars *s = mem_new(sizeof *s);
    s->output = output;
    s->rows = output_row_writer(output);
    return s;
}

void sidecars_free(struct sidecars *s)
{
    if (!s)
        return;
    row_writer_free(s->rows);
    buf_fini(&s->json);
    free(s);
}

static int take_json(struct sidecars *s, const struct job *j, int image)
{
    struct sample sample = {.image = image, .columns = s->output->conf->columns};
    sample.row = row_write(s->rows, j, &sample.len);
    s->json.len = 0;
    int err = sample_write(&sample, &s->json);
    s->file.bytes = s->json.data;
    s->file.len = s->json.len;
    return err;
}

static int take_caption(struct sidecars *s, const struct job *j)
{
    const char *caption = j->columns && j->columns->caption ? j->columns->caption : "";
    s->file.bytes = caption;
    s->file.len = strlen(caption);
    return 0;
}

static void note(struct job *j, const struct sidecars_file *file)
{
    j->sidecars = mem_grow(j->sidecars, (j->n_sidecars + 1) * sizeof *j->sidecars);
    struct job_sidecar *noted = &j->sidecars[j->n_sidecars++];
    *noted = (struct job_sidecar){.path = mem_dup(file->path), .size = file->len};
    memcpy(noted->sha256, file->sha256, sizeof noted->sha256);
}

static int write_one(struct sidecars *s, struct job *j, int image, enum sidecars_kind kind,
    sidecars_put *put_file, void *arg)
{
    const char *path = image == SAMPLE_ORIGINAL ? j->path : j->thumbs[image].path;
    if (!path || !sidecars_has(s->output->conf, j, kind))
        return 0;
    int err = kind == SIDECARS_JSON ? take_json(s, j, image) : take_caption(s, j);
    if (err)
        return err;
    SHA256(s->file.bytes, s->file.len, s->file.sha256);
    sidecars_path(path, kind, s->file.path);
    int result = put_file(arg, j, &s->file);
    if (!result)
        note(j, &s->file);
    return result;
}

int sidecars_write(struct sidecars *s, struct job *j, sidecars_put *put_file, void *arg)
{
    int result = 0;
    for (int image = SAMPLE_ORIGINAL; image < (int)j->n_thumbs && !result; image++) {
        result = write_one(s, j, image, SIDECARS_JSON, put_file, arg);
        if (!result)
            result = write_one(s, j, image, SIDECARS_TXT, put_file, arg);
    }
    return result;
}
