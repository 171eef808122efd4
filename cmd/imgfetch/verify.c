#include "cmd/imgfetch/actions.h"

#include "audit/verify.h"
#include "base/cgroup.h"
#include "cmd/imgfetch/run.h"
#include "cmd/imgfetch/status/human.h"
#include "store/diroptions.h"

#include <stdio.h>
#include <uv.h>

struct place {
    const char *dir; /* "": it is the only one, and need not be named */
};

static void print_fault(void *arg, const char *where, const char *what)
{
    const struct place *place = arg;
    human_line(stdout, "%s%s%s: %s", place->dir, *place->dir ? "/" : "", where, what);
}

static void print_count(uint64_t n, const char *what)
{
    char text[HUMAN_SIZE];
    printf("%s %s%s", human_count(n, text), what, n == 1 ? "" : "s");
}

/* "out: 3 shards, 25 rows, 70 files, 310 kB: 2 differences" */
static void print_counts(const char *dir, const struct verify_counts *c)
{
    char name[HUMAN_TEXT_SIZE], bytes[HUMAN_SIZE];
    printf("%s: ", human_text(dir, name));
    print_count(c->shards, "shard");
    if (c->gone)
        printf(" (%s delivered and not here)", human_count(c->gone, bytes));
    printf(", ");
    print_count(c->rows, "row");
    printf(", ");
    print_count(c->files, "file");
    printf(", %s: ", human_bytes(c->bytes, bytes));
    if (c->faults)
        print_count(c->faults, "difference");
    else
        printf("no differences");
    printf("\n");
}

/* Nothing of what it made is there to be checked. */
static void print_kind(const char *dir)
{
    struct diroptions note;
    char name[HUMAN_TEXT_SIZE];
    if (outdir_read_note(dir, &note))
        return;
    const char *backend = diroptions_text(&note, "backend");
    if (backend && *backend)
        human_line(stdout, "%s: made with --backend=%s: nothing was fetched", human_text(dir, name),
            backend);
    diroptions_fini(&note);
}

static int verify_one(const struct options *o, const char *dir)
{
    char message[VERIFY_MESSAGE_SIZE];
    struct verify_counts counts;
    struct place place = {o->n_dirs > 1 ? dir : ""};
    struct verify_conf conf = {.path = dir, .on_fault = print_fault, .arg = &place};
    conf.threads = o->workers ? o->workers : cgroup_processors();
    if (verify_dir(&conf, &counts, message)) {
        human_line(stderr, "imgfetch: %s", message);
        return EXIT_STOPPED;
    }
    if (!o->quiet)
        print_counts(dir, &counts);
    if (!o->quiet)
        print_kind(dir);
    return counts.faults ? EXIT_ROWS_FAILED : EXIT_OK;
}

int verify(const struct options *o)
{
    int worst = EXIT_OK;
    for (size_t i = 0; i < o->n_dirs; i++) {
        int code = verify_one(o, o->dirs[i]);
        worst = code > worst ? code : worst;
    }
    if (fflush(stdout)) {
        fprintf(stderr, "imgfetch: standard output was closed\n");
        return EXIT_STOPPED;
    }
    return worst;
}
