#include "net/transfer_wire.h"

#include "net/tlsrecords.h"
#include "net/transfer_head.h"

#include <string.h>

/* Limits of all headers of a response (1xx included) and its trailers together. curl stores each
 * line. 7.88 and 8.14 have the same limit of bytes for headers (lib/http.h,
 * MAX_HTTP_RESP_HEADER_SIZE), but none for trailers; 8.14 also ends at 5000 fields
 * (MAX_HTTP_RESP_HEADER_COUNT). Results must not depend on curl's version, so our limit of
 * fields is lower. */
enum { HEAD_MAX = 300 * 1024, HEAD_LINES_MAX = 4000 };

/* Bytes of framing: this, and so much for each byte of body. A chunk of a single byte has five
 * (RFC 9112, section 7.1). */
enum { FRAMING_MAX = HEAD_MAX, FRAMING_EACH = 8 };

/*
 * curl's progress counts what is in the chunks. Only its debug callback gets them as they come.
 *
 * A line that begins with a blank continues the field before it. libcurl before 8.1.1 looks for
 * that field in the response before, which it has freed, if the first line begins so
 * (lib/headers.c; mended by 2e9b2b5, https://github.com/curl/curl/pull/11103). The debug callback
 * sees a line before that happens, and makes a field without a name of it.
 */
static int on_debug(CURL *easy, curl_infotype type, char *bytes, size_t len, void *arg)
{
    (void)easy;
    struct transfer_wire *w = arg;
    if (type == CURLINFO_DATA_IN)
        w->raw += len;
    else if (type == CURLINFO_HEADER_IN && w->after_status && len && strchr(" \t", bytes[0]))
        bytes[0] = ':';
    return 0;
}

static bool reads_freed_fields(void)
{
    return curl_version_info(CURLVERSION_NOW)->version_num < 0x080101;
}

void transfer_wire_init(struct transfer_wire *w, CURL *easy)
{
    *w = (struct transfer_wire){.easy = easy};
    curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, on_debug);
    curl_easy_setopt(easy, CURLOPT_DEBUGDATA, w);
}

void transfer_wire_begin(struct transfer_wire *w)
{
    w->head = w->lines = w->raw = 0;
    w->has_others = w->after_status = false;
    curl_easy_setopt(w->easy, CURLOPT_VERBOSE, 0L);
}

/* NULL: the connection is not one of HTTP/2 over TLS, or the transfer has none. */
static struct tlsrecords *records_of(const struct transfer_wire *w)
{
    struct curl_tlssessioninfo *info = NULL;
    if (curl_easy_getinfo(w->easy, CURLINFO_TLS_SSL_PTR, &info) || !info ||
        info->backend != CURLSSLBACKEND_OPENSSL)
        return NULL;
    return tlsrecords_of(info->internals);
}

void transfer_wire_take_records(struct transfer_wire *w)
{
    struct tlsrecords *r = records_of(w);
    if (!r)
        return;
    w->raw += tlsrecords_take(r);
    w->has_others |= tlsrecords_has_given_up(r);
}

void transfer_wire_give_up(struct transfer_wire *w)
{
    struct tlsrecords *r = records_of(w);
    if (r)
        tlsrecords_give_up(r);
}

static void watch_first_field(struct transfer_wire *w, const char *line, size_t len)
{
    bool is_status = transfer_head_is_status(line, len);
    if (is_status == w->after_status || !reads_freed_fields())
        return;
    w->after_status = is_status;
    curl_easy_setopt(w->easy, CURLOPT_VERBOSE, is_status ? 1L : 0L);
}

bool transfer_wire_take_line(struct transfer_wire *w, const char *line, size_t len)
{
    watch_first_field(w, line, len);
    w->head += len;
    return w->head <= HEAD_MAX && ++w->lines <= HEAD_LINES_MAX;
}

/* The debug callback costs some microseconds for each response, and most have no chunks. */
bool transfer_wire_end_head(struct transfer_wire *w)
{
    struct curl_header *h;
    if (curl_easy_header(w->easy, "Transfer-Encoding", 0, CURLH_HEADER, -1, &h))
        return false;
    curl_easy_setopt(w->easy, CURLOPT_VERBOSE, 1L);
    return true;
}

uint64_t transfer_wire_body(const struct transfer_wire *w)
{
    curl_off_t n = 0;
    curl_easy_getinfo(w->easy, CURLINFO_SIZE_DOWNLOAD_T, &n);
    return n > 0 ? (uint64_t)n : 0;
}

uint64_t transfer_wire_all(const struct transfer_wire *w)
{
    uint64_t body = transfer_wire_body(w);
    return w->head + (w->raw > body ? w->raw : body);
}

bool transfer_wire_is_sane(const struct transfer_wire *w)
{
    if (w->raw <= FRAMING_MAX || w->has_others)
        return true;
    uint64_t body = transfer_wire_body(w);
    return w->raw <= body || w->raw - body <= FRAMING_MAX + FRAMING_EACH * body;
}
