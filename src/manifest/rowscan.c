#include "manifest/rowscan.h"

#include "base/descriptor.h"
#include "base/mem.h"
#include "manifest/row.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A piece of text. */
struct piece {
    const char *at;
    size_t len;
};

/* ---- the whole row ---- */

static bool set_url(
    struct rowscan *s, const char *url, size_t len, const char *final, bool is_other)
{
    const char *why;
    if (is_other || (strlen(final) == len && !memcmp(final, url, len))) {
        s->url = final; /* in its normal form already */
    } else {
        if (url_parse(url, len, &s->parsed, &why) != ERR_OK)
            return false;
        s->url = s->parsed.text;
    }
    s->url_len = strlen(s->url);
    return true;
}

enum rowscan_result rowscan_read(const char *line, struct rowscan *ret)
{
    struct rowscan s = {0};
    if (!manifest_row_parse(line, &s.row))
        return ROWSCAN_NO_ROW;
    const char *url = manifest_text(&s.row, ROW_URL), *final = manifest_text(&s.row, ROW_FINAL_URL);
    s.path = manifest_text(&s.row, ROW_PATH);
    bool has_body = s.row.code == ERR_OK && s.path && url && final;
    if (!has_body ||
        !set_url(&s, url, strlen(url), final, manifest_number(&s.row, ROW_URL_INDEX) > 0)) {
        manifest_row_fini(&s.row);
        return ROWSCAN_NONE;
    }
    s.path_len = strlen(s.path);
    *ret = s;
    return ROWSCAN_BODY;
}

void rowscan_fini(struct rowscan *s)
{
    url_fini(&s->parsed);
    if (s->row.tree)
        manifest_row_fini(&s->row);
    *s = (struct rowscan){0};
}

/* ---- only what is needed ---- */

/* What follows `name` in the text; at NULL: it is not there. */
static struct piece behind(struct piece text, const char *name)
{
    size_t len = strlen(name);
    const char *found = memmem(text.at, text.len, name, len);
    if (!found)
        return (struct piece){0};
    return (struct piece){found + len, (size_t)(text.at + text.len - found) - len};
}

static bool skip(struct piece *text, const char *expected)
{
    size_t len = strlen(expected);
    if (text->len < len || memcmp(text->at, expected, len) != 0)
        return false;
    text->at += len;
    text->len -= len;
    return true;
}

/* Takes the text up to a quote, and the quote. False: there is none, or the text has escapes. */
static bool take_plain(struct piece *text, struct piece *ret)
{
    const char *end = memchr(text->at, '"', text->len);
    if (!end)
        return false;
    *ret = (struct piece){text->at, (size_t)(end - text->at)};
    text->len -= ret->len + 1;
    text->at = end + 1;
    return !memchr(ret->at, '\\', ret->len);
}

/* The fields of a row have an order, so each is looked for behind the one before it.
 * ROWSCAN_NO_ROW: the row is not as most are, and has to be parsed. */
static enum rowscan_result find_fields(
    struct piece line, struct piece *ret_url, struct piece *ret_path)
{
    struct piece final, rest = behind(line, ",\"url\":\"");
    if (!rest.at || !take_plain(&rest, ret_url))
        return ROWSCAN_NO_ROW;
    struct piece after = behind(rest, ",\"status\":\"");
    if (!after.at || !skip(&after, "success\""))
        return after.at ? ROWSCAN_NONE : ROWSCAN_NO_ROW;
    after = behind(after, ",\"path\":");
    if (!after.at || !skip(&after, "\"") || !take_plain(&after, ret_path))
        return after.at && skip(&after, "null,") ? ROWSCAN_NONE : ROWSCAN_NO_ROW;
    bool is_usual = skip(&rest, ",\"final_url\":\"") && take_plain(&rest, &final) &&
                    final.len == ret_url->len && !memcmp(final.at, ret_url->at, final.len);
    return is_usual ? ROWSCAN_BODY : ROWSCAN_NO_ROW;
}

enum rowscan_result rowscan_line(const char *line, size_t len, struct rowscan *ret)
{
    struct piece url, path;
    size_t begin = sizeof ROW_BEGIN - 1;
    if (len <= begin || memcmp(line, ROW_BEGIN, begin) != 0 || line[len - 1] != '}')
        return ROWSCAN_NO_ROW;
    enum rowscan_result result = find_fields((struct piece){line, len}, &url, &path);
    if (result == ROWSCAN_BODY)
        *ret = (struct rowscan){url.at, url.len, path.at, path.len, {0}, {0}};
    if (result != ROWSCAN_NO_ROW)
        return result;
    char *copy = mem_dup_n(line, len);
    result = rowscan_read(copy, ret);
    free(copy);
    return result;
}

/* ---- lines ---- */

struct lines {
    rowscan_take *take;
    void *arg;
    char *text;
    size_t len;
    int64_t offset; /* of the text */
    bool is_long;   /* the text is in the middle of a line that is too long */
};

/* Passes the whole lines on, and moves the rest to the front. False: `take` wants no more. */
static bool pass_lines(struct lines *l)
{
    const char *at = l->text, *end = l->text + l->len, *newline;
    while ((newline = memchr(at, '\n', (size_t)(end - at)))) {
        size_t len = l->is_long ? 0 : (size_t)(newline - at);
        l->is_long = false;
        if (!l->take(l->arg, l->offset + (at - l->text), at, len))
            return false;
        at = newline + 1;
    }
    l->offset += at - l->text;
    l->len = (size_t)(end - at);
    memmove(l->text, at, l->len);
    if (l->len == ROWSCAN_LINE_MAX) {
        l->is_long = true;
        l->offset += (int64_t)l->len;
        l->len = 0;
    }
    return true;
}

int rowscan_lines(int fd, rowscan_take *take, void *arg)
{
    struct lines l = {.take = take, .arg = arg, .text = mem_array(ROWSCAN_LINE_MAX, 1)};
    ssize_t n;
    bool goes_on = true;
    do {
        int64_t at = l.offset + (int64_t)l.len;
        n = descriptor_read_at(fd, l.text + l.len, ROWSCAN_LINE_MAX - l.len, at);
        if (n > 0) {
            l.len += (size_t)n;
            goes_on = pass_lines(&l);
        }
    } while (n > 0 && goes_on);
    if (n == 0 && (l.len || l.is_long))
        take(arg, l.offset, l.text, 0);
    free(l.text);
    return n < 0 ? (int)n : 0;
}
