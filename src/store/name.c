#include "store/name.h"

#include "base/hex.h"
#include "store/name_text.h"

#include <stdio.h>
#include <string.h>

/* Longer values are cut: a character has at most 4 bytes. */
enum { DECODED_MAX = 4 * NAME_PART_MAX };

const struct name name_key = {
    .at = {{.kind = NAME_KEY}}, .n = 1, .has_id = true, .id_is_from_left = true};

unsigned name_part_end(const struct name *name, unsigned begin)
{
    while (begin < name->n && name->at[begin].kind != NAME_SLASH)
        begin++;
    return begin;
}

/* A piece as text, for one row. */
struct made {
    const char *text; /* in the template, or `room` */
    size_t len;
    bool is_value; /* may be cut */
    char room[NAME_PART_MAX];
};

static void put_value(struct made *m, const char *text)
{
    m->len = name_text_put(text ? text : "", text ? strlen(text) : 0, m->room, sizeof m->room);
}

static void put_base(struct made *m, const struct url *url)
{
    char decoded[DECODED_MAX];
    const char *base;
    size_t len = name_text_base(url->text ? url->text : "", &base);
    len = name_text_decode(base, len, decoded, sizeof decoded);
    m->len = name_text_put(decoded, len, m->room, sizeof m->room);
}

static void put_hash(struct made *m, const struct job *j)
{
    char hex[2 * sizeof j->sha256 + 1] = "";
    if (j->has_sha256)
        hex_print(j->sha256, sizeof j->sha256, hex);
    put_value(m, hex);
}

static void put_column(struct made *m, const struct job *j, unsigned column)
{
    const struct job_columns *c = j->columns;
    if (!c)
        put_value(m, NULL);
    else
        put_value(m, column == COLUMN_CAPTION ? c->caption : c->kept[column - COLUMN_KEPT].text);
}

static void make_piece(const struct name_piece *piece, bool is_flat, const struct job *j,
    struct job_digits digits, struct made *m)
{
    /* After a redirect, request.url is no longer the row's own URL. */
    const struct url *url = j->origin.text ? &j->origin : &j->request.url;
    m->text = m->room;
    m->is_value = piece->kind >= NAME_HOST && (piece->kind != NAME_HASH || !is_flat);
    switch (piece->kind) {
    case NAME_SLASH:
    case NAME_TEXT:
        m->text = piece->text;
        m->len = piece->len;
        break;
    case NAME_KEY:
        job_key(j->shard, j->pos, digits, m->room);
        m->len = strlen(m->room);
        break;
    case NAME_INDEX:
        m->len = (size_t)sprintf(m->room, "%llu", (unsigned long long)j->index);
        break;
    case NAME_HOST:
        put_value(m, url->host);
        break;
    case NAME_BASE:
        put_base(m, url);
        break;
    case NAME_HASH:
        put_hash(m, j);
        break;
    case NAME_COLUMN:
        put_column(m, j, piece->column);
        break;
    }
}

/* Cuts the values so that all fit into `room`. Each gets an equal share; a shorter one leaves the
 * rest of its share to those after it. */
static void share(struct made *made, unsigned n, size_t room)
{
    unsigned values = 0;
    for (unsigned i = 0; i < n; i++) {
        values += made[i].is_value;
        size_t fixed = made[i].is_value ? 0 : made[i].len;
        room -= fixed < room ? fixed : room;
    }
    for (unsigned i = 0; i < n && values; i++) {
        if (!made[i].is_value)
            continue;
        size_t most = room / values--;
        if (made[i].len > most) /* only cuts: the text is good already */
            made[i].len = name_text_put(made[i].text, made[i].len, made[i].room, most);
        room -= made[i].len;
    }
}

/* Writes one part of the path, without the extension. Returns its length. */
static size_t make_part(const struct name *name, unsigned begin, unsigned end, const struct job *j,
    struct job_digits digits, size_t room, char *out)
{
    struct made made[NAME_PIECES_MAX];
    unsigned n = end - begin;
    char *at = out + 1; /* leaves a byte for '_' in front */
    size_t len = 0;
    for (unsigned i = 0; i < n; i++)
        make_piece(&name->at[begin + i], name->is_flat, j, digits, &made[i]);
    share(made, n, room - 1);
    for (unsigned i = 0; i < n; i++) {
        memcpy(at + len, made[i].text, made[i].len);
        len += made[i].len;
    }
    if (strchr(".- ", at[0]))
        at[0] = '_';
    if (strchr(". ", at[len - 1]))
        at[len - 1] = '_';
    if (name_text_is_device(at, len)) {
        *out = '_';
        return len + 1;
    }
    memmove(out, at, len);
    return len;
}

size_t name_stem(
    const struct name *name, const struct job *j, struct job_digits digits, char out[NAME_SIZE])
{
    return make_part(name, 0, name->n, j, digits, NAME_STEM_MAX, out);
}

/* In the flat layout: all files of a row have the same name, whatever their extensions. */
static void make_flat(const struct name *name, const struct job *j, struct job_digits digits,
    const char *extension, char out[NAME_SIZE])
{
    size_t len = j->name ? strlen(j->name) : name_stem(name, j, digits, out);
    if (j->name)
        memcpy(out, j->name, len);
    sprintf(out + len, ".%s", extension);
}

void name_make(const struct name *name, const struct job *j, struct job_digits digits,
    const char *extension, char out[NAME_SIZE])
{
    if (name->is_flat) {
        make_flat(name, j, digits, extension, out);
        return;
    }
    for (unsigned begin = 0, end;; begin = end + 1) {
        end = name_part_end(name, begin);
        bool is_last = end == name->n;
        size_t room = NAME_PART_MAX - (is_last ? strlen(extension) + 1 : 0);
        out += make_part(name, begin, end, j, digits, room, out);
        if (is_last)
            break;
        *out++ = '/';
    }
    sprintf(out, ".%s", extension);
}
