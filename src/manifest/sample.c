#include "manifest/sample.h"

#include "manifest/row_fields.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* A part of the row's text. At NULL: it is not there. */
struct piece {
    const char *at;
    size_t len;
};

/* ---- reading the row ---- */

/* Finds the quote that ends the string whose first quote is at `at`. NULL: there is none. */
static const char *end_of_string(const char *at, const char *end)
{
    for (at++; at < end && *at != '"'; at++)
        if (*at == '\\' && at + 1 < end)
            at++;
    return at < end ? at : NULL;
}

/* Finds the end of the value that begins at `at`. NULL: it has none. */
static const char *end_of_value(const char *at, const char *end)
{
    for (unsigned depth = 0; at && at < end; at++) {
        bool opens = *at == '[' || *at == '{', closes = *at == ']' || *at == '}';
        if (!depth && (closes || *at == ','))
            return at;
        depth = depth + opens - closes;
        if (*at == '"' && !(at = end_of_string(at, end)))
            return NULL;
    }
    return NULL;
}

/* Takes `"name":value` and the character behind it from `rest`. False: there is no other field. */
static bool take_field(struct piece *rest, struct piece *name, struct piece *value)
{
    const char *end = rest->at + rest->len;
    if (rest->len < 2 || *rest->at != '"')
        return false;
    const char *quote = end_of_string(rest->at, end);
    if (!quote || end - quote < 2 || quote[1] != ':')
        return false;
    const char *stop = end_of_value(quote + 2, end);
    if (!stop)
        return false;
    *name = (struct piece){rest->at + 1, (size_t)(quote - rest->at - 1)};
    *value = (struct piece){quote + 2, (size_t)(stop - quote - 2)};
    *rest = (struct piece){stop + 1, (size_t)(end - stop - 1)};
    return value->len > 0;
}

/* The values of the fields that every row can have, by enum row_field. */
struct values {
    struct piece at[ROW_N_FIELDS];
};

static bool begin_row(const struct sample *s, struct piece *ret)
{
    *ret = (struct piece){s->row + 1, s->len - 1};
    return s->len > 1 && *s->row == '{';
}

static bool read_row(const struct sample *s, struct values *ret)
{
    struct piece rest, name, value;
    *ret = (struct values){0};
    if (!begin_row(s, &rest))
        return false;
    while (take_field(&rest, &name, &value)) {
        const struct row_field_info *field = row_field_find(name.at, name.len);
        if (field)
            ret->at[field - row_fields] = value;
    }
    return ret->at[ROW_THUMBS].at != NULL;
}

static bool is_null(struct piece value)
{
    return value.len == 4 && !memcmp(value.at, "null", 4);
}

/* The n-th element of an array. */
static struct piece element(struct piece array, int n)
{
    const char *at = array.at + 1, *end = array.at + array.len;
    for (const char *stop; (stop = end_of_value(at, end)) && stop > at; at = stop + 1)
        if (!n--)
            return (struct piece){at, (size_t)(stop - at)};
    return (struct piece){0};
}

static struct piece field_of(struct piece object, const char *name)
{
    struct piece rest = {object.at, object.len}, found, value;
    if (!rest.len)
        return rest;
    rest.at++;
    rest.len--;
    while (take_field(&rest, &found, &value))
        if (found.len == strlen(name) && !memcmp(found.at, name, found.len))
            return value;
    return (struct piece){0};
}

/* Replaces the size by that of the image. False: the row has no such image. */
static bool take_size(const struct sample *s, struct values *v)
{
    v->at[ROW_ORIGINAL_WIDTH] = v->at[ROW_WIDTH];
    v->at[ROW_ORIGINAL_HEIGHT] = v->at[ROW_HEIGHT];
    if (s->image == SAMPLE_ORIGINAL)
        return true;
    struct piece thumb = element(v->at[ROW_THUMBS], s->image);
    if (!thumb.at)
        return false;
    v->at[ROW_WIDTH] = field_of(thumb, "width");
    v->at[ROW_HEIGHT] = field_of(thumb, "height");
    return v->at[ROW_WIDTH].at && v->at[ROW_HEIGHT].at;
}

/* ---- writing the object ---- */

static bool put(struct buf *out, const char *text)
{
    return buf_append(out, text, strlen(text));
}

static bool put_name(struct buf *out, const char *name, size_t len)
{
    bool is_first = out->data[out->len - 1] == '{';
    return put(out, is_first ? "\"" : ",\"") && buf_append(out, name, len) && put(out, "\":");
}

/* Writes a string that holds JSON, so there are no controls in it. */
static bool put_as_text(struct buf *out, struct piece text)
{
    const char *at = text.at, *end = text.at + text.len;
    bool good = put(out, "\"");
    while (good && at < end) {
        const char *begin = at;
        while (at < end && *at != '"' && *at != '\\')
            at++;
        good = buf_append(out, begin, (size_t)(at - begin));
        if (good && at < end)
            good = put(out, *at++ == '"' ? "\\\"" : "\\\\");
    }
    return good && put(out, "\"");
}

static bool put_text_of(struct buf *out, struct piece value)
{
    if (is_null(value))
        return put(out, "\"\"");
    return *value.at == '"' ? buf_append(out, value.at, value.len) : put_as_text(out, value);
}

static bool put_value(struct buf *out, enum row_field field, struct piece value)
{
    if (row_fields[field].type == ROW_TEXT || field == ROW_EXIF)
        return put_text_of(out, value);
    return is_null(value) ? put(out, "0") : buf_append(out, value.at, value.len);
}

static bool put_fields(struct buf *out, const struct values *v)
{
    bool good = true;
    for (int f = 0; f < ROW_N_FIELDS && good; f++) {
        const char *name = row_fields[f].name;
        if (v->at[f].at && row_fields[f].where != ROW_MANIFEST)
            good = put_name(out, name, strlen(name)) && put_value(out, f, v->at[f]);
    }
    return good;
}

static bool is_typed(const struct columns *columns, struct piece name)
{
    for (unsigned i = COLUMN_KEPT; columns && i < columns->n; i++) {
        struct span field = columns_field(columns, i);
        if (columns->is_typed[i] && field.len == name.len && !memcmp(field.at, name.at, name.len))
            return true;
    }
    return false;
}

/* A row has them behind its own fields. */
static bool put_kept_columns(struct buf *out, const struct sample *s)
{
    struct piece rest, name, value;
    bool good = begin_row(s, &rest);
    while (good && take_field(&rest, &name, &value)) {
        if (row_field_find(name.at, name.len))
            continue;
        good = put_name(out, name.at, name.len) &&
               (is_typed(s->columns, name) ? buf_append(out, value.at, value.len)
                                           : put_text_of(out, value));
    }
    return good;
}

bool sample_file_name(const char *image, size_t len, const char *folder, char out[SAMPLE_PATH_SIZE])
{
    size_t folder_len = strlen(folder);
    const char *slash = strrchr(folder, '/');
    size_t above = slash ? (size_t)(slash - folder) + 1 : 0;
    bool is_inside = len > folder_len && image[folder_len] == '/';
    const char *up = "";
    if (is_inside && !memcmp(image, folder, folder_len)) {
        above = folder_len + 1;
    } else if (above && len > above && !memcmp(image, folder, above)) {
        up = "../";
    } else {
        return false;
    }
    int n = snprintf(out, SAMPLE_PATH_SIZE, "%s%.*s", up, (int)(len - above), image + above);
    return n < SAMPLE_PATH_SIZE;
}

/* The name of the image in JSON, without quotes. False: it is in no such folder. */
static bool take_file_name(const struct sample *s, const struct values *v, char *out)
{
    struct piece path = v->at[ROW_PATH];
    if (s->image != SAMPLE_ORIGINAL)
        path = field_of(element(v->at[ROW_THUMBS], s->image), "path");
    return v->at[ROW_ERROR].at && is_null(v->at[ROW_ERROR]) && path.len > 2 && *path.at == '"' &&
           sample_file_name(path.at + 1, path.len - 2, s->folder, out);
}

static bool put_file_name(struct buf *out, const char *name)
{
    return !*name || (put(out, "\"file_name\":\"") && put(out, name) && put(out, "\""));
}

int sample_write(const struct sample *s, struct buf *ret)
{
    struct values values;
    char file_name[SAMPLE_PATH_SIZE] = "";
    if (!read_row(s, &values))
        return -EBADMSG;
    if (s->folder && !take_file_name(s, &values, file_name))
        return SAMPLE_NONE;
    if (!take_size(s, &values))
        return -EBADMSG;
    bool good = put(ret, "{") && put_file_name(ret, file_name) && put_fields(ret, &values) &&
                put_kept_columns(ret, s) && put(ret, "}");
    return good ? 0 : -ENOMEM;
}
