#include "cmd/imgfetch/compare/compare_plan.h"

#include "backends/table.h"
#include "base/mem.h"
#include "cmd/imgfetch/options/options_table.h"
#include "cmd/imgfetch/options/words.h"
#include "cmd/imgfetch/status/human.h"
#include "net/transfer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Takes it with rounds of its own. */
static void add_contender(struct comparison *c, struct contender contender)
{
    contender.rounds = mem_array(c->options->repeat, sizeof *contender.rounds);
    c->contenders = mem_grow(c->contenders, (c->n + 1) * sizeof *c->contenders);
    c->contenders[c->n++] = contender;
}

static void add_backend(struct comparison *c, const struct backend *b)
{
    add_contender(c, (struct contender){.name = b->name, .backend = b, .pool = c->options->pool});
}

static bool refuse(const struct comparison *c, const char *name, size_t len)
{
    const char *known[OPTIONS_MAX_VALUES], *why;
    char what[HUMAN_TEXT_SIZE];
    snprintf(what, sizeof what, len ? "unknown backend '%.*s'" : "a name is missing",
        len < 60 ? (int)len : 60, name);
    options_values(options_row_named("backend"), known);
    why = words_unknown(what, known, name, len);
    if ((len == 5 && !strncmp(name, "pools", 5)) || (len == 4 && !strncmp(name, "http", 4)))
        why = "pools and http stand alone, without other names";
    human_line(stderr, "imgfetch: --compare=%s: %s", c->options->compare, why);
    return false;
}

static bool has(const struct comparison *c, const struct backend *b)
{
    for (unsigned i = 0; i < c->n; i++)
        if (c->contenders[i].backend == b)
            return true;
    return false;
}

static bool add_named(struct comparison *c, const char *names)
{
    for (const char *from = names;; from++) {
        size_t len = strcspn(from, ",");
        char name[32];
        snprintf(name, sizeof name, "%.*s", (int)len, from);
        const struct backend *backend = len < sizeof name ? backend_find(name) : NULL;
        if (!backend)
            return refuse(c, from, len);
        if (!has(c, backend))
            add_backend(c, backend);
        from += len;
        if (!*from)
            return true;
    }
}

static void add_all(struct comparison *c)
{
    for (const struct backend *const *b = backend_table; *b; b++)
        if (!(*b)->only_if_named)
            add_backend(c, *b);
}

static bool add_pools(struct comparison *c)
{
    const struct options *o = c->options;
    c->what = COMPARED_POOLS;
    if (!o->thumbs) {
        fputs("imgfetch: --compare=pools and --no-thumbs: without thumbnails there is nothing to "
              "decode\n",
            stderr);
        return false;
    }
    if (o->require_sandbox) {
        fputs(
            "imgfetch: --compare=pools and --require-sandbox: only procs has a sandbox\n", stderr);
        return false;
    }
    if (o->isolate == ISOLATE_IMAGE) {
        fputs("imgfetch: --compare=pools and --isolate=image: only procs has processes\n", stderr);
        return false;
    }
    for (unsigned p = 0; options_pools[p]; p++)
        add_contender(c, (struct contender){.name = options_pools[p],
                             .backend = o->pipeline.backend,
                             .pool = (enum options_pool)p,
                             .thumbs = true});
    return true;
}

static void add_http(struct comparison *c)
{
    static const char *const versions[] = {"--http1.1", "--http2", "--http3"};
    size_t n = sizeof versions / sizeof *versions - !transfer_has_http3();
    c->what = COMPARED_HTTP;
    for (size_t i = 0; i < n; i++)
        add_contender(c, (struct contender){.name = versions[i] + strlen("--"),
                             .http = versions[i],
                             .backend = c->options->pipeline.backend,
                             .pool = c->options->pool});
}

static bool adapt_all(const struct comparison *c)
{
    for (unsigned i = 0; c->options->adapts && i < c->n; i++)
        if (!c->contenders[i].backend->adapts) {
            fprintf(stderr,
                "imgfetch: --concurrency=auto: only the backends async and coro adapt, not %s\n",
                c->contenders[i].backend->name);
            return false;
        }
    return true;
}

static bool plan_all(const struct options *o, struct comparison *ret)
{
    if (!strcmp(o->compare, "pools"))
        return add_pools(ret);
    if (!strcmp(o->compare, "http"))
        add_http(ret);
    else if (!*o->compare)
        add_all(ret);
    else if (!add_named(ret, o->compare))
        return false;
    unsigned n = ret->n;
    for (unsigned i = 0; o->thumbs && i < n; i++) {
        struct contender with = ret->contenders[i];
        with.thumbs = true;
        add_contender(ret, with);
    }
    return true;
}

bool compare_plan(const struct options *o, struct comparison *ret)
{
    *ret = (struct comparison){.options = o};
    return plan_all(o, ret) && adapt_all(ret);
}

void compare_plan_free(struct comparison *c)
{
    for (unsigned i = 0; i < c->n; i++)
        free(c->contenders[i].rounds);
    free(c->contenders);
    c->contenders = NULL;
    c->n = 0;
}
