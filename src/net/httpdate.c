#include "net/httpdate.h"

#include <curl/curl.h>
#include <stddef.h>

static const int64_t latest = (INT64_C(1) << 33) - 1; /* 11 octal digits: ustar's mtime */

int64_t httpdate_parse(const char *text)
{
    int64_t date = text ? (int64_t)curl_getdate(text, NULL) : -1;
    return date >= 0 && date <= latest ? date : -1;
}
