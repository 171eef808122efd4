/* The output directory of a run, with what is noted there: the options that shape it and its
 * lists. */
#ifndef CMD_DESTINATION_H
#define CMD_DESTINATION_H

#include "cmd/imgfetch/options/layoutopts.h"
#include "cmd/imgfetch/options/options.h"

struct destination {
    const struct options *options;
    struct outdir_conf conf;
    struct layoutopts shape;
    struct listmark *lists; /* conf.n_lists of them */
    struct outdir *dir;     /* NULL: not opened */
    struct buf others; /* lines about noted lists that are not those of this run, each ended by a
                          NUL; empty: there are none */
    bool can_go_on;    /* they can be read */
    const char
        *replaces; /* the directory that this one is made to replace (updating.h); NULL: none */
};

/* Collects what is to be noted; reads the beginning of each list, so it comes before confinement.
 * Call destination_fini() afterwards. The options are borrowed. */
void destination_init(struct destination *, const struct options *);
void destination_fini(struct destination *);

/* From now on it is the one at `path`, which is made to replace the other (updating.h). Borrowed.
 */
void destination_replace(struct destination *, const char *path);

/* One more list. It is noted as the file `name` of the directory `dir`, where it will be. */
void destination_add_list(
    struct destination *, const char *list, const char *dir, const char *name);

/* True if all lists are files or URLs, which can be read twice. */
bool destination_can_read_again(const struct destination *);

/* For a directory that was begun to replace another one: prints the command that begins anew. */
void destination_tell_aside(const struct destination *);

/* Prints the command that makes another directory of what this one has. */
void destination_tell_reuse(const struct destination *);

/* Opens or makes the directory. Returns the exit status; unless it is EXIT_OK, the reason is on
 * standard error. */
int destination_open(struct destination *);

/* The same without opening or making it: says what destination_open() would say.
 * *ret_anew: the rows that are there would be dropped. */
int destination_try(struct destination *, bool *ret_anew);

/* For a run that cannot go on with its lists: if the directory was made from others, says so, and
 * the ways on. */
void destination_tell_lists(const struct destination *);

/* Notes the lists, when the run has found that the directory's rows are theirs. */
void destination_note_lists(struct destination *);

#endif
