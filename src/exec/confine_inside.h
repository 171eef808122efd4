/* The parts of confine.c. A bool: whether all of it holds from now on. */
#ifndef EXEC_CONFINE_INSIDE_H
#define EXEC_CONFINE_INSIDE_H

#include "exec/confine.h"

/* Landlock. */
bool confine_files(const struct confine_conf *);

/* seccomp; no_new_privs is set. */
bool confine_calls(bool is_worker);

/* The parts of confine_family(), best effort. */
void confine_signals(void);
void confine_rings(void);

#endif
