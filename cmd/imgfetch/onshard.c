#include "cmd/imgfetch/onshard.h"

#include "base/mem.h"
#include "cmd/imgfetch/options/options.h"
#include "pipeline/delivery.h"
#include "store/sent.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_executable(const char *path)
{
    struct stat st;
    return !stat(path, &st) && S_ISREG(st.st_mode) && !access(path, X_OK);
}

bool onshard_is_program(const char *program)
{
    const char *path = getenv("PATH"), *end;
    char candidate[PATH_MAX];
    if (strchr(program, '/'))
        return is_executable(program);
    for (bool more = path && *program; more; path = end + 1) {
        end = strchrnul(path, ':');
        more = *end;
        int len = snprintf(candidate, sizeof candidate, "%.*s%s%s", (int)(end - path), path,
            end > path ? "/" : "./", program);
        if (len < (int)sizeof candidate && is_executable(candidate))
            return true;
    }
    return false;
}

/* What the helper knows besides the two numbers. */
struct context {
    const struct store_conf *store;
    char *dir; /* the absolute path of the output directory */
};

static char **make_words(void *arg, const uint32_t numbers[2])
{
    const struct context *c = arg;
    return sent_words(c->store, c->dir, numbers[0], numbers[1]);
}

/* The directory need not exist yet. NULL: errno says why. */
static char *absolute(const char *dir)
{
    if (*dir == '/')
        return mem_dup(dir);
    char *here = getcwd(NULL, 0), *path = NULL;
    if (here && asprintf(&path, "%s%s%s", here, here[1] ? "/" : "", dir) < 0)
        path = NULL;
    free(here);
    return path;
}

bool onshard_start(const struct options *o, struct launcher **ret)
{
    struct context context = {.store = &o->pipeline.store};
    struct launcher_conf conf = {.program = o->on_shard, .words = make_words, .arg = &context};
    int err;
    *ret = NULL;
    if (!o->on_shard)
        return true;
    context.dir = absolute(o->pipeline.store.dir);
    conf.most = DELIVERY_AT_ONCE;
    conf.timeout_s = DELIVERY_TIMEOUT_S;
    *ret = context.dir ? launcher_start(&conf, &err) : NULL;
    if (!*ret)
        fprintf(stderr, "imgfetch: --on-shard: no helper process: %s\n",
            strerror(context.dir ? -err : errno));
    free(context.dir);
    return *ret != NULL;
}
