#include "store/name.h"
#include "base/nearest.h"
#include "store/name_text.h"

#include <stdio.h>
#include <string.h>

enum { TEXT_MAX = 100 /* bytes of template text in one part; the rest is for values */ };

const char *const name_fields[] = {"key", "index", "host", "basename", "sha256", NULL};
_Static_assert(NAME_HASH - NAME_KEY == 4 && NAME_COLUMN == NAME_HASH + 1, "as in enum name_kind");

static bool is_name(const char *text, size_t len, const char *name)
{
    return strlen(name) == len && !memcmp(text, name, len);
}

/* Parses the name of a field: "host" and the like, or a column that is read. */
static bool parse_field(
    const char *text, size_t len, const struct columns *columns, struct name_piece *ret)
{
    for (int kind = NAME_KEY; kind <= NAME_HASH; kind++)
        if (is_name(text, len, name_fields[kind - NAME_KEY])) {
            ret->kind = (enum name_kind)kind;
            return true;
        }
    ret->kind = NAME_COLUMN;
    for (unsigned i = COLUMN_CAPTION; i < columns->n; i++) {
        const struct column *c = &columns->at[i];
        struct span field = columns_field(columns, i);
        bool is_it = field.at && field.len == len && !memcmp(field.at, text, len);
        if (i == COLUMN_CAPTION && c->name)
            is_it = is_it || is_name(text, len, "caption");
        ret->column = i;
        if (is_it && (i == COLUMN_CAPTION || i >= COLUMN_KEPT))
            return true;
    }
    return false;
}

/* The text about a field that is unknown. */
static void refuse_field(const char *text, size_t len, const struct columns *columns, char *message)
{
    struct nearest n;
    nearest_begin(&n, (struct span){text, len});
    for (int kind = NAME_KEY; kind <= NAME_HASH; kind++)
        nearest_try(&n, span_of(name_fields[kind - NAME_KEY]));
    for (unsigned i = COLUMN_KEPT; i < columns->n; i++)
        nearest_try(&n, columns_field(columns, i));
    if (n.word.at && n.word.len < 40)
        snprintf(message, NAME_MESSAGE_SIZE, "unknown field {%.*s}: did you mean {%.*s}?",
            len < 60 ? (int)len : 60, text, (int)n.word.len, n.word.at);
    else
        snprintf(message, NAME_MESSAGE_SIZE,
            "unknown field {%.*s}: known are key, index, host, basename, sha256, and the columns "
            "of --keep-cols and --caption-col",
            len < 40 ? (int)len : 40, text);
}

/* Parses a field, a slash, or text up to the next of these. Returns what follows; NULL: `message`
 * is set. */
static const char *parse_piece(
    const char *at, const struct columns *columns, struct name_piece *ret, char *message)
{
    *ret = (struct name_piece){.kind = NAME_SLASH};
    if (*at == '/')
        return at + 1;
    if (*at == '{') {
        size_t len = strcspn(++at, "}");
        if (at[len] && parse_field(at, len, columns, ret))
            return at + len + 1;
        refuse_field(at, len, columns, message);
        return NULL;
    }
    ret->kind = NAME_TEXT;
    ret->text = at;
    for (size_t n; *at && *at != '/' && *at != '{'; at += n)
        if (*at == '}' || !(n = name_text_is_good(at, strlen(at)))) {
            snprintf(message, NAME_MESSAGE_SIZE,
                "must not contain }, a control character, invalid UTF-8 or any of \\ < > : \" | ? "
                "*");
            return NULL;
        }
    ret->len = (size_t)(at - ret->text);
    return at;
}

/* Says what is wrong with the text of a part. NULL: nothing. */
static const char *check_part(const struct name *name, unsigned begin, unsigned end)
{
    size_t len = 0;
    if (begin == end)
        return "a part of the path is empty";
    const struct name_piece *first = &name->at[begin], *last = &name->at[end - 1];
    if (first->kind == NAME_TEXT && strchr(".- ", first->text[0]))
        return "a part of the path must not begin with a dot, a dash or a space";
    if (last->kind == NAME_TEXT && strchr(". ", last->text[last->len - 1]))
        return "a part of the path must not end with a dot or a space";
    for (unsigned i = begin; i < end; i++)
        len += name->at[i].len;
    return len > TEXT_MAX ? "more than 100 bytes of text in a part of the path" : NULL;
}

static bool all_text(const struct name *name, unsigned begin, unsigned end)
{
    while (begin < end && name->at[begin].kind == NAME_TEXT)
        begin++;
    return begin == end;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* True if this key or index, in the part from begin to end, can be found again in a path. */
static bool is_id(const struct name *name, unsigned i, unsigned begin, unsigned end, bool *ret_left)
{
    const struct name_piece *at = name->at;
    bool is_index = at[i].kind == NAME_INDEX, left = all_text(name, begin, i);
    bool right = all_text(name, i + 1, end);
    if (is_index) { /* its width varies, so something else must end it */
        left =
            left && (i + 1 == end || (at[i + 1].kind == NAME_TEXT && !is_digit(*at[i + 1].text)));
        right = right && (i == begin || (at[i - 1].kind == NAME_TEXT &&
                                            !is_digit(at[i - 1].text[at[i - 1].len - 1])));
    }
    *ret_left = left;
    return (is_index || at[i].kind == NAME_KEY) && (left || right);
}

static bool find_id(struct name *name)
{
    for (unsigned begin = 0, end; begin < name->n; begin = end + 1) {
        end = name_part_end(name, begin);
        for (unsigned i = begin; i < end; i++)
            if (is_id(name, i, begin, end, &name->id_is_from_left)) {
                name->id = i;
                name->has_id = true;
                return true;
            }
    }
    return false;
}

/* What only the flat layout refuses. NULL: nothing. */
static const char *check_flat(struct name *name)
{
    unsigned hashes = 0;
    for (unsigned i = 0; i < name->n; i++) {
        if (name->at[i].kind == NAME_SLASH)
            return "must not contain / with --layout=flat; --layout=files makes folders";
        hashes += name->at[i].kind == NAME_HASH; /* is never cut */
    }
    return hashes > 1 ? "{sha256} is given twice" : NULL;
}

bool name_parse(const char *template, const struct columns *columns, bool is_flat, struct name *ret,
    char *message)
{
    unsigned depth = 0;
    const char *why = *template ? NULL : "must not be empty";
    *ret = (struct name){.is_flat = is_flat};
    for (const char *at = template; *at;) {
        if (ret->n == NAME_PIECES_MAX - 2) { /* two are left for -{key} */
            snprintf(message, NAME_MESSAGE_SIZE, "too many fields");
            return false;
        }
        at = parse_piece(at, columns, &ret->at[ret->n++], message);
        if (!at)
            return false;
    }
    if (ret->n && ret->at[ret->n - 1].kind == NAME_SLASH)
        why = "must not end with a slash";
    if (is_flat && !why)
        why = check_flat(ret);
    for (unsigned begin = 0, end; begin < ret->n && !why; begin = end + 1, depth++) {
        end = name_part_end(ret, begin);
        why = check_part(ret, begin, end);
    }
    if (!why && depth > NAME_DEPTH_MAX)
        why = "more than 3 folders";
    if (why) {
        snprintf(message, NAME_MESSAGE_SIZE, "%s", why);
        return false;
    }
    for (unsigned i = 0; i < ret->n; i++)
        ret->has_hash = ret->has_hash || ret->at[i].kind == NAME_HASH;
    if (!find_id(ret) && !is_flat) {
        ret->at[ret->n++] = (struct name_piece){.kind = NAME_TEXT, .text = "-", .len = 1};
        ret->at[ret->n++] = (struct name_piece){.kind = NAME_KEY};
        find_id(ret);
    }
    return true;
}
