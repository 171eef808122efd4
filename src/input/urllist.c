#include "input/urllist.h"

#include "base/mem.h"
#include "input/url.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { CHUNK = 64 * 1024, LINE_MAX_KEPT = URL_MAX + 1 };

struct urllist {
    const char *const *paths;
    size_t n_paths, next_path;
    void (*on_wait)(void *arg);
    void *on_wait_arg;
    const char *name; /* of the open file */
    int fd;           /* -1: none is open */
    int stop_fd;      /* an eventfd, readable once interrupted */

    bool is_gzip, stream_ended; /* stream_ended: between two gzip members */
    z_stream z;
    uint8_t in[CHUNK]; /* as read; in[in_at..in_len) is still to be used */
    size_t in_at, in_len;
    bool in_ended;

    uint8_t inflated[CHUNK];
    const uint8_t *text; /* text[at..len) is still to be cut into lines */
    size_t at, len;

    char line[LINE_MAX_KEPT];
    size_t line_len;
    uint64_t number;
    char message[URLLIST_MESSAGE_SIZE];
};

static bool fail(struct urllist *l, const char *what)
{
    snprintf(l->message, sizeof l->message, "%s: %s", l->name, what);
    return false;
}

/* Waits until the file has something, or the list is interrupted (false). */
static bool wait_readable(struct urllist *l)
{
    struct pollfd p[2] = {{.fd = l->stop_fd, .events = POLLIN}, {.fd = l->fd, .events = POLLIN}};
    while (poll(p, 2, -1) < 0 && errno == EINTR)
        ;
    return !p[0].revents;
}

/* Fills in[]. False: an error, or interrupted (then there is no message). */
static bool read_more(struct urllist *l)
{
    if (l->on_wait)
        l->on_wait(l->on_wait_arg);
    if (!wait_readable(l))
        return false;
    ssize_t n;
    while ((n = read(l->fd, l->in, sizeof l->in)) < 0 && (errno == EINTR || errno == EAGAIN))
        if (!wait_readable(l))
            return false;
    if (n < 0)
        return fail(l, strerror(errno));
    l->in_at = 0;
    l->in_len = (size_t)n;
    l->in_ended = n == 0;
    return true;
}

static bool open_next(struct urllist *l)
{
    l->name = l->paths[l->next_path++];
    bool is_stdin = !strcmp(l->name, "-");
    /* Not blocking, so that open(2) of a pipe that nobody writes to can be interrupted, too. */
    l->fd =
        is_stdin ? dup(STDIN_FILENO) : open(l->name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (is_stdin)
        l->name = "standard input";
    if (l->fd < 0)
        return fail(l, strerror(errno));
    l->number = 0;
    l->at = l->len = 0;
    l->in_ended = false;
    if (!read_more(l))
        return false;
    /* RFC 1952: ID1, ID2 */
    l->is_gzip = l->in_len >= 2 && l->in[0] == 0x1f && l->in[1] == 0x8b;
    l->stream_ended = false;
    if (l->is_gzip) {
        l->z = (z_stream){0};
        if (inflateInit2(&l->z, 15 + 16) != Z_OK)
            abort();
    }
    return true;
}

static void close_file(struct urllist *l)
{
    if (l->is_gzip)
        inflateEnd(&l->z);
    l->is_gzip = false;
    if (l->fd >= 0)
        close(l->fd);
    l->fd = -1;
}

/* One step of inflating in[] into text. A gzip file may have several members. */
static bool inflate_some(struct urllist *l)
{
    if (l->stream_ended) {
        inflateReset(&l->z);
        l->stream_ended = false;
    }
    l->z.next_in = l->in + l->in_at;
    l->z.avail_in = (uInt)(l->in_len - l->in_at);
    l->z.next_out = l->inflated;
    l->z.avail_out = sizeof l->inflated;
    int code = inflate(&l->z, Z_NO_FLUSH);
    if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
        return fail(l, l->z.msg ? l->z.msg : "broken gzip data");
    l->in_at = l->in_len - l->z.avail_in;
    l->stream_ended = code == Z_STREAM_END;
    l->text = l->inflated;
    l->at = 0;
    l->len = sizeof l->inflated - l->z.avail_out;
    return true;
}

/* Puts the next bytes into text; leaves it empty at the end of the file. */
static bool fill(struct urllist *l)
{
    l->at = l->len = 0;
    while (l->len == 0) {
        if (l->in_at == l->in_len && !l->in_ended && !read_more(l))
            return false;
        if (l->in_ended) {
            if (l->is_gzip && !l->stream_ended)
                return fail(l, "the gzip data ends early");
            return true;
        }
        if (l->is_gzip) {
            if (!inflate_some(l))
                return false;
        } else {
            l->text = l->in;
            l->at = l->in_at;
            l->len = l->in_len;
            l->in_at = l->in_len;
        }
    }
    return true;
}

/* Collects bytes up to the next line end. *ended: there was none, the file is over. */
static bool read_line(struct urllist *l, bool *ended)
{
    l->line_len = 0;
    *ended = false;
    for (;;) {
        if (l->at == l->len && !fill(l))
            return false;
        if (l->at == l->len) {
            *ended = true;
            return true;
        }
        const uint8_t *from = l->text + l->at;
        size_t left = l->len - l->at;
        const uint8_t *newline = memchr(from, '\n', left);
        size_t n = newline ? (size_t)(newline - from) : left;
        size_t keep = n < LINE_MAX_KEPT - l->line_len ? n : LINE_MAX_KEPT - l->line_len;
        memcpy(l->line + l->line_len, from, keep);
        l->line_len += keep;
        l->at += n + (newline != NULL);
        if (newline)
            return true;
    }
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

/* Drops the byte order mark and white space. False: nothing to fetch in this line. */
static bool trim(struct urllist *l, struct urllist_line *ret)
{
    const char *text = l->line;
    size_t len = l->line_len;
    bool overlong = len == LINE_MAX_KEPT;
    if (l->number == 1 && len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3))
        text += 3, len -= 3;
    while (len && is_blank(text[0]))
        text++, len--;
    while (len && is_blank(text[len - 1]))
        len--;
    if (overlong)
        text = l->line, len = LINE_MAX_KEPT;
    *ret = (struct urllist_line){.text = text, .len = len, .number = l->number};
    return len > 0 && text[0] != '#';
}

enum urllist_answer urllist_next(struct urllist *l, struct urllist_line *ret)
{
    for (;;) {
        if (l->message[0])
            return URLLIST_ERROR;
        if (l->fd < 0) {
            if (l->next_path == l->n_paths)
                return URLLIST_END;
            if (!open_next(l))
                goto stopped;
        }
        bool ended;
        if (!read_line(l, &ended))
            goto stopped;
        l->number++;
        bool wanted = trim(l, ret);
        if (ended)
            close_file(l);
        if (wanted)
            return URLLIST_LINE;
    }
stopped:
    return l->message[0] ? URLLIST_ERROR : URLLIST_INTERRUPTED;
}

/* A list that is missing is told at once, not hours into the run. */
static bool can_be_read(const char *path)
{
    struct stat st;
    if (!strcmp(path, "-"))
        return true;
    if (access(path, R_OK) || stat(path, &st))
        return false;
    if (S_ISDIR(st.st_mode))
        errno = EISDIR;
    return !S_ISDIR(st.st_mode);
}

struct urllist *urllist_open(
    const char *const *paths, size_t n, void (*on_wait)(void *arg), void *arg, char *message)
{
    for (size_t i = 0; i < n; i++)
        if (!can_be_read(paths[i])) {
            snprintf(message, URLLIST_MESSAGE_SIZE, "%s: %s", paths[i], strerror(errno));
            return NULL;
        }
    struct urllist *l = mem_new(sizeof *l);
    l->paths = paths;
    l->n_paths = n;
    l->on_wait = on_wait;
    l->on_wait_arg = arg;
    l->fd = -1;
    l->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (l->stop_fd < 0) {
        snprintf(message, URLLIST_MESSAGE_SIZE, "%s", strerror(errno));
        urllist_free(l);
        return NULL;
    }
    return l;
}

const char *urllist_error(const struct urllist *l)
{
    return l->message;
}

void urllist_interrupt(struct urllist *l)
{
    uint64_t one = 1;
    ssize_t ignored = write(l->stop_fd, &one, sizeof one); /* fails only when already set */
    (void)ignored;
}

void urllist_free(struct urllist *l)
{
    if (!l)
        return;
    close_file(l);
    if (l->stop_fd >= 0)
        close(l->stop_fd);
    free(l);
}
