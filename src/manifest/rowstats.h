/*
 * What people publish about the rows of a data set: how many succeeded, by class of error and by
 * suffix of their hosts, and how large the pictures are that they got. For the stats file of a
 * shard and for pages about a directory.
 *
 * The suffix of a host is what its owner has registered, as far as its labels tell: example.com of
 * www.example.com, example.co.uk of img.example.co.uk. An address is its own suffix.
 *
 * Memory is bounded: rows of suffixes behind the first ROWSTATS_SUFFIXES are counted together. One
 * thread.
 */
#ifndef MANIFEST_ROWSTATS_H
#define MANIFEST_ROWSTATS_H

#include "manifest/manifest.h"

enum {
    ROWSTATS_SUFFIXES = 20000,
    ROWSTATS_TOP = 20, /* suffixes that are told */
    ROWSTATS_BINS = 10,
    ROWSTATS_FORMATS = 40,
};

/* Distributions of the rows that succeeded, duplicates among them. */
enum rowstats_what {
    ROWSTATS_BYTES,  /* of the body */
    ROWSTATS_SIDE,   /* the shorter one, in pixels */
    ROWSTATS_ASPECT, /* width by height */
    ROWSTATS_N,
};

/* Where each bin begins; it ends where the next one begins. The first is 0, and so is what is
 * behind the last. */
extern const double rowstats_edges[ROWSTATS_N][ROWSTATS_BINS + 1];

/* Names a bin for people: "below 0.25", "256 to 512", "4096 and more"; bytes as "4 KiB to 16 KiB".
 * NULL: there are no more bins. */
enum { ROWSTATS_BIN_SIZE = 64 };
const char *rowstats_bin_name(enum rowstats_what, unsigned bin, char out[ROWSTATS_BIN_SIZE]);

struct rowstats_count {
    uint64_t rows, successes;
};

struct rowstats_suffix {
    const char *name;
    struct rowstats_count count;
};

struct rowstats {
    uint64_t by_code[ERR_COUNT];
    uint64_t duplicates;
    uint64_t bins[ROWSTATS_N][ROWSTATS_BINS];
    struct rowstats_format {
        char name[16];
        uint64_t n;
    } formats[ROWSTATS_FORMATS]; /* of successes; more are left out */
    unsigned n_formats;
    struct rowstats_entry *suffixes;
    struct rowstats_count others; /* rows of suffixes that did not fit */
    uint64_t without_host;        /* rows whose URL has none */
};

struct rowstats *rowstats_new(void);
void rowstats_free(struct rowstats *);

/* Rows with an unknown error are left out. */
void rowstats_add(struct rowstats *, const struct manifest_row *);

/* Adds each line of a manifest, of which most need not be parsed: those that imgfetch has written
 * and that have no escapes where it matters. Lines that are no rows are left out. */
void rowstats_add_lines(struct rowstats *, const char *lines, size_t len);

/* The suffixes with most rows, most first. Returns their number; ret_others: the rows of all
 * others. The names are borrowed. */
unsigned rowstats_top(const struct rowstats *, struct rowstats_suffix ret[ROWSTATS_TOP],
    struct rowstats_count *ret_others);

/* The formats, most frequent first. */
void rowstats_sort_formats(struct rowstats *);

/* The suffix of a host in lower case: a part of it. */
const char *rowstats_suffix(const char *host);

#endif
