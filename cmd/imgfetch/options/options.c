#include "cmd/imgfetch/options/options.h"

#include "base/mem.h"
#include "cmd/imgfetch/options/commandline.h"
#include "cmd/imgfetch/options/config.h"
#include "cmd/imgfetch/options/noted.h"
#include "cmd/imgfetch/options/options_check.h"
#include "cmd/imgfetch/options/options_table.h"
#include "cmd/imgfetch/options/value.h"
#include "input/listpaths.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Sets an option by its kind. Returns NULL, or what is wrong with the value. */
static const char *set_field(void *field, const struct options_row *row, const char *value)
{
    uint64_t n = 0;
    const char *why = NULL;
    switch (row->kind) {
    case KIND_ON:
    case KIND_OFF:
        *(bool *)field = row->kind == KIND_ON;
        return NULL;
    case KIND_COUNT:
        ++*(unsigned *)field;
        return NULL;
    case KIND_VALUE:
        *(unsigned *)field = (unsigned)row->min;
        return NULL;
    case KIND_NUMBER:
        why = value_number(value, row->min, row->max, &n);
        if (!why)
            *(unsigned *)field = (unsigned)n;
        return why;
    case KIND_LARGE:
        return value_number(value, row->min, UINT64_MAX, field);
    case KIND_SIZE:
        return value_size(value, row->min, row->max, field);
    case KIND_SPEED:
        return value_speed(value, row->min, row->max, field);
    case KIND_PIXELS:
        return value_pixels(value, field);
    case KIND_TIME:
        return value_time(value, field);
    case KIND_REAL:
        return value_real(value, (double)row->min, (double)row->max, field);
    case KIND_PERCENT:
        return value_percent(value, field);
    case KIND_TEXT:
        *(const char **)field = value;
        return NULL;
    case KIND_WORD:
        return value_word(value, row->words, field);
    case KIND_WORDS:
        return value_words(value, row->words, field);
    case KIND_COLUMN:
        return value_column(value, strlen(value), field);
    case KIND_ACTION:
    case KIND_CHOICE:
    case KIND_OPTIONAL:
    case KIND_CONFIG:
        break;
    }
    return NULL;
}

static const char *set(struct options *o, const struct options_row *row, const char *value)
{
    const char *why = set_field((char *)o + row->field, row, value);
    if (row->kind == KIND_ACTION)
        o->action = (enum options_action)row->min;
    return !why && row->choice ? row->choice(o, value) : why;
}

void options_defaults(struct options *o)
{
    *o = (struct options){
        .columns.n = COLUMN_KEPT,
        .pipeline.transfer = {.headers = o->headers.at, .allow = o->allow},
        .pipeline.transfer.agent = "imgfetch/" IMGFETCH_VERSION " (+" IMGFETCH_HOMEPAGE ")",
        .pipeline.resolver.pins = o->pins.at,
        .pipeline.store = {.columns = &o->columns, .name = &o->name, .spec_names = o->spec_names},
        .pipeline.store.originals = true,
        .thumbs = true,
        .stats_fd = -1,
    };
    for (const struct options_row *row = options_table; row->name; row++)
        if (row->initial)
            (void)set(o, row, row->initial);
}

/* ---- where options come from ---- */

/* Checks a setting of a file: what getopt checks on the command line, and whether a file may have
 * it. */
static const char *check_in_file(const struct options_row *row, const struct setting *s)
{
    if (!row)
        return commandline_unknown(s->name, strlen(s->name));
    if (row->typed_only)
        return "allowed only on the command line";
    if (!s->value && options_argument(row) == required_argument)
        return commandline_needs_value(row);
    return s->value && options_argument(row) == no_argument ? "takes no value" : NULL;
}

/* Applies the settings, except those of `groups`. False: a usage error; the message is printed. */
static bool take_settings(struct options *o, const struct settings *settings, unsigned groups)
{
    for (size_t i = 0; i < settings->n; i++) {
        const struct setting *s = &settings->at[i];
        const struct options_row *row = options_row_named(s->name);
        const char *why = s->where ? check_in_file(row, s) : NULL;
        if (!why && (row->kind == KIND_CONFIG || row->group & groups))
            continue;
        if (!why) {
            s = settings_add(&o->given, s->name, s->value, s->where);
            why = set(o, row, s->value);
        }
        if (why) {
            char subject[400];
            snprintf(subject, sizeof subject, "%s%s--%s%s%s", s->where ? s->where : "",
                s->where ? ": " : "", s->name, s->value ? "=" : "", s->value ? s->value : "");
            return options_usage_error_about(row, subject, why);
        }
    }
    return true;
}

static bool read_command_line(int argc, char **argv, struct options *o, struct settings *ret)
{
    struct commandline_item item;
    o->lists = mem_array((size_t)argc + 1, sizeof *o->lists);
    o->pipeline.lists = o->lists;
    commandline_begin(argc, argv);
    while ((item = commandline_next()).kind != COMMANDLINE_END) {
        if (item.kind == COMMANDLINE_LIST)
            o->lists[o->pipeline.n_lists++] = item.word;
        else if (item.kind == COMMANDLINE_OPTION)
            settings_add(ret, item.row->name, item.value, NULL);
        else
            return commandline_refuse(&item);
    }
    return true;
}

/* True if standard input is a file of options and something else as well. *ret_read: it is a file
 * of options. */
static bool is_stdin_read_twice(
    const struct options *o, const struct settings *typed, bool *ret_read)
{
    unsigned files = 0, lists = 0;
    for (size_t i = 0; i < typed->n; i++)
        files += options_row_named(typed->at[i].name)->kind == KIND_CONFIG &&
                 !strcmp(typed->at[i].value, "-");
    for (size_t i = 0; i < o->pipeline.n_lists; i++)
        lists += !strcmp(o->pipeline.lists[i], "-");
    *ret_read = files;
    return files && files + lists > 1;
}

static bool reads_stdin(const struct settings *typed)
{
    for (size_t i = 0; i < typed->n; i++)
        if (options_row_named(typed->at[i].name)->kind == KIND_CONFIG &&
            !strcmp(typed->at[i].value, "-"))
            return true;
    return false;
}

/* Applies the options of files, except those that the command line replaces. */
static bool take_files(struct options *o, const struct settings *typed)
{
    struct settings files = {0};
    char *where = NULL;
    unsigned groups = 0;
    for (size_t i = 0; i < typed->n; i++) {
        const struct options_row *row = options_row_named(typed->at[i].name);
        groups |= row->group;
        if (row->kind == KIND_ACTION && row->min != OPTIONS_VERIFY)
            return true; /* --help and its like need no files */
    }
    if (is_stdin_read_twice(o, typed, &o->is_stdin_read))
        return options_usage_error("--config=-", "standard input can be read only once");
    const char *why = config_read_all(typed, &files, &where);
    bool good = why ? options_usage_error(where, why) : take_settings(o, &files, groups);
    settings_fini(&files);
    free(where);
    return good;
}

/* True if a directory is named that may say what its lists are, or --update, what its options are.
 */
static bool may_go_on(const struct options *o)
{
    bool names_one = o->outdir.redo || o->pipeline.again.refresh || o->update;
    for (size_t i = 0; i < o->given.n; i++)
        names_one = names_one || !strcmp(o->given.at[i].name, "output");
    return names_one && (!o->pipeline.n_lists || o->update) && o->action == OPTIONS_RUN &&
           !o->report && !o->compare;
}

bool options_parse(int argc, char **argv, struct options *o)
{
    struct settings typed = {0};
    options_defaults(o);
    bool good = read_command_line(argc, argv, o, &typed) && take_files(o, &typed) &&
                take_settings(o, &typed, 0);
    if (good && may_go_on(o))
        good = noted_take(o, set, reads_stdin(&typed));
    settings_fini(&typed);
    return good && options_check(o);
}

void options_fini(struct options *o)
{
    settings_fini(&o->given);
    settings_fini(&o->environment);
    listpaths_free(o->noted_lists);
    listpaths_free(o->expanded_lists);
    hostlimits_free(o->pipeline.host_limits);
    reject_free(o->reject);
    free(o->lists);
}
