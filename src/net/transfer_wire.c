#include "net/transfer_wire.h"

#include <strings.h>

/* Limits of all headers of a response (1xx included) and its trailers together. curl stores each
 * line. 7.88 and 8.14 have the same limit of bytes for headers (lib/http.h,
 * MAX_HTTP_RESP_HEADER_SIZE), but none for trailers; 8.14 also ends at 5000 fields
 * (MAX_HTTP_RESP_HEADER_COUNT). Results must not depend on curl's version, so our limit of
 * fields is lower. */
enum { HEAD_MAX = 300 * 1024, HEAD_LINES_MAX = 4000 };

/* Bytes of framing: this, and so much for each byte of body. A chunk of a single byte has five
 * (RFC 9112, section 7.1). */
enum { FRAMING_MAX = HEAD_MAX, FRAMING_EACH = 8 };

/* curl's progress counts what is in the chunks. Only its debug callback gets them as they come. */
static int on_debug(CURL *easy, curl_infotype type, char *bytes, size_t len, void *arg)
{
    (void)easy, (void)bytes;
    struct transfer_wire *w = arg;
    if (type == CURLINFO_DATA_IN)
        w->raw += len;
    return 0;
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
    curl_easy_setopt(w->easy, CURLOPT_VERBOSE, 0L);
}

bool transfer_wire_take_line(struct transfer_wire *w, size_t len)
{
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
    if (w->raw <= FRAMING_MAX)
        return true;
    uint64_t body = transfer_wire_body(w);
    return w->raw <= body || w->raw - body <= FRAMING_MAX + FRAMING_EACH * body;
}
