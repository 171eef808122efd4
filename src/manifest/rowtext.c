#include "manifest/rowtext.h"

#include "manifest/row.h"

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
