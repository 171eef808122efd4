#include "cmd/imgfetch/compare/compare_plan.h"

#include "backends/table.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add_contender(struct comparison *c, const char *name, const struct backend *backend,
    enum options_pool pool, bool thumbs)
{
    c->contenders = mem_grow(c->contenders, (c->n + 1) * sizeof *c->contenders);
    struct contender *new = &c->contenders[c->n++];
    *new = (struct contender){.name = name, .backend = backend, .pool = pool, .thumbs = thumbs};
    new->rounds = mem_array(c->options->repeat, sizeof *new->rounds);
}

static bool refuse(const char *name, size_t len)
{
    if (len)
        fprintf(stderr, "imgfetch: --compare: unknown backend '%.*s' (known:", (int)len, name);
    else
        fprintf(stderr, "imgfetch: --compare: a name is missing (known:");
    for (const struct backend *const *b = backend_table; *b; b++)
        fprintf(stderr, " %s", (*b)->name);
    fprintf(stderr, ", or pools alone)\n");
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
            return refuse(from, len);
        if (!has(c, backend))
            add_contender(c, backend->name, backend, c->options->pool, false);
        from += len;
        if (!*from)
            return true;
    }
}

static void add_all(struct comparison *c)
{
    for (const struct backend *const *b = backend_table; *b; b++)
        if (!(*b)->only_if_named)
            add_contender(c, (*b)->name, *b, c->options->pool, false);
}

static bool add_pools(struct comparison *c)
{
    const struct options *o = c->options;
    c->pools = true;
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
    for (unsigned p = 0; options_pools[p]; p++)
        add_contender(c, options_pools[p], o->pipeline.backend, (enum options_pool)p, true);
    return true;
}

bool compare_plan(const struct options *o, struct comparison *ret)
{
    *ret = (struct comparison){.options = o};
    if (!strcmp(o->compare, "pools"))
        return add_pools(ret);
    if (!*o->compare)
        add_all(ret);
    else if (!add_named(ret, o->compare))
        return false;
    unsigned n = ret->n;
    for (unsigned i = 0; o->thumbs && i < n; i++) {
        const struct contender *c = &ret->contenders[i];
        add_contender(ret, c->name, c->backend, o->pool, true);
    }
    return true;
}

void compare_plan_free(struct comparison *c)
{
    for (unsigned i = 0; i < c->n; i++)
        free(c->contenders[i].rounds);
    free(c->contenders);
    c->contenders = NULL;
    c->n = 0;
}
