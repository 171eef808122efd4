#include "cmd/imgfetch/options/config.h"

#include "base/buf.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLANK " \t\r"
#define SEPARATORS BLANK "=:"
#define BYTE_ORDER_MARK "\xef\xbb\xbf"

/* ---- a line ---- */

/* The character that a backslash and this character mean. */
static char escaped(char c)
{
    static const char letters[] = "tnrv", meanings[] = "\t\n\r\v";
    const char *at = strchr(letters, c);
    return at ? meanings[at - letters] : c;
}

/* Unquotes in place. Returns the text after the closing quote; NULL: there is none. */
static char *unquote(char *text)
{
    char *out = text, *in = text + 1;
    for (; *in && *in != '"'; in++) {
        if (*in == '\\' && in[1])
            *out++ = escaped(*++in);
        else
            *out++ = *in;
    }
    if (!*in)
        return NULL;
    *out = '\0';
    return in + 1;
}

static bool is_rest(const char *text)
{
    text += strspn(text, BLANK);
    return !*text || *text == '#';
}

/* Finds the end of the value. Returns NULL, or what is wrong with it. */
static const char *end_value(char *value)
{
    char *end;
    if (*value == '"') {
        end = unquote(value);
        if (!end)
            return "a quote is not closed";
        return is_rest(end) ? NULL : "text after the closing quote";
    }
    end = value + strcspn(value, BLANK);
    if (!is_rest(end))
        return "a value with white space needs double quotes";
    *end = '\0';
    return NULL;
}

/* Reads one line, without its line end; writes to it. */
static const char *read_line(char *line, const char *where, struct settings *ret)
{
    char *name = line + strspn(line, BLANK), *end;
    if (is_rest(name))
        return NULL;
    if (!strncmp(name, "--", 2))
        name += 2;
    else if (*name == '-')
        return "a file may contain only long options";
    end = name + strcspn(name, SEPARATORS);
    if (end == name)
        return "there is no option on this line";
    if (is_rest(end)) {
        *end = '\0';
        settings_add(ret, name, NULL, where);
        return NULL;
    }
    char *value = end + strspn(end, SEPARATORS);
    bool empty = !*value; /* no value at all; "" in quotes is one */
    const char *why = end_value(value);
    *end = '\0';
    if (!why)
        settings_add(ret, name, empty ? NULL : value, where);
    return why;
}

/* ---- a file ---- */

static char *join(const char *a, const char *b)
{
    size_t size = strlen(a) + strlen(b) + 1;
    char *text = mem_new(size);
    snprintf(text, size, "%s%s", a, b);
    return text;
}

/* Reads the whole file, and adds a NUL. Nowhere else are copies left: it may contain passwords. */
static const char *read_all(int fd, struct buf *ret)
{
    ssize_t n;
    if (!buf_reserve(ret, CONFIG_MAX_SIZE + 1))
        return "out of memory";
    while ((n = read(fd, ret->data + ret->len, ret->cap - ret->len)) > 0) {
        ret->len += (size_t)n;
        if (ret->len > CONFIG_MAX_SIZE)
            return "the file is larger than 1 MB";
    }
    if (n < 0)
        return strerror(errno);
    ret->data[ret->len++] = '\0';
    return NULL;
}

/* Reads all lines. `text` ends with a NUL and is written to. */
static const char *read_lines(
    char *text, size_t len, const char *file, struct settings *ret, char **ret_where)
{
    const char *why = NULL;
    if (strlen(text) != len) {
        *ret_where = mem_dup(file);
        return "not a text file: it contains a NUL byte";
    }
    if (!strncmp(text, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK)))
        text += strlen(BYTE_ORDER_MARK);
    for (unsigned number = 1; text && !why; number++) {
        char line_number[16], *line = strsep(&text, "\n");
        snprintf(line_number, sizeof line_number, ":%u", number);
        char *where = join(file, line_number);
        why = read_line(line, where, ret);
        if (why)
            *ret_where = where;
        else
            free(where);
    }
    return why;
}

static const char *read_from(int fd, const char *file, struct settings *ret, char **ret_where)
{
    struct buf text = {0};
    const char *why = read_all(fd, &text);
    if (why)
        *ret_where = mem_dup(file);
    else
        why = read_lines((char *)text.data, text.len - 1, file, ret, ret_where);
    if (text.data)
        explicit_bzero(text.data, text.len);
    buf_fini(&text);
    return why;
}

static const char *read_path(
    const char *path, bool may_be_missing, struct settings *ret, char **ret_where)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && may_be_missing && (errno == ENOENT || errno == ENOTDIR))
        return NULL;
    if (fd < 0) {
        *ret_where = mem_dup(path);
        return strerror(errno);
    }
    const char *why = read_from(fd, path, ret, ret_where);
    close(fd);
    return why;
}

const char *config_read(const char *path, struct settings *ret, char **ret_where)
{
    if (!strcmp(path, "-"))
        return read_from(STDIN_FILENO, "standard input", ret, ret_where);
    return read_path(path, false, ret, ret_where);
}

/* XDG Base Directory Specification: a path that is not absolute is ignored. */
static char *default_path(void)
{
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    if (config && *config == '/')
        return join(config, "/imgfetch/config");
    return home && *home == '/' ? join(home, "/.config/imgfetch/config") : NULL;
}

static const char *read_default(struct settings *ret, char **ret_where)
{
    char *path = default_path();
    const char *why = path ? read_path(path, true, ret, ret_where) : NULL;
    free(path);
    return why;
}

const char *config_read_all(const struct settings *typed, struct settings *ret, char **ret_where)
{
    const char *why = NULL;
    bool named = false;
    for (size_t i = 0; i < typed->n && !why; i++) {
        const struct setting *s = &typed->at[i];
        if (strcmp(s->name, "config") != 0)
            continue;
        named = true;
        if (*s->value)
            why = config_read(s->value, ret, ret_where);
    }
    return named ? why : read_default(ret, ret_where);
}
