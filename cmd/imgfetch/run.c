#include "cmd/imgfetch/run.h"

#include "base/mem.h"
#include "cmd/imgfetch/about.h"
#include "cmd/imgfetch/concurrency.h"
#include "cmd/imgfetch/confinement.h"
#include "cmd/imgfetch/decoders.h"
#include "cmd/imgfetch/destination.h"
#include "cmd/imgfetch/leaks.h"
#include "cmd/imgfetch/onshard.h"
#include "cmd/imgfetch/parquet.h"
#include "cmd/imgfetch/signals.h"
#include "cmd/imgfetch/status/attemptline.h"
#include "cmd/imgfetch/status/human.h"
#include "cmd/imgfetch/status/metricsfile.h"
#include "cmd/imgfetch/status/progress.h"
#include "cmd/imgfetch/status/rowprint.h"
#include "cmd/imgfetch/status/statsfd.h"
#include "cmd/imgfetch/status/summary.h"
#include "cmd/imgfetch/status/width.h"
#include "cmd/imgfetch/updating.h"
#include "net/curlinit.h"
#include "store/runnote.h"

#include <curl/curl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct run {
    const struct options *options;
    struct pipeline_conf conf;
    uv_loop_t loop;
    struct destination destination;
    struct updating updating;
    char *command, machine[ABOUT_MACHINE_SIZE]; /* for outdir_note_run() */
    struct parquet parquet;
    struct decoders decoders;
    struct procpool *fetchers; /* NULL unless processes fetch */
    struct pipeline *pipeline;
    struct progress progress;
    struct statsfd statsfd;
    struct metricsfile metrics;
    struct signals *signals;
    unsigned interrupts; /* signals that asked for the end */
    int last_signal;
    struct rowprint rows;
};

/* ---- callbacks of the pipeline ---- */

static void on_reader_gone(void *arg)
{
    struct run *r = arg;
    if (r->pipeline)
        pipeline_stop(r->pipeline, PIPELINE_FINISH);
}

/* Tells once why the file of --metrics-file is old. */
static void tell_metrics_error(struct run *r)
{
    int err = metricsfile_error(&r->metrics);
    if (err)
        progress_line(&r->progress, STYLE_WARNING, "imgfetch: warning",
            ": --metrics-file: %s: %s; its figures are old", r->metrics.path, strerror(-err));
}

static void print_failure(struct run *r, const struct job *j)
{
    if (!j->err)
        return;
    char head[60], message[HUMAN_TEXT_SIZE], url[HUMAN_TEXT_SIZE];
    snprintf(head, sizeof head, "%s %llu: %s", j->is_argument ? "argument" : "line",
        (unsigned long long)j->line, err_name(j->err));
    progress_row_line(&r->progress, STYLE_BAD, head, ": %s: %s", human_text(j->message, message),
        human_text(j->source, url));
}

static void on_row(void *arg, const struct job *j)
{
    struct run *r = arg;
    if (r->options->verbose)
        print_failure(r, j);
    statsfd_row(&r->statsfd, j);
    metricsfile_row(&r->metrics, j);
    tell_metrics_error(r);
}

static void on_attempt(void *arg, const struct attempt *attempt)
{
    struct run *r = arg;
    if (attempt->next != RETRY_CANCELLED)
        attemptline_show(&r->progress, attempt);
}

static void say_line(void *arg, const char *text)
{
    struct run *r = arg;
    progress_say(&r->progress, STYLE_PLAIN, "imgfetch", ": %s", text);
}

static void warn(void *arg, const char *text)
{
    struct run *r = arg;
    progress_line(&r->progress, STYLE_WARNING, "imgfetch: warning", ": %s", text);
}

/* --verbose shows it, too. */
static void log_line(void *arg, const char *text)
{
    struct run *r = arg;
    char shown[HUMAN_TEXT_SIZE];
    if (r->options->verbose)
        progress_row_line(&r->progress, STYLE_PLAIN, "imgfetch", ": %s", text);
    else
        progress_log(&r->progress, human_text(text, shown));
}

/* On the store's thread. */
static void on_begin(void *arg)
{
    struct run *r = arg;
    char program[ABOUT_PROGRAM_SIZE];
    struct runnote note = {r->command, about_program(program), r->machine};
    outdir_note_run(r->destination.dir, &note);
}

static void on_end(void *arg)
{
    struct run *r = arg;
    progress_stop(&r->progress);
    statsfd_stop(&r->statsfd);
    metricsfile_stop(&r->metrics);
    tell_metrics_error(r);
    signals_leave(r->signals);
    uv_stop(&r->loop);
}

/* ---- signals ---- */

static void abort_run(struct run *r)
{
    atomic_store(&r->rows.gave_up, true);
    pipeline_stop(r->pipeline, PIPELINE_ABORT);
}

static void give_up(struct run *r)
{
    unsigned n = pipeline_stats(r->pipeline)->in_flight;
    if (n)
        progress_say(&r->progress, STYLE_PLAIN, "imgfetch",
            ": giving up %u requests that have not ended in time (--stop-timeout)", n);
    abort_run(r);
}

static void on_signal(void *arg, int number)
{
    struct run *r = arg;
    if (number == SIGUSR1) {
        progress_print_once(&r->progress);
        return;
    }
    if (number == SIGWINCH) {
        progress_redraw(&r->progress);
        return;
    }
    if (number == SIGNALS_LATE) {
        give_up(r);
        return;
    }
    r->last_signal = number;
    if (++r->interrupts == 1) {
        pipeline_stop(r->pipeline, PIPELINE_FINISH);
        r->progress.is_stopping = true;
        if (pipeline_stats(r->pipeline)->outstanding)
            progress_say(&r->progress, STYLE_PLAIN, "imgfetch",
                ": finishing the %llu rows in progress; interrupt again to stop at once",
                (unsigned long long)pipeline_stats(r->pipeline)->outstanding);
    } else {
        abort_run(r);
    }
}

/* ---- from options to the parts ---- */

static const char *sandbox_level(void *arg)
{
    return decoders_sandbox(arg);
}

/* Fills in the settings that do not come from options. */
static void complete_conf(struct run *r)
{
    struct pipeline_conf *c = &r->conf;
    *c = r->options->pipeline;
    c->adapts = concurrency_adapts(r->options);
    c->concurrency = concurrency_limit(r->options);
    c->transfer.in_flight = c->adapts ? 0 : c->concurrency;
    c->transfer.ca = castore_new(r->options->ca_file);
    c->store.on_rows = r->options->json ? rowprint_lines : NULL;
    c->store.on_rows_arg = &r->rows;
    c->store.on_begin = on_begin;
    c->store.on_begin_arg = r;
    c->store.sandbox = sandbox_level;
    c->store.sandbox_arg = &r->decoders;
    c->on_row = on_row;
    c->on_attempt = r->options->verbose > 1 ? on_attempt : NULL;
    c->on_end = on_end;
    c->on_say = say_line;
    c->on_warn = warn;
    c->on_log = log_line;
    c->arg = r;
}

/* ---- the end ---- */

static bool is_running;

/* libarchive ends the program with status 1 when it has no memory. */
static void end_in_library(void)
{
    if (is_running)
        _exit(EXIT_STOPPED);
}

/* Not by a signal that comes when every row is done and printed. */
static bool is_interrupted(const struct run *r)
{
    bool is_complete = pipeline_is_complete(r->pipeline) && !atomic_load(&r->rows.is_gone);
    return r->interrupts && !is_complete;
}

/* All rows of the list. */
static struct tally all_rows(const struct run *r)
{
    const struct pipeline_stats *s = pipeline_stats(r->pipeline);
    struct tally all = s->tally;
    tally_add(&all, &s->resume);
    return all;
}

static int exit_code(struct run *r)
{
    struct tally all = all_rows(r);
    uint64_t rows = tally_rows(&all);
    if (pipeline_error(r->pipeline))
        return pipeline_is_misuse(r->pipeline) ? EXIT_USAGE : EXIT_STOPPED;
    if (is_interrupted(r))
        return EXIT_SIGNAL + r->last_signal;
    if (atomic_load(&r->rows.is_gone)) {
        progress_line(&r->progress, STYLE_PLAIN, "imgfetch", ": standard output was closed");
        return EXIT_STOPPED;
    }
    double succeeded = rows ? 100.0 * (double)all.by_code[ERR_OK] / (double)rows : 100;
    return succeeded < r->options->fail_under ? EXIT_ROWS_FAILED : EXIT_OK;
}

/* Forks all processes, before anything makes a thread. */
static bool fork_all(struct run *r)
{
    char message[BACKEND_MESSAGE_SIZE];
    struct backend_conf conf = {.transfer = &r->conf.transfer, .concurrency = r->conf.concurrency};
    conf.require_sandbox = r->options->require_sandbox;
    confine_family();
    if (!parquet_fork(&r->parquet, r->options))
        return false;
    r->conf.parquet = parquet_engine(&r->parquet);
    r->conf.store.parquet = parquet_rows(&r->parquet, r->options);
    if (!decoders_fork(&r->decoders, r->options, &r->progress)) {
        parquet_free(&r->parquet);
        return false;
    }
    if (!r->conf.backend->fork)
        return true;
    r->fetchers = r->conf.backend->fork(&conf, message);
    if (r->fetchers)
        return true;
    human_line(stderr, "imgfetch: %s: %s", r->conf.backend->name, message);
    decoders_free(&r->decoders);
    parquet_free(&r->parquet);
    return false;
}

static void free_children(struct run *r)
{
    decoders_free(&r->decoders);
    procpool_free(r->fetchers);
    parquet_free(&r->parquet);
}

static int run_pipeline(struct run *r)
{
    char message[PIPELINE_MESSAGE_SIZE];
    r->conf.executor = r->decoders.executor;
    r->conf.kills_fd = r->decoders.kills_fd;
    r->conf.fetch_pool = r->fetchers;
    r->pipeline = pipeline_new(&r->conf, &r->loop, message);
    if (!r->pipeline) {
        progress_line(&r->progress, STYLE_PLAIN, "imgfetch", ": %s", message);
        return EXIT_STOPPED;
    }
    int err = signals_follow(r->signals, &r->loop, r->options->stop_timeout_ms, on_signal, r);
    if (err) {
        fprintf(stderr, "imgfetch: signals: %s\n", strerror(-err));
        pipeline_free(r->pipeline);
        return EXIT_STOPPED;
    }
    r->progress.shows_window = r->conf.adapts;
    if ((err = metricsfile_start(&r->metrics, r->pipeline, &r->loop))) {
        fprintf(stderr, "imgfetch: the thread of --metrics-file: %s\n", strerror(-err));
        pipeline_free(r->pipeline);
        return EXIT_STOPPED;
    }
    progress_start(&r->progress, r->pipeline, &r->loop);
    statsfd_start(&r->statsfd, r->options->stats_fd, r->pipeline, &r->loop);
    r->statsfd.adapts = r->conf.adapts;
    uv_run(&r->loop, UV_RUN_DEFAULT);
    summary_show(r->options, r->pipeline, &r->decoders, &r->progress, is_interrupted(r));
    int code = exit_code(r);
    if (pipeline_is_misuse(r->pipeline))
        destination_tell_lists(&r->destination);
    if (!pipeline_error(r->pipeline) && pipeline_stats(r->pipeline)->list_ended)
        destination_note_lists(&r->destination);
    struct tally all = all_rows(r);
    pipeline_free(r->pipeline);
    return updating_end(&r->updating, code, all.by_code[ERR_OK] < tally_rows(&all));
}

#ifdef IMGFETCH_CHECKS
enum { CHECKS = true };
#else
enum { CHECKS = false };
#endif

/* Bytes: enough for most of what a run allocates at once. */
enum { HEAP = 256 << 20 };

/* When the processes are ready and the output directory is open, confines this process; threads
 * begin after that, also the one for signals, which until then do what they always do. Returns an
 * exit code. */
static int prepare(struct run *r)
{
    int err;
    if (!decoders_attach(&r->decoders, &r->loop))
        return EXIT_STOPPED;
    width_load();
    if (r->options->log && !logfile_open(&r->progress.log, r->options->log))
        return EXIT_USAGE;
    destination_init(&r->destination, r->options); /* after curlinit(): it uses OpenSSL, too */
    int code = updating_begin(&r->updating, r->options, &r->destination, &r->conf);
    if (code == EXIT_OK)
        code = destination_open(&r->destination); /* whose locks the children do not have */
    if (code != EXIT_OK)
        return code;
    if (r->options->metrics_file && !metricsfile_open(&r->metrics, r->options->metrics_file,
                                        r->options->pipeline.store.dir, r->conf.backend->name))
        return EXIT_USAGE;
    if (!confinement_enter(
            r->options, &r->updating, castore_file(r->conf.transfer.ca), r->metrics.folder))
        return EXIT_STOPPED;
    r->signals = signals_start(&err);
    if (!r->signals)
        fprintf(stderr, "imgfetch: signals: %s\n", strerror(-err));
    else if ((err = logfile_start(&r->progress.log)))
        fprintf(stderr, "imgfetch: the thread of --log: %s\n", strerror(-err));
    return r->signals && !err && decoders_start(&r->decoders, &r->loop) ? EXIT_OK : EXIT_STOPPED;
}

/* After fork_all(): the children do not need the heap, and make a loop of their own. */
static bool open_loop(struct run *r)
{
    (void)mem_reserve_heap(HEAP);
    const char *why = curlinit();
    if (why) {
        fprintf(stderr, "imgfetch: curl: %s\n", why);
        return false;
    }
    int err = uv_loop_init(&r->loop);
    if (!err && (err = rowprint_open(&r->rows, &r->loop, on_reader_gone, r)))
        uv_loop_close(&r->loop);
    if (err)
        fprintf(stderr, "imgfetch: event loop: %s\n", uv_strerror(err));
    return !err;
}

/* *ret_busy: handles were left on the loop. */
static int run_on_loop(struct run *r, int *ret_busy)
{
    int code = prepare(r);
    if (code == EXIT_OK)
        code = run_pipeline(r);
    rowprint_close(&r->rows);
    free_children(r);
    uv_run(&r->loop, UV_RUN_DEFAULT); /* runs the close callbacks */
    *ret_busy = uv_loop_close(&r->loop);
    signals_free(r->signals);
    return code;
}

int run(const struct options *o)
{
    struct run r = {.options = o};
    struct leaks before;
    int loop_is_busy = 0;
    if (CHECKS)
        leaks_note(&before);
    signal(SIGPIPE, SIG_IGN);
    is_running = !atexit(end_in_library);
    terminal_open(&r.progress.terminal, o->color);
    if (o->json && isatty(STDOUT_FILENO)) /* rows are printed where the block would be */
        r.progress.terminal.is_screen = false;
    r.progress.quiet = o->quiet;
    r.progress.shows_queues = o->verbose > 0;
    complete_conf(&r);
    int code = EXIT_STOPPED;
    if (confinement_is_enough(o) && onshard_start(o, &r.conf.launcher) && fork_all(&r)) {
        r.command = about_command(o); /* of which the children need no copy */
        about_machine(r.machine);
        if (open_loop(&r))
            code = run_on_loop(&r, &loop_is_busy);
        else
            free_children(&r);
        uv_library_shutdown(); /* closes libuv's pipe for signals */
        curl_global_cleanup();
    }
    launcher_free(r.conf.launcher);
    progress_free(&r.progress);
    metricsfile_free(&r.metrics);
    destination_fini(&r.destination);
    updating_fini(&r.updating);
    castore_free(r.conf.transfer.ca);
    free(r.command);
    is_running = false;
    if (CHECKS)
        leaks_check(&before, loop_is_busy != 0);
    return code;
}
