#include "feed/feeder_row.h"

#include "base/mem.h"
#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>

static char *text_of(const struct urllist_value *v)
{
    return v->kind == URLLIST_NULL ? NULL : utf8_clean(v->text, v->len);
}

static void take_fallbacks(
    struct job_columns *c, const struct urllist_value *cells, const struct column *columns)
{
    while (c->n_fallbacks < COLUMNS_FALLBACKS_MAX && columns[c->n_fallbacks].name)
        c->n_fallbacks++;
    if (c->n_fallbacks)
        c->fallbacks = mem_array(c->n_fallbacks, sizeof *c->fallbacks);
    for (unsigned i = 0; i < c->n_fallbacks; i++)
        job_set_fallback(&c->fallbacks[i], cells[i].text, cells[i].len);
}

/* Without boxes the row must not go on, whatever else is wrong with it. */
static bool take_boxes(struct job *j, const struct urllist_value *cell)
{
    const char *why = "the row has no boxes: write [] where nothing is to be blurred";
    if (cell->kind != URLLIST_NULL && cell->len > 0)
        j->columns->boxes = boxes_parse(cell->text, cell->len, &why);
    if (!j->columns->boxes && !j->err)
        job_fail(j, ERR_BAD_BOXES, "%s", why);
    return j->columns->boxes != NULL;
}

static void take_columns(
    struct job *j, const struct urllist_value *values, const struct columns *columns)
{
    unsigned n_kept = columns->n - COLUMN_KEPT;
    struct job_columns *c = mem_new(sizeof *c + n_kept * sizeof *c->kept);
    const struct urllist_value *hash = &values[COLUMN_HASH];
    c->caption = text_of(&values[COLUMN_CAPTION]);
    c->n_kept = n_kept;
    for (unsigned i = COLUMN_URL + 1; i < columns->n; i++)
        c->size += values[i].len;
    for (unsigned i = 0; i < n_kept; i++) {
        c->kept[i].text = text_of(&values[COLUMN_KEPT + i]);
        c->kept[i].is_json = values[COLUMN_KEPT + i].kind == URLLIST_JSON;
    }
    j->columns = c;
    const struct urllist_value *referer = &values[COLUMN_REFERER];
    if (columns->at[COLUMN_REFERER].name)
        c->lacks_referer = !job_set_referer(j, referer->text, referer->len) && !j->err;
    if (columns->at[COLUMN_BLUR].name && !take_boxes(j, &values[COLUMN_BLUR]))
        return; /* no other URL is tried */
    if (job_set_hash(c, hash->text, hash->len))
        take_fallbacks(c, &values[COLUMN_FALLBACK], &columns->at[COLUMN_FALLBACK]);
    else if (!j->err)
        job_fail(j, ERR_HASH_MISMATCH, "the expected hash is not an md5, sha1, sha256 or sha512");
}

static bool is_malformed(const struct urllist_value *values, const struct columns *columns)
{
    for (unsigned i = 0; i < columns->n; i++)
        if (values[i].len && !utf8_is_valid(values[i].text, values[i].len))
            return true;
    return false;
}

struct job *feeder_row_job(const struct urllist_row *row, const struct columns *columns)
{
    const struct urllist_value *url = &row->values[COLUMN_URL];
    struct job *j = job_new();
    const char *why = row->bad;
    j->line = row->line;
    j->is_argument = row->is_argument;
    j->is_malformed = is_malformed(row->values, columns);
    j->source = utf8_clean(url->text, url->len);
    enum err err = why ? ERR_BAD_URL : url_parse(url->text, url->len, &j->request.url, &why);
    if (err)
        job_fail(j, err, "%s", why);
    if (columns_any(columns))
        take_columns(j, row->values, columns);
    return j;
}

bool feeder_row_note(const struct urllist_row *row, const struct columns *columns,
    struct dedupe *dedupe, uint64_t index)
{
    const struct urllist_value *v = row->values, *url = &v[COLUMN_URL];
    bool is_plain = !row->bad && !v[COLUMN_REFERER].len && !v[COLUMN_HASH].len &&
                    !columns->at[COLUMN_BLUR].name && url_is_normal(url->text, url->len);
    if (is_plain)
        dedupe_note(dedupe, url->text, url->len, index);
    return is_plain;
}

/* Adds a value after its length, so that no two lists of values give the same bytes. */
static void print_value(EVP_MD_CTX *print, char kind, const char *text, size_t len)
{
    char head[32];
    int n = snprintf(head, sizeof head, "%c%zu:", kind, len);
    EVP_DigestUpdate(print, head, (size_t)n);
    EVP_DigestUpdate(print, text, len);
    EVP_DigestUpdate(print, "\n", 1);
}

/* Caption and hash are there even if they are not used: so it was before there were others, and
 * the shards of those days are to be gone on with. */
void feeder_row_print_names(EVP_MD_CTX *print, const struct columns *columns)
{
    for (unsigned i = COLUMN_URL + 1; columns_any(columns) && i < columns->n; i++) {
        bool came_later = i > COLUMN_HASH && i < COLUMN_KEPT;
        char kind = (char)(!came_later           ? 'c'
                           : i == COLUMN_REFERER ? 'r'
                           : i == COLUMN_BLUR    ? 'b'
                                                 : 'f');
        if (!came_later || columns->at[i].name)
            print_value(print, kind, columns->at[i].name, columns->at[i].len);
    }
}

void feeder_row_print(
    EVP_MD_CTX *print, const struct urllist_row *row, const struct columns *columns)
{
    const struct urllist_value *v = &row->values[COLUMN_URL];
    EVP_DigestUpdate(print, v->text, v->len);
    EVP_DigestUpdate(print, "\n", 1);
    for (unsigned i = COLUMN_URL + 1; i < columns->n; i++)
        if (columns->at[i].name) {
            v = &row->values[i];
            print_value(print, "ntj"[v->kind], v -> text, v -> len);
        }
}

bool feeder_row_is_other(const struct urllist_row *row, const struct resume *resume, uint32_t pos)
{
    const struct urllist_value *url = &row->values[COLUMN_URL];
    if (!resume_has(resume, pos))
        return false;
    char *source = utf8_clean(url->text, url->len);
    bool differs = resume_differs(resume, pos, source);
    free(source);
    return differs;
}
