/*
 * The fields of a row, in order: the name in the code and in the row, the type, where the field
 * is written, and the call by which row.c writes it. The writer of rows, their reader
 * (manifest/manifest.h) and the comparison with sidecars all follow this table. To add a field, add
 * a line here and one in the manual page.
 *
 * The fields from final_url to thumbs are the same in a row and its duplicates
 * (row_shared_fields()).
 */
#ifndef MANIFEST_ROW_FIELDS_H
#define MANIFEST_ROW_FIELDS_H

#include <stddef.h>

enum row_type {
    ROW_TEXT,   /* or null */
    ROW_NUMBER, /* an integer, at least 0; or null */
    ROW_OTHER,
};

enum row_where {
    ROW_SAME,     /* the same in the manifest and in a sample (manifest/sample.h) */
    ROW_STORED,   /* in both; a sample has the value of its own image */
    ROW_MANIFEST, /* in the manifest only: it may differ between runs for the same image, or a row
                     with an image never has it */
    ROW_SAMPLE,   /* in samples only: what the row has under the name without `original_` */
};

#define ROW_FIELDS(F)                                                                              \
    F(ROW_KEY, "key", ROW_TEXT, ROW_SAME, put_key(w, j->shard, j->pos))                            \
    F(ROW_INDEX, "index", ROW_NUMBER, ROW_SAME, put_number(g, j->index, true))                     \
    F(ROW_LINE, "line", ROW_NUMBER, ROW_SAME, put_number(g, j->line, true))                        \
    F(ROW_URL, "url", ROW_TEXT, ROW_SAME, json_text(g, j->source))                                 \
    F(ROW_FINAL_URL, "final_url", ROW_TEXT, ROW_SAME, put_final_url(g, j))                         \
    F(ROW_URL_INDEX, "url_index", ROW_NUMBER, ROW_SAME, put_number(g, j->url_index, true))         \
    F(ROW_STATUS, "status", ROW_TEXT, ROW_SAME, json_text(g, err_status(j->err)))                  \
    F(ROW_ERROR, "error", ROW_TEXT, ROW_MANIFEST, json_text(g, j->err ? err_name(j->err) : NULL))  \
    F(ROW_MESSAGE, "message", ROW_TEXT, ROW_MANIFEST, put_foreign(g, j->err ? j->message : NULL))  \
    F(ROW_HTTP_STATUS, "http_status", ROW_NUMBER, ROW_SAME,                                        \
        put_number(g, r->http_status, r->http_status))                                             \
    F(ROW_ATTEMPTS, "attempts", ROW_NUMBER, ROW_MANIFEST, put_number(g, j->attempts, true))        \
    F(ROW_IP, "ip", ROW_TEXT, ROW_MANIFEST, json_text(g, *r->ip ? r->ip : NULL))                   \
    F(ROW_CONTENT_TYPE, "content_type", ROW_TEXT, ROW_SAME, put_foreign(g, r->content_type))       \
    F(ROW_ETAG, "etag", ROW_TEXT, ROW_MANIFEST, put_foreign(g, r->etag))                           \
    F(ROW_LAST_MODIFIED, "last_modified", ROW_TEXT, ROW_MANIFEST,                                  \
        put_foreign(g, r->last_modified))                                                          \
    F(ROW_FORMAT, "format", ROW_TEXT, ROW_SAME, json_text(g, i->format))                           \
    F(ROW_BYTES, "bytes", ROW_NUMBER, ROW_SAME, put_number(g, j->bytes, j->has_sha256 || !j->err)) \
    F(ROW_SHA256, "sha256", ROW_TEXT, ROW_SAME, put_sha256(g, j->sha256, j->has_sha256))           \
    F(ROW_MD5, "md5", ROW_TEXT, ROW_SAME, json_text(g, j->hash))                                   \
    F(ROW_SHA1, "sha1", ROW_TEXT, ROW_SAME, json_text(g, j->hash))                                 \
    F(ROW_SHA512, "sha512", ROW_TEXT, ROW_SAME, json_text(g, j->hash))                             \
    F(ROW_WIDTH, "width", ROW_NUMBER, ROW_STORED, put_size(g, j, i->width))                        \
    F(ROW_HEIGHT, "height", ROW_NUMBER, ROW_STORED, put_size(g, j, i->height))                     \
    F(ROW_ORIGINAL_WIDTH, "original_width", ROW_NUMBER, ROW_SAMPLE, (void)0)                       \
    F(ROW_ORIGINAL_HEIGHT, "original_height", ROW_NUMBER, ROW_SAMPLE, (void)0)                     \
    F(ROW_ORIENTATION, "orientation", ROW_NUMBER, ROW_SAME, put_size(g, j, i->orientation))        \
    F(ROW_TRUNCATED, "truncated", ROW_OTHER, ROW_SAME, yajl_gen_bool(g, i->truncated))             \
    F(ROW_TRUNCATED_TRANSFER, "truncated_transfer", ROW_OTHER, ROW_MANIFEST,                       \
        yajl_gen_bool(g, i->truncated_transfer))                                                   \
    F(ROW_EXIF, "exif", ROW_OTHER, ROW_SAME, put_exif(g, i->exif))                                 \
    F(ROW_PHASH, "phash", ROW_TEXT, ROW_SAME, put_phash(g, i))                                     \
    F(ROW_PATH, "path", ROW_TEXT, ROW_SAME, json_text(g, j->path))                                 \
    F(ROW_SIDECARS, "sidecars", ROW_OTHER, ROW_MANIFEST, put_sidecars(g, j))                       \
    F(ROW_THUMBS, "thumbs", ROW_OTHER, ROW_SAME, put_thumbs(w, j))                                 \
    F(ROW_DUPLICATE_OF, "duplicate_of", ROW_TEXT, ROW_MANIFEST, put_duplicate_of(w, j))            \
    F(ROW_REUSED, "reused", ROW_OTHER, ROW_MANIFEST, yajl_gen_bool(g, j->reused))                  \
    F(ROW_STARTED, "started", ROW_TEXT, ROW_MANIFEST, put_when(g, j->started))                     \
    F(ROW_FINISHED, "finished", ROW_TEXT, ROW_MANIFEST, put_when(g, j->finished))                  \
    F(ROW_MS, "ms", ROW_OTHER, ROW_MANIFEST, put_times(g, j))                                      \
    F(ROW_CAPTION, "caption", ROW_TEXT, ROW_SAME, put_caption(g, j))

#define FIELD(id, ...) id,
enum row_field { ROW_FIELDS(FIELD) ROW_N_FIELDS };
#undef FIELD

struct row_field_info {
    const char *name;
    enum row_type type;
    enum row_where where;
};

extern const struct row_field_info row_fields[ROW_N_FIELDS];

/* NULL: there is no field of this name. */
const struct row_field_info *row_field_find(const char *name, size_t len);

#endif
