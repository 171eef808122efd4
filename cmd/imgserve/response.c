#include "cmd/imgserve/response.h"

#include "cmd/imgserve/faults.h"
#include "cmd/imgserve/params.h"
#include "cmd/imgserve/stats.h"
#include "cmd/imgserve/text.h"
#include "cmd/imgserve/tries.h"

#include <string.h>
#include <time.h>

enum { RAW_MAX = 256 << 20 }; /* bytes of times=, all in memory */

/* ---- the head: RFC 9112, section 4 and RFC 9110 ---- */

/* "Not Found"; static text. */
static const char *reason_of(int status)
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

/* "NAME: VALUE\r\n" */
static void add_field(struct buf *b, const char *name, struct span value)
{
    text_adds(b, name);
    text_adds(b, ": ");
    text_add(b, value);
    text_adds(b, "\r\n");
}

/* Now, for the Date field. */
static const char *date_of(struct site *site)
{
    int64_t now = time(NULL);
    if (now != site->date_at) {
        text_date(now, site->date);
        site->date_at = now;
    }
    return site->date;
}

/* The status line and the fields of every response. */
static void begin_head(struct buf *b, int status, const char *date)
{
    text_adds(b, "HTTP/1.1 ");
    text_addu(b, (uint64_t)status);
    text_adds(b, " ");
    text_adds(b, reason_of(status));
    text_adds(b, "\r\nServer: imgserve\r\nDate: ");
    text_adds(b, date);
    text_adds(b, "\r\n");
}

/* The fields for the length of the body and for the connection, and the end of the head. */
static void finish_head(struct response *r, bool is_http10)
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

/* ---- the response ---- */

/* A response while it is being decided. */
struct draft {
    struct site *site;
    const struct request *req;
    struct response *out;
    int status;              /* 0: not yet known */
    struct span type;        /* Content-Type; at NULL: none */
    struct span retry_after; /* at NULL: none */
    struct buf location;     /* empty: none */
    /* Copied, because a fault may release the file; empty: none. */
    char etag[FILES_ETAG_SIZE];
    char modified[TEXT_DATE_SIZE];
    struct params params; /* last: it is large, and not zeroed */
};

static void say_status(struct draft *d, int status, const char *text)
{
    d->status = status;
    d->type = span_of("text/plain");
    body_text(&d->out->body);
    text_addf(&d->out->body.text, "%d %s\n", status, text);
}

/* True if the list of entity tags has this one, or is "*" (RFC 9110, section 13.1.2). */
static bool matches(struct span list, const char *etag)
{
    while (list.len) {
        struct span tag = span_trim(span_cut(&list, ','));
        if (span_starts(tag, "W/"))
            tag = (struct span){tag.at + 2, tag.len - 2};
        if (span_is(tag, etag) || span_is(tag, "*"))
            return true;
    }
    return false;
}

static void serve_file(struct draft *d)
{
    struct file *file;
    int status = files_get(d->site->files, d->req->path, &file);
    if (status) {
        say_status(d, status, reason_of(status));
        return;
    }
    body_file(&d->out->body, file);
    memcpy(d->etag, file->etag, sizeof d->etag);
    memcpy(d->modified, file->modified, sizeof d->modified);
    d->type = span_of(file->type);
    d->status = matches(d->req->if_none_match, file->etag) ? 304 : 200;
}

static void serve_internal(struct draft *d)
{
    struct buf *text = &d->out->body.text;
    body_text(&d->out->body);
    d->status = 200;
    d->type = span_of("text/plain");
    if (span_is(d->req->path, "/-/stats")) {
        stats_json(d->site->stats, text);
        d->type = span_of("application/json");
    } else if (span_is(d->req->path, "/-/echo")) {
        text_add(text, d->req->head);
    } else if (span_is(d->req->path, "/-/reset")) {
        stats_reset(d->site->stats);
        tries_reset(d->site->tries);
        text_adds(text, "reset\n");
    } else if (span_is(d->req->path, "/-/hold")) {
        d->site->is_gated = true;
        d->site->gate_opens = d->params.times == PARAMS_NONE ? 0 : d->params.times;
        text_adds(text, "held\n");
    } else if (span_is(d->req->path, "/-/release")) {
        d->site->is_gated = false;
        text_adds(text, "released\n");
    } else {
        say_status(d, 404, reason_of(404));
    }
}

/* Redirects to the same path, with one number of the query changed. */
static void redirect_to_self(struct draft *d, const char *name, uint64_t value)
{
    /* "//x" alone would be the name of a host (RFC 3986, section 4.2) */
    if (span_starts(d->req->path, "//"))
        text_adds(&d->location, "/.");
    text_add(&d->location, d->req->path);
    text_adds(&d->location, "?");
    params_write(d->req->query, name, value, &d->location);
}

static bool redirect(struct draft *d)
{
    const struct params *p = &d->params;
    if (p->redirect.at)
        text_add(&d->location, p->redirect);
    else if (p->loop)
        redirect_to_self(d, "turn", p->turn + 1);
    else if (p->hops)
        redirect_to_self(d, "hops", p->hops - 1);
    else
        return false;
    return true;
}

static void serve_html(struct draft *d)
{
    body_text(&d->out->body);
    text_adds(&d->out->body.text, "<!DOCTYPE html>\n<html><head><title>No image</title></head>\n"
                                  "<body><p>This is a page, not an image.</p></body></html>\n");
    d->status = 200;
    d->type = span_of("text/html; charset=utf-8");
}

/* `trouble`: the status that was asked for, or 0. */
static void choose_body(struct draft *d, int trouble)
{
    if (redirect(d)) {
        int status = trouble ? trouble : 302;
        say_status(d, status, reason_of(status));
    } else if (d->params.size != PARAMS_NONE) {
        body_pattern(&d->out->body, d->params.size);
        d->status = 200;
        d->type = span_of("application/octet-stream");
    } else if (d->params.html) {
        serve_html(d);
    } else if (trouble && trouble != 200) {
        say_status(d, trouble, reason_of(trouble));
    } else if (request_is_internal(d->req)) {
        serve_internal(d);
    } else {
        serve_file(d);
    }
    if (trouble)
        d->status = trouble;
}

static void encode(struct draft *d)
{
    const char *name = body_encoding(d->params.encoding);
    if (body_encode(&d->out->body, name))
        d->out->encoding = name;
    else
        say_status(d, 400, "encoding: the body is too large");
}

/* True: status, retry_after and fault hold for this request. */
static bool is_troubled(struct draft *d)
{
    uint64_t fail_first = d->params.fail_first;
    return !fail_first || tries_count(d->site->tries, d->req->host, d->req->target) <= fail_first;
}

/* How the body is framed when nothing is wrong. */
static void frame(struct draft *d)
{
    struct response *r = d->out;
    bool has_body = d->status != 204 && d->status != 304; /* RFC 9110, section 6.4.1 */
    r->send = body_size(&r->body);
    r->claimed = has_body ? r->send : RESPONSE_NO_LENGTH;
    if (has_body && d->params.chunked) {
        r->claimed = RESPONSE_NO_LENGTH;
        if (d->req->is_http10)
            r->then = RESPONSE_THEN_CLOSE; /* which is then the end of the body */
        else
            r->chunked = true;
    }
    if (!has_body || d->req->is_head)
        r->send = 0;
    else if (r->chunked)
        r->tail = RESPONSE_TAIL_LAST_CHUNK;
    if (!has_body)
        d->type.at = NULL;
}

static void write_head(struct draft *d)
{
    struct buf *b = &d->out->head;
    struct span type = d->params.type.at ? d->params.type : d->type;
    begin_head(b, d->status, date_of(d->site));
    if (type.at && !span_is(type, "none"))
        add_field(b, "Content-Type", type);
    if (d->out->encoding)
        add_field(b, "Content-Encoding", span_of(d->out->encoding));
    if (d->etag[0]) {
        add_field(b, "ETag", span_of(d->etag));
        add_field(b, "Last-Modified", span_of(d->modified));
    }
    if (d->location.len)
        add_field(b, "Location", (struct span){(char *)d->location.data, d->location.len});
    if (d->retry_after.at)
        add_field(b, "Retry-After", d->retry_after);
    for (unsigned i = 0; i < d->params.n_headers; i++) {
        text_add(b, d->params.headers[i]);
        text_adds(b, "\r\n");
    }
    finish_head(d->out, d->req->is_http10);
}

/* Sends the user's own bytes instead of our head, perhaps endlessly. The body follows as it is,
 * unless those bytes have no end. */
static void response_raw(const struct params *p, struct response *r)
{
    uint64_t times = p->times == PARAMS_NONE ? 0 : p->times;
    text_add(&r->head, p->raw);
    if (p->again.len * times > RAW_MAX)
        times = RAW_MAX / p->again.len;
    for (; times; times--)
        text_add(&r->head, p->again);
    text_add(&r->head, p->after);
    if (p->again.len && p->times == PARAMS_NONE) {
        body_again(&r->body, p->again);
        r->send = UINT64_MAX;
    }
    r->chunked = false;
    r->tail = RESPONSE_TAIL_NONE;
}

/* Empties the response, but keeps the memory of its head. */
static void clear(struct response *r)
{
    struct buf head = r->head;
    body_fini(&r->body);
    *r = (struct response){.head = head};
    r->head.len = 0;
}

static const char *const nexts[] = {
    [RESPONSE_NEXT_CLOSE] = "close", [RESPONSE_NEXT_RESET] = "reset", [RESPONSE_NEXT_408] = "408"};

/* NULL: done. Else: what is wrong. */
static const char *choose_next(const struct params *params, struct response *r)
{
    if (!params->next.at)
        return NULL;
    for (size_t i = RESPONSE_NEXT_SERVE + 1; i < sizeof nexts / sizeof *nexts; i++)
        if (span_is(params->next, nexts[i])) {
            r->next = (enum response_next)i;
            return NULL;
        }
    return "next: close, reset or 408";
}

void response_make(struct site *site, const struct request *req, struct response *ret)
{
    struct draft d;
    memset(&d, 0, offsetof(struct draft, params));
    d.site = site;
    d.req = req;
    d.out = ret;
    clear(ret);

    const char *wrong = params_parse(req->query, &d.params);
    const struct fault *fault = NULL;
    ret->then = req->keep_alive && !d.params.close ? RESPONSE_THEN_KEEP : RESPONSE_THEN_CLOSE;
    if (!wrong)
        wrong = choose_next(&d.params, ret);
    if (wrong) {
        say_status(&d, 400, wrong);
    } else if (is_troubled(&d)) {
        int status = (int)d.params.status;
        fault = d.params.fault;
        d.retry_after = d.params.retry_after;
        if (d.params.fail_first && !status && !fault)
            status = 503;
        choose_body(&d, status);
    } else {
        choose_body(&d, 0);
    }
    if (d.params.encoding.at)
        encode(&d);
    ret->delay_ms = d.params.delay_ms;
    ret->rate = d.params.rate;
    frame(&d);
    if (fault)
        faults_bend(fault, ret);
    if (d.params.raw.at)
        response_raw(&d.params, ret);
    else if (!ret->no_head)
        write_head(&d);
    buf_fini(&d.location);
}

void response_refuse(struct site *site, int status, struct response *ret)
{
    clear(ret);
    body_text(&ret->body);
    text_addf(&ret->body.text, "%d %s\n", status, reason_of(status));
    ret->send = ret->claimed = ret->body.text.len;
    ret->then = RESPONSE_THEN_CLOSE;
    begin_head(&ret->head, status, date_of(site));
    add_field(&ret->head, "Content-Type", span_of("text/plain"));
    if (status == 405)
        add_field(&ret->head, "Allow", span_of("GET, HEAD"));
    finish_head(ret, false);
}

void response_end(struct response *r)
{
    clear(r);
}

void response_fini(struct response *r)
{
    body_fini(&r->body);
    buf_fini(&r->head);
}
