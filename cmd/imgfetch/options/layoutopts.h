/*
 * The options that shape what comes out, in words: what a run may not change in a directory that
 * another one began (store/outdir.h). An option that shapes rows or files says so in
 * options_table.c.
 */
#ifndef CMD_LAYOUTOPTS_H
#define CMD_LAYOUTOPTS_H

#include "base/buf.h"
#include "cmd/imgfetch/options/options.h"

enum { LAYOUTOPTS_MAX = 24 };

struct layoutopts {
    struct outdir_option at[LAYOUTOPTS_MAX];
    size_t n;
    char *values[LAYOUTOPTS_MAX], *initials[LAYOUTOPTS_MAX]; /* their texts */
};

/* `initial`: of a command line without options. layoutopts_fini() it. */
void layoutopts_fill(const struct options *, const struct options *initial, struct layoutopts *ret);
void layoutopts_fini(struct layoutopts *);

/* For the table: those that are not printed as their kind is. */
typedef void layoutopts_print(const struct options *, struct buf *out);
layoutopts_print layoutopts_keep_cols, layoutopts_layout, layoutopts_originals, layoutopts_thumb,
    layoutopts_background;

#endif
