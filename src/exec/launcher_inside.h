/* The two sides of exec/launcher.h. */
#ifndef EXEC_LAUNCHER_INSIDE_H
#define EXEC_LAUNCHER_INSIDE_H

#include "exec/launcher.h"

/* What the helper is told. */
struct launcher_order {
    uint32_t kills; /* all that run; else a program with these numbers is to start */
    uint32_t numbers[2];
};

/* The life of the helper. */
_Noreturn void launcher_help(const struct launcher_conf *, int control);

#endif
