#include "input/listtext.h"
#include "base/fuzz.h"
#include "base/utf8.h"

#include <iconv.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { OUT_MAX = 1 << 24, ENCODED_MAX = 1 << 21 };

/* UTF-8, but for the byte that stands for malformed ones. */
static void expect_utf8(const char *text, size_t len)
{
    for (size_t i = 0, n; i < len; i += n) {
        n = (unsigned char)text[i] == 0xff ? 1 : utf8_length(text + i, len - i);
        fuzz_expect(n);
    }
}

/* Reads the file, of which some is read ahead. Returns its text: free() it; NULL: it is refused. */
static char *read_text(int fd, const char *encoding, unsigned ahead, size_t *ret_len)
{
    char path[40], *all = NULL;
    const char *text;
    size_t len;
    struct listtext *t = listtext_new(encoding, NULL, NULL);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    enum liststream_status status = listtext_open(t, path);
    FILE *out = status == LISTSTREAM_OK ? open_memstream(&all, ret_len) : NULL;
    fuzz_expect(out || status == LISTSTREAM_REFUSED || status == LISTSTREAM_ERROR);
    fuzz_expect(status != LISTSTREAM_REFUSED || listtext_kind(t)->what);
    for (unsigned i = 0; out && i < ahead; i++)
        (void)listtext_more(t);
    size_t total = 0;
    while (out && total < OUT_MAX && listtext_read(t, &text, &len) == LISTSTREAM_OK) {
        fuzz_expect(len > 0 && fwrite(text, 1, len, out) == len);
        total += len;
    }
    if (out)
        fclose(out);
    listtext_free(t);
    return all;
}

static void read_in(int fd, const char *encoding, bool is_other)
{
    size_t len, len2;
    char *text = read_text(fd, encoding, 0, &len), *text2 = read_text(fd, encoding, 2, &len2);
    fuzz_expect(!text == !text2);
    if (text) {
        fuzz_expect(len == len2 && !memcmp(text, text2, len));
        if (is_other)
            expect_utf8(text, len);
    }
    free(text);
    free(text2);
}

/* What iconv(3) has encoded comes out as it went in. */
static void read_back(
    const char *text, size_t len, const char *encoding, const char *mark, size_t mark_len)
{
    static char encoded[ENCODED_MAX];
    iconv_t converter = iconv_open(encoding, "UTF-8");
    char *from = (char *)(uintptr_t)text, *to = encoded;
    size_t left = len, room = sizeof encoded, out_len;
    fuzz_expect(iconv(converter, &from, &left, &to, &room) == 0 && !left);
    iconv_close(converter);
    int fd = memfd_create("list", MFD_CLOEXEC);
    fuzz_expect(write(fd, mark, mark_len) == (ssize_t)mark_len);
    fuzz_expect(write(fd, encoded, sizeof encoded - room) == (ssize_t)(sizeof encoded - room));
    char *out = read_text(fd, "latin1", 1, &out_len);
    fuzz_expect(out && out_len == len && !memcmp(out, text, len));
    free(out);
    close(fd);
}

static void look(const uint8_t *data, size_t len)
{
    const struct listkind *kind, *longer;
    char message[200];
    size_t most = len < LISTKIND_BYTES ? len : LISTKIND_BYTES;
    for (size_t n = 0; n <= most; n += 1 + n / 8) {
        enum listkind_verdict verdict = listkind_of_bytes(data, n, false, &kind);
        fuzz_expect(n < LISTKIND_BYTES || verdict != LISTKIND_UNCLEAR);
        if (verdict == LISTKIND_OTHER) {
            fuzz_expect(listkind_of_bytes(data, len, true, &longer) == LISTKIND_OTHER);
            listkind_tell(
                kind, &(struct listkind_file){"a", "a", NULL, NULL}, message, sizeof message);
        }
        verdict = listkind_of_text((const char *)data, n, false, n % 2, &kind);
        fuzz_expect(n < LISTKIND_BYTES || verdict != LISTKIND_UNCLEAR);
    }
    fuzz_expect(listkind_of_bytes(data, len, true, &kind) != LISTKIND_UNCLEAR);
    fuzz_expect(listkind_of_text((const char *)data, len, true, false, &kind) != LISTKIND_UNCLEAR);
}

/* The first byte chooses the encodings. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const char *const encodings[] = {"utf-16le", "utf-16", "utf-32be", "latin1", "shift_jis",
        "utf-7", "big5-hkscs", "iso-2022-jp"};
    if (!len)
        return 0;
    const char *encoding = encodings[*data % 8];
    bool is_long = *data & 8 && len < 10000;
    data++, len--;
    look(data, len);
    int fd = memfd_create("list", MFD_CLOEXEC);
    for (int i = is_long ? 20 : 1; i > 0; i--) /* across chunks */
        fuzz_expect(write(fd, data, len) == (ssize_t)len);
    read_in(fd, NULL, false);
    bool is_marked = len >= 3 && !memcmp(data, "\xef\xbb\xbf", 3);
    if (listtext_knows(encoding))
        read_in(fd, encoding, !is_marked);
    close(fd);
    char *clean = utf8_clean((const char *)data, len);
    read_back(clean, strlen(clean), "UTF-16LE", "\xff\xfe", 2);
    read_back(clean, strlen(clean), "UTF-32BE", "\0\0\xfe\xff", 4);
    free(clean);
    return 0;
}
