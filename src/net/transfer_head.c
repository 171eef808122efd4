#include "net/transfer_head.h"

#include "net/robotstag.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* True if the site refuses the image to robots. */
static bool is_refused(struct outcome *o, const char *list, CURL *easy)
{
    struct curl_header *h;
    for (size_t i = 0; !curl_easy_header(easy, "X-Robots-Tag", i, CURLH_HEADER, -1, &h); i++)
        if (robotstag_refuses(h->value, list, o->detail))
            return true;
    return false;
}

static void note_codings(struct outcome *o, CURL *easy)
{
    struct curl_header *h;
    for (size_t i = 0; !curl_easy_header(easy, "Content-Encoding", i, CURLH_HEADER, -1, &h); i++)
        contentcoding_add(&o->codings, h->value);
}

/* True for the empty line that ends a header. (A trailer ends with one, too.) */
static bool is_end(const struct outcome *o, const char *line, size_t len)
{
    return !o->has_head && len > 0 && len <= 2 && (line[0] == '\r' || line[0] == '\n');
}

/* curl takes it in lower case, too. */
bool transfer_head_is_status(const char *line, size_t len)
{
    return len >= 5 && !strncasecmp(line, "HTTP/", 5);
}

/* True for a status line whose version is not one, or whose code does not have three digits, the
 * first of which is not 0 (RFC 9112, sections 2.3 and 4). If there are more, curl 8.14 uses the
 * first three; and of "HTTP/21" and "HTTP/2+1 200" it makes the code 1. */
static bool is_bad_status(const char *line, size_t len)
{
    const char *end = line + len, *at = line + 5;
    if (!transfer_head_is_status(line, len))
        return false;
    while (at < end && (isdigit((unsigned char)*at) || *at == '.'))
        at++;
    if (at == end || *at != ' ')
        return true;
    while (at < end && *at == ' ')
        at++;
    unsigned digits = 0;
    bool is_low = at < end && *at == '0';
    while (at < end && isdigit((unsigned char)*at))
        at++, digits++;
    return digits != 3 || is_low;
}

bool transfer_head_line(
    struct outcome *o, const struct transfer_conf *conf, CURL *easy, const char *line, size_t len)
{
    long status = 0;
    o->has_status |= transfer_head_is_status(line, len);
    if (is_bad_status(line, len)) {
        o->no_status = true;
        o->abort = ERR_PROTOCOL_ERROR;
        return false;
    }
    if (!is_end(o, line, len))
        return true;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    /* After a 1xx the final response follows (RFC 9110, section 15.2); but after 101 comes
     * another protocol, which we never requested. */
    if (status < 200 && status != 101)
        return true;
    o->has_head = true;
    o->wanted = status >= 200 && status < 300;
    if (!o->wanted && !(o->is_asking && status == 304))
        return true;
    if (conf->robots_tag && !o->is_robots_txt && is_refused(o, conf->robots_tag, easy))
        o->abort = ERR_ROBOTS_TAG;
    else if (o->wanted)
        note_codings(o, easy);
    return !o->abort;
}
