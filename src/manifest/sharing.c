#include "manifest/sharing.h"

#include "base/mem.h"
#include "manifest/manifest.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEPT = UINT32_MAX /* the row keeps its files */ };

struct row {
    const char *line;
    uint32_t pos, len;
    uint32_t first; /* the number of another row, or KEPT */
    bool drops;
};

/* A row that may share: its body has a hash. */
struct candidate {
    uint64_t hash; /* a part of it */
    uint32_t n;    /* which row */
};

struct sharing {
    uint32_t n, n_candidates;
    bool has_failed;            /* a row could not be read */
    sharing_may_drop *may_drop; /* NULL: all may */
    void *arg;
    struct row *rows;
    struct candidate *candidates;
};

struct sharing *sharing_new(uint32_t rows)
{
    struct sharing *s = mem_new(sizeof *s);
    s->rows = mem_array((size_t)rows + 1, sizeof *s->rows);
    s->candidates = mem_array((size_t)rows + 1, sizeof *s->candidates);
    return s;
}

void sharing_free(struct sharing *s)
{
    if (!s)
        return;
    free(s->rows);
    free(s->candidates);
    free(s);
}

/* Finds a part of the body's hash in the text of the row; false: it has none. Not every row is
 * parsed: most have a body of their own. */
static bool find_hash(const char *line, size_t len, uint64_t *ret)
{
    static const char name[] = ",\"sha256\":\"";
    char digits[17] = "";
    const char *found = memmem(line, len, name, sizeof name - 1);
    size_t left = found ? (size_t)(line + len - found) - (sizeof name - 1) : 0;
    if (left < sizeof digits)
        return false;
    memcpy(digits, found + sizeof name - 1, sizeof digits - 1);
    *ret = strtoull(digits, NULL, 16);
    return true;
}

void sharing_add(struct sharing *s, uint32_t pos, const char *line, size_t len)
{
    struct row *row = &s->rows[s->n];
    struct candidate c = {.n = s->n++};
    *row = (struct row){.line = line, .pos = pos, .len = (uint32_t)len, .first = KEPT};
    if (len <= UINT32_MAX && find_hash(line, len, &c.hash))
        s->candidates[s->n_candidates++] = c;
}

/* ---- the rows with one hash ---- */

/* The files of a row, and whether they are its own. */
struct files {
    uint32_t n;
    char *are; /* equal texts: the same files; NULL: it cannot share */
    bool are_own, may_go;
};

static bool put(struct buf *to, const char *text)
{
    return buf_append(to, text, strlen(text));
}

/* The names of the files are not in it. False: no memory. */
static bool describe(const struct manifest_row *row, struct files *ret)
{
    const char *body = manifest_text(row, ROW_SHA256);
    struct buf text = {0};
    char bytes[32];
    bool can_share = row->code == ERR_OK && !row->has_files_elsewhere && row->n_files && body;
    bool good = !can_share || put(&text, body);
    for (unsigned i = 0; i < row->n_files && can_share && good; i++) {
        const struct manifest_file *f = &row->files[i];
        can_share = f->sha256 && f->bytes >= 0;
        snprintf(bytes, sizeof bytes, " %" PRId64 " ", f->bytes);
        good = !can_share || (put(&text, bytes) && put(&text, f->sha256));
    }
    good = good && buf_append(&text, "", 1);
    if (good && can_share)
        ret->are = (char *)text.data;
    else
        buf_fini(&text);
    return good;
}

static struct files files_of(struct sharing *s, uint32_t n)
{
    struct files f = {.n = n};
    const struct row *row = &s->rows[n];
    struct rowtext text;
    struct manifest_row parsed;
    char *line = mem_dup_n(row->line, row->len);
    if (!rowtext_files(row->line, row->len, &text) || !manifest_row_parse(line, &parsed)) {
        s->has_failed = true;
    } else {
        s->has_failed = !describe(&parsed, &f) || s->has_failed;
        f.are_own = !parsed.is_duplicate;
        f.may_go = !f.are_own || !s->may_drop || s->may_drop(s->arg, &parsed);
        manifest_row_fini(&parsed);
    }
    free(line);
    return f;
}

/* True if the row names the files of `first` already, as its duplicate. */
static bool shares(const struct row *row, const struct row *first)
{
    struct rowtext a, b, key = rowtext_key(first->line, first->len);
    if (!rowtext_files(row->line, row->len, &a) || !rowtext_files(first->line, first->len, &b))
        return false;
    struct rowtext paths = rowtext_paths(a), wanted = rowtext_paths(b), owner = rowtext_owner(a);
    return paths.len == wanted.len && !memcmp(paths.at, wanted.at, paths.len) &&
           owner.len == key.len + 2 && !memcmp(owner.at, key.at - 1, key.len + 2);
}

static uint32_t let_share(struct sharing *s, const struct files *f, const struct files *first)
{
    struct row *row = &s->rows[f->n];
    if (!f->may_go || shares(row, &s->rows[first->n]))
        return 0;
    row->first = first->n;
    row->drops = f->are_own;
    return 1;
}

static int compare_files(const void *a, const void *b)
{
    const struct files *x = a, *y = b;
    int order = !x->are || !y->are ? (x->are != NULL) - (y->are != NULL) : strcmp(x->are, y->are);
    return order ? order : x->n < y->n ? -1 : x->n > y->n;
}

/* Of n rows, lets those with the same files share those of the first that has them as its own. */
static uint32_t share_files(struct sharing *s, struct files *all, uint32_t n)
{
    const struct files *first = NULL;
    uint32_t changed = 0;
    qsort(all, n, sizeof *all, compare_files);
    for (struct files *f = all; f < all + n; f++) {
        bool is_next = f > all && f->are && f[-1].are && !strcmp(f->are, f[-1].are);
        first = is_next ? first : NULL;
        if (first)
            changed += let_share(s, f, first);
        else if (f->are && f->are_own)
            first = f;
    }
    return changed;
}

static uint32_t share_body(struct sharing *s, const struct candidate *c, uint32_t n)
{
    struct files *all = mem_array(n, sizeof *all);
    for (uint32_t i = 0; i < n; i++)
        all[i] = files_of(s, c[i].n);
    uint32_t changed = share_files(s, all, n);
    for (uint32_t i = 0; i < n; i++)
        free(all[i].are);
    free(all);
    return changed;
}

static int compare_hash(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return x->n < y->n ? -1 : x->n > y->n;
}

bool sharing_find(struct sharing *s, sharing_may_drop *may_drop, void *arg, uint32_t *ret)
{
    *ret = 0;
    s->may_drop = may_drop;
    s->arg = arg;
    qsort(s->candidates, s->n_candidates, sizeof *s->candidates, compare_hash);
    for (uint32_t i = 0, n; i < s->n_candidates; i += n) {
        const struct candidate *c = &s->candidates[i];
        for (n = 1; i + n < s->n_candidates && c[n].hash == c->hash; n++)
            continue;
        if (n > 1)
            *ret += share_body(s, c, n);
    }
    return !s->has_failed;
}

struct sharing_row sharing_row(const struct sharing *s, uint32_t n)
{
    const struct row *row = &s->rows[n];
    struct sharing_row ret = {.pos = row->pos, .drops = row->drops};
    ret.line = (struct rowtext){row->line, row->len};
    if (row->first != KEPT)
        ret.first = (struct rowtext){s->rows[row->first].line, s->rows[row->first].len};
    return ret;
}
