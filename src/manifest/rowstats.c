#include "manifest/rowstats.h"

#include "base/hash.h"
#include "base/mem.h"
#include "base/span.h"
#include "input/url.h"
#include "manifest/row.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const double rowstats_edges[ROWSTATS_N][ROWSTATS_BINS + 1] = {
    [ROWSTATS_BYTES] = {0, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20,
        16 << 20},
    [ROWSTATS_SIDE] = {0, 32, 64, 128, 256, 512, 1024, 2048, 4096},
    [ROWSTATS_ASPECT] = {0, 0.25, 0.5, 0.67, 0.8, 1.25, 1.5, 2, 4},
};

struct rowstats_entry {
    UT_hash_handle hh; /* by name */
    char *name;
    struct rowstats_count count;
};

/* What is counted of a row. */
struct facts {
    enum err code;
    bool is_duplicate;
    struct span url, format;      /* at NULL: unknown */
    int64_t bytes, width, height; /* -1: unknown */
};

struct rowstats *rowstats_new(void)
{
    return mem_new(sizeof(struct rowstats));
}

void rowstats_free(struct rowstats *s)
{
    struct rowstats_entry *entry, *next;
    if (!s)
        return;
    HASH_ITER (hh, s->suffixes, entry, next) {
        HASH_DEL(s->suffixes, entry);
        free(entry->name);
        free(entry);
    }
    free(s);
}

/* ---- suffixes ---- */

static bool is_address(const char *host)
{
    const char *last = strrchr(host, '.');
    last = last ? last + 1 : host;
    return *host == '[' || (*last >= '0' && *last <= '9');
}

/* Where the label in front of `at` begins, which is behind a dot. */
static const char *label_before(const char *host, const char *at)
{
    const char *dot = memrchr(host, '.', (size_t)(at - 1 - host));
    return dot ? dot + 1 : host;
}

/* True for a label under which the registries of countries register names: the co of co.uk. */
static bool is_second_level(const char *label, size_t len)
{
    static const char *const known[] = {
        "ac", "co", "com", "edu", "go", "gob", "gov", "gr", "ne", "net", "or", "org"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strlen(known[i]) == len && !memcmp(known[i], label, len))
            return true;
    return false;
}

const char *rowstats_suffix(const char *host)
{
    const char *dot = strrchr(host, '.');
    if (!dot || dot == host || is_address(host))
        return host;
    const char *second = label_before(host, dot + 1);
    bool is_country = strlen(dot + 1) == 2;
    if (second == host || !is_country || !is_second_level(second, (size_t)(dot - second)))
        return second;
    return label_before(host, second);
}

static void add_count(struct rowstats_count *count, bool is_success)
{
    count->rows++;
    count->successes += is_success;
}

static void add_host(struct rowstats *s, const char *host, bool is_success)
{
    const char *suffix = rowstats_suffix(host);
    struct rowstats_entry *entry;
    HASH_FIND_STR(s->suffixes, suffix, entry);
    if (!entry && HASH_COUNT(s->suffixes) == ROWSTATS_SUFFIXES) {
        add_count(&s->others, is_success);
        return;
    }
    if (!entry) {
        entry = mem_new(sizeof *entry);
        entry->name = mem_dup(suffix);
        HASH_ADD_KEYPTR(hh, s->suffixes, entry->name, strlen(entry->name), entry);
    }
    add_count(&entry->count, is_success);
}

static void add_url(struct rowstats *s, struct span text, bool is_success)
{
    struct url url;
    const char *why;
    if (!text.at || url_parse(text.at, text.len, &url, &why) != ERR_OK) {
        s->without_host++;
        return;
    }
    add_host(s, url.host, is_success);
    url_fini(&url);
}

/* Most rows first; of as many, by name. */
static int by_rows(const struct rowstats_entry *a, const struct rowstats_suffix *b)
{
    if (a->count.rows != b->count.rows)
        return a->count.rows > b->count.rows ? -1 : 1;
    return strcmp(a->name, b->name);
}

unsigned rowstats_top(const struct rowstats *s, struct rowstats_suffix ret[ROWSTATS_TOP],
    struct rowstats_count *ret_others)
{
    struct rowstats_count all = s->others;
    unsigned n = 0;
    for (struct rowstats_entry *entry = s->suffixes; entry; entry = entry->hh.next) {
        unsigned at = n;
        all.rows += entry->count.rows;
        all.successes += entry->count.successes;
        while (at > 0 && by_rows(entry, &ret[at - 1]) < 0)
            at--;
        if (at == ROWSTATS_TOP)
            continue;
        n += n < ROWSTATS_TOP;
        memmove(&ret[at + 1], &ret[at], (n - 1 - at) * sizeof *ret);
        ret[at] = (struct rowstats_suffix){entry->name, entry->count};
    }
    for (unsigned i = 0; i < n; i++) {
        all.rows -= ret[i].count.rows;
        all.successes -= ret[i].count.successes;
    }
    *ret_others = all;
    return n;
}

/* ---- pictures ---- */

static void add_to_bin(struct rowstats *s, enum rowstats_what what, double value)
{
    const double *edges = rowstats_edges[what];
    unsigned bin = 0;
    while (edges[bin + 1] > 0 && value >= edges[bin + 1])
        bin++;
    s->bins[what][bin]++;
}

enum { EDGE_SIZE = 24 };

static void print_edge(enum rowstats_what what, double edge, char out[EDGE_SIZE])
{
    bool is_mib = edge >= 1 << 20;
    if (what == ROWSTATS_BYTES)
        snprintf(out, EDGE_SIZE, "%.10g %s", edge / (is_mib ? 1 << 20 : 1 << 10),
            is_mib ? "MiB" : "KiB");
    else
        snprintf(out, EDGE_SIZE, "%.10g", edge);
}

const char *rowstats_bin_name(enum rowstats_what what, unsigned bin, char out[ROWSTATS_BIN_SIZE])
{
    const double *edges = rowstats_edges[what];
    char from[EDGE_SIZE], to[EDGE_SIZE];
    if (bin > 0 && !(edges[bin] > 0))
        return NULL;
    print_edge(what, edges[bin], from);
    print_edge(what, edges[bin + 1], to);
    if (bin == 0)
        snprintf(out, ROWSTATS_BIN_SIZE, "below %s", to);
    else if (edges[bin + 1] > 0)
        snprintf(out, ROWSTATS_BIN_SIZE, "%s to %s", from, to);
    else
        snprintf(out, ROWSTATS_BIN_SIZE, "%s and more", from);
    return out;
}

static void add_format(struct rowstats *s, struct span name)
{
    unsigned i = 0;
    if (name.len >= sizeof s->formats[0].name)
        return;
    while (i < s->n_formats && !span_is(name, s->formats[i].name))
        i++;
    if (i == ROWSTATS_FORMATS)
        return;
    if (i == s->n_formats)
        memcpy(s->formats[s->n_formats++].name, name.at, name.len);
    s->formats[i].n++;
}

static int by_count(const void *a, const void *b)
{
    const struct rowstats_format *x = a, *y = b;
    return x->n > y->n ? -1 : x->n < y->n ? 1 : strcmp(x->name, y->name);
}

void rowstats_sort_formats(struct rowstats *s)
{
    qsort(s->formats, s->n_formats, sizeof *s->formats, by_count);
}

static void add_picture(struct rowstats *s, const struct facts *f)
{
    if (f->bytes >= 0)
        add_to_bin(s, ROWSTATS_BYTES, (double)f->bytes);
    if (f->format.at)
        add_format(s, f->format);
    if (f->width <= 0 || f->height <= 0)
        return;
    add_to_bin(s, ROWSTATS_SIDE, (double)(f->width < f->height ? f->width : f->height));
    add_to_bin(s, ROWSTATS_ASPECT, (double)f->width / (double)f->height);
}

static void add_facts(struct rowstats *s, const struct facts *f)
{
    s->by_code[f->code]++;
    s->duplicates += f->is_duplicate;
    add_url(s, f->url, f->code == ERR_OK);
    if (f->code == ERR_OK)
        add_picture(s, f);
}

/* ---- rows ---- */

static struct span text_of(const struct manifest_row *row, enum row_field field)
{
    const char *text = manifest_text(row, field);
    return text ? span_of(text) : (struct span){0};
}

void rowstats_add(struct rowstats *s, const struct manifest_row *row)
{
    if (row->code < 0)
        return;
    add_facts(s, &(struct facts){(enum err)row->code, row->is_duplicate, text_of(row, ROW_URL),
                     text_of(row, ROW_FORMAT), manifest_number(row, ROW_BYTES),
                     manifest_number(row, ROW_WIDTH), manifest_number(row, ROW_HEIGHT)});
}

/* Moves *rest behind the value of a field, which is null, a text without escapes, or a number.
 * False: there is no such field, or its value is another one. */
static bool take_value(struct span *rest, const char *name, struct span *ret)
{
    size_t len = strlen(name);
    const char *found = memmem(rest->at, rest->len, name, len);
    if (!found)
        return false;
    const char *at = found + len, *end = rest->at + rest->len;
    bool is_text = at < end && *at == '"';
    at += is_text;
    const char *stop = at < end ? memchr(at, is_text ? '"' : ',', (size_t)(end - at)) : NULL;
    if (!stop || memchr(at, '\\', (size_t)(stop - at)))
        return false;
    *ret = (struct span){at, (size_t)(stop - at)};
    *rest = (struct span){stop, (size_t)(end - stop)};
    if (!is_text && span_is(*ret, "null"))
        *ret = (struct span){0};
    return true;
}

static bool take_number(struct span *rest, const char *name, int64_t *ret)
{
    struct span text;
    uint64_t n;
    *ret = -1;
    if (!take_value(rest, name, &text))
        return false;
    if (!text.at)
        return true;
    bool is_number = span_number(text, INT64_MAX, &n);
    if (is_number)
        *ret = (int64_t)n;
    return is_number;
}

/* The fields of a row have an order, so each is looked for behind the one before it. False: the
 * row is not as most are, and has to be parsed. */
static bool find_facts(struct span line, struct facts *ret)
{
    struct span error, first;
    char name[32];
    if (!span_starts(line, ROW_BEGIN) || line.at[line.len - 1] != '}' ||
        !take_value(&line, ",\"url\":", &ret->url) || !take_value(&line, ",\"error\":", &error) ||
        !take_value(&line, ",\"format\":", &ret->format) ||
        !take_number(&line, ",\"bytes\":", &ret->bytes) ||
        !take_number(&line, ",\"width\":", &ret->width) ||
        !take_number(&line, ",\"height\":", &ret->height) ||
        !take_value(&line, ",\"duplicate_of\":", &first) || error.len >= sizeof name)
        return false;
    memcpy(name, error.at ? error.at : "", error.len);
    name[error.len] = '\0';
    int code = error.at ? err_from_name(name) : ERR_OK;
    ret->code = (enum err)code;
    ret->is_duplicate = first.at != NULL;
    return code >= 0;
}

static void add_line(struct rowstats *s, struct span line)
{
    struct facts facts;
    struct manifest_row row;
    if (find_facts(line, &facts)) {
        add_facts(s, &facts);
        return;
    }
    char *copy = mem_dup_n(line.at, line.len);
    if (manifest_row_parse(copy, &row)) {
        rowstats_add(s, &row);
        manifest_row_fini(&row);
    }
    free(copy);
}

void rowstats_add_lines(struct rowstats *s, const char *lines, size_t len)
{
    for (struct span rest = {lines, len}; rest.len;) {
        struct span line = span_cut(&rest, '\n');
        if (line.len)
            add_line(s, line);
    }
}
