#include "store/diroptions.h"

#include "base/beneath.h"
#include "base/jsonmem.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "input/listmark.h"
#include "manifest/manifest.h"
#include "manifest/manifest_tree.h"
#include "store/commit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <yajl/yajl_gen.h>
#include <yajl/yajl_tree.h>

static const char file[] = "options.json", part_name[] = "options.json" COMMIT_PART;
static const char lists_name[] = "lists", path_name[] = "path", size_name[] = "size",
                  head_name[] = "sha256_of_first_64k";

/* ---- reading ---- */

static void read_list(yajl_val noted, struct listmark *ret)
{
    const char *path = manifest_tree_text(noted, path_name);
    const char *head = manifest_tree_text(noted, head_name);
    ret->path = mem_dup(path ? path : "");
    ret->size = head ? manifest_tree_number(noted, size_name) : -1;
    snprintf(ret->head, sizeof ret->head, "%s", head ? head : "");
}

static void read_lists(struct diroptions *note)
{
    yajl_val lists = manifest_tree_get(note->tree, lists_name, yajl_t_array);
    size_t n = lists ? YAJL_GET_ARRAY(lists)->len : 0;
    note->lists = n ? mem_array(n, sizeof *note->lists) : NULL;
    note->n_lists = n;
    for (size_t i = 0; i < n; i++)
        read_list(YAJL_GET_ARRAY(lists)->values[i], &note->lists[i]);
}

int diroptions_read(int folder, struct diroptions *ret)
{
    struct buf text = {0};
    int err = manifest_read_file(folder, file, &text);
    if (err)
        return err;
    *ret = (struct diroptions){.tree = manifest_tree_parse((const char *)text.data)};
    buf_fini(&text);
    if (!YAJL_IS_OBJECT((yajl_val)ret->tree)) {
        yajl_tree_free(ret->tree);
        return -EBADMSG;
    }
    struct stat st;
    ret->is_own = !beneath_stat(folder, file, &st) && st.st_uid == geteuid();
    read_lists(ret);
    return 0;
}

void diroptions_fini(struct diroptions *note)
{
    for (size_t i = 0; i < note->n_lists; i++)
        listmark_fini(&note->lists[i]);
    free(note->lists);
    yajl_tree_free(note->tree);
    *note = (struct diroptions){0};
}

const char *diroptions_text(const struct diroptions *note, const char *name)
{
    return manifest_tree_text(note->tree, name);
}

/* ---- comparing ---- */

/* Appends the words of the value, with spaces between; or what is said where there are none. */
static void print_typed(
    const struct outdir_option *o, const char *value, char out[OUTDIR_MESSAGE_SIZE])
{
    struct buf words = {0};
    outdir_typed(o, value, &words);
    size_t len = 0;
    const char *word = (const char *)words.data;
    for (; words.len && *word && len < OUTDIR_MESSAGE_SIZE; word += strlen(word) + 1)
        len += (size_t)snprintf(out + len, OUTDIR_MESSAGE_SIZE - len, "%s%s", len ? " " : "", word);
    if (!len && !strcmp(o->name, "backend"))
        snprintf(out, OUTDIR_MESSAGE_SIZE, "a backend that fetches");
    else if (!len)
        snprintf(out, OUTDIR_MESSAGE_SIZE, "no --%s", o->name);
    buf_fini(&words);
}

/* Appends "--quality=70, not 85", "--no-thumbs, not --thumb=256" or "--hash-col=sum, not without".
 */
static void tell_difference(const struct outdir_option *o, const char *was, char *message)
{
    char typed_was[OUTDIR_MESSAGE_SIZE], typed_now[OUTDIR_MESSAGE_SIZE];
    size_t len = strlen(message);
    print_typed(o, was, typed_was);
    print_typed(o, o->value, typed_now);
    bool both_have_values = strchr(typed_was, '=') && strchr(typed_now, '=') &&
                            !strchr(typed_was, ' ') && !strchr(typed_now, ' ');
    const char *now = both_have_values                            ? strchr(typed_now, '=') + 1
                      : !strncmp(typed_now, "no ", strlen("no ")) ? "without"
                                                                  : typed_now;
    snprintf(
        message + len, OUTDIR_MESSAGE_SIZE - len, "%s%s, not %s", len ? "; " : "", typed_was, now);
}

static bool may_differ(const struct outdir_conf *conf, const struct outdir_option *o)
{
    return !o->value || o->effect == OUTDIR_READS || o->effect == OUTDIR_TRIES ||
           (conf->redo && o->effect == OUTDIR_LIMITS);
}

/* Tells the shapes that differ. An option that is not noted had its initial value, or no effect in
 * the run that noted the others; so with `noted` only those that are. */
static void compare_shapes(
    const struct diroptions *note, const struct outdir_conf *conf, bool noted, char *message)
{
    for (size_t i = 0; i < conf->n_options; i++) {
        const struct outdir_option *o = &conf->options[i];
        const char *was = diroptions_text(note, o->name);
        const char *text = was ? was : o->initial;
        if ((was != NULL) == noted && !may_differ(conf, o) && strcmp(text, o->value) != 0)
            tell_difference(o, text, message);
    }
}

static bool has_other_lists(const struct diroptions *note, const struct outdir_conf *conf)
{
    bool differs = conf->n_lists && note->n_lists && note->n_lists != conf->n_lists;
    bool is_unknown = conf->n_lists && !note->n_lists;
    for (size_t i = 0; i < conf->n_lists && note->n_lists == conf->n_lists; i++) {
        enum listmark_change c = listmark_compare(&note->lists[i], conf->lists[i].path);
        differs = differs || c == LISTMARK_OTHER;
        is_unknown = is_unknown || c == LISTMARK_UNKNOWN;
    }
    return differs || (is_unknown && !conf->is_task);
}

static bool differs_in_rows(
    const struct diroptions *note, const struct outdir_conf *conf, const struct outdir_option *o)
{
    const char *was = diroptions_text(note, o->name);
    bool counts = o->effect == OUTDIR_READS || (o->effect == OUTDIR_TRIES && !conf->is_task);
    return counts && was && o->value && strcmp(was, o->value) != 0;
}

void diroptions_compare(const struct diroptions *note, const struct outdir_conf *conf,
    struct diroptions_difference *ret)
{
    *ret = (struct diroptions_difference){.rows = has_other_lists(note, conf)};
    compare_shapes(note, conf, true, ret->shape);
    if (!ret->shape[0])
        compare_shapes(note, conf, false, ret->shape);
    for (size_t i = 0; i < conf->n_options; i++)
        ret->rows = ret->rows || differs_in_rows(note, conf, &conf->options[i]);
}

/* ---- writing ---- */

static void put_text(yajl_gen g, const char *text)
{
    char *clean = utf8_clean(text, strlen(text));
    yajl_gen_string(g, (const unsigned char *)clean, strlen(clean));
    free(clean);
}

static void put_lists(yajl_gen g, const struct listmark *lists, size_t n)
{
    if (!n)
        return;
    put_text(g, lists_name);
    yajl_gen_array_open(g);
    for (size_t i = 0; i < n; i++) {
        yajl_gen_map_open(g);
        put_text(g, path_name);
        put_text(g, lists[i].path);
        if (lists[i].size >= 0) {
            put_text(g, size_name);
            yajl_gen_integer(g, lists[i].size);
            put_text(g, head_name);
            put_text(g, lists[i].head);
        }
        yajl_gen_map_close(g);
    }
    yajl_gen_array_close(g);
}

int diroptions_write(int folder, const struct outdir_option *options, size_t n,
    const struct listmark *lists, size_t n_lists)
{
    beneath_remove(folder, part_name); /* left by a killed run, perhaps */
    yajl_gen g = yajl_gen_alloc(&jsonmem);
    yajl_gen_config(g, yajl_gen_beautify, 1);
    yajl_gen_map_open(g);
    for (size_t i = 0; i < n; i++) {
        if (!options[i].value)
            continue;
        put_text(g, options[i].name);
        put_text(g, options[i].value);
    }
    put_lists(g, lists, n_lists);
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

static const struct outdir_option *find_option(const struct outdir_conf *conf, const char *name)
{
    for (size_t i = 0; i < conf->n_options; i++)
        if (!strcmp(conf->options[i].name, name))
            return &conf->options[i];
    return NULL;
}

/* The noted options, with the run's own of those that say which rows are read. Returns how many. */
static size_t merge_options(
    const struct diroptions *note, const struct outdir_conf *conf, struct outdir_option *ret)
{
    yajl_val tree = note->tree;
    size_t n = 0;
    for (size_t i = 0; i < YAJL_GET_OBJECT(tree)->len; i++) {
        const char *name = YAJL_GET_OBJECT(tree)->keys[i];
        const char *was = YAJL_GET_STRING(YAJL_GET_OBJECT(tree)->values[i]);
        const struct outdir_option *now = find_option(conf, name);
        bool is_read = now && now->effect == OUTDIR_READS;
        if (was)
            ret[n++] = (struct outdir_option){.name = name, .value = is_read ? now->value : was};
    }
    return n;
}

static bool are_noted(const struct diroptions *note, const struct outdir_conf *conf)
{
    bool same = note->n_lists == conf->n_lists;
    for (size_t i = 0; i < conf->n_lists && same; i++) {
        const struct listmark *was = &note->lists[i], *is = &conf->lists[i];
        same =
            !strcmp(was->path, is->path) && was->size == is->size && !strcmp(was->head, is->head);
    }
    for (size_t i = 0; i < conf->n_options && same; i++) {
        const struct outdir_option *o = &conf->options[i];
        const char *was = o->effect == OUTDIR_READS ? diroptions_text(note, o->name) : NULL;
        same = !was || !strcmp(was, o->value);
    }
    return same;
}

int diroptions_update(int folder, const struct diroptions *note, const struct outdir_conf *conf)
{
    if (are_noted(note, conf))
        return 0;
    struct outdir_option *options =
        mem_array(YAJL_GET_OBJECT((yajl_val)note->tree)->len + 1, sizeof *options);
    size_t n = merge_options(note, conf, options);
    int err = diroptions_write(folder, options, n, conf->lists, conf->n_lists);
    free(options);
    return err;
}
