#include "net/transfer_head.h"

#include "net/robotstag.h"

/* Whether the site wants no robots to have the image. */
static bool is_refused(struct outcome *o, const char *list, CURL *easy)
{
    struct curl_header *h;
    for (size_t i = 0; !curl_easy_header(easy, "X-Robots-Tag", i, CURLH_HEADER, -1, &h); i++)
        if (robotstag_refuses(h->value, list, o->detail))
            return true;
    return false;
}

/* The empty line behind a head; but a trailer ends with one, too. */
static bool is_end(const struct outcome *o, const char *line, size_t len)
{
    return !o->has_head && len > 0 && len <= 2 && (line[0] == '\r' || line[0] == '\n');
}

bool transfer_head_line(
    struct outcome *o, const struct transfer_conf *conf, CURL *easy, const char *line, size_t len)
{
    long status = 0;
    if (!is_end(o, line, len))
        return true;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    if (status < 200) /* the answer itself is still to come (RFC 9110, section 15.2) */
        return true;
    o->has_head = true;
    o->wanted = status < 300;
    if (!o->wanted)
        return true;
    if (conf->robots_tag && !o->is_robots_txt && is_refused(o, conf->robots_tag, easy))
        o->abort = ERR_ROBOTS_TAG;
    return !o->abort;
}
