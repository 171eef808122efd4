/*
 * The options that shape what comes out, in words: what a run may not change in a directory that
 * another one began (store/outdir.h). An option that shapes rows or files says so in
 * options_table.c.
 */
#ifndef CMD_LAYOUTOPTS_H
#define CMD_LAYOUTOPTS_H

#include "base/buf.h"
#include "cmd/imgfetch/options/options.h"

enum { SHAPE_MAX = 24 };

struct shape {
    struct outdir_option at[SHAPE_MAX];
    size_t n;
    char *values[SHAPE_MAX], *initials[SHAPE_MAX]; /* their texts */
};

/* `initial`: of a command line without options. shape_fini() it. */
void shape_fill(const struct options *, const struct options *initial, struct shape *ret);
void shape_fini(struct shape *);

/* For the table: those that are not printed as their kind is. */
typedef void shape_print(const struct options *, struct buf *out);
shape_print shape_keep_cols, shape_layout, shape_originals, shape_thumb, shape_background;

#endif
