/* How the files of a row are called in the flat layout, and those of its heir: a row that shared
 * the files of another one, and gets its own when that one changes (store/handover.h). */
#ifndef STORE_STORE_FLAT_HEIR_H
#define STORE_STORE_FLAT_HEIR_H

#include "manifest/manifest.h"
#include "store/layout.h"
#include "store/sidecars.h"

/* The path of a file below the output directory; spec: of that thumbnail, NULL: of the body. */
void store_flat_path(const struct output *, const char *spec, const struct job *,
    const char *extension, char path[SIDECARS_PATH_SIZE]);

/* Names the heir and its files. Only the feeder knows the name that the list gives the row. So it
 * gets one with its key, and a number if somebody has that. */
void store_flat_name_heir(struct samples *, const struct manifest_row *, struct job *heir);

#endif
