#include "image/reader.h"
#include "image/sniff.h"

#include <stddef.h>
#include <strings.h>
#include <zlib.h>

/* Bytes that are looked at. An SVG may begin with long comments: programs put licences there. */
enum { WINDOW = 66 << 10, NAME_SIZE = 16 };

static const struct {
    uint8_t offset, len;
    char bytes[5];
    const char *kind;
} magics[] = {
    {0, 5, "%PDF-", "a PDF document"},
    {0, 4, "PK\3\4", "a ZIP archive"},
    {0, 4, "\x1A\x45\xDF\xA3", "a WebM or Matroska video"},
    {4, 4, "ftyp", "an MP4 video"},
    {0, 4, "RIFF", "a RIFF file that is not WebP"},
    {0, 3, "ID3", "an MP3 sound"},
    {0, 4, "OggS", "an Ogg file"},
};

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static void skip_space(struct reader *r)
{
    while (reader_left(r) && is_space(*r->at))
        r->at++;
}

static bool sees_word(const struct reader *r, const char *word)
{
    return reader_left(r) >= strlen(word) && !strncasecmp((const char *)r->at, word, strlen(word));
}

/* Moves behind the next such text, or to the end. */
static void skip_past(struct reader *r, const char *text)
{
    const uint8_t *found = memmem(r->at, reader_left(r), text, strlen(text));
    r->at = found ? found + strlen(text) : r->end;
}

/* Reads the next name, without its namespace prefix. */
static void read_name(struct reader *r, char ret[NAME_SIZE])
{
    size_t n = 0;
    for (; reader_left(r) && !is_space(*r->at) && !strchr("<>/[", *r->at); r->at++) {
        if (*r->at == ':')
            n = 0;
        else if (n + 1 < NAME_SIZE)
            ret[n++] = (char)*r->at;
    }
    ret[n] = '\0';
}

static bool is_html_element(const char *name)
{
    static const char *const known[] = {"html", "head", "body", "title", "script", "style", "meta",
        "link", "div", "table", "iframe", "center", "font", "span", "img", "p", "h1", "h2", "a",
        "b", "br", "pre"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!strcasecmp(name, known[i]))
            return true;
    return false;
}

/* Classifies a text that begins with '<': skips everything allowed before the first element. */
static enum image_format sniff_markup(struct reader r, const char **ret)
{
    bool xml = false;
    for (skip_space(&r); reader_sees(&r, "<", 1); skip_space(&r)) {
        char name[NAME_SIZE];
        bool doctype = sees_word(&r, "<!doctype");
        if (sees_word(&r, "<?")) {
            xml = true;
            skip_past(&r, "?>");
            continue;
        }
        if (sees_word(&r, "<!--")) {
            skip_past(&r, "-->");
            continue;
        }
        reader_skip(&r, doctype ? strlen("<!doctype") : 1);
        if (doctype)
            skip_space(&r);
        read_name(&r, name);
        if (!strcasecmp(name, "svg"))
            return IMAGE_SVG;
        *ret = is_html_element(name) ? "an HTML page" : xml ? "an XML text" : "text with markup";
        return IMAGE_UNKNOWN;
    }
    *ret = xml ? "an XML text" : "text with markup";
    return IMAGE_UNKNOWN;
}

/* True without control characters other than white space. Bytes from 0x80 on may be any
 * encoding. */
static bool is_text(struct reader r)
{
    for (; reader_left(&r); r.at++)
        if (*r.at < ' ' && !is_space(*r.at) && *r.at != 0x1B)
            return false;
    return true;
}

static enum image_format sniff_text(struct reader r, const char **ret)
{
    if (reader_sees(&r, "\xEF\xBB\xBF", 3)) /* a byte order mark */
        reader_skip(&r, 3);
    skip_space(&r);
    if (reader_sees(&r, "<", 1))
        return sniff_markup(r, ret);
    bool json = reader_sees(&r, "{", 1) || reader_sees(&r, "[", 1);
    *ret = json ? "a JSON text" : reader_left(&r) ? "plain text" : "a blank text";
    return IMAGE_UNKNOWN;
}

/* ---- UTF-16 ---- */

/* True if a byte order mark or markup in 16 bits comes first. */
static bool is_utf16(const struct reader *r, bool *ret_big)
{
    *ret_big = reader_sees(r, "\xFE\xFF", 2) || reader_sees(r, "\0<", 2);
    return *ret_big || reader_sees(r, "\xFF\xFE", 2) || reader_sees(r, "<\0", 2);
}

/* Markup is ASCII; any other character becomes a letter. */
static enum image_format sniff_utf16(struct reader r, bool big, const char **ret)
{
    uint8_t text[WINDOW / 2];
    size_t n = 0;
    if (!reader_sees(&r, "<", 1) && !reader_sees(&r, "\0", 1))
        reader_skip(&r, 2); /* the mark */
    while (n < sizeof text && reader_left(&r) >= 2) {
        uint32_t c = big ? reader_be(&r, 2) : reader_le(&r, 2);
        text[n++] = c && c < 0x80 ? (uint8_t)c : 'x';
    }
    enum image_format found = sniff_text(reader_of(text, n), ret);
    *ret = "UTF-16 text";
    return found;
}

/* ---- gzip ---- */

/* Memory for zlib, which asks for its state and a window of 32 KiB. */
struct arena {
    size_t used;
    _Alignas(max_align_t) uint8_t bytes[48 << 10];
};

static void *take(void *arg, unsigned n, unsigned size)
{
    struct arena *a = arg;
    size_t at = (a->used + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
    if ((uint64_t)n * size > sizeof a->bytes - at)
        return NULL;
    a->used = at + (size_t)n * size;
    return a->bytes + at;
}

static void give_back(void *arg, void *p)
{
    (void)arg;
    (void)p;
}

/* An SVG is often stored compressed (SVGZ). */
static enum image_format sniff_gzip(struct reader r, const char **ret)
{
    enum { GZIP = 16 };
    uint8_t text[WINDOW];
    struct arena arena = {.used = 0};
    z_stream z = {.zalloc = take,
        .zfree = give_back,
        .opaque = &arena,
        .next_in = (uint8_t *)r.at,
        .avail_in = (uInt)reader_left(&r),
        .next_out = text,
        .avail_out = sizeof text};
    size_t n = 0;
    if (inflateInit2(&z, MAX_WBITS + GZIP) == Z_OK) {
        inflate(&z, Z_SYNC_FLUSH);
        n = sizeof text - z.avail_out;
        inflateEnd(&z);
    }
    enum image_format found = sniff_text(reader_of(text, n), ret);
    *ret = "gzip data";
    return found;
}

enum image_format sniff_other(const uint8_t *body, size_t len, const char **ret, bool *ret_is_text)
{
    struct reader r = reader_of(body, len < WINDOW ? len : WINDOW);
    bool big;
    *ret_is_text = false;
    for (size_t i = 0; i < sizeof magics / sizeof *magics; i++) {
        *ret = magics[i].kind;
        size_t end = (size_t)magics[i].offset + magics[i].len;
        if (len >= end && !memcmp(body + magics[i].offset, magics[i].bytes, magics[i].len))
            return IMAGE_UNKNOWN;
    }
    if (reader_sees(&r, "\x1F\x8B", 2))
        return sniff_gzip(r, ret);
    *ret_is_text = true;
    if (is_utf16(&r, &big))
        return sniff_utf16(r, big, ret);
    *ret_is_text = is_text(r);
    if (*ret_is_text)
        return sniff_text(r, ret);
    *ret = "unknown content";
    return IMAGE_UNKNOWN;
}
