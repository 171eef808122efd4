#include "cmd/imgserve/response.h"

#include "cmd/imgserve/encode.h"
#include "cmd/imgserve/faults.h"
#include "cmd/imgserve/head.h"
#include "cmd/imgserve/params.h"
#include "cmd/imgserve/stats.h"
#include "cmd/imgserve/text.h"
#include "cmd/imgserve/tries.h"

#include <string.h>

enum { RAW_MAX = 256 << 20 }; /* bytes of times=, all in memory */

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
        say_status(d, status, head_reason(status));
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
    } else {
        say_status(d, 404, head_reason(404));
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
        say_status(d, status, head_reason(status));
    } else if (d->params.size != PARAMS_NONE) {
        body_pattern(&d->out->body, d->params.size);
        d->status = 200;
        d->type = span_of("application/octet-stream");
    } else if (d->params.html) {
        serve_html(d);
    } else if (trouble && trouble != 200) {
        say_status(d, trouble, head_reason(trouble));
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
    const char *name = encode_find(d->params.encoding);
    if (encode_body(&d->out->body, name))
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
    head_start(b, d->status, site_date(d->site));
    if (type.at && !span_is(type, "none"))
        head_field(b, "Content-Type", type);
    if (d->out->encoding)
        head_field(b, "Content-Encoding", span_of(d->out->encoding));
    if (d->etag[0]) {
        head_field(b, "ETag", span_of(d->etag));
        head_field(b, "Last-Modified", span_of(d->modified));
    }
    if (d->location.len)
        head_field(b, "Location", (struct span){(char *)d->location.data, d->location.len});
    if (d->retry_after.at)
        head_field(b, "Retry-After", d->retry_after);
    for (unsigned i = 0; i < d->params.n_headers; i++) {
        text_add(b, d->params.headers[i]);
        text_adds(b, "\r\n");
    }
    head_finish(d->out, d->req->is_http10);
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
    text_addf(&ret->body.text, "%d %s\n", status, head_reason(status));
    ret->send = ret->claimed = ret->body.text.len;
    ret->then = RESPONSE_THEN_CLOSE;
    head_start(&ret->head, status, site_date(site));
    head_field(&ret->head, "Content-Type", span_of("text/plain"));
    if (status == 405)
        head_field(&ret->head, "Allow", span_of("GET, HEAD"));
    head_finish(ret, false);
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
