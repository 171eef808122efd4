#include "store/diroptions.h"

#include "base/beneath.h"
#include "base/buf.h"
#include "base/jsonmem.h"
#include "manifest/manifest.h"
#include "manifest/manifest_tree.h"
#include "store/commit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <yajl/yajl_gen.h>
#include <yajl/yajl_tree.h>

static const char file[] = "options.json", part_name[] = "options.json" COMMIT_PART;

/* -ENOENT: there is no file. */
static int read_note(int folder, yajl_val *ret)
{
    struct buf text = {0};
    int err = manifest_read_file(folder, file, &text);
    if (err)
        return err;
    yajl_val note = manifest_tree_parse((const char *)text.data);
    buf_fini(&text);
    if (!YAJL_IS_OBJECT(note)) {
        yajl_tree_free(note);
        return -EBADMSG;
    }
    *ret = note;
    return 0;
}

/* Prints the option as a user types it: "--quality=70", "--upscale", "--no-originals". The absence
 * of an option that has no negative form is "no --upscale". */
static void print_typed(
    const struct outdir_option *o, const char *value, char out[OUTDIR_MESSAGE_SIZE])
{
    bool is_on = !strcmp(o->initial, "yes"), is_switch = is_on || !strcmp(o->initial, "no");
    const char *dashes = "--", *equals = "", *shown = "";
    if (is_switch && !strcmp(value, "no")) {
        dashes = is_on ? "--no-" : "no --";
    } else if (!*value) {
        dashes = "no --";
    } else if (!is_switch || strcmp(value, "yes") != 0) {
        equals = "=";
        shown = value;
    }
    if (!*value && !strcmp(o->name, "thumb"))
        snprintf(out, OUTDIR_MESSAGE_SIZE, "--no-thumbs");
    else
        snprintf(out, OUTDIR_MESSAGE_SIZE, "%s%s%s%s", dashes, o->name, equals, shown);
}

/* Appends "--quality=70, not 85" or "--no-thumbs, not --thumb=256". */
static void tell_difference(const struct outdir_option *o, const char *was, char *message)
{
    char typed_was[OUTDIR_MESSAGE_SIZE], typed_now[OUTDIR_MESSAGE_SIZE];
    size_t len = strlen(message);
    print_typed(o, was, typed_was);
    print_typed(o, o->value, typed_now);
    bool both_have_values = strchr(typed_was, '=') && strchr(typed_now, '=');
    snprintf(message + len, OUTDIR_MESSAGE_SIZE - len, "%s%s, not %s", len ? "; " : "", typed_was,
        both_have_values ? o->value : typed_now);
}

int diroptions_compare(
    int folder, const struct outdir_option *options, size_t n, bool redo, char *message)
{
    yajl_val note = NULL;
    int err = read_note(folder, &note);
    if (err)
        return err == -ENOENT ? 0 : err;
    message[0] = '\0';
    for (size_t i = 0; i < n; i++) {
        const struct outdir_option *o = &options[i];
        const char *was = manifest_tree_text(note, o->name);
        const char *text = was ? was : o->initial;
        if (strcmp(text, o->value) != 0 && !(redo && o->may_change))
            tell_difference(o, text, message);
    }
    yajl_tree_free(note);
    return message[0] != '\0';
}

int diroptions_write(int folder, const struct outdir_option *options, size_t n, bool replace)
{
    struct stat st;
    beneath_remove(folder, part_name); /* left by a killed run, perhaps */
    if (!replace && !beneath_stat(folder, file, &st))
        return 0;
    yajl_gen g = yajl_gen_alloc(&jsonmem);
    yajl_gen_config(g, yajl_gen_beautify, 1);
    yajl_gen_map_open(g);
    for (size_t i = 0; i < n; i++) {
        const struct outdir_option *o = &options[i];
        yajl_gen_string(g, (const unsigned char *)o->name, strlen(o->name));
        yajl_gen_string(g, (const unsigned char *)o->value, strlen(o->value));
    }
    yajl_gen_map_close(g);
    const unsigned char *text;
    size_t len;
    yajl_gen_get_buf(g, &text, &len);
    struct commit_part part = {text, len};
    /* Always by renaming: commit_probe() has not been called yet. */
    int err = commit_file(COMMIT_RENAME, folder, file, &part, 1, true);
    yajl_gen_free(g);
    return err;
}
