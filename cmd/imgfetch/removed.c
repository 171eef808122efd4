#include "cmd/imgfetch/removed.h"

#include "base/beneath.h"
#include "base/jsonmem.h"
#include "base/mem.h"
#include "base/textset.h"
#include "input/url.h"
#include "manifest/allrows.h"
#include "manifest/json.h"
#include "manifest/manifest_tree.h"
#include "store/commit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <yajl/yajl_tree.h>

struct removed {
    const struct options *options;
    struct textset *listed; /* URLs of the lists, in their normal form */
    FILE *out;
    uint64_t rows;
};

bool removed_is_list(const char *path)
{
    size_t len = strlen(path), end = strlen(REMOVED_LIST);
    return len > end && path[len - end - 1] == '/' && !strcmp(path + len - end, REMOVED_LIST);
}

bool removed_is_there(int dir)
{
    struct stat st;
    return !beneath_stat(dir, REMOVED_LIST, &st);
}

/* ---- the lists ---- */

static void note_url(struct removed *r, const struct urllist_row *row)
{
    const struct urllist_value *value = &row->values[COLUMN_URL];
    const char *why;
    struct url url;
    if (row->bad || url_parse(value->text, value->len, &url, &why) != ERR_OK)
        return;
    textset_add(r->listed, url.text, strlen(url.text));
    url_fini(&url);
}

static bool read_lists(struct removed *r, const struct listparquet_engine *parquet, char *message)
{
    const struct pipeline_conf *p = &r->options->pipeline;
    struct urllist_conf conf = {.paths = p->lists, .n_paths = p->n_lists, .format = p->format};
    struct urllist_row row;
    enum urllist_status status;
    conf.encoding = p->encoding;
    conf.parquet = parquet;
    conf.columns = &r->options->columns;
    struct urllist *list = urllist_open(&conf, message);
    if (!list)
        return false;
    for (uint64_t n = 0;; n++) {
        bool is_over = p->limit && n >= p->limit;
        status = is_over ? URLLIST_END : urllist_next(list, &row);
        if (status != URLLIST_ROW)
            break;
        note_url(r, &row);
    }
    if (status != URLLIST_END)
        snprintf(message, REMOVED_MESSAGE_SIZE, "%s", urllist_error(list));
    urllist_free(list);
    textset_finish(r->listed);
    return status == URLLIST_END;
}

/* ---- rows ---- */

static void put_value(yajl_gen g, yajl_val v)
{
    if (YAJL_IS_STRING(v)) {
        json_text(g, YAJL_GET_STRING(v));
    } else if (YAJL_IS_NUMBER(v)) {
        yajl_gen_number(g, YAJL_GET_NUMBER(v), strlen(YAJL_GET_NUMBER(v)));
    } else if (YAJL_IS_TRUE(v) || YAJL_IS_FALSE(v)) {
        yajl_gen_bool(g, YAJL_IS_TRUE(v));
    } else if (YAJL_IS_ARRAY(v)) {
        yajl_gen_array_open(g);
        for (size_t i = 0; i < YAJL_GET_ARRAY(v)->len; i++)
            put_value(g, YAJL_GET_ARRAY(v)->values[i]);
        yajl_gen_array_close(g);
    } else if (YAJL_IS_OBJECT(v)) {
        yajl_gen_map_open(g);
        for (size_t i = 0; i < YAJL_GET_OBJECT(v)->len; i++) {
            json_text(g, YAJL_GET_OBJECT(v)->keys[i]);
            put_value(g, YAJL_GET_OBJECT(v)->values[i]);
        }
        yajl_gen_map_close(g);
    } else {
        yajl_gen_null(g);
    }
}

/* What the row has of a column. NULL: nothing. */
static yajl_val value_of(
    const struct manifest_row *row, unsigned column, const struct columns *columns, yajl_type type)
{
    if (column == COLUMN_URL || column == COLUMN_CAPTION)
        return manifest_tree_get(row->tree, column == COLUMN_URL ? "url" : "caption", type);
    if (column < COLUMN_KEPT)
        return NULL;
    struct span field = columns_field(columns, column); /* perhaps another one than in the list */
    char *name = mem_dup_n(field.at, field.len);
    yajl_val value = manifest_tree_get(row->tree, name, type);
    free(name);
    return value;
}

static void put_row(struct removed *r, const struct manifest_row *row)
{
    const struct columns *columns = &r->options->columns;
    const unsigned char *text;
    size_t len;
    yajl_gen g = yajl_gen_alloc(&jsonmem);
    yajl_gen_map_open(g);
    for (unsigned i = 0; i < columns->n; i++) {
        const struct column *c = &columns->at[i];
        if (!c->name)
            continue;
        yajl_gen_string(g, (const unsigned char *)c->name, c->len);
        put_value(g, value_of(row, i, columns, yajl_t_any));
    }
    yajl_gen_map_close(g);
    yajl_gen_get_buf(g, &text, &len);
    (void)fwrite(text, 1, len, r->out); /* ferror(3) tells */
    (void)fputc('\n', r->out);
    yajl_gen_free(g);
    r->rows++;
}

static void take_row(void *arg, const struct manifest_row *row)
{
    struct removed *r = arg;
    const char *text = manifest_text(row, ROW_URL), *why;
    struct url url;
    if (row->code != ERR_OK || !text || url_parse(text, strlen(text), &url, &why) != ERR_OK)
        return;
    if (!textset_has(r->listed, url.text, strlen(url.text)))
        put_row(r, row);
    url_fini(&url);
}

/* ---- the file ---- */

static int write_rows(struct removed *r, int from, int to)
{
    static const char part[] = REMOVED_LIST COMMIT_PART;
    (void)beneath_remove(to, part); /* left by a killed run, perhaps */
    int fd = beneath_open(to, part, O_WRONLY | O_CREAT | O_EXCL);
    if (fd < 0)
        return fd;
    r->out = fdopen(fd, "w");
    if (!r->out) {
        close(fd);
        return -ENOMEM;
    }
    int err = allrows_read(from, take_row, r);
    if (!err && (fflush(r->out) || ferror(r->out) || fsync(fd)))
        err = -errno;
    fclose(r->out);
    if (!err && r->rows)
        return beneath_rename(to, part, REMOVED_LIST, false);
    (void)beneath_remove(to, part);
    return err;
}

bool removed_write(const struct options *o, const struct listparquet_engine *parquet, int from,
    int to, uint64_t *ret_rows, char *message)
{
    struct removed r = {.options = o, .listed = textset_new()};
    bool good = read_lists(&r, parquet, message);
    int err = good ? write_rows(&r, from, to) : 0;
    if (err)
        snprintf(message, REMOVED_MESSAGE_SIZE, "%s: %s", REMOVED_LIST, beneath_why(err));
    textset_free(r.listed);
    *ret_rows = r.rows;
    return good && !err;
}
