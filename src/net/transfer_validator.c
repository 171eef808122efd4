#include "net/transfer_validator.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>

static bool is_usable(const char *text)
{
    size_t len = text ? strlen(text) : 0;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
            return false; /* it would end the line or the text */
    return len > 0 && len <= TRANSFER_VALIDATOR_MAX;
}

static char *take_header(CURL *easy, const char *name)
{
    struct curl_header *h;
    if (curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &h) || !is_usable(h->value))
        return NULL;
    return mem_dup(h->value);
}

void transfer_validator_take(CURL *easy, struct response *r)
{
    r->etag = take_header(easy, "ETag");
    r->last_modified = take_header(easy, "Last-Modified");
}

static struct curl_slist *add_header(struct curl_slist *list, const char *name, const char *value)
{
    char line[64 + TRANSFER_VALIDATOR_MAX];
    if (!is_usable(value))
        return list;
    snprintf(line, sizeof line, "%s: %s", name, value);
    return curl_slist_append(list, line);
}

/* Sends both: servers that know If-None-Match ignore the other (section 13.2.2). */
struct curl_slist *transfer_validator_ask(const struct request *r)
{
    struct curl_slist *lines = add_header(NULL, "If-None-Match", r->etag);
    return add_header(lines, "If-Modified-Since", r->last_modified);
}
