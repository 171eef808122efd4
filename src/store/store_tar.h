/*
 * The webdataset layout, below the output directory:
 *   00000.tar   00000.jsonl
 * A sample has these members: KEY.jpg (the first thumbnail; without thumbnails the original, with
 * its own extension), KEY.orig if originals are kept besides thumbnails, KEY.json, and KEY.txt if
 * the list has captions. The members of a sample are adjacent. Samples are in row order, whichever
 * job finished first.
 *
 * Writing: a sample whose turn it is goes to the end of 00000.tar.part. An early one waits in
 * memory together with its row, for two seconds and some megabytes at most. Then it goes to
 * 00000.spool, which is a tar, too, and is copied from there when its turn comes. Once all rows are
 * ready the part is ended, synced and renamed. Where rows share samples (store_conf, `shares`),
 * those that no row names any more are left out: the others are copied from the part into the
 * spool, which is renamed then.
 *
 * Resuming: the member headers of the part, the spool and an old tar that is being rewritten show
 * which samples they have. Torn ends are cut off.
 */
#ifndef STORE_STORE_TAR_H
#define STORE_STORE_TAR_H

#include "store/layout.h"

extern const struct layout store_tar;

#endif
