#include "cmd/imgfetch/actions.h"

#include "base/mem.h"
#include "cmd/imgfetch/compare/compare_plan.h"
#include "cmd/imgfetch/compare/compare_progress.h"
#include "cmd/imgfetch/compare/compare_round.h"
#include "cmd/imgfetch/compare/compare_scratch.h"
#include "cmd/imgfetch/compare/compare_table.h"
#include "cmd/imgfetch/page/report_compare.h"
#include "cmd/imgfetch/page/report_file.h"
#include "cmd/imgfetch/run.h"
#include "cmd/imgfetch/status/human.h"
#include "store/commit.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Options not passed on to a round: set by the comparison itself, or meaningless in it. */
static const char *const ours_fetch_only[] = {"thumb", "phash", "compare", "repeat", "report",
    "json", "output", "backend", "pool", "quiet", "verbose", "color", "log", "stats-fd",
    "no-thumbs", "shuffle", "on-shard", "on-shard-remove", NULL};
static const char *const *const ours = ours_fetch_only + 2; /* with thumbnails */

/* ---- the lists ---- */

/* Every round reads the lists again, so a list that can be read only once (standard input, a pipe)
 * is first copied into the scratch directory. */
struct lists {
    const char **paths; /* ends with NULL; borrowed, except those of copies */
    char **copies;      /* ends with NULL */
    size_t n, n_copies;
};

enum { COPY_SIZE = 65536 };

/* False: errno says why; EINTR after a signal. */
static bool copy_list(int from, int to, struct signals *s)
{
    static char bytes[COPY_SIZE];
    struct pollfd fds[] = {{.fd = from, .events = POLLIN}, {.fd = s->fd, .events = POLLIN}};
    for (;;) {
        if (poll(fds, 2, -1) < 0)
            return false;
        compare_signals_read(s);
        if (s->caught) {
            errno = EINTR;
            return false;
        }
        if (!fds[0].revents)
            continue;
        ssize_t got = read(from, bytes, sizeof bytes);
        if (got <= 0)
            return got == 0;
        int err = commit_write(to, bytes, (size_t)got);
        if (err) {
            errno = -err;
            return false;
        }
    }
}

static bool tell_list(const char *path)
{
    if (errno != EINTR)
        human_line(stderr, "imgfetch: %s: %s", path, strerror(errno));
    return false;
}

/* The copy's name ends like the list's own, which determines the format. */
static bool add_copy(
    struct lists *l, const char *name, int from, const char *dir, struct signals *s)
{
    char path[PATH_MAX + 32 + NAME_MAX];
    const char *slash = strrchr(name, '/'), *end = strchr(slash ? slash : name, '.');
    snprintf(path, sizeof path, "%s/list.%zu%.*s", dir, l->n, NAME_MAX, end ? end : "");
    int to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (to < 0)
        return tell_list(path);
    bool good = copy_list(from, to, s) || tell_list(path);
    close(to);
    l->copies[l->n_copies] = mem_dup(path);
    l->paths[l->n++] = l->copies[l->n_copies++];
    return good;
}

static bool add_list(struct lists *l, const char *path, const char *dir, struct signals *s)
{
    struct stat st;
    bool is_input = !strcmp(path, "-");
    if (urllist_is_url(path)) {
        l->paths[l->n++] = path;
        return true;
    }
    int fd = is_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &st))
        return tell_list(path);
    bool good = true;
    if (S_ISREG(st.st_mode) && !is_input)
        l->paths[l->n++] = path;
    else
        good = add_copy(l, path, fd, dir, s);
    if (!is_input)
        close(fd);
    return good;
}

/* False: a list cannot be read, and a message was printed; or a signal came. */
static bool open_lists(struct lists *l, const struct options *o, const char *dir, struct signals *s)
{
    *l = (struct lists){.paths = mem_array(o->pipeline.n_lists + 1, sizeof *l->paths)};
    l->copies = mem_array(o->pipeline.n_lists + 1, sizeof *l->copies);
    for (size_t i = 0; i < o->pipeline.n_lists; i++)
        if (!add_list(l, o->pipeline.lists[i], dir, s))
            return false;
    return true;
}

static void close_lists(struct lists *l)
{
    for (size_t i = 0; i < l->n_copies; i++)
        free(l->copies[i]);
    free(l->copies);
    free(l->paths);
    *l = (struct lists){0};
}

/* ---- the rounds ---- */

struct race {
    const struct options *options;
    char **words[2];  /* the user's options, for a round without and with thumbnails */
    char shuffle[32]; /* the same random order for every round; "": that of the list */
    struct comparison all;
    struct scratch first, second; /* on tmpfs, if possible; on disk, if the first was too small */
    struct scratch *scratch;      /* the one in use; the lists' copies are in the first */
    struct lists lists;
    struct signals signals;
    struct compare_progress progress;
};

enum verdict { GOES_ON, NO_ROOM, EMPTY_LIST, SIGNALLED, IMPOSSIBLE };

/* round: from 1; 0: the warm-up, which does not count. */
static enum verdict run_one(struct race *r, struct contender *c, unsigned round)
{
    char output[SCRATCH_PATH_SIZE];
    struct figures *figures = &c->rounds[c->n_rounds];
    struct round_conf conf = {.contender = c, .options = r->words[c->thumbs]};
    conf.lists = r->lists.paths;
    conf.output = output;
    conf.shuffle = r->shuffle[0] ? r->shuffle : NULL;
    compare_scratch_next(r->scratch, output);
    compare_progress_begin(&r->progress, c, round);
    bool good = compare_round(&conf, &r->signals, figures, c->trouble);
    if (r->signals.caught)
        return SIGNALLED;
    if (!compare_scratch_fits(r->scratch))
        return NO_ROOM;
    if (good && figures->value[FIGURE_ROWS] < 1)
        return EMPTY_LIST;
    double seconds = figures->value[FIGURE_WALL];
    c->n_rounds += good && round;
    compare_progress_end(&r->progress, c, round, seconds);
    return GOES_ON;
}

/* The first contender that fetches, with thumbnails if there are rounds with: it does all that the
 * first round would do in a colder cache, of this machine or of the server, than the others. */
static struct contender *for_warm_up(const struct comparison *all)
{
    bool thumbs = all->contenders[all->n - 1].thumbs;
    for (unsigned i = 0; i < all->n; i++)
        if (all->contenders[i].thumbs == thumbs &&
            all->contenders[i].backend->kind != BACKEND_FETCHES_NOTHING)
            return &all->contenders[i];
    return &all->contenders[0];
}

static enum verdict run_rounds(struct race *r)
{
    r->progress = (struct compare_progress){.all = &r->all};
    enum verdict verdict = run_one(r, for_warm_up(&r->all), 0);
    for (unsigned round = 1; round <= r->options->repeat; round++)
        for (unsigned i = 0; i < r->all.n && verdict == GOES_ON; i++)
            if (!r->all.contenders[i].trouble[0])
                verdict = run_one(r, &r->all.contenders[i], round);
    compare_progress_clear(&r->progress);
    return verdict;
}

static void forget_rounds(struct comparison *all)
{
    for (unsigned i = 0; i < all->n; i++) {
        all->contenders[i].n_rounds = 0;
        all->contenders[i].trouble[0] = '\0';
    }
}

static bool open_scratch(struct scratch *s, bool may_be_tmpfs)
{
    if (compare_scratch_open(s, may_be_tmpfs))
        return true;
    fprintf(stderr, "imgfetch: cannot make a scratch directory in $TMPDIR or here: %s\n",
        strerror(errno));
    return false;
}

/* Runs all rounds. If they are too large for tmpfs, begins again on disk. */
static enum verdict run_race(struct race *r)
{
    if (!open_scratch(&r->first, true))
        return IMPOSSIBLE;
    if (!open_lists(&r->lists, r->options, r->first.path, &r->signals))
        return r->signals.caught ? SIGNALLED : IMPOSSIBLE;
    r->scratch = &r->first;
    enum verdict verdict = run_rounds(r);
    if (verdict != NO_ROOM || !r->first.on_tmpfs)
        return verdict;
    if (!open_scratch(&r->second, false))
        return IMPOSSIBLE;
    fprintf(stderr, "imgfetch: the rounds do not fit into /dev/shm: starting again in %s\n",
        r->second.path);
    forget_rounds(&r->all);
    r->scratch = &r->second;
    return run_rounds(r);
}

/* ---- the end ---- */

/* Prints which contenders failed, and why. */
static int judge(const struct comparison *all)
{
    unsigned n_out = 0;
    for (unsigned i = 0; i < all->n; i++) {
        const struct contender *c = &all->contenders[i];
        if (!c->trouble[0])
            continue;
        n_out++;
        fprintf(stderr, "imgfetch: %s, %s thumbnails, was dropped after %u rounds: %s\n", c->name,
            c->thumbs ? "with" : "without", c->n_rounds, c->trouble);
    }
    return n_out ? EXIT_ROWS_FAILED : EXIT_OK;
}

/* The width of the terminal, if that can be told. */
static int line_width(void)
{
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_col)
        return COMPARE_NARROW;
    return size.ws_col;
}

static int finish_race(const struct race *r)
{
    const struct options *o = r->options;
    struct advice advice;
    unsigned cores = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
    compare_advise(&r->all, cores, &advice);
    if (o->json)
        compare_json_print(&r->all, cores, &advice);
    else
        compare_table_print(&r->all, &advice, line_width());
    int code = judge(&r->all);
    if (fflush(stdout) || ferror(stdout)) {
        fprintf(stderr, "imgfetch: cannot write standard output: %s\n", strerror(errno));
        code = EXIT_STOPPED;
    }
    if (o->report && !report_compare_write(o->report, &r->all, &advice)) {
        human_line(stderr, "imgfetch: %s: %s", o->report, strerror(errno));
        code = EXIT_STOPPED;
    }
    return code;
}

static int conclude(const struct race *r, enum verdict verdict)
{
    switch (verdict) {
    case GOES_ON:
        return finish_race(r);
    case EMPTY_LIST:
        fputs("imgfetch: --compare: the list is empty\n", stderr);
        return EXIT_USAGE;
    case SIGNALLED:
        fputs("imgfetch: interrupted; all temporary files were removed\n", stderr);
        return EXIT_SIGNAL + r->signals.caught;
    case NO_ROOM:
        fputs("imgfetch: no space for another round; set TMPDIR to a larger disk, or use --limit\n",
            stderr);
        return EXIT_STOPPED;
    case IMPOSSIBLE:
        break;
    }
    return EXIT_STOPPED;
}

int compare(const struct options *o)
{
    struct race r = {.options = o};
    int code = EXIT_USAGE;
    if (o->report && !report_file_is_writable(o->report)) {
        human_line(stderr, "imgfetch: --report: %s: %s", o->report, strerror(errno));
        return EXIT_STOPPED;
    }
    if (compare_plan(o, &r.all)) {
        signal(SIGPIPE, SIG_IGN);
        if (o->pipeline.shuffle)
            snprintf(r.shuffle, sizeof r.shuffle, "--shuffle=%" PRIu64, o->pipeline.seed);
        r.words[0] = settings_words(&o->given, ours_fetch_only);
        r.words[1] = settings_words(&o->given, ours);
        enum verdict verdict = compare_signals_open(&r.signals) ? run_race(&r) : IMPOSSIBLE;
        compare_scratch_close(&r.first);
        compare_scratch_close(&r.second);
        compare_signals_read(&r.signals);
        code = conclude(&r, verdict);
        close_lists(&r.lists);
        settings_words_free(r.words[0]);
        settings_words_free(r.words[1]);
    }
    compare_plan_free(&r.all);
    return code;
}
