#include "audit/survey_inside.h"

#include "manifest/manifest_tree.h"
#include "store/runnote.h"

#include <stdlib.h>

/* Longer than what a run writes. */
enum { NOTE_MAX = 1 << 20 };

/* NULL: there is no such file, or it is no JSON. */
static yajl_val read_note(int dir, const char *name)
{
    struct buf text = {0};
    FILE *file = manifest_open_file(dir, name);
    if (!file)
        return NULL;
    yajl_val tree = NULL;
    if (buf_reserve(&text, NOTE_MAX)) {
        size_t len = fread(text.data, 1, NOTE_MAX - 1, file);
        text.data[len] = '\0';
        tree = manifest_tree_parse((const char *)text.data);
    }
    buf_fini(&text);
    fclose(file);
    return tree;
}

static void keep(struct survey_text *t, yajl_val note, const char *field)
{
    survey_keep_cut(t, manifest_tree_text(note, field), SURVEY_RUN_MAX);
}

/* Those that have a value. */
static void keep_options(struct survey_text *t, yajl_val note)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = YAJL_IS_OBJECT(note) ? open_memstream(&text, &size) : NULL;
    for (size_t i = 0; out && i < note->u.object.len; i++) {
        const char *value = YAJL_GET_STRING(note->u.object.values[i]);
        if (value && *value)
            fprintf(out, "%s%s=%s", ftello(out) ? ", " : "", note->u.object.keys[i], value);
    }
    if (out && !fclose(out) && *text)
        survey_keep_cut(t, text, SURVEY_RUN_MAX);
    free(text);
}

void survey_read_run(int dir, struct survey_run *run)
{
    yajl_val note = read_note(dir, RUNNOTE_PATH),
             options = read_note(dir, SHARDFILES_OWN "/options.json");
    keep(&run->command, note, RUNNOTE_COMMAND);
    keep(&run->program, note, RUNNOTE_PROGRAM);
    keep(&run->machine, note, RUNNOTE_MACHINE);
    keep(&run->started, note, RUNNOTE_STARTED);
    keep_options(&run->options, options);
    yajl_tree_free(note);
    yajl_tree_free(options);
}

void survey_forget_run(struct survey_run *run)
{
    free(run->command.text);
    free(run->program.text);
    free(run->machine.text);
    free(run->started.text);
    free(run->options.text);
}
