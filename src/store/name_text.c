#include "store/name_text.h"

#include "base/hex.h"
#include "base/utf8.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

/* Decodes a character of at least 2 bytes. */
static uint32_t code_point(const char *text, size_t n)
{
    const unsigned char *s = (const unsigned char *)text;
    uint32_t c = s[0] & (0x7fu >> n);
    for (size_t i = 1; i < n; i++)
        c = c << 6 | (s[i] & 0x3fu);
    return c;
}

/* Characters without a glyph: controls, joiners, and those that change the direction of the
 * text around them (Unicode 15, general categories Cc, Cf, Zl and Zp, where they are common). */
static bool is_invisible(uint32_t c)
{
    return c < 0xa0 || c == 0xad || c == 0x61c || c == 0x180e || (c >= 0x200b && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
           (c >= 0xfff9 && c <= 0xfffb) || (c & 0xfffe) == 0xfffe || (c >= 0xe0000 && c <= 0xe0fff);
}

size_t name_text_is_good(const char *text, size_t len)
{
    unsigned char c = (unsigned char)*text;
    if (c < 0x80)
        return c >= ' ' && c != 0x7f && !strchr("/\\<>:\"|?*", c);
    size_t n = utf8_length(text, len);
    return n && !is_invisible(code_point(text, n)) ? n : 0;
}

size_t name_text_put(const char *text, size_t len, char *out, size_t room)
{
    size_t used = 0;
    if (!len) {
        text = "_";
        len = 1;
    }
    for (size_t i = 0; i < len && used < room;) {
        size_t n = name_text_is_good(text + i, len - i), whole = utf8_length(text + i, len - i);
        if (used + n > room)
            break;
        if (n)
            memcpy(out + used, text + i, n);
        else
            out[used] = '_';
        used += n ? n : 1;
        i += whole ? whole : 1;
    }
    return used;
}

/* The length of a final ".jpg" or the like; 0: no extension of an image. */
static size_t extension(const char *text, size_t len)
{
    static const char *const known[] = {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".gif",
        ".webp", ".bmp", ".ico", ".avif", ".tif", ".tiff", ".heic", ".heif", ".jxl", ".jp2", ".svg",
        ".psd"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        size_t n = strlen(known[i]);
        if (len > n && !strncasecmp(text + len - n, known[i], n))
            return n;
    }
    return 0;
}

size_t name_text_base(const char *url, const char **ret)
{
    const char *path = strstr(url, "://");
    path = path ? strchr(path + 3, '/') : NULL;
    if (!path)
        path = "";
    size_t len = strcspn(path, "?#"), begin = len;
    while (begin && path[begin - 1] != '/')
        begin--;
    *ret = path + begin;
    len -= begin;
    return len - extension(*ret, len);
}

size_t name_text_decode(const char *text, size_t len, char *out, size_t room)
{
    size_t used = 0;
    for (size_t i = 0; i < len && used < room; i++) {
        int byte = text[i] == '%' && i + 2 < len ? hex_byte(text + i + 1) : -1;
        out[used++] = byte >= 0 ? (char)byte : text[i];
        i += byte >= 0 ? 2 : 0;
    }
    return used;
}

/* "Naming Files, Paths, and Namespaces", learn.microsoft.com; COM and LPT also with a digit or a
 * superscript 1 to 3. */
bool name_text_is_device(const char *text, size_t len)
{
    static const char *const devices[] = {"con", "prn", "aux", "nul", "conin$", "conout$"};
    static const char *const digits[] = {"\xc2\xb9", "\xc2\xb2", "\xc2\xb3"};
    const char *dot = memchr(text, '.', len);
    size_t n = dot ? (size_t)(dot - text) : len;
    while (n && text[n - 1] == ' ')
        n--;
    for (size_t i = 0; i < sizeof devices / sizeof *devices; i++)
        if (n == strlen(devices[i]) && !strncasecmp(text, devices[i], n))
            return true;
    if (n < 4 || (strncasecmp(text, "com", 3) != 0 && strncasecmp(text, "lpt", 3) != 0))
        return false;
    if (n == 4)
        return text[3] >= '0' && text[3] <= '9';
    for (size_t i = 0; i < 3; i++)
        if (n == 5 && !memcmp(text + 3, digits[i], 2))
            return true;
    return false;
}
