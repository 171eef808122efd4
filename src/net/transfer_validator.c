#include "net/transfer_validator.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>

static bool is_usable(const char *text)
{
    size_t len = text ? strlen(text) : 0;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
            return false; /* it would make another line, or no end */
    return len > 0 && len <= TRANSFER_VALIDATOR_MAX;
}

static char *take(CURL *easy, const char *name)
{
    struct curl_header *h;
    if (curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &h) || !is_usable(h->value))
        return NULL;
    return mem_dup(h->value);
}

void transfer_validator_take(CURL *easy, struct response *r)
{
    r->etag = take(easy, "ETag");
    r->last_modified = take(easy, "Last-Modified");
}

static struct curl_slist *add(struct curl_slist *list, const char *name, const char *value)
{
    char line[64 + TRANSFER_VALIDATOR_MAX];
    if (!is_usable(value))
        return list;
    snprintf(line, sizeof line, "%s: %s", name, value);
    return curl_slist_append(list, line);
}

/* Both: servers heed the former if they know it (section 13.2.2). */
struct curl_slist *transfer_validator_ask(const struct request *r)
{
    struct curl_slist *lines = add(NULL, "If-None-Match", r->etag);
    return add(lines, "If-Modified-Since", r->last_modified);
}
