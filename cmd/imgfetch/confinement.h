/*
 * The confinement of a run's main process (exec/confine.h), which reads strangers' bytes: what it
 * may open follows from the options.
 *
 * The parent of --compare is not confined: it has to start programs and to read /proc, and no
 * stranger's bytes reach it. Its rounds are runs like any other, each confined; it reads their
 * figures from a pipe.
 */
#ifndef CMD_CONFINEMENT_H
#define CMD_CONFINEMENT_H

#include "cmd/imgfetch/options/options.h"
#include "cmd/imgfetch/updating.h"
#include "exec/confine.h"

/* With --require-sandbox: whether this machine has all of it; if not, standard error says so. */
bool confinement_is_enough(const struct options *);

/* Confines the process. Call it when the output directory exists, all processes are forked, and
 * there is one thread. ca: the bundle of certificates. replaced_in: the folder of --metrics-file;
 * NULL: none. False: it is not enough, as above. */
bool confinement_enter(
    const struct options *, const struct updating *, const char *ca, const char *replaced_in);

/* What this machine reaches, as --version says it. */
void confinement_print(void);

#endif
