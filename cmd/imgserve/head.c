#include "cmd/imgserve/head.h"

#include "cmd/imgserve/text.h"

const char *head_reason(int status)
{
    static const struct {
        int status;
        const char *reason;
    } reasons[] = {
        {200, "OK"},
        {204, "No Content"},
        {301, "Moved Permanently"},
        {302, "Found"},
        {303, "See Other"},
        {304, "Not Modified"},
        {307, "Temporary Redirect"},
        {308, "Permanent Redirect"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {408, "Request Timeout"},
        {410, "Gone"},
        {411, "Length Required"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {425, "Too Early"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
        {505, "HTTP Version Not Supported"},
    };
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (reasons[i].status == status)
            return reasons[i].reason;
    return "Status";
}

void head_field(struct buf *b, const char *name, struct span value)
{
    text_adds(b, name);
    text_adds(b, ": ");
    text_add(b, value);
    text_adds(b, "\r\n");
}

void head_start(struct buf *b, int status, const char *date)
{
    text_adds(b, "HTTP/1.1 ");
    text_addu(b, (uint64_t)status);
    text_adds(b, " ");
    text_adds(b, head_reason(status));
    text_adds(b, "\r\nServer: imgserve\r\nDate: ");
    text_adds(b, date);
    text_adds(b, "\r\n");
}

void head_finish(struct response *r, bool is_http10)
{
    struct buf *b = &r->head;
    if (r->chunked) {
        text_adds(b, "Transfer-Encoding: chunked\r\n");
    } else if (r->claimed != RESPONSE_NO_LENGTH) {
        text_adds(b, "Content-Length: ");
        text_addu(b, r->claimed);
        text_adds(b, "\r\n");
    }
    if (r->then == RESPONSE_THEN_CLOSE)
        text_adds(b, "Connection: close\r\n");
    else if (is_http10)
        text_adds(b, "Connection: keep-alive\r\n");
    text_adds(b, r->open_head ? "X-Drip: " : "\r\n");
}
