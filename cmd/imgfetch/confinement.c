#include "cmd/imgfetch/confinement.h"

#include "base/mem.h"
#include "exec/callname.h"
#include "store/libarchive.h"
#include "store/store_tar.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Each call is told once. Runs in a signal handler. */
static void tell_refused(int call)
{
    static atomic_uchar told[CALLNAME_KNOWN];
    static const char begin[] = "imgfetch: warning: the sandbox has refused system call ";
    char text[sizeof begin + CALLNAME_SIZE + 1];
    if (call < 0 || call >= CALLNAME_KNOWN || atomic_exchange(&told[call], 1))
        return;
    memcpy(text, begin, sizeof begin - 1);
    callname_text(call, text + sizeof begin - 1);
    size_t len = strlen(text);
    text[len++] = '\n';
    ssize_t n = write(STDERR_FILENO, text, len);
    (void)n;
}

static bool is_enough(enum confine_level level)
{
    if (level == CONFINE_ALL)
        return true;
    fprintf(stderr,
        "imgfetch: --require-sandbox: the main process reaches only sandbox level '%s' here, "
        "not '%s'\n",
        confine_name(level), confine_name(CONFINE_ALL));
    return false;
}

bool confinement_is_enough(const struct options *o)
{
    return !o->require_sandbox || is_enough(confine_probe());
}

/* With --update the old directory is written, too, and both are exchanged in their parent. */
static void set_writable(struct confine_conf *conf, const struct options *o,
    const struct updating *u, const char *dirs[3])
{
    unsigned n = 0;
    dirs[n++] = u->update ? update_new(u->update) : o->pipeline.store.dir;
    if (u->update) {
        dirs[n++] = update_old(u->update);
        conf->renames = update_parent(u->update);
    }
    dirs[n] = NULL;
    conf->writable = dirs;
}

bool confinement_enter(
    const struct options *o, const struct updating *u, const char *ca, const char *replaced_in)
{
    const struct pipeline_conf *p = &o->pipeline;
    const char **readable = mem_array(p->n_lists + u->n_reuse + 2, sizeof *readable), *dirs[3];
    size_t n = 0;
    readable[n++] = ca;
    for (size_t i = 0; i < p->n_lists; i++)
        if (strcmp(p->lists[i], "-") != 0 && !urllist_is_url(p->lists[i]))
            readable[n++] = p->lists[i];
    for (unsigned i = 0; i < u->n_reuse; i++)
        readable[n++] = u->reuse[i];
    readable[n] = NULL;
    if (p->store.layout == &store_tar || u->n_reuse)
        libarchive(); /* loads it now */
    trap_install(tell_refused, TRAP_FAILS);
    struct confine_conf conf = {.readable = readable, .replaced_in = replaced_in};
    set_writable(&conf, o, u, dirs);
    enum confine_level level = confine_enter(&conf);
    free(readable);
    return !o->require_sandbox || is_enough(level);
}

void confinement_print(void)
{
    int landlock = confine_landlock();
    printf("sandbox of the main process on this machine: %s", confine_name(confine_probe()));
    if (landlock)
        printf(" (landlock %d)\n", landlock);
    else
        printf(" (no landlock)\n");
}
