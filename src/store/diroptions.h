/*
 * .imgfetch/options.json: a JSON object with the options that an output directory was made with,
 * each a string, and in `lists` the lists it was made from. Part of store/outdir.h. Blocks; any
 * thread. Errors are negative errno values.
 */
#ifndef STORE_DIROPTIONS_H
#define STORE_DIROPTIONS_H

#include "base/buf.h"
#include "store/outdir.h"

/* What is noted. */
struct diroptions {
    void *tree;
    struct listmark *lists; /* n_lists of them; none: an older version noted the options */
    size_t n_lists;
    bool is_own; /* the user of this process owns the file */
};

/* -ENOENT: there is no file; -EBADMSG: it is not one of ours. Else diroptions_fini() it. */
int diroptions_read(int folder, struct diroptions *ret);
void diroptions_fini(struct diroptions *);

/* NULL: that option is not noted. Valid as long as the note. */
const char *diroptions_text(const struct diroptions *, const char *name);

struct diroptions_difference {
    char shape[OUTDIR_MESSAGE_SIZE]; /* "--quality=70, not 85"; "": the rows are of one kind */
    bool rows; /* other lists perhaps, or read otherwise, or other rows may succeed */
};

/* Compares with the options and lists of a run. */
void diroptions_compare(
    const struct diroptions *, const struct outdir_conf *, struct diroptions_difference *ret);

/* Replaces the file. On an error the old one stays. */
int diroptions_write(int folder, const struct outdir_option *, size_t n,
    const struct listmark *lists, size_t n_lists);

/* Replaces it if the run has other lists, or reads them otherwise, than is noted. What shapes the
 * output stays as it is. */
int diroptions_update(int folder, const struct diroptions *, const struct outdir_conf *);

#endif
