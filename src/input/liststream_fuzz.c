#include "input/liststream.h"
#include "base/fuzz.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

enum { OUT_MAX = 1 << 24, ROOM = 1 << 17 };

/* Reads a file; `whole` (may be NULL): what must come out of it. */
static void expect_stream(int fd, const uint8_t *whole, size_t whole_len)
{
    char path[40];
    const char *bytes;
    size_t len, total = 0;
    enum liststream_status status;
    struct liststream *s = liststream_new(NULL, NULL);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    fuzz_expect(s && liststream_open(s, path) == LISTSTREAM_OK);
    while ((status = liststream_read(s, &bytes, &len)) == LISTSTREAM_OK && total < OUT_MAX) {
        fuzz_expect(len > 0);
        if (whole)
            fuzz_expect(total + len <= whole_len && !memcmp(bytes, whole + total, len));
        total += len;
    }
    fuzz_expect(total >= OUT_MAX || status == LISTSTREAM_END || status == LISTSTREAM_ERROR);
    if (status == LISTSTREAM_ERROR)
        fuzz_expect(!strncmp(liststream_error(s), path, strlen(path)));
    if (whole)
        fuzz_expect(status == LISTSTREAM_END && total == whole_len);
    liststream_free(s);
}

static void put(int fd, const void *bytes, size_t len)
{
    fuzz_expect(write(fd, bytes, len) == (ssize_t)len);
}

static void put_gzip(int fd, const struct fuzz_part *part)
{
    static uint8_t out[ROOM];
    z_stream z = {.next_in = (uint8_t *)(uintptr_t)part->bytes, .avail_in = (unsigned)part->len};
    enum { GZIP = 16, MEMORY = 8 };
    fuzz_expect(!deflateInit2(&z, part->kind % 10, Z_DEFLATED, MAX_WBITS + GZIP, MEMORY, 0));
    z.next_out = out;
    z.avail_out = sizeof out;
    fuzz_expect(deflate(&z, Z_FINISH) == Z_STREAM_END);
    put(fd, out, sizeof out - z.avail_out);
    deflateEnd(&z);
}

static void put_zstd(int fd, const struct fuzz_part *part)
{
    static uint8_t out[ROOM];
    size_t len = ZSTD_compress(out, sizeof out, part->bytes, part->len, part->kind % 8);
    fuzz_expect(!ZSTD_isError(len));
    put(fd, out, len);
}

/* The parts, each compressed as a member or frame of its own. */
static void read_back(const uint8_t *data, size_t left, void (*pack)(int, const struct fuzz_part *))
{
    int fd = memfd_create("packed", MFD_CLOEXEC);
    struct fuzz_part part;
    uint8_t *whole = malloc(left + 1);
    size_t len = 0;
    fuzz_expect(fd >= 0 && whole);
    while (fuzz_next(&data, &left, &part)) {
        pack(fd, &part);
        memcpy(whole + len, part.bytes, part.len);
        len += part.len;
    }
    expect_stream(fd, whole, len);
    free(whole);
    close(fd);
}

/* Reads the bytes as they are, and as what must come out of gzip and zstd. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    int fd = memfd_create("list", MFD_CLOEXEC);
    fuzz_expect(fd >= 0);
    put(fd, data, len);
    expect_stream(fd, NULL, 0);
    close(fd);
    read_back(data, len, put_gzip);
    read_back(data, len, put_zstd);
    return 0;
}
