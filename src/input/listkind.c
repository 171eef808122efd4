#include "input/listkind.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { ADVICE_NAME_MAX = 80 };

#define URLS_WANTED "a LIST has the URLs of images, one a line"
#define AS_CSV "save it as CSV (UTF-8)"
#define AS_TEXT "write its URLs into a text file, one a line"
#define DUCKDB(from) "duckdb -c \"COPY (FROM " from ") TO 'list.jsonl'\" makes a list of it"
#define OTHER(name, how)                                                                           \
    {                                                                                              \
        .what = "is " name, .advice = (how)                                                        \
    }
#define IMAGE(name) OTHER(name " image", URLS_WANTED)
#define MEDIA OTHER("a video or sound file", URLS_WANTED)
#define FILTERED(name, command)                                                                    \
    {                                                                                              \
        .what = "is compressed with " name, .filter = (command)                                    \
    }
#define UNPACKED(name, command)                                                                    \
    {                                                                                              \
        .what = "is " name, .filter = (command), .wants_file = true                                \
    }

/* A magic number: `bytes` at the beginning, and `also` further on. */
struct magic {
    struct listkind kind;
    const char *bytes;
    uint16_t len;
    uint16_t also_at;
    const char *also; /* text, or NULL */
    bool has_nul;     /* the rest is not enough to tell it from text */
};

#define MAGIC(text) .bytes = (text), .len = sizeof(text) - 1
#define ALSO(at, text) .also_at = (at), .also = (text)

/* Of those that begin alike, the longer pattern comes first. */
static const struct magic magics[] = {
    {IMAGE("a JPEG"), MAGIC("\xff\xd8\xff")},
    {IMAGE("a PNG"), MAGIC("\x89PNG\r\n\x1a\n")},
    {IMAGE("a GIF"), MAGIC("GIF87a")},
    {IMAGE("a GIF"), MAGIC("GIF89a")},
    {IMAGE("a WebP"), MAGIC("RIFF"), ALSO(8, "WEBP")},
    {IMAGE("a TIFF"), MAGIC("II*\0")},
    {IMAGE("a TIFF"), MAGIC("MM\0*")},
    {IMAGE("a TIFF"), MAGIC("II+\0")},
    {IMAGE("a BMP"), MAGIC("BM"), .has_nul = true},
    {IMAGE("a JPEG XL"), MAGIC("\xff\x0a")},
    {IMAGE("a JPEG XL"), MAGIC("\0\0\0\x0cJXL ")},
    {IMAGE("a JPEG 2000"), MAGIC("\0\0\0\x0cjP  ")},
    {IMAGE("a JPEG 2000"), MAGIC("\xff\x4f\xff\x51")},
    {IMAGE("an icon"), MAGIC("\0\0\1\0")},
    {IMAGE("a Photoshop"), MAGIC("8BPS\0")},
    {IMAGE("an OpenEXR"), MAGIC("v/1\1")},
    {IMAGE("an AVIF"), MAGIC("\0\0"), ALSO(4, "ftypavi")},
    {IMAGE("a HEIC"), MAGIC("\0\0"), ALSO(4, "ftyphe")},
    {IMAGE("a HEIF"), MAGIC("\0\0"), ALSO(4, "ftypmi")},
    {MEDIA, MAGIC("\0\0"), ALSO(4, "ftyp")},
    {MEDIA, MAGIC("\x1a\x45\xdf\xa3")},
    {MEDIA, MAGIC("RIFF"), ALSO(8, "WAVE")},
    {MEDIA, MAGIC("RIFF"), ALSO(8, "AVI ")},
    {MEDIA, MAGIC("OggS\0")},
    {MEDIA, MAGIC("ID3\3")},
    {MEDIA, MAGIC("ID3\4")},

    {OTHER("a spreadsheet or document", AS_CSV), MAGIC("PK\3\4"), ALSO(30, "[Content_Types]")},
    {OTHER("a spreadsheet or document", AS_CSV), MAGIC("PK\3\4"), ALSO(30, "_rels/")},
    {OTHER("a spreadsheet or document", AS_CSV), MAGIC("PK\3\4"), ALSO(30, "xl/")},
    {OTHER("a spreadsheet or document", AS_CSV), MAGIC("PK\3\4"), ALSO(30, "docProps/")},
    {OTHER("a spreadsheet or document", AS_CSV), MAGIC("PK\3\4"), ALSO(30, "mimetype")},
    {OTHER("a spreadsheet or document", AS_CSV), MAGIC("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")},
    {UNPACKED("a zip archive", "unzip -p"), MAGIC("PK\3\4")},
    {OTHER("an empty zip archive", "there is no list in it"), MAGIC("PK\5\6")},
    {UNPACKED("a 7z archive", "7z x -so"), MAGIC("7z\xbc\xaf\x27\x1c")},
    {UNPACKED("a rar archive", "unrar p -inul"), MAGIC("Rar!\x1a\x07")},
    {UNPACKED("a tar archive", "tar -xOf"), ALSO(257, "ustar"), .has_nul = true},
    {FILTERED("bzip2", "bzip2 -dc"), MAGIC("BZh"), ALSO(4, "1AY&SY")},
    {FILTERED("bzip2", "bzip2 -dc"), MAGIC("BZh"), ALSO(4, "\x17rE8P\x90")},
    {FILTERED("xz", "xz -dc"), MAGIC("\xfd"
                                     "7zXZ\0")},
    {FILTERED("lzma", "xz -dc"), MAGIC("]\0\0")},
    {FILTERED("lz4", "lz4 -dc"), MAGIC("\x04\x22\x4d\x18")},
    {FILTERED("lzip", "lzip -dc"), MAGIC("LZIP\1")},
    {FILTERED("lzop", "lzop -dc"), MAGIC("\x89LZO\0\r\n\x1a\n")},
    {FILTERED("compress", "gzip -dc"), MAGIC("\x1f\x9d")},
    {FILTERED("snappy", "snzip -dc"), MAGIC("\xff\6\0\0sNaPpY")},
    {FILTERED("gzip", "gzip -dc"), MAGIC("\x1f\x8b")},
    {FILTERED("zstd", "zstd -dc"), MAGIC("\x28\xb5\x2f\xfd")},

    {OTHER("a Parquet file", "name it as a file, not through a pipe, and without another --format"),
        MAGIC("PAR1"), .has_nul = true},
    {OTHER("an encrypted Parquet file", AS_TEXT), MAGIC("PARE"), .has_nul = true},
    {OTHER("an Arrow file", AS_TEXT), MAGIC("ARROW1\0")},
    {OTHER("an Arrow stream", AS_TEXT), MAGIC("\xff\xff\xff\xff")},
    {OTHER("a Feather file", AS_TEXT), MAGIC("FEA1"), .has_nul = true},
    {OTHER("an ORC file", AS_TEXT), MAGIC("ORC"), .has_nul = true},
    {OTHER("an Avro file", DUCKDB("read_avro('FILE')")), MAGIC("Obj\1")},
    {OTHER(
         "an SQLite database", "sqlite3 -csv -header FILE 'SELECT ...' | imgfetch --format=csv -"),
        MAGIC("SQLite format 3\0")},
    {OTHER("an HDF5 file", AS_TEXT), MAGIC("\x89HDF\r\n\x1a\n")},
    {OTHER("a NumPy file", AS_TEXT), MAGIC("\x93NUMPY")},
    {OTHER("a Python pickle", AS_TEXT), MAGIC("\x80\2")},
    {OTHER("a Python pickle", AS_TEXT), MAGIC("\x80\3")},
    {OTHER("a Python pickle", AS_TEXT), MAGIC("\x80\4")},
    {OTHER("a Python pickle", AS_TEXT), MAGIC("\x80\5")},
    {OTHER("a PDF document", AS_TEXT), MAGIC("%PDF-")},
    {OTHER("a PostScript document", AS_TEXT), MAGIC("%!PS-")},
    {OTHER("an RTF document", AS_TEXT), MAGIC("{\\rtf")},
    {OTHER("a WARC archive", AS_TEXT), MAGIC("WARC/1.")},
    {OTHER("a program", AS_TEXT), MAGIC("\x7f"
                                        "ELF")},
};

/* True for the byte order marks of UTF-16 and UTF-32, which also begin other files. */
static bool is_marked(const uint8_t *bytes, size_t len)
{
    static const uint8_t utf32[] = {0, 0, 0xfe, 0xff};
    return (len >= 2 && ((bytes[0] == 0xff && bytes[1] == 0xfe) ||
                            (bytes[0] == 0xfe && bytes[1] == 0xff))) ||
           (len >= sizeof utf32 && !memcmp(bytes, utf32, sizeof utf32));
}

/* Compares a part of a pattern: it fits so far (UNCLEAR), in full (OTHER), or not. */
static enum listkind_verdict compare(
    const char *pattern, size_t pattern_len, const uint8_t *bytes, size_t len)
{
    size_t n = len < pattern_len ? len : pattern_len;
    if (n && memcmp(bytes, pattern, n) != 0)
        return LISTKIND_LIST;
    return n == pattern_len ? LISTKIND_OTHER : LISTKIND_UNCLEAR;
}

static enum listkind_verdict match(const struct magic *m, const uint8_t *bytes, size_t len)
{
    if (m->has_nul && !memchr(bytes, 0, len))
        return LISTKIND_LIST;
    enum listkind_verdict verdict = compare(m->bytes, m->len, bytes, len);
    if (verdict != LISTKIND_OTHER || !m->also)
        return verdict;
    size_t at = len < m->also_at ? len : m->also_at;
    return compare(m->also, strlen(m->also), bytes + at, len - at);
}

enum listkind_verdict listkind_of_bytes(
    const void *bytes, size_t len, bool is_all, const struct listkind **ret)
{
    bool is_unclear = false;
    if (is_marked(bytes, len))
        return LISTKIND_LIST;
    if (len > LISTKIND_BYTES)
        len = LISTKIND_BYTES;
    for (size_t i = 0; i < sizeof magics / sizeof *magics; i++) {
        enum listkind_verdict verdict = match(&magics[i], bytes, len);
        is_unclear |= verdict == LISTKIND_UNCLEAR;
        if (verdict == LISTKIND_OTHER && (!is_unclear || is_all)) {
            *ret = &magics[i].kind;
            return verdict;
        }
    }
    return is_unclear && !is_all && len < LISTKIND_BYTES ? LISTKIND_UNCLEAR : LISTKIND_LIST;
}

/* ---- text ---- */

static const struct listkind html = {
    .what = "is HTML", .filter = "grep -oE 'https?://[^\"<> ]+'", .format = "txt"};
static const struct listkind xml = {
    .what = "is XML", .filter = "grep -oE 'https?://[^\"<> ]+'", .format = "txt"};
static const struct listkind svg = IMAGE("an SVG");
static const struct listkind json_array = {.what = "is a JSON array; one object a line is wanted",
    .filter = "jq -c '.[]'",
    .format = "jsonl"};
static const struct listkind json_lines = {
    .what = "has JSON objects", .advice = "--format=jsonl reads them, one a line"};
static const struct listkind json_pretty = {
    .what = "is JSON over several lines; one object a line is wanted",
    .filter = "jq -c .",
    .format = "jsonl"};
static const struct listkind utf16_le = {
    .what = "is UTF-16 without a byte order mark", .advice = "--encoding=utf-16le reads it"};
static const struct listkind utf16_be = {
    .what = "is UTF-16 without a byte order mark", .advice = "--encoding=utf-16be reads it"};
static const struct listkind cr_lines = {
    .what = "has lines that end with CR alone", .filter = "sed 's/\\r/\\n/g'"};
static const struct listkind binary = OTHER("a binary file", URLS_WANTED);
const struct listkind listkind_directory = {.what = "is a directory",
    .advice = "name the lists in it: FILE/*; if imgfetch made it: -o FILE"};

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static size_t skip_space(const char *text, size_t len, size_t at)
{
    while (at < len && is_space(text[at]))
        at++;
    return at;
}

static bool starts(const char *text, size_t len, const char *with)
{
    return len >= strlen(with) && !strncasecmp(text, with, strlen(with));
}

static const struct listkind *markup(const char *text, size_t len)
{
    if (starts(text, len, "<svg"))
        return &svg;
    return starts(text, len, "<?xml") ? &xml : &html;
}

/* What comes behind [ tells an array from a name in brackets; what comes behind { tells whether
 * the object is on one line. */
static const struct listkind *json(char begin, const char *line, size_t len, bool is_jsonl)
{
    size_t at = skip_space(line, len, 0);
    if (at == len)
        return NULL;
    if (begin == '[')
        return strchr("{[\"]", line[at]) && line[at] ? &json_array : NULL;
    if (line[at] != '"' && line[at] != '}')
        return NULL;
    if (memchr(line, '\n', at))
        return &json_pretty;
    return is_jsonl ? NULL : &json_lines;
}

/* Bytes that no text has. */
static bool is_control(char c)
{
    return (unsigned char)c < ' ' && !is_space(c) && c != '\f' && c != '\v' && c != 0x1b;
}

/* NULL: the first line is text. A list of URLs may have odd ones. */
static const struct listkind *no_text(const char *line, size_t len)
{
    size_t zeros[2] = {0, 0};
    const char *end = memchr(line, '\n', len);
    size_t n = end ? (size_t)(end - line) : len;
    if (starts(line, len, "http:") || starts(line, len, "https:") || *line == '#')
        return NULL;
    for (size_t i = 0; i < n; i++)
        zeros[i % 2] += !line[i];
    if (!zeros[0] && zeros[1] > n / 3)
        return &utf16_le;
    if (!zeros[1] && zeros[0] > n / 3)
        return &utf16_be;
    for (size_t i = 0; i < n; i++)
        if (is_control(line[i]))
            return &binary;
    return NULL;
}

/* True if the text is more than one line, but for a CR that is not taken for the end of one. */
static bool has_cr_lines(const char *text, size_t len)
{
    const char *cr = memchr(text, '\r', len);
    return cr && cr + 1 < text + len && !memchr(text, '\n', len);
}

enum listkind_verdict listkind_of_text(
    const char *text, size_t len, bool is_all, bool is_jsonl, const struct listkind **ret)
{
    const struct listkind *kind = NULL;
    if (len > LISTKIND_BYTES)
        len = LISTKIND_BYTES;
    size_t at = skip_space(text, len, 0);
    if (at == len)
        return is_all || len == LISTKIND_BYTES ? LISTKIND_LIST : LISTKIND_UNCLEAR;
    bool is_json = text[at] == '[' || text[at] == '{';
    if (text[at] == '<')
        kind = markup(text + at, len - at);
    else if (is_json)
        kind = json(text[at], text + at + 1, len - at - 1, is_jsonl);
    else
        kind = no_text(text + at, len - at);
    bool may_change = !is_all && len < LISTKIND_BYTES;
    bool is_cr = !kind && has_cr_lines(text, len);
    if (is_cr && !may_change)
        kind = &cr_lines;
    if (kind) {
        *ret = kind;
        return LISTKIND_OTHER;
    }
    bool ends = is_json && skip_space(text, len, at + 1) == len;
    return (ends || is_cr) && may_change ? LISTKIND_UNCLEAR : LISTKIND_LIST;
}

/* ---- the message ---- */

/* The name, if it can stand in a command as it is. */
static const char *name_of(const struct listkind_file *file)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./+,@%=:-";
    const char *path = file->path ? file->path : "FILE";
    size_t len = strlen(path);
    bool good = len <= ADVICE_NAME_MAX && strspn(path, plain) == len && *path != '-';
    return good ? path : "FILE";
}

/* Appends the text, with the name for each FILE. */
static void put_advice(const char *text, const char *name, char *message, size_t size)
{
    for (const char *file; (file = strstr(text, "FILE")); text = file + strlen("FILE")) {
        size_t len = strlen(message);
        snprintf(message + len, size - len, "%.*s%s", (int)(file - text), text, name);
    }
    size_t len = strlen(message);
    snprintf(message + len, size - len, "%s", text);
}

void listkind_tell(
    const struct listkind *kind, const struct listkind_file *file, char *message, size_t size)
{
    const char *name = name_of(file), *format = kind->format ? kind->format : file->format;
    snprintf(message, size, "%.200s %s: ", file->name, kind->what);
    if (!kind->filter) {
        put_advice(kind->advice, name, message, size);
        return;
    }
    bool two = file->unpack && !kind->wants_file;
    const char *from = file->path || kind->wants_file ? name : "";
    size_t len = strlen(message);
    len +=
        (size_t)snprintf(message + len, size - len, "%s%s%s%s%s", two ? file->unpack : kind->filter,
            *from ? " " : "", from, two ? " | " : "", two ? kind->filter : "");
    if (len < size)
        snprintf(message + len, size - len, " | imgfetch%s%s -", format ? " --format=" : "",
            format ? format : "");
}
