#include "cmd/imgfetch/options/noted.h"

#include "base/mem.h"
#include "cmd/imgfetch/removed.h"
#include "cmd/imgfetch/options/options_check.h"
#include "cmd/imgfetch/status/human.h"
#include "input/listmark.h"
#include "input/urllist.h"
#include "store/diroptions.h"
#include "store/store_files.h"
#include "store/store_flat.h"
#include "store/store_tar.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *without_no(const char *name)
{
    return strncmp(name, "no-", 3) ? name : name + 3;
}

/* True if the command line or a file of options sets the same thing. */
static bool is_given(const struct options *o, const struct options_row *row)
{
    for (size_t i = 0; i < o->given.n; i++) {
        const struct options_row *given = options_row_named(o->given.at[i].name);
        if (!strcmp(without_no(given->name), without_no(row->name)) || given->group & row->group)
            return true;
    }
    return false;
}

/* Sets an option by a word like "--quality=70". */
static bool take_word(struct options *o, noted_set *set, char *word)
{
    char subject[400];
    snprintf(subject, sizeof subject, "%s, as noted there: %s", o->pipeline.store.dir, word);
    char *value = strchr(word, '=');
    if (value)
        *value++ = '\0';
    const struct options_row *row = options_row_named(word + 2);
    if (!row)
        return options_usage_error(subject, "unknown option");
    const struct setting *s = settings_add(&o->given, row->name, value, NULL);
    const char *why = set(o, row, s->value);
    return !why || options_usage_error(subject, why);
}

static const char *template_of(const char *layout)
{
    static const struct layout *const layouts[] = {&store_files, &store_flat, &store_tar};
    for (size_t i = 0; layout && i < sizeof layouts / sizeof *layouts; i++)
        if (!strcmp(layouts[i]->name, layout))
            return layouts[i]->template;
    return "";
}

/* True if a run that does not give the option has it so. Names follow from the layout, so they may
 * follow from another one now. Whether originals are kept follows from it, too; but they are not to
 * be lost by another layout, and not to be kept because they were, where they are blurred now. */
static bool goes_without_saying(const struct options *o, const struct diroptions *note,
    const struct outdir_option *shape, const char *was)
{
    if (!strcmp(shape->name, "name"))
        return !strcmp(was, template_of(diroptions_text(note, "layout")));
    if (!strcmp(shape->name, "originals"))
        return !strcmp(was, "yes") && is_given(o, options_row_named("blur-col"));
    return !strcmp(was, shape->initial);
}

static bool take_option(
    struct options *o, noted_set *set, const struct outdir_option *shape, const char *was)
{
    struct buf words = {0};
    bool good = true;
    outdir_typed(shape, was, &words);
    for (char *word = (char *)words.data, *next; good && *word; word = next) {
        next = word + strlen(word) + 1;
        good = take_word(o, set, word);
    }
    buf_fini(&words);
    return good;
}

/* What says how lists are read goes with the lists. */
static bool is_taken(const struct options *o, const struct outdir_option *shape)
{
    bool has_lists = o->pipeline.n_lists && !o->noted_lists;
    return shape->effect != OUTDIR_TRIES && !(has_lists && shape->effect == OUTDIR_READS);
}

static bool take_options(struct options *o, noted_set *set, const struct diroptions *note)
{
    struct options initial;
    struct layoutopts shape;
    bool good = true;
    options_defaults(&initial);
    layoutopts_fill(&initial, &initial, &shape);
    for (size_t i = 0; i < shape.n && good; i++) { /* each sets another thing */
        const char *was = diroptions_text(note, shape.at[i].name);
        const struct options_row *row = options_row_named(shape.at[i].name);
        bool is_said = was && is_taken(o, &shape.at[i]) && !is_given(o, row);
        if (is_said && !goes_without_saying(o, note, &shape.at[i], was))
            good = take_option(o, set, &shape.at[i], was);
    }
    layoutopts_fini(&shape);
    return good;
}

/* True if the list can be read again. */
static bool check_list(const struct options *o, const struct listmark *list)
{
    const char *dir = o->pipeline.store.dir;
    enum listmark_change change = listmark_compare(list, list->path);
    if (list->size < 0 && !urllist_is_url(list->path))
        human_line(stderr,
            "imgfetch: %s was made from %s, which cannot be read again: give the list once more",
            dir, strcmp(list->path, "-") ? list->path : "standard input");
    else if (change == LISTMARK_GONE)
        human_line(stderr,
            "imgfetch: %s: the list that %s was made from is gone (%s): name it where it is now, "
            "imgfetch LIST -o %s",
            list->path, dir, strerror(errno), dir);
    else if (change == LISTMARK_UNKNOWN)
        human_line(stderr, "imgfetch: %s: the list that %s was made from is no file any more",
            list->path, dir);
    else {
        if (change == LISTMARK_OTHER)
            human_line(
                stderr, "imgfetch: %s has changed since %s was made from it", list->path, dir);
        return true;
    }
    return false;
}

static bool take_lists(struct options *o, const struct diroptions *note)
{
    bool good = true;
    o->noted_lists = mem_array(note->n_lists + 1, sizeof *o->noted_lists);
    size_t n = 0;
    for (size_t i = 0; i < note->n_lists; i++) {
        if (o->update && removed_is_list(note->lists[i].path))
            continue; /* of an earlier update, which this one may do otherwise */
        good = good && check_list(o, &note->lists[i]);
        o->noted_lists[n++] = mem_dup(note->lists[i].path);
    }
    o->pipeline.lists = (const char *const *)o->noted_lists;
    o->pipeline.n_lists = n;
    for (size_t i = 0; good && !o->quiet && i < n; i++)
        human_line(stderr, "imgfetch: going on with %s", o->noted_lists[i]);
    return good;
}

/* True if standard input is the list: what it was before is there once more, or a file is. */
static bool is_stdin_list(const struct diroptions *note)
{
    struct stat st;
    bool was = note->n_lists == 1 && !strcmp(note->lists[0].path, "-");
    return !fstat(STDIN_FILENO, &st) && (S_ISREG(st.st_mode) || (was && !S_ISCHR(st.st_mode)));
}

bool noted_take(struct options *o, noted_set *set, bool stdin_is_read)
{
    struct diroptions note;
    if (outdir_read_note(o->pipeline.store.dir, &note))
        return true; /* the next check says that there is no list */
    const char *why = !note.n_lists  ? "the version that made it noted no lists: give them"
                      : !note.is_own ? "another user noted its lists: give them"
                                     : NULL;
    bool good = true;
    if (o->pipeline.n_lists || (o->update && is_stdin_list(&note) && !stdin_is_read))
        good = take_options(o, set, &note);
    else if (stdin_is_read || !is_stdin_list(&note))
        good = why ? options_usage_error(o->pipeline.store.dir, why)
                   : take_lists(o, &note) && take_options(o, set, &note);
    diroptions_fini(&note);
    return good;
}
