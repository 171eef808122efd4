#include "store/store_tar_inside.h"

#include "base/mem.h"
#include "manifest/manifest.h"
#include "manifest/sample.h"
#include "store/store_tar_sample.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- samples that go ---- */

void store_tar_drop(struct samples *samples, uint32_t pos)
{
    struct store_tar *t = (struct store_tar *)samples;
    struct store_tar_row *p = &t->by_pos[pos];
    t->has_dropped = t->has_dropped || (p->state == ROW_CLOSED && p->blocks);
    *p = (struct store_tar_row){.state = ROW_CLOSED};
}

/* The part stays until the tar has its name, and is whole on disk before anything in the spool is
 * overwritten. */
int store_tar_write_rest(struct store_tar *t)
{
    int err = tarfile_flush(t->part);
    if (!err && fsync(tarfile_fd(t->part)))
        err = -errno;
    if (!err)
        err = store_tar_need_spool(t);
    if (!err)
        err = tarfile_cut(t->spool, 0);
    for (uint32_t pos = 0; pos < t->base.output->shard_size && !err; pos++) {
        const struct store_tar_row *p = &t->by_pos[pos];
        if (p->state == ROW_CLOSED && p->blocks)
            err = tarfile_copy(
                t->spool, tarfile_fd(t->part), p->offset, (int64_t)p->blocks * STORE_TAR_BLOCK);
    }
    return err;
}

/* ---- a sample for an heir ---- */

void store_tar_name_heir(struct samples *samples, const struct manifest_row *row, struct job *heir)
{
    char extension[STORE_TAR_EXTENSION];
    const char *path = manifest_text(row, ROW_PATH), *dot = path ? strrchr(path, '.') : NULL;
    snprintf(extension, sizeof extension, "%s", dot ? dot + 1 : "bin");
    if (samples->output->conf->n_specs && !heir->n_thumbs)
        return; /* no sample is like that */
    heir->image.extension = extension;
    store_tar_sample_set_paths(samples->output, heir);
    heir->image.extension = NULL;
}

/* The sample being copied. */
struct copy {
    const struct output *output;
    const struct job *heir;
    struct tarfile *to;
    struct buf sidecar;
    int err;
};

static bool copy_member(void *arg, const char *name, const uint8_t *bytes, size_t len)
{
    struct copy *c = arg;
    const char *dot = strchr(name, '.'), *extension = dot ? dot + 1 : "";
    if (!strcmp(extension, "json")) {
        bytes = c->sidecar.data;
        len = c->sidecar.len;
    } else if (!strcmp(extension, "txt")) {
        const char *caption = c->heir->columns ? c->heir->columns->caption : NULL;
        bytes = (const uint8_t *)(caption ? caption : "");
        len = strlen((const char *)bytes);
    }
    c->err = store_tar_sample_add_member(c->output, c->to, c->heir, extension, bytes, len);
    return !c->err;
}

/* Where a sample is, of a row that is to be done again. */
static struct store_tar_row old_sample(const struct store_tar_row *p)
{
    struct store_tar_row old = *p;
    if (old.state == ROW_OPEN)
        old.state = old.was;
    return old;
}

int store_tar_pass_on(struct samples *samples, const struct manifest_row *row,
    const struct job *heir, const char *line)
{
    struct store_tar *t = (struct store_tar *)samples;
    int64_t from =
        store_tar_sample_pos_of_path(samples->output, samples->shard, row->files[0].path);
    struct store_tar_row *p = &t->by_pos[heir->pos];
    int err = from < 0 ? -EBADMSG : store_tar_need_spool(t);
    if (err)
        return err;
    struct store_tar_row old = old_sample(&t->by_pos[from]);
    struct copy c = {.output = samples->output, .heir = heir, .to = t->spool};
    struct sample sample = {
        .row = line, .len = strlen(line), .columns = samples->output->conf->columns};
    sample.image = samples->output->conf->n_specs ? 0 : SAMPLE_ORIGINAL;
    err = old.blocks ? sample_write(&sample, &c.sidecar) : -EBADMSG;
    int64_t offset = tarfile_size(t->spool);
    if (!err)
        err = tarfile_read(tarfile_fd(store_tar_file_of(t, &old)), old.offset,
            (int64_t)old.blocks * STORE_TAR_BLOCK, copy_member, &c);
    err = err ? err : c.err;
    if (!err)
        err = tarfile_flush(t->spool);
    p->offset = offset;
    p->blocks = (uint32_t)((tarfile_size(t->spool) - offset) / STORE_TAR_BLOCK);
    *(p->state == ROW_OPEN ? &p->was : &p->state) = ROW_IN_SPOOL;
    buf_fini(&c.sidecar);
    return err;
}
