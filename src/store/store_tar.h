/*
 * The webdataset layout, below the output directory:
 *   00000.tar   00000.jsonl
 * A sample is KEY.jpg (the first thumbnail; without thumbnails the original, under its own
 * extension), KEY.orig if originals are kept beside thumbnails, KEY.json, and KEY.txt if the list
 * has captions: members of the tar one behind the other, the samples in the order of their rows,
 * whatever finished first.
 *
 * How it gets there: a sample whose turn it is goes to the end of 00000.tar.part. One that is
 * early waits in memory, and its row with it; but for a second or two and some megabytes at most,
 * then it goes to 00000.spool, itself a tar, and is copied over when its turn comes. When all rows
 * are there the part is ended, synced and renamed.
 *
 * Going on: part, spool, and a whole tar that is to be made anew tell by their heads which samples
 * they have. Torn ends are cut off.
 */
#ifndef STORE_STORE_TAR_H
#define STORE_STORE_TAR_H

#include "store/layout.h"

extern const struct layout store_tar;

#endif
