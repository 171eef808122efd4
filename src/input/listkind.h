/*
 * What a file is that is no list, by its first bytes, and what to do with it.
 *
 * Plain functions. Any thread.
 */
#ifndef INPUT_LISTKIND_H
#define INPUT_LISTKIND_H

#include <stdbool.h>
#include <stddef.h>

/* At most so many bytes are looked at. */
enum { LISTKIND_BYTES = 512 };

enum listkind_verdict {
    LISTKIND_LIST,    /* nothing speaks against it */
    LISTKIND_OTHER,   /* something else */
    LISTKIND_UNCLEAR, /* needs more bytes; never, if LISTKIND_BYTES or all of the file are there */
};

struct listkind {
    const char *what;   /* "is a PNG image" */
    const char *filter; /* a command that makes a list of a file or of standard input; NULL: none */
    bool wants_file;    /* it needs the file itself, and undoes gzip where that is usual */
    const char *format; /* of what the filter writes; NULL: that of the file's name */
    const char *advice; /* without a filter: what to do; FILE stands for the name */
};

/* Looks at the bytes as they are in the file, once decompressed: images, archives, databases.
 * is_all: the file has no more. */
enum listkind_verdict listkind_of_bytes(
    const void *bytes, size_t len, bool is_all, const struct listkind **ret);

/* Looks at text, of which the encoding has been undone: HTML, JSON that is no list, and bytes that
 * are no text. is_jsonl: of the list, as which it is to be read. */
enum listkind_verdict listkind_of_text(
    const char *text, size_t len, bool is_all, bool is_jsonl, const struct listkind **ret);

extern const struct listkind listkind_directory;

struct listkind_file {
    const char *name;   /* for people */
    const char *path;   /* NULL: standard input */
    const char *unpack; /* the command for its compression: "gzip -dc"; NULL: it has none */
    const char *format; /* of what is in it, "csv"; NULL: unknown */
};

/* Writes "x.csv.xz is compressed with xz: xz -dc x.csv.xz | imgfetch --format=csv -". */
void listkind_tell(
    const struct listkind *, const struct listkind_file *, char *message, size_t size);

#endif
