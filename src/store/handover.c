#include "store/handover.h"

#include "base/hex.h"
#include "base/mem.h"
#include "manifest/manifest.h"
#include "manifest/manifest_tree.h"
#include "manifest/rowtext.h"
#include "store/name.h"

#include <stdlib.h>
#include <string.h>

enum { NOBODY = UINT32_MAX };

struct handover {
    uint32_t n;
    struct {
        uint32_t owner;  /* the position of the row whose files this one names */
        uint32_t others; /* how many name the files of this one */
    } at[];
};

/* ---- who shares with whom ---- */

static void set_owner(struct handover *h, uint32_t pos, uint32_t owner)
{
    uint32_t was = h->at[pos].owner;
    if (was != NOBODY && was != pos)
        h->at[was].others--;
    if (owner != NOBODY && owner != pos)
        h->at[owner].others++;
    h->at[pos].owner = owner;
}

/* An owner comes before the rows that share with it. */
static uint32_t owner_of(
    const struct shard *s, const struct handover *h, uint32_t pos, const char *line, size_t len)
{
    struct rowtext files;
    if (!rowtext_files(line, len, &files))
        return NOBODY;
    static const char path[] = "\"path\":\"";
    struct rowtext of = rowtext_owner(files), paths = rowtext_paths(files);
    if (!memmem(paths.at, paths.len, path, sizeof path - 1))
        return NOBODY; /* it has none */
    if (of.len < 2 || *of.at != '"')
        return pos;
    int64_t first = job_key_pos(of.at + 1, of.len - 2, s->number, s->output->digits);
    return first < 0 || first >= pos ? NOBODY : h->at[first].owner;
}

int handover_open(struct shard *s, struct handover **ret)
{
    uint32_t n = s->output->shard_size;
    const struct store_conf *conf = s->output->conf;
    struct buf text = {0};
    if (!conf->shares || name_is_shared(conf->name))
        return 0;
    int err = shard_text(s, &text);
    if (err)
        return err;
    struct handover *h = mem_new(sizeof *h + n * sizeof *h->at);
    h->n = n;
    for (uint32_t pos = 0; pos < n; pos++) {
        h->at[pos].owner = NOBODY;
        int64_t at = rowindex_offset(s->index, pos);
        if (at < 0)
            continue;
        const char *line = (const char *)text.data + at;
        const char *end = memchr(line, '\n', text.len - (size_t)at);
        set_owner(h, pos, owner_of(s, h, pos, line, (size_t)(end - line)));
    }
    buf_fini(&text);
    *ret = h;
    return 0;
}

void handover_free(struct handover *h)
{
    free(h);
}

void handover_note(const struct shard *s, const struct job *j)
{
    struct handover *h = s->handover;
    if (h)
        set_owner(h, j->pos, j->first ? h->at[j->first->pos].owner : j->pos);
}

bool handover_is_due(const struct shard *s, const struct job *j)
{
    const struct handover *h = s->handover;
    bool has_own = h && j->before && h->at[j->pos].owner == j->pos;
    return has_own && (h->at[j->pos].others || !j->before->n_paths);
}

/* ---- the heir ---- */

/* A row of the shard, read from its manifest. */
struct line {
    struct buf text;
    struct manifest_row row;
};

static int read_line(struct shard *s, uint32_t pos, struct line *ret)
{
    int err = shard_read_row(s, pos, &ret->text);
    return err || manifest_row_parse((const char *)ret->text.data, &ret->row) ? err : -EBADMSG;
}

static void fini_line(struct line *l)
{
    if (l->row.tree)
        manifest_row_fini(&l->row);
    buf_fini(&l->text);
}

/* True if it is not one that has copied the result of another one. */
static bool was_fetched(const struct manifest_row *row)
{
    struct manifest_figures f;
    manifest_figures(row, &f);
    return f.started >= 0 || f.is_reused;
}

/* Finds the first row that may have the files of the row at `pos` as its own. -1: there is none, or
 * a negative errno in *ret_err. */
static int64_t find_heir(struct shard *s, uint32_t pos, struct line *ret, int *ret_err)
{
    const struct handover *h = s->handover;
    *ret_err = 0;
    for (uint32_t p = pos + 1; p < h->n && !*ret_err; p++) {
        if (h->at[p].owner != pos)
            continue;
        *ret_err = read_line(s, p, ret);
        if (!*ret_err && was_fetched(&ret->row))
            return p;
        fini_line(ret);
        *ret = (struct line){0};
    }
    return -1;
}

static char *column_text(const struct manifest_row *row, struct span field)
{
    char *name = mem_dup_n(field.at, field.len);
    yajl_val v = manifest_tree_get(row->tree, name, yajl_t_any);
    free(name);
    return YAJL_IS_STRING(v)   ? mem_dup(v->u.string)
           : YAJL_IS_NUMBER(v) ? mem_dup(v->u.number.r)
                               : NULL;
}

static struct job_columns *make_columns(const struct columns *of, const struct manifest_row *row)
{
    unsigned n = of->n - COLUMN_KEPT;
    struct job_columns *c = mem_new(sizeof *c + n * sizeof *c->kept);
    c->n_kept = n;
    c->caption = mem_dup(manifest_text(row, ROW_CAPTION));
    for (unsigned i = 0; i < n; i++)
        c->kept[i].text = column_text(row, columns_field(of, COLUMN_KEPT + i));
    return c;
}

/* A job that has what names and times of files are made of, from the heir's own row. */
static struct job *make_heir(const struct shard *s, uint32_t pos, const struct manifest_row *row)
{
    const struct store_conf *conf = s->output->conf;
    const char *url = manifest_text(row, ROW_URL), *sha256 = manifest_text(row, ROW_SHA256), *why;
    struct job *j = job_new();
    j->shard = s->number;
    j->pos = pos;
    j->index = (uint64_t)s->number * s->output->shard_size + pos;
    if (url)
        (void)url_parse(url, strlen(url), &j->request.url, &why); /* a name without it will do */
    j->response.last_modified = mem_dup(manifest_text(row, ROW_LAST_MODIFIED));
    j->has_sha256 = sha256 && hex_read(sha256, j->sha256, sizeof j->sha256);
    if (conf->columns)
        j->columns = make_columns(conf->columns, row);
    return j;
}

/* Gives the heir the thumbnails of the other row. False: they are not as this run makes them. */
static bool take_thumbs(const struct shard *s, const struct manifest_row *from, struct job *heir)
{
    yajl_val thumbs = manifest_tree_get(from->tree, "thumbs", yajl_t_array);
    unsigned n = (unsigned)thumbs->u.array.len, before = manifest_text(from, ROW_PATH) != NULL;
    if (n > s->output->conf->n_specs || !from->n_files || before + n != from->n_files)
        return false;
    heir->thumbs = mem_array(n + 1, sizeof *heir->thumbs);
    heir->n_thumbs = n;
    for (unsigned i = 0; i < n; i++) {
        const struct manifest_file *f = &from->files[before + i];
        yajl_val thumb = thumbs->u.array.values[i];
        struct job_thumb *t = &heir->thumbs[i];
        t->width = (uint32_t)manifest_tree_number(thumb, "width");
        t->height = (uint32_t)manifest_tree_number(thumb, "height");
        t->size = (uint32_t)f->bytes;
        t->has_sha256 = f->sha256 && hex_read(f->sha256, t->sha256, sizeof t->sha256);
    }
    return true;
}

/* ---- handing over ---- */

/* Rows of others that share get the files of the new line of the heir. */
static int change_others(struct shard *s, uint32_t from, uint32_t heir, const struct buf *line)
{
    struct handover *h = s->handover;
    struct rowtext first = {(const char *)line->data, line->len};
    int err = 0;
    for (uint32_t p = heir + 1; p < h->n && !err; p++) {
        struct buf old = {0}, changed = {0};
        if (h->at[p].owner != from)
            continue;
        err = shard_read_row(s, p, &old);
        if (!err && !rowtext_share((const char *)old.data, old.len, first, &changed))
            err = -ENOMEM;
        if (!err)
            err = shard_change_row(s, &changed);
        set_owner(h, p, heir);
        buf_fini(&old);
        buf_fini(&changed);
    }
    return err;
}

/* Copies the files, and writes the rows. */
static int pass_to(struct shard *s, struct row_writer *rows, const struct line *from,
    uint32_t from_pos, const struct line *old, struct job *heir)
{
    const struct layout *layout = s->output->layout;
    struct buf line = {0};
    size_t len;
    layout->name_heir(s->samples, &from->row, heir);
    const char *own = row_write(rows, heir, &len);
    if (!rowtext_own(
            (const char *)old->text.data, old->text.len, (struct rowtext){own, len - 1}, &line) ||
        !buf_append(&line, "", 1))
        return -EBADMSG;
    line.len--; /* of the NUL */
    int err = layout->pass_on(s->samples, &from->row, heir, (const char *)line.data);
    if (!err)
        err = shard_change_row(s, &line);
    set_owner(s->handover, heir->pos, heir->pos);
    if (!err)
        err = change_others(s, from_pos, heir->pos, &line);
    buf_fini(&line);
    return err;
}

static int hand_over(struct shard *s, struct row_writer *rows, struct line *from, uint32_t pos)
{
    struct line old = {0};
    int err;
    int64_t heir_pos = find_heir(s, pos, &old, &err);
    if (err || heir_pos < 0)
        return err;
    struct job *heir = make_heir(s, (uint32_t)heir_pos, &old.row);
    if (take_thumbs(s, &from->row, heir))
        err = pass_to(s, rows, from, pos, &old, heir);
    job_free(heir, NULL);
    fini_line(&old);
    return err;
}

/* The row was given its files after the job was made. */
static void note_files(struct job *j, const struct manifest_row *row)
{
    struct job_before *old = j->before;
    if (old->n_paths || row->is_duplicate)
        return;
    struct job_before *b = mem_new(sizeof *b + row->n_files * sizeof *b->paths);
    memcpy(b, old, sizeof *b);
    b->n_paths = row->n_files;
    for (unsigned i = 0; i < row->n_files; i++)
        b->paths[i] = mem_dup(row->files[i].path);
    free(old);
    j->before = b;
}

int handover_pass(struct shard *s, struct row_writer *rows, struct job *j)
{
    struct line from = {0};
    int err = read_line(s, j->pos, &from);
    if (!err)
        err = hand_over(s, rows, &from, j->pos);
    if (!err)
        err = shard_flush(s);
    if (!err)
        note_files(j, &from.row);
    fini_line(&from);
    return err;
}
