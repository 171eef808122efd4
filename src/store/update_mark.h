/*
 * .imgfetch/update: what a directory is to an update, as one line, "new ID" or "old ID". Part of
 * store/update.h. Errors are negative errno values. Blocks.
 */
#ifndef STORE_UPDATE_MARK_H
#define STORE_UPDATE_MARK_H

enum { UPDATE_MARK_ID_SIZE = 17 /* hex digits and a NUL */ };

struct update_mark {
    enum update_mark_kind {
        UPDATE_MARK_MISSING,
        UPDATE_MARK_EMPTY, /* also one with an empty .imgfetch, which a kill leaves at the beginning
                              or the end */
        UPDATE_MARK_NEW,
        UPDATE_MARK_OLD,
        UPDATE_MARK_OUTPUT, /* an output directory without a mark */
        UPDATE_MARK_OTHER,
    } kind;
    char id[UPDATE_MARK_ID_SIZE]; /* of _NEW and _OLD */
};

/* What an open directory is. */
int update_mark_read(int dir, struct update_mark *ret);

/* Opens a directory in the folder `parent` and reads its mark. *ret_dir: -1 if it is missing. */
int update_mark_open(int parent, const char *name, int *ret_dir, struct update_mark *ret);

/* Writes the mark, also to disk. word: "new" or "old". .imgfetch is there. */
int update_mark_write(int dir, const char *word, const char *id);

/* A new ID, by chance. */
void update_mark_id(char ret[UPDATE_MARK_ID_SIZE]);

#endif
