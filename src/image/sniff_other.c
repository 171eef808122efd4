#include "image/reader.h"
#include "image/sniff.h"

#include <strings.h>

/* Markup or text must begin within this many bytes. */
enum { WINDOW = 8192, NAME_SIZE = 16 };

static const struct {
    uint8_t offset, len;
    char bytes[9];
    const char *kind;
    bool is_text;
} magics[] = {
    {0, 5, "%PDF-", "a PDF document", false},
    {0, 2, "\x1F\x8B", "gzip data", false},
    {0, 4, "PK\3\4", "a ZIP archive", false},
    {0, 4, "\x1A\x45\xDF\xA3", "a WebM or Matroska video", false},
    {4, 4, "ftyp", "an MP4 video", false},
    {0, 4, "RIFF", "a RIFF file that is not WebP", false},
    {0, 4, "icns", "an Apple icon", false},
    {0, 4, "v/1\1", "an OpenEXR image", false},
    {0, 3, "#?R", "a Radiance HDR image", false},
    {0, 4, "qoif", "a QOI image", false},
    {0, 4, "DDS ", "a DirectDraw surface", false},
    {0, 8, "farbfeld", "a farbfeld image", false},
    {0, 8, "gimp xcf", "a GIMP image", false},
    {0, 4, "BPG\xFB", "a BPG image", false},
    {0, 4, "FLIF", "a FLIF image", false},
    {0, 4, "\x8AMNG", "an MNG animation", false},
    {0, 4, "\x8BJNG", "a JNG image", false},
    {0, 4, "\xD7\xCD\xC6\x9A", "a Windows metafile", false},
    {0, 3, "ID3", "an MP3 sound", false},
    {0, 4, "OggS", "an Ogg file", false},
    {0, 2, "\xFE\xFF", "UTF-16 text", true},
    {0, 2, "\xFF\xFE", "UTF-16 text", true},
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

/* PBM, PGM, PPM, PAM and PFM. */
static bool is_netpbm(const struct reader *r)
{
    return reader_left(r) > 3 && r->at[0] == 'P' && r->at[1] && strchr("1234567Ff", r->at[1]) &&
           is_space(r->at[2]) &&
           (r->at[3] == '#' || (r->at[3] >= '0' && r->at[3] <= '9') ||
               reader_sees(r, "P7\nWIDTH", 8));
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

enum image_format sniff_other(const uint8_t *body, size_t len, const char **ret, bool *ret_is_text)
{
    for (size_t i = 0; i < sizeof magics / sizeof *magics; i++) {
        size_t end = (size_t)magics[i].offset + magics[i].len;
        if (len >= end && !memcmp(body + magics[i].offset, magics[i].bytes, magics[i].len)) {
            *ret = magics[i].kind;
            *ret_is_text = magics[i].is_text;
            return IMAGE_UNKNOWN;
        }
    }
    struct reader r = reader_of(body, len < WINDOW ? len : WINDOW);
    if (is_netpbm(&r)) {
        *ret = "a Netpbm image";
        *ret_is_text = false;
        return IMAGE_UNKNOWN;
    }
    if (reader_sees(&r, "\xEF\xBB\xBF", 3)) /* a byte order mark */
        reader_skip(&r, 3);
    *ret_is_text = is_text(r);
    if (!*ret_is_text) {
        *ret = "unknown content";
        return IMAGE_UNKNOWN;
    }
    skip_space(&r);
    if (reader_sees(&r, "<", 1))
        return sniff_markup(r, ret);
    bool json = reader_sees(&r, "{", 1) || reader_sees(&r, "[", 1);
    *ret = json ? "a JSON text" : reader_left(&r) ? "plain text" : "a blank text";
    return IMAGE_UNKNOWN;
}
