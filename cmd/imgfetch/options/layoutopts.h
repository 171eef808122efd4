/*
 * The options that determine rows and files, as text. A run may not change them in a directory that
 * another run began (store/outdir.h). options_table.c marks these options, and says in which runs
 * they have no effect: then they are left out. One more, "tries", stands for all options that may
 * let a row succeed that has failed: a few bytes of their hash, without headers and proxies, which
 * may be secret.
 */
#ifndef CMD_LAYOUTOPTS_H
#define CMD_LAYOUTOPTS_H

#include "base/buf.h"
#include "cmd/imgfetch/options/options.h"

enum { LAYOUTOPTS_MAX = 48 };

struct layoutopts {
    struct outdir_option at[LAYOUTOPTS_MAX];
    size_t n;
    char *values[LAYOUTOPTS_MAX], *initials[LAYOUTOPTS_MAX]; /* their texts */
};

/* `initial`: the defaults, without any option. Call layoutopts_fini() afterwards. */
void layoutopts_fill(const struct options *, const struct options *initial, struct layoutopts *ret);
void layoutopts_fini(struct layoutopts *);

/* For the table: options that are not printed by their kind. */
typedef void layoutopts_print(const struct options *, struct buf *out);
layoutopts_print layoutopts_fallback_cols, layoutopts_keep_cols, layoutopts_layout, layoutopts_name,
    layoutopts_exif, layoutopts_dedupe, layoutopts_originals, layoutopts_thumb,
    layoutopts_background, layoutopts_backend;

/* For the table: whether the option has an effect in such a run. */
typedef bool layoutopts_matters(const struct options *);
layoutopts_matters layoutopts_has_thumbs, layoutopts_has_jpg_thumbs, layoutopts_has_lossy_thumbs;

#endif
