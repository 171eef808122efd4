#include "store/name.h"

#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Parses a number of so many digits; -1: it is not one. */
static int64_t number(const char *text, size_t digits)
{
    int64_t n = 0;
    if (!digits || digits > 18) /* any number of 18 digits fits */
        return -1;
    for (size_t i = 0; i < digits; i++) {
        if (!is_digit(text[i]))
            return -1;
        n = n * 10 + (text[i] - '0');
    }
    return n;
}

/* Skips the template's text from piece `begin` to `end`. False: the path has other text there. */
static bool skip_text(
    const struct name *name, unsigned begin, unsigned end, const char *text, size_t len, size_t *at)
{
    *at = 0;
    for (unsigned i = begin; i < end; *at += name->at[i++].len)
        if (name->at[i].kind != NAME_TEXT || len - *at < name->at[i].len ||
            memcmp(text + *at, name->at[i].text, name->at[i].len) != 0)
            return false;
    return true;
}

/* The digits that identify a row; n is 0 if there are none. */
struct digits {
    const char *at;
    size_t n;
};

/* Finds the digits after the text at the beginning of a part. */
static struct digits find_from_left(
    const struct name *name, unsigned begin, const char *part, size_t len, size_t most)
{
    struct digits ret = {.n = 0};
    size_t at;
    bool is_device = len && *part == '_' && !skip_text(name, begin, name->id, part, len, &at);
    part += is_device;
    len -= is_device;
    if (!skip_text(name, begin, name->id, part, len, &at))
        return ret;
    ret.at = part + at;
    while (at + ret.n < len && is_digit(ret.at[ret.n]) && ret.n < most)
        ret.n++;
    return ret;
}

/* Finds the digits before the text at the end of a part. */
static struct digits find_from_right(
    const struct name *name, unsigned end, const char *part, size_t len, size_t most)
{
    struct digits ret = {.n = 0};
    size_t text = 0, at;
    for (unsigned i = name->id + 1; i < end; i++)
        text += name->at[i].len;
    if (text > len || !skip_text(name, name->id + 1, end, part + len - text, text, &at))
        return ret;
    ret.at = part + len - text;
    while (ret.at > part && is_digit(ret.at[-1]) && ret.n < most) {
        ret.at--;
        ret.n++;
    }
    return ret;
}

static bool has_values(const struct name *name, unsigned begin, unsigned end)
{
    while (begin < end && name->at[begin].kind == NAME_TEXT)
        begin++;
    return begin < end;
}

static struct digits find_digits(const struct name *name, unsigned begin, unsigned end,
    const char *part, size_t len, size_t key_len)
{
    size_t most = name->at[name->id].kind == NAME_KEY ? key_len : SIZE_MAX, at;
    if (!name->id_is_from_left)
        return find_from_right(name, end, part, len, most);
    struct digits ret = find_from_left(name, begin, part, len, most);
    if (!ret.n || has_values(name, name->id + 1, end))
        return ret;
    size_t left = (size_t)(part + len - ret.at) - ret.n;
    if (!skip_text(name, name->id + 1, end, ret.at + ret.n, left, &at) || at != left)
        ret.n = 0;
    return ret;
}

static int64_t position_of(const struct name *name, struct digits found, uint32_t shard,
    uint32_t shard_size, struct job_digits digits)
{
    char first[JOB_KEY_SIZE];
    unsigned width = digits.pos;
    int64_t pos;
    job_key(shard, 0, digits, first);
    size_t key_len = strlen(first);
    if (name->at[name->id].kind == NAME_INDEX)
        pos = number(found.at, found.n) - (int64_t)shard * shard_size;
    else if (found.n != key_len || memcmp(found.at, first, key_len - width) != 0)
        return -1;
    else
        pos = number(found.at + key_len - width, width);
    return pos >= 0 && pos < shard_size ? pos : -1;
}

int64_t name_position(const struct name *name, const char *path, uint32_t shard,
    uint32_t shard_size, struct job_digits key_digits)
{
    static const char part[] = ".part"; /* store/commit.h */
    char key[JOB_KEY_SIZE];
    struct digits digits = {.n = 0};
    size_t path_len = strlen(path), part_len = strlen(part);
    if (path_len > part_len && !strcmp(path + path_len - part_len, part))
        path_len -= part_len;
    job_key(shard, 0, key_digits, key);
    for (unsigned begin = 0, end;; begin = end + 1) {
        end = name_part_end(name, begin);
        bool is_last = end == name->n;
        const char *slash = memchr(path, '/', path_len);
        const char *stop = is_last ? memrchr(path, '.', path_len) : slash;
        if (!stop || (slash != NULL) == is_last)
            return -1; /* no extension, or another depth */
        if (name->id >= begin && name->id < end)
            digits = find_digits(name, begin, end, path, (size_t)(stop - path), strlen(key));
        if (is_last)
            break;
        path_len -= (size_t)(slash + 1 - path);
        path = slash + 1;
    }
    return digits.n ? position_of(name, digits, shard, shard_size, key_digits) : -1;
}
