#include "cmd/imgfetch/updating.h"

#include "base/beneath.h"
#include "base/mem.h"
#include "cmd/imgfetch/commandline.h"
#include "cmd/imgfetch/listmatch.h"
#include "cmd/imgfetch/removed.h"
#include "cmd/imgfetch/run.h"
#include "cmd/imgfetch/status/human.h"
#include "cmd/imgfetch/status/shellword.h"
#include "store/sent.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- what the run works with ---- */

static void take_options(struct updating *u, const struct options *o)
{
    *u = (struct updating){.options = o};
    u->reuse = o->reuse.at;
    u->n_reuse = o->reuse.n;
    u->lists = o->pipeline.lists;
    u->n_lists = o->pipeline.n_lists;
}

static void reuse_old(struct updating *u)
{
    u->dirs[0] = update_old(u->update);
    for (unsigned i = 0; i < u->n_reuse; i++)
        u->dirs[i + 1] = u->reuse[i];
    u->n_reuse++;
    u->reuse = u->dirs;
}

/* The rows that are kept follow those of the lists. `dir`: where their list is. */
static void add_removed(struct updating *u, const char *dir)
{
    size_t size = strlen(dir) + sizeof "/" REMOVED_LIST;
    u->removed = mem_new(size);
    snprintf(u->removed, size, "%s/" REMOVED_LIST, dir);
    u->with_removed = mem_array(u->n_lists + 2, sizeof *u->with_removed);
    for (size_t i = 0; i < u->n_lists; i++)
        u->with_removed[i] = u->lists[i];
    u->with_removed[u->n_lists++] = u->removed;
    u->lists = u->with_removed;
}

static void drop_removed(struct updating *u)
{
    free(u->with_removed);
    free(u->removed);
    u->with_removed = NULL;
    u->removed = NULL;
    u->lists = u->options->pipeline.lists;
    u->n_lists = u->options->pipeline.n_lists;
}

/* ---- before the run ---- */

static int tell(enum update_status status, const char *message)
{
    if (status == UPDATE_OK)
        return EXIT_OK;
    human_line(stderr, "imgfetch: %s", message);
    return status == UPDATE_IMPOSSIBLE ? EXIT_USAGE : EXIT_STOPPED;
}

/* *ret: the directory has options of another kind, or rows that are not those of the lists. */
static int compare(const struct updating *u, const struct destination *d, int dir,
    bool *ret_options, bool *ret_rows)
{
    struct outdir_told told;
    enum outdir_status status = outdir_try(&d->conf, &told);
    if (status == OUTDIR_FAILED || (status == OUTDIR_DIFFERS && !told.other_options)) {
        human_line(stderr, "imgfetch: %s", told.message);
        return status == OUTDIR_FAILED ? EXIT_STOPPED : EXIT_USAGE;
    }
    *ret_options = status == OUTDIR_DIFFERS;
    *ret_rows = !*ret_options && !told.anew &&
                !(destination_can_read_again(d) &&
                    listmatch(u->options, u->parquet, u->lists, u->n_lists, dir));
    return EXIT_OK;
}

/* The same command goes on with the directory that it has begun to make; another one cannot. With
 * other options, destination_open() says so. */
static int check_begun(const struct updating *u, const struct destination *d)
{
    bool other_options, other_rows;
    int dir = update_new_dir(u->update);
    int code = compare(u, d, dir, &other_options, &other_rows);
    bool is_unkept = !u->options->keep_removed && removed_is_there(dir);
    if (code != EXIT_OK || (!is_unkept && (!other_rows || !destination_can_read_again(d))))
        return code;
    human_line(stderr, "imgfetch: %s: an --update %s was interrupted: run the same command again",
        d->conf.path, is_unkept ? "with --keep-removed" : "with another list");
    destination_tell_aside(d);
    return EXIT_USAGE;
}

/* The rows that are kept are those of the directory as it is, so their list is made once. */
static int keep_removed(struct updating *u, struct destination *d)
{
    char message[REMOVED_MESSAGE_SIZE];
    uint64_t rows;
    int dir = update_new_dir(u->update);
    if (!u->options->keep_removed)
        return EXIT_OK;
    bool is_there = removed_is_there(dir);
    if (!is_there &&
        !removed_write(u->options, u->parquet, update_old_dir(u->update), dir, &rows, message)) {
        human_line(stderr, "imgfetch: --keep-removed: %s", message);
        return EXIT_STOPPED;
    }
    if (!is_there && !rows)
        return EXIT_OK;
    add_removed(u, update_new(u->update));
    destination_add_list(d, u->removed, update_old(u->update), REMOVED_LIST);
    return EXIT_OK;
}

/* What was delivered and is not here cannot be taken over, and would be fetched again. */
static int check_delivered(const struct updating *u)
{
    char path[SENT_PATH_SIZE], why[UPDATE_MESSAGE_SIZE];
    uint32_t shard;
    int gone = sent_any_gone(update_old_dir(u->update), &shard, path);
    if (!gone)
        return EXIT_OK;
    if (gone == 1)
        sent_print_gone(shard, path, why, sizeof why);
    else
        snprintf(why, sizeof why, "%s: %s", update_old(u->update), beneath_why(gone));
    human_line(stderr, "imgfetch: %s", why);
    return gone == 1 ? EXIT_USAGE : EXIT_STOPPED;
}

static int replace(struct updating *u, struct destination *d)
{
    char message[UPDATE_MESSAGE_SIZE];
    bool is_begun = update_is_begun(u->update);
    int code = is_begun ? EXIT_OK : check_delivered(u);
    if (code != EXIT_OK)
        return code;
    enum update_status status = update_begin(u->update, message);
    code = tell(status, message);
    if (status == UPDATE_IMPOSSIBLE)
        destination_tell_reuse(d);
    if (code != EXIT_OK)
        return code;
    reuse_old(u);
    destination_replace(d, update_new(u->update));
    code = keep_removed(u, d);
    return code == EXIT_OK && is_begun ? check_begun(u, d) : code;
}

/* The directory stays what it is: the run goes on in it. */
static int go_on(struct updating *u, struct destination *d)
{
    if (u->removed)
        destination_add_list(d, u->removed, update_old(u->update), REMOVED_LIST);
    update_close(u->update);
    u->update = NULL;
    return EXIT_OK;
}

static int choose(struct updating *u, const struct options *o, struct destination *d)
{
    char message[UPDATE_MESSAGE_SIZE];
    bool other_options = false, other_rows = false;
    if (!o->update)
        return EXIT_OK;
    enum update_status status = update_open(o->pipeline.store.dir, &u->update, message);
    if (status == UPDATE_NONE)
        return EXIT_OK;
    int code = tell(status, message);
    if (status == UPDATE_IMPOSSIBLE)
        destination_tell_reuse(d);
    if (code != EXIT_OK || update_is_begun(u->update))
        return code == EXIT_OK ? replace(u, d) : code;
    if (o->keep_removed && removed_is_there(update_old_dir(u->update)))
        add_removed(u, update_old(u->update));
    code = compare(u, d, update_old_dir(u->update), &other_options, &other_rows);
    if (code != EXIT_OK)
        return code;
    if (!other_options && !other_rows)
        return go_on(u, d);
    drop_removed(u);
    return replace(u, d);
}

static int open_reuse(struct updating *u, const char *output)
{
    char message[REUSE_MESSAGE_SIZE];
    if (!u->n_reuse)
        return EXIT_OK;
    u->reuse_dirs = reuse_dirs_open(u->reuse, u->n_reuse, output, message);
    if (!u->reuse_dirs)
        human_line(stderr, "imgfetch: %s", message);
    else if (u->update)
        u->reuse_dirs->at[0].is_written = false; /* the lock is ours */
    return u->reuse_dirs ? EXIT_OK : EXIT_USAGE;
}

int updating_begin(
    struct updating *u, const struct options *o, struct destination *d, struct pipeline_conf *conf)
{
    take_options(u, o);
    u->parquet = conf->parquet;
    int code = choose(u, o, d);
    if (code == EXIT_OK)
        code = open_reuse(u, d->conf.path);
    conf->store.dir = d->conf.path;
    conf->lists = u->lists;
    conf->n_lists = u->n_lists;
    conf->reuse = u->reuse_dirs;
    return code;
}

void updating_fini(struct updating *u)
{
    reuse_dirs_close(u->reuse_dirs);
    update_close(u->update);
    free(u->with_removed);
    free(u->removed);
    *u = (struct updating){0};
}

/* ---- after the run ---- */

static void tell_by_hand(const struct updating *u, const char *what)
{
    struct buf aside = {0};
    const char *old = update_old(u->update);
    if (!buf_append(&aside, old, strlen(old)) || !buf_append(&aside, "-2", sizeof "-2"))
        abort();
    char *from = shellword_path(old), *to = shellword_path((const char *)aside.data);
    char *by = shellword_path(update_new(u->update));
    human_line(stderr, "  %s: mv -T %s %s && mv -T %s %s", what, from, to, by, from);
    free(from);
    free(to);
    free(by);
    buf_fini(&aside);
}

static bool retries(const char *option)
{
    return !strcmp(option, "retry-failed");
}

/* False: nothing is lost by the exchange. */
static bool would_lose(const struct updating *u, uint64_t lost)
{
    char rows[HUMAN_SIZE];
    struct buf line = {0};
    if (!lost)
        return false;
    human_line(stderr,
        "imgfetch: %s stays as it is: servers of %s row%s that it has failed now, and their bodies "
        "were not kept (--originals)",
        update_old(u->update), human_count(lost, rows), lost == 1 ? "" : "s");
    commandline_options(u->options, retries, "--retry-failed\0", &line);
    commandline_lists(u->options, &line);
    human_line(stderr, "  to ask them again: %.*s", (int)line.len, (const char *)line.data);
    tell_by_hand(u, "to do without these rows");
    buf_fini(&line);
    return true;
}

/* A shell that was in the old directory is nowhere now. */
static void tell_folder(const struct updating *u)
{
    char here[PATH_MAX], *word = shellword_path(update_old(u->update));
    if (!getcwd(here, sizeof here) && errno == ENOENT)
        human_line(stderr, "imgfetch: the current folder was replaced: cd %s", word);
    free(word);
}

int updating_end(struct updating *u, int status, bool has_failures)
{
    char message[UPDATE_MESSAGE_SIZE];
    uint64_t lost = 0;
    if (!u->update || (status != EXIT_OK && status != EXIT_ROWS_FAILED))
        return status;
    int err = has_failures ? update_count_lost(u->update, &lost) : 0;
    if (err) {
        human_line(stderr, "imgfetch: %s: its manifests cannot be compared: %s",
            update_new(u->update), strerror(-err));
        return EXIT_STOPPED;
    }
    if (would_lose(u, lost))
        return EXIT_ROWS_FAILED;
    int code = tell(update_exchange(u->update, message), message);
    if (code != EXIT_OK) {
        tell_by_hand(u, "to do it by hand");
        return code;
    }
    code = tell(update_remove_old(u->update, message), message);
    tell_folder(u);
    return code == EXIT_OK ? status : code;
}
