#include "cmd/imgfetch/destination.h"

#include "base/beneath_place.h"
#include "base/mem.h"
#include "cmd/imgfetch/commandline.h"
#include "cmd/imgfetch/options/options_table.h"
#include "cmd/imgfetch/run.h"
#include "cmd/imgfetch/status/human.h"
#include "cmd/imgfetch/status/shellword.h"
#include "store/diroptions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void destination_init(struct destination *d, const struct options *o)
{
    struct options initial;
    const struct pipeline_conf *p = &o->pipeline;
    *d = (struct destination){.options = o, .conf = o->outdir};
    options_defaults(&initial);
    layoutopts_fill(o, &initial, &d->shape);
    d->conf.options = d->shape.at;
    d->conf.n_options = d->shape.n;
    d->conf.lists = d->lists = mem_array(p->n_lists + 1, sizeof *d->lists); /* one may be added */
    d->conf.n_lists = p->is_part ? 0 : p->n_lists; /* other tasks have other lists */
    d->conf.is_task = p->is_part || p->shards.kind != SHARDS_ALL;
    for (size_t i = 0; i < d->conf.n_lists; i++)
        listmark_take(p->lists[i], &d->lists[i]);
}

void destination_fini(struct destination *d)
{
    outdir_close(d->dir);
    buf_fini(&d->others);
    for (size_t i = 0; i < d->conf.n_lists; i++)
        listmark_fini(&d->lists[i]);
    free(d->lists);
    layoutopts_fini(&d->shape);
    *d = (struct destination){0};
}

/* ---- the ways on, where the directory was made with other options ---- */

static bool shapes(const char *option)
{
    const struct options_row *row = options_row_named(option);
    return row->shape == SHAPE_ALWAYS || row->shape == SHAPE_BY_LIMIT ||
           !strcmp(option, "no-thumbs") || !strcmp(option, "no-originals");
}

static bool names_directory(const char *option)
{
    return !strcmp(option, "output");
}

static bool reruns(const char *option)
{
    return options_row_named(option)->group == GROUP_RERUN;
}

static bool updates(const char *option)
{
    return !strcmp(option, "update") || !strcmp(option, "keep-removed");
}

static bool suits_no_reuse(const char *option)
{
    return names_directory(option) || reruns(option) || updates(option);
}

/* The words of the options that it was made with, as far as they differ from those of this run, or
 * from what goes without saying. */
static void put_noted(const struct destination *d, const struct diroptions *note, struct buf *words)
{
    for (size_t i = 0; i < d->shape.n; i++) {
        const struct outdir_option *o = &d->shape.at[i];
        const char *was = diroptions_text(note, o->name);
        const char *text = was ? was : o->initial;
        bool is_shape = o->effect == OUTDIR_SHAPES || o->effect == OUTDIR_LIMITS;
        bool differs = was && o->value && strcmp(text, o->value) != 0;
        if (is_shape && (differs || strcmp(text, o->initial) != 0)) {
            outdir_typed(o, text, words);
            words->len--; /* the empty word that ends them */
        }
    }
    if (!buf_append(words, "", 1))
        abort();
}

static void print_way(const struct destination *d, const char *what, commandline_drops *drops,
    const char *added, bool with_lists)
{
    struct buf line = {0};
    commandline_options(d->options, drops, added, &line);
    if (with_lists)
        commandline_lists(d->options, &line);
    human_line(stderr, "  %s: %.*s", what, (int)line.len, (const char *)line.data);
    buf_fini(&line);
}

static void put_word(struct buf *words, const char *before, const char *text, const char *after)
{
    if (!buf_append(words, before, strlen(before)) || !buf_append(words, text, strlen(text)) ||
        !buf_append(words, after, strlen(after)) || !buf_append(words, "", 1))
        abort();
}

/* It need not fetch again what is here. */
static void print_other_directory(const struct destination *d)
{
    struct buf words = {0};
    char *resolved = beneath_place_path(d->conf.path);
    const char *path = resolved ? resolved : d->conf.path;
    put_word(&words, "--output=", path, "-2");
    put_word(&words, "--reuse=", path, "");
    put_word(&words, "", "", "");
    print_way(d, "to use another directory, and what this one has", suits_no_reuse,
        (const char *)words.data, true);
    buf_fini(&words);
    free(resolved);
}

static bool is_given(const struct options *o, const char *name)
{
    for (size_t i = 0; i < o->given.n; i++)
        if (!strcmp(o->given.at[i].name, name))
            return true;
    return false;
}

/* Appends the words of what --update would take from the note although this run has it otherwise.
 * False: there are no words for one of them, as there is no --no-progressive. */
static bool put_differences(
    const struct destination *d, const struct diroptions *note, struct buf *words)
{
    bool has_words = true;
    for (size_t i = 0; i < d->shape.n && has_words; i++) {
        const struct outdir_option *o = &d->shape.at[i];
        const char *was = diroptions_text(note, o->name);
        bool is_shape = o->effect == OUTDIR_SHAPES || o->effect == OUTDIR_LIMITS;
        bool differs = o->value && strcmp(was ? was : o->initial, o->value) != 0;
        if (!is_shape || !differs || is_given(d->options, o->name))
            continue;
        size_t before = words->len;
        outdir_typed(o, o->value, words);
        words->len--; /* the empty word that ends them */
        has_words = words->len > before;
    }
    return has_words;
}

/* A task of several cannot replace the directory of all. */
static void print_update(const struct destination *d)
{
    struct diroptions note;
    struct buf words = {0};
    if (d->conf.is_task || outdir_read_note(d->conf.path, &note))
        return;
    put_word(&words, "", "--update", "");
    if (put_differences(d, &note, &words)) {
        put_word(&words, "", "", "");
        print_way(d, "to change what is there", reruns, (const char *)words.data, true);
    }
    buf_fini(&words);
    diroptions_fini(&note);
}

void destination_tell_aside(const struct destination *d)
{
    struct buf line = {0}, words = {0}, aside = {0};
    put_word(&aside, d->conf.path, "-2", "");
    put_word(&words, "--reuse=", (const char *)aside.data, "");
    put_word(&words, "", "", "");
    commandline_options(d->options, NULL, (const char *)words.data, &line);
    commandline_lists(d->options, &line);
    char *from = shellword_path(d->conf.path), *to = shellword_path((const char *)aside.data);
    human_line(stderr, "  to begin anew, with what it has: mv -T %s %s && %.*s", from, to,
        (int)line.len, (const char *)line.data);
    free(from);
    free(to);
    buf_fini(&line);
    buf_fini(&words);
    buf_fini(&aside);
}

static void print_ways_around(const struct destination *d)
{
    if (d->replaces) {
        destination_tell_aside(d);
        return;
    }
    print_update(d);
    print_other_directory(d);
}

static void print_ways(const struct destination *d)
{
    struct diroptions note;
    struct buf words = {0};
    if (outdir_read_note(d->conf.path, &note))
        return;
    put_noted(d, &note, &words);
    if (!d->replaces)
        print_way(d, "to go on as it was made", shapes, (const char *)words.data, true);
    print_ways_around(d);
    buf_fini(&words);
    diroptions_fini(&note);
}

void destination_add_list(
    struct destination *d, const char *list, const char *dir, const char *name)
{
    struct listmark *mark = &d->lists[d->conf.n_lists++], will = {0};
    size_t size = strlen(dir) + strlen(name) + 2;
    char *path = mem_new(size);
    snprintf(path, size, "%s/%s", dir, name);
    listmark_take(list, mark);
    listmark_take(path, &will);
    free(path);
    free(mark->path);
    mark->path = will.path;
}

bool destination_can_read_again(const struct destination *d)
{
    for (size_t i = 0; i < d->conf.n_lists; i++)
        if (d->lists[i].size < 0 && !urllist_is_url(d->lists[i].path))
            return false;
    return true;
}

void destination_tell_reuse(const struct destination *d)
{
    print_other_directory(d);
}

void destination_replace(struct destination *d, const char *path)
{
    d->replaces = d->conf.path;
    d->conf.path = path;
}

static void put_text(struct buf *out, const char *text)
{
    if (!buf_append(out, text, strlen(text)))
        abort();
}

/* Appends "out was made from /home/me/urls.txt, which has changed since". */
static void put_list(struct destination *d, const char *path, const char *how)
{
    put_text(&d->others, d->conf.path);
    put_text(&d->others, " was made from ");
    put_text(&d->others, strcmp(path, "-") ? path : "standard input");
    put_text(&d->others, how);
    if (!buf_append(&d->others, "", 1))
        abort();
}

/* Notices lists that are not those of this run. */
static void compare_lists(struct destination *d, const struct diroptions *note)
{
    bool differs = note->n_lists && note->n_lists != d->conf.n_lists;
    d->can_go_on = true;
    for (size_t i = 0; i < note->n_lists; i++) {
        const struct listmark *list = &note->lists[i];
        enum listmark_change change = listmark_compare(list, list->path);
        const char *how = change == LISTMARK_GONE    ? ", which is gone"
                          : change == LISTMARK_OTHER ? ", which has changed since"
                                                     : "";
        bool is_other = i >= d->conf.n_lists || strcmp(list->path, d->lists[i].path) != 0;
        bool is_there = change == LISTMARK_SAME || change == LISTMARK_GROWN;
        d->can_go_on = d->can_go_on && is_there;
        differs = differs || is_other || *how;
        put_list(d, list->path, how);
    }
    if (!differs)
        buf_fini(&d->others);
}

/* What destination_tell_lists() would say: a confined process may not look at other lists. */
static void look_at_lists(struct destination *d)
{
    struct diroptions note;
    if (outdir_read_note(d->conf.path, &note))
        return;
    compare_lists(d, &note);
    diroptions_fini(&note);
}

void destination_tell_lists(const struct destination *d)
{
    if (!d->others.len)
        return;
    const char *line = (const char *)d->others.data, *end = line + d->others.len;
    for (; line < end; line += strlen(line) + 1)
        human_line(stderr, "  %s", line);
    if (d->can_go_on && !d->replaces)
        print_way(d, "to go on with that", NULL, NULL, false);
    print_ways_around(d);
}

/* ---- opening ---- */

static int exit_status(enum outdir_status status)
{
    return status == OUTDIR_OPEN ? EXIT_OK : status == OUTDIR_DIFFERS ? EXIT_USAGE : EXIT_STOPPED;
}

static void print_told(
    const struct destination *d, enum outdir_status status, const struct outdir_told *told)
{
    if (status != OUTDIR_OPEN)
        human_line(stderr, "imgfetch: %s", told->message);
    if (told->other_options)
        print_ways(d);
}

static void print_anew(
    const struct destination *d, const struct outdir_told *told, const char *verb)
{
    char rows[HUMAN_SIZE];
    if (told->anew && told->dropped && !d->options->quiet)
        human_line(stderr,
            "imgfetch: %s: no row had succeeded there, and this run has other options or another "
            "list: %s failed row%s %s dropped",
            d->conf.path, human_count(told->dropped, rows), told->dropped == 1 ? "" : "s", verb);
}

int destination_open(struct destination *d)
{
    struct outdir_told told;
    enum outdir_status status = outdir_open(&d->conf, &d->dir, &told);
    print_told(d, status, &told);
    if (status == OUTDIR_OPEN)
        look_at_lists(d);
    if (status == OUTDIR_OPEN)
        print_anew(d, &told, told.dropped == 1 ? "was" : "were");
    if (status == OUTDIR_OPEN && outdir_has_no_locks(d->dir))
        human_line(stderr,
            "imgfetch: warning: %s: the file system has no locks; do not let two imgfetch "
            "write there at the same time",
            d->conf.path);
    return exit_status(status);
}

int destination_try(struct destination *d, bool *ret_anew)
{
    struct outdir_told told;
    enum outdir_status status = outdir_try(&d->conf, &told);
    print_told(d, status, &told);
    print_anew(d, &told, "would be");
    look_at_lists(d);
    *ret_anew = told.anew;
    return exit_status(status);
}

/* Lists that cannot be read again do not replace those that can. */
void destination_note_lists(struct destination *d)
{
    for (size_t i = 0; i < d->conf.n_lists; i++)
        if (listmark_compare(&d->lists[i], d->lists[i].path) == LISTMARK_UNKNOWN)
            return;
    if (d->dir && d->conf.n_lists)
        (void)outdir_note_lists(d->dir, &d->conf);
}
