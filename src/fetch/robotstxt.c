#include "fetch/robotstxt.h"

#include "base/hash.h"
#include "base/mem.h"
#include "fetch/robots.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TOO_MANY_REQUESTS = 429, /* RFC 6585, section 4 */
    RULES_SIZE = 8           /* times the text, at most (fetch/robots.h) */
};

struct origin {
    UT_hash_handle hh;
    TAILQ_ENTRY(origin) link; /* in `known`; in no list while its robots.txt is being fetched */
    struct job_queue waiting;
    bool is_known;
    struct robots *rules; /* NULL: all is allowed */
    size_t bytes;         /* of memory, roughly */
    enum err err;         /* why robots.txt could not be fetched */
    char message[JOB_MESSAGE_SIZE];
    char name[]; /* "http://host:port" */
};

struct robotstxt {
    char agent[64];
    struct origin *origins;            /* by name */
    TAILQ_HEAD(origins, origin) known; /* the most recently used at the end */
    unsigned n_known;
    size_t bytes;
};

struct robotstxt *robotstxt_new(const char *agent)
{
    struct robotstxt *r = mem_new(sizeof *r);
    snprintf(r->agent, sizeof r->agent, "%.*s", (int)strcspn(agent, "/ "), agent);
    TAILQ_INIT(&r->known);
    return r;
}

static void forget_origin(struct robotstxt *r, struct origin *o)
{
    if (o->is_known) {
        TAILQ_REMOVE(&r->known, o, link);
        r->n_known--;
        r->bytes -= o->bytes;
    }
    HASH_DEL(r->origins, o);
    robots_free(o->rules);
    free(o);
}

void robotstxt_free(struct robotstxt *r)
{
    struct origin *o, *next;
    if (!r)
        return;
    HASH_ITER (hh, r->origins, o, next)
        forget_origin(r, o);
    free(r);
}

static struct origin *get_origin(struct robotstxt *r, const struct url *url)
{
    struct origin *o;
    size_t len = strlen(url->host) + sizeof "https://:65535";
    char *name = mem_new(len);
    snprintf(name, len, "%s://%s:%u", url->tls ? "https" : "http", url->host, url->port);
    HASH_FIND_STR(r->origins, name, o);
    if (!o) {
        o = mem_new(sizeof *o + len);
        memcpy(o->name, name, len);
        TAILQ_INIT(&o->waiting);
        HASH_ADD_KEYPTR(hh, r->origins, o->name, strlen(o->name), o);
    }
    free(name);
    return o;
}

static struct job *make_robots_job(struct origin *o)
{
    size_t size = strlen(o->name) + sizeof "/robots.txt";
    char *text = mem_new(size);
    const char *why;
    struct job *j = job_new();
    snprintf(text, size, "%s/robots.txt", o->name);
    if (url_parse(text, strlen(text), &j->request.url, &why))
        abort(); /* cannot happen: it is the origin of a valid URL */
    j->source = text;
    j->request.is_robots_txt = true;
    j->robots_site = o;
    return j;
}

/* The URL from its path on, which robots.txt rules apply to. */
static const char *path_of(const struct url *url)
{
    const char *path = strpbrk(strstr(url->text, "://") + 3, "/?");
    return path ? path : "/";
}

enum robotstxt_verdict robotstxt_check(struct robotstxt *r, struct job *j, struct job **robots_job)
{
    struct origin *o = get_origin(r, &j->request.url);
    *robots_job = NULL;
    if (!o->is_known) {
        if (TAILQ_EMPTY(&o->waiting))
            *robots_job = make_robots_job(o);
        TAILQ_INSERT_TAIL(&o->waiting, j, link);
        return ROBOTSTXT_WAIT;
    }
    TAILQ_REMOVE(&r->known, o, link);
    TAILQ_INSERT_TAIL(&r->known, o, link);
    if (o->err)
        job_fail(j, o->err, "robots.txt: %s", o->message);
    else if (o->rules && !robots_allows(o->rules, path_of(&j->request.url)))
        job_fail(j, ERR_ROBOTS_TAG, "disallowed by the robots.txt of %.60s", o->name);
    return j->err ? ROBOTSTXT_REFUSED : ROBOTSTXT_ALLOWED;
}

static void fail_origin(struct origin *o, enum err err, const char *message)
{
    o->err = err;
    snprintf(o->message, sizeof o->message, "%s", message);
}

static void learn(const struct robotstxt *r, struct origin *o, const struct job *robots_job)
{
    const struct response *response = &robots_job->response;
    const struct buf *body = &response->body;
    int class = response->http_status / 100;
    bool is_whole = robots_job->err == ERR_OK || response->is_empty;
    if (is_whole && class == 2) {
        o->rules = robots_parse((const char *)body->data, body->len, r->agent);
        o->bytes = RULES_SIZE * (body->len < ROBOTS_SIZE_MAX ? body->len : ROBOTS_SIZE_MAX);
        if (!o->rules)
            fail_origin(o, ERR_IO_ERROR, "no memory for its rules");
    } else if (robots_job->err == ERR_REDIRECT_LOOP ||
               (class == 4 && response->http_status != TOO_MANY_REQUESTS)) {
        o->rules = NULL;
    } else {
        fail_origin(o, robots_job->err, robots_job->message);
    }
}

static void make_room(struct robotstxt *r, const struct origin *but)
{
    struct origin *o;
    while ((o = TAILQ_FIRST(&r->known)) && o != but &&
           (r->n_known > ROBOTSTXT_ORIGINS || r->bytes > ROBOTSTXT_MEMORY))
        forget_origin(r, o);
}

void robotstxt_settled(struct robotstxt *r, struct job *robots_job, struct job_queue *ret)
{
    struct origin *o = robots_job->robots_site;
    learn(r, o, robots_job);
    o->bytes += sizeof *o;
    o->is_known = true;
    TAILQ_INSERT_TAIL(&r->known, o, link);
    r->n_known++;
    r->bytes += o->bytes;
    TAILQ_CONCAT(ret, &o->waiting, link);
    make_room(r, o);
}

void robotstxt_drain(struct robotstxt *r, struct job_queue *ret)
{
    struct origin *o, *next;
    HASH_ITER (hh, r->origins, o, next)
        TAILQ_CONCAT(ret, &o->waiting, link);
}
