#include "input/liststream.h"

#include "base/mem.h"
#include "input/listparquet.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

enum { CHUNK = 64 * 1024 };

enum packing { PLAIN, GZIP, ZSTD };

struct liststream {
    void (*on_wait)(void *arg);
    void *on_wait_arg;
    const char *name; /* of the open file */
    int fd;           /* -1: none is open */
    int status_fd;    /* of rows: tells how they end; -1: the file itself is read */
    int stop_fd;      /* an eventfd, readable once interrupted */

    uint8_t in[CHUNK]; /* as read; in[in_at..in_len) is still to be used */
    size_t in_at, in_len;
    bool in_ended;
    uint64_t n_read; /* bytes of the open file */

    enum packing packing;
    bool member_ended; /* between two gzip members or zstd frames */
    bool out_was_full; /* there may be more to come from what was read */
    z_stream gzip;
    ZSTD_DStream *zstd; /* made at first use */
    uint8_t out[CHUNK];
    char message[LISTSTREAM_MESSAGE_SIZE];
};

enum liststream_status liststream_fail(struct liststream *s, const char *why)
{
    snprintf(s->message, sizeof s->message, "%s: %s", s->name, why);
    return LISTSTREAM_ERROR;
}

enum liststream_status liststream_fail_at(struct liststream *s, const char *path, const char *why)
{
    s->name = path;
    return liststream_fail(s, why);
}

/* Waits until the file is readable. False: the list was interrupted. */
static bool wait_readable(struct liststream *s)
{
    struct pollfd p[2] = {{.fd = s->stop_fd, .events = POLLIN}, {.fd = s->fd, .events = POLLIN}};
    while (poll(p, 2, -1) < 0 && errno == EINTR)
        ;
    return !p[0].revents;
}

/* The rows have ended: have all come? */
static enum liststream_status end_rows(struct liststream *s)
{
    char why[LISTPARQUET_WHY_SIZE];
    enum listparquet_status status =
        listparquet_ending(s->status_fd, s->stop_fd, LISTPARQUET_NOT_READ, why);
    if (status == LISTPARQUET_OK)
        return LISTSTREAM_OK;
    return status == LISTPARQUET_INTERRUPTED ? LISTSTREAM_INTERRUPTED : liststream_fail(s, why);
}

/* Reads and appends to in[0..in_len). */
static enum liststream_status read_more(struct liststream *s)
{
    if (s->on_wait)
        s->on_wait(s->on_wait_arg);
    if (!wait_readable(s))
        return LISTSTREAM_INTERRUPTED;
    ssize_t n;
    while ((n = read(s->fd, s->in + s->in_len, sizeof s->in - s->in_len)) < 0 &&
           (errno == EINTR || errno == EAGAIN))
        if (!wait_readable(s))
            return LISTSTREAM_INTERRUPTED;
    if (n < 0)
        return liststream_fail(s, strerror(errno));
    s->in_len += (size_t)n;
    s->n_read += (uint64_t)n;
    s->in_ended = n == 0;
    return s->in_ended && s->status_fd >= 0 ? end_rows(s) : LISTSTREAM_OK;
}

static const struct {
    enum packing packing;
    unsigned len;
    uint8_t magic[4];
} packings[] = {
    {GZIP, 2, {0x1f, 0x8b}},             /* RFC 1952, 2.3.1: ID1, ID2 */
    {ZSTD, 4, {0x28, 0xb5, 0x2f, 0xfd}}, /* RFC 8878, 3.1.1 */
};

/* A pipe may return fewer bytes than a magic number has. Then more are read, but only while the
 * bytes so far match one. */
static enum liststream_status recognise(struct liststream *s)
{
    s->packing = PLAIN;
    for (size_t i = 0; i < sizeof packings / sizeof *packings;) {
        size_t len = s->in_len < packings[i].len ? s->in_len : packings[i].len;
        bool fits = !memcmp(s->in, packings[i].magic, len);
        if (!fits || s->in_ended) {
            i++;
        } else if (len < packings[i].len) {
            enum liststream_status status = read_more(s);
            if (status != LISTSTREAM_OK)
                return status;
        } else {
            s->packing = packings[i].packing;
            return LISTSTREAM_OK;
        }
    }
    return LISTSTREAM_OK;
}

static void close_file(struct liststream *s)
{
    if (s->packing == GZIP)
        inflateEnd(&s->gzip);
    s->packing = PLAIN;
    if (s->fd >= 0)
        close(s->fd);
    if (s->status_fd >= 0)
        close(s->status_fd);
    s->fd = s->status_fd = -1;
}

static void begin_file(struct liststream *s, const char *path, int fd)
{
    s->name = !strcmp(path, "-") ? "standard input" : path;
    s->fd = fd;
    s->in_at = s->in_len = 0;
    s->n_read = 0;
    s->in_ended = s->member_ended = s->out_was_full = false;
}

void liststream_open_rows(struct liststream *s, const char *path, const int pipes[2])
{
    close_file(s);
    begin_file(s, path, pipes[0]);
    s->status_fd = pipes[1];
}

enum liststream_status liststream_open(struct liststream *s, const char *path)
{
    close_file(s);
    bool is_stdin = !strcmp(path, "-");
    /* Non-blocking, so that open(2) of a pipe without a writer does not block, and the wait can
     * be interrupted. */
    begin_file(s, path,
        is_stdin ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
    if (s->fd < 0)
        return liststream_fail(s, strerror(errno));
    enum liststream_status status = read_more(s);
    if (status == LISTSTREAM_OK)
        status = recognise(s);
    if (status != LISTSTREAM_OK)
        return status;
    if (s->packing == GZIP) {
        s->gzip = (z_stream){0};
        if (inflateInit2(&s->gzip, 15 + 16) != Z_OK) /* zlib.h: gzip only */
            abort();
    } else if (s->packing == ZSTD) {
        if (!s->zstd && !(s->zstd = ZSTD_createDStream()))
            abort();
        ZSTD_initDStream(s->zstd);
    }
    return LISTSTREAM_OK;
}

/* The next two functions decompress one step from in[] to out[]. */
static enum liststream_status inflate_gzip(struct liststream *s, size_t *ret_len)
{
    if (s->member_ended)
        inflateReset(&s->gzip);
    s->gzip.next_in = s->in + s->in_at;
    s->gzip.avail_in = (uInt)(s->in_len - s->in_at);
    s->gzip.next_out = s->out;
    s->gzip.avail_out = sizeof s->out;
    int code = inflate(&s->gzip, Z_NO_FLUSH);
    if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
        return liststream_fail(s, s->gzip.msg ? s->gzip.msg : "broken gzip data");
    s->in_at = s->in_len - s->gzip.avail_in;
    s->member_ended = code == Z_STREAM_END;
    *ret_len = sizeof s->out - s->gzip.avail_out;
    return LISTSTREAM_OK;
}

static enum liststream_status inflate_zstd(struct liststream *s, size_t *ret_len)
{
    ZSTD_inBuffer in = {s->in, s->in_len, s->in_at};
    ZSTD_outBuffer out = {s->out, sizeof s->out, 0};
    size_t code = ZSTD_decompressStream(s->zstd, &out, &in);
    if (ZSTD_isError(code))
        return liststream_fail(s, ZSTD_getErrorName(code));
    s->in_at = in.pos;
    s->member_ended = code == 0; /* zstd.h: the frame is decoded and flushed in full */
    *ret_len = out.pos;
    return LISTSTREAM_OK;
}

/* Decompresses until there is output. Leaves *ret_len at 0 when more input is needed. */
static enum liststream_status inflate_some(struct liststream *s, size_t *ret_len)
{
    enum liststream_status status = LISTSTREAM_OK;
    *ret_len = 0;
    while (status == LISTSTREAM_OK && !*ret_len && (s->in_at < s->in_len || s->out_was_full)) {
        status = s->packing == GZIP ? inflate_gzip(s, ret_len) : inflate_zstd(s, ret_len);
        s->out_was_full = *ret_len == sizeof s->out && !s->member_ended;
    }
    return status;
}

enum liststream_status liststream_read(struct liststream *s, const char **ret, size_t *ret_len)
{
    enum liststream_status status;
    for (;;) {
        if (s->packing != PLAIN) {
            status = inflate_some(s, ret_len);
            *ret = (const char *)s->out;
        } else {
            status = LISTSTREAM_OK;
            *ret = (const char *)s->in + s->in_at;
            *ret_len = s->in_len - s->in_at;
            s->in_at = s->in_len;
        }
        if (status != LISTSTREAM_OK || *ret_len)
            return status;
        if (s->in_ended && s->packing != PLAIN && !s->member_ended)
            return liststream_fail(s, "the compressed data ends early");
        if (s->in_ended)
            return LISTSTREAM_END;
        s->in_at = s->in_len = 0;
        status = read_more(s);
        if (status != LISTSTREAM_OK)
            return status;
    }
}

struct liststream *liststream_new(void (*on_wait)(void *arg), void *arg)
{
    int stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (stop_fd < 0)
        return NULL;
    struct liststream *s = mem_new(sizeof *s);
    s->on_wait = on_wait;
    s->on_wait_arg = arg;
    s->fd = s->status_fd = -1;
    s->stop_fd = stop_fd;
    return s;
}

uint64_t liststream_taken(const struct liststream *s)
{
    return s->n_read - (s->in_len - s->in_at);
}

bool liststream_would_wait(const struct liststream *s)
{
    struct pollfd p = {.fd = s->fd, .events = POLLIN};
    bool has_bytes = s->in_at < s->in_len || s->out_was_full || s->in_ended;
    return !has_bytes && poll(&p, 1, 0) == 0;
}

int liststream_stop(const struct liststream *s)
{
    return s->stop_fd;
}

const char *liststream_unpacker(const struct liststream *s)
{
    static const char *const commands[] = {[GZIP] = "gzip -dc", [ZSTD] = "zstd -dc"};
    return commands[s->packing];
}

const char *liststream_name(const struct liststream *s)
{
    return s->name;
}

const char *liststream_error(const struct liststream *s)
{
    return s->message;
}

void liststream_interrupt(struct liststream *s)
{
    uint64_t one = 1;
    ssize_t ignored = write(s->stop_fd, &one, sizeof one); /* fails only when already set */
    (void)ignored;
}

void liststream_free(struct liststream *s)
{
    if (!s)
        return;
    close_file(s);
    ZSTD_freeDStream(s->zstd);
    close(s->stop_fd);
    free(s);
}
