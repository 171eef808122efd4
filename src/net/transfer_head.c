#include "net/transfer_head.h"

#include "net/robotstag.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* Whether the site wants no robots to have the image. */
static bool is_refused(struct outcome *o, const char *list, CURL *easy)
{
    struct curl_header *h;
    for (size_t i = 0; !curl_easy_header(easy, "X-Robots-Tag", i, CURLH_HEADER, -1, &h); i++)
        if (robotstag_refuses(h->value, list, o->detail))
            return true;
    return false;
}

static bool is_coding(const char *at, size_t len, const char *name)
{
    return len == strlen(name) && !strncasecmp(at, name, len);
}

/*
 * Whether curl may inflate the body: as one of the two codings that every client has to know, once.
 * It knows others, which nobody asked for; and of several, one inside the other, the
 * inner ones may be endless while neither what is received nor what comes out grows.
 */
static bool can_inflate(struct outcome *o, CURL *easy)
{
    struct curl_header *h;
    unsigned n = 0;
    for (size_t i = 0; !curl_easy_header(easy, "Content-Encoding", i, CURLH_HEADER, -1, &h); i++)
        for (const char *at = h->value; *at;) {
            at += strspn(at, ", \t\r\n");
            size_t len = strcspn(at, ", \t\r\n");
            bool known = is_coding(at, len, "gzip") || is_coding(at, len, "x-gzip") ||
                         is_coding(at, len, "deflate");
            if (!known && len && !is_coding(at, len, "identity"))
                return false;
            n += known;
            at += len;
        }
    o->encoded = n > 0;
    return n <= 1;
}

/* The empty line behind a head; but a trailer ends with one, too. */
static bool is_end(const struct outcome *o, const char *line, size_t len)
{
    return !o->has_head && len > 0 && len <= 2 && (line[0] == '\r' || line[0] == '\n');
}

/* The code of a status line has three digits (RFC 9112, section 4). curl 8.14 looks at the first
 * three of more. No field has a name like this. */
static bool is_bad_status(const char *line, size_t len)
{
    const char *end = line + len, *at = memchr(line, ' ', len);
    if (len < 5 || memcmp(line, "HTTP/", 5) != 0 || !at)
        return false;
    while (at < end && *at == ' ')
        at++;
    unsigned digits = 0;
    while (at < end && isdigit((unsigned char)*at))
        at++, digits++;
    return digits != 3;
}

bool transfer_head_line(
    struct outcome *o, const struct transfer_conf *conf, CURL *easy, const char *line, size_t len)
{
    long status = 0;
    if (is_bad_status(line, len)) {
        o->no_status = true;
        o->abort = ERR_PROTOCOL_ERROR;
        return false;
    }
    if (!is_end(o, line, len))
        return true;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    /* The answer itself is still to come (RFC 9110, section 15.2); but behind a 101 comes whatever
     * we never asked for. */
    if (status < 200 && status != 101)
        return true;
    o->has_head = true;
    o->wanted = status >= 200 && status < 300;
    if (!o->wanted && !(o->is_asking && status == 304))
        return true;
    if (conf->robots_tag && !o->is_robots_txt && is_refused(o, conf->robots_tag, easy))
        o->abort = ERR_ROBOTS_TAG;
    else if (o->wanted && !can_inflate(o, easy))
        o->abort = ERR_PROTOCOL_ERROR;
    return !o->abort;
}
