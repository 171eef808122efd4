#include "manifest/rowtext.h"

#include "manifest/manifest_tree.h"
#include "manifest/row.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char paths_begin[] = ",\"path\":", owner_begin[] = ",\"duplicate_of\":",
                  owner_end[] = ",\"reused\":", no_owner[] = "null";

static bool put(struct buf *to, const char *text, size_t len)
{
    return buf_append(to, text, len);
}

static bool put_piece(struct buf *to, struct rowtext piece)
{
    return put(to, piece.at, piece.len);
}

/* ---- the files ---- */

bool rowtext_files(const char *line, size_t len, struct rowtext *ret)
{
    const char *end = line + len;
    const char *begin = memmem(line, len, paths_begin, sizeof paths_begin - 1);
    const char *owner =
        begin ? memmem(begin, (size_t)(end - begin), owner_begin, sizeof owner_begin - 1) : NULL;
    const char *behind =
        owner ? memmem(owner, (size_t)(end - owner), owner_end, sizeof owner_end - 1) : NULL;
    if (!behind || !rowtext_key(line, len).at)
        return false;
    *ret = (struct rowtext){begin, (size_t)(behind - begin)};
    return true;
}

struct rowtext rowtext_paths(struct rowtext files)
{
    const char *owner = memmem(files.at, files.len, owner_begin, sizeof owner_begin - 1);
    return (struct rowtext){files.at, (size_t)(owner - files.at)};
}

struct rowtext rowtext_owner(struct rowtext files)
{
    struct rowtext paths = rowtext_paths(files);
    size_t before = paths.len + sizeof owner_begin - 1;
    return (struct rowtext){files.at + before, files.len - before};
}

struct rowtext rowtext_key(const char *line, size_t len)
{
    size_t begin = sizeof ROW_BEGIN - 1;
    if (len <= begin || memcmp(line, ROW_BEGIN, begin) != 0)
        return (struct rowtext){0};
    const char *end = memchr(line + begin, '"', len - begin);
    return end ? (struct rowtext){line + begin, (size_t)(end - line) - begin} : (struct rowtext){0};
}

/* Appends the line, up to the files, these paths, and the owner, and the rest of the line. */
static bool put_line(const char *line, size_t len, struct rowtext paths, const char *owner,
    size_t owner_len, struct buf *ret)
{
    struct rowtext files;
    if (!rowtext_files(line, len, &files))
        return false;
    const char *rest = files.at + files.len;
    return put(ret, line, (size_t)(files.at - line)) && put_piece(ret, paths) &&
           put(ret, owner_begin, sizeof owner_begin - 1) && put(ret, owner, owner_len) &&
           put(ret, rest, (size_t)(line + len - rest));
}

bool rowtext_share(const char *line, size_t len, struct rowtext first, struct buf *ret)
{
    struct rowtext files, key = rowtext_key(first.at, first.len);
    if (!rowtext_files(first.at, first.len, &files))
        return false;
    /* With its quotes. */
    return put_line(line, len, rowtext_paths(files), key.at - 1, key.len + 2, ret);
}

bool rowtext_own(const char *line, size_t len, struct rowtext own, struct buf *ret)
{
    struct rowtext files;
    return rowtext_files(own.at, own.len, &files) &&
           put_line(line, len, rowtext_paths(files), no_owner, sizeof no_owner - 1, ret);
}

/* ---- the sidecar ---- */

/* The text behind the string that begins here; NULL: it has no end. */
static const char *skip_string(const char *at)
{
    for (at++; *at && *at != '"'; at++)
        if (*at == '\\' && !*++at)
            return NULL;
    return *at ? at + 1 : NULL;
}

/* The text behind the value that begins here; NULL: it has no end. */
static const char *skip_value(const char *at)
{
    unsigned depth = 0;
    while (at && *at && (depth || !strchr(",}", *at))) {
        depth += *at == '{' || *at == '[';
        depth -= *at == '}' || *at == ']';
        at = *at == '"' ? skip_string(at) : at + 1;
    }
    return at && *at ? at : NULL;
}

/* Takes the next field of an object. False: it has none. */
static bool take_field(const char **at, struct rowtext *ret_name, struct rowtext *ret_value)
{
    const char *name = *at + 1;
    const char *behind = **at && strchr("{,", **at) && *name == '"' ? skip_string(name) : NULL;
    const char *end = behind && *behind == ':' ? skip_value(behind + 1) : NULL;
    if (!end)
        return false;
    *ret_name = (struct rowtext){name + 1, (size_t)(behind - name) - 2};
    *ret_value = (struct rowtext){behind + 1, (size_t)(end - behind) - 1};
    *at = end;
    return true;
}

static bool put_field(struct buf *to, const char *name, size_t len, struct rowtext value)
{
    return put(to, to->len ? "," : "{", 1) && put(to, "\"", 1) && put(to, name, len) &&
           put(to, "\":", 2) && put_piece(to, value);
}

/* The sizes of the picture that is stored, as text. */
struct stored {
    char width[24], height[24];
};

static bool find_stored(const char *line, bool is_thumb, struct stored *ret)
{
    yajl_val tree = manifest_tree_parse(line);
    yajl_val thumbs = manifest_tree_get(tree, "thumbs", yajl_t_array), of = tree;
    if (is_thumb)
        of = thumbs && thumbs->u.array.len ? thumbs->u.array.values[0] : NULL;
    int64_t width = manifest_tree_number(of, "width"), height = manifest_tree_number(of, "height");
    snprintf(ret->width, sizeof ret->width, "%" PRId64, width);
    snprintf(ret->height, sizeof ret->height, "%" PRId64, height);
    yajl_tree_free(tree);
    return width >= 0 && height >= 0;
}

static struct rowtext text_of(const char *text)
{
    return (struct rowtext){text, strlen(text)};
}

/* `said`: the values of width and height in the row, which the sidecar has under other names. */
static bool put_sizes(struct buf *to, const struct stored *stored, const struct rowtext said[2])
{
    static const char *const names[] = {"width", "height", "original_width", "original_height"};
    const struct rowtext values[] = {
        text_of(stored->width), text_of(stored->height), said[0], said[1]};
    for (int i = 0; i < 4; i++)
        if (!put_field(to, names[i], strlen(names[i]), values[i]))
            return false;
    return true;
}

bool rowtext_sidecar(const char *line, bool is_thumb, struct buf *ret)
{
    struct rowtext name, value, said[2] = {{0}};
    struct stored stored;
    bool good = find_stored(line, is_thumb, &stored);
    while (good && take_field(&line, &name, &value)) {
        const struct row_field_info *field = row_field_find(name.at, name.len);
        if (field == &row_fields[ROW_WIDTH])
            said[0] = value;
        else if (field == &row_fields[ROW_HEIGHT] && said[0].at)
            good = put_sizes(ret, &stored, (struct rowtext[]){said[0], value});
        else if (!field || field->where != ROW_VARIES)
            good = put_field(ret, name.at, name.len, value);
    }
    return good && !strcmp(line, "}") && put(ret, "}", 1);
}
