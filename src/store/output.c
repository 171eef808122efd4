#include "store/layout.h"

#include "base/beneath.h"
#include "base/beneath_folders.h"
#include "base/mem.h"
#include "input/job.h"
#include "manifest/row.h"
#include "store/sidecars.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* The probe is in the private folder, where a run that is killed may leave it. */
static int prepare(int dir, const struct layout *layout)
{
    int err = beneath_make_folder(dir, SHARDFILES_OWN);
    if (!err && layout->manifest == SHARDFILES_MANIFEST)
        err = beneath_make_folder(dir, SHARDFILES_MANIFESTS);
    /* After a power cut notes are there only if their folder is. */
    if (!err && layout->announce && fsync(dir))
        err = -errno;
    return err ? err : commit_probe(dir, SHARDFILES_OWN "/probe");
}

int output_open(const struct store_conf *conf, struct output *ret)
{
    int dir = beneath_root(conf->dir, true);
    int way = dir < 0 ? dir : prepare(dir, conf->layout);
    if (way < 0) {
        if (dir >= 0)
            close(dir);
        return way;
    }
    *ret = (struct output){.layout = conf->layout, .dir = dir, .way = (enum commit_way)way};
    ret->folders = mem_new(sizeof *ret->folders);
    ret->shard_size = conf->shard_size;
    unsigned digits = conf->shard_digits ? conf->shard_digits : JOB_SHARD_DIGITS;
    ret->digits = job_digits(digits, conf->shard_size);
    return 0;
}

struct row_writer *output_row_writer(const struct output *o)
{
    const struct store_conf *conf = o->conf;
    struct row_writer *rows = row_writer_new(o->digits, conf->spec_names, conf->columns);
    if (conf->exif)
        row_writer_add_exif(rows);
    if (conf->phash)
        row_writer_add_phash(rows);
    if (conf->sidecars & (SIDECARS_JSON | SIDECARS_TXT))
        row_writer_add_sidecars(rows);
    row_writer_add_hash(rows, conf->hash);
    return rows;
}

void output_close(struct output *o)
{
    beneath_folders_fini(o->folders);
    free(o->folders);
    close(o->dir);
}
