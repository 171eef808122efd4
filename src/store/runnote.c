#include "store/runnote.h"

#include "base/beneath.h"
#include "base/clock.h"
#include "base/jsonmem.h"
#include "base/utf8.h"
#include "manifest/json.h"
#include "store/commit.h"

#include <stdlib.h>

static const char file[] = "run.json", part_name[] = "run.json" COMMIT_PART;

/* The names of files may be no UTF-8. */
static void put_text(yajl_gen g, const char *text)
{
    char *clean = utf8_clean(text, strlen(text));
    json_text(g, clean);
    free(clean);
}

void runnote_write(int folder, const struct runnote *note)
{
    char now[CLOCK_RFC3339_SIZE];
    const unsigned char *text;
    size_t len;
    yajl_gen g = yajl_gen_alloc(&jsonmem);
    clock_rfc3339(clock_wall(), now);
    yajl_gen_config(g, yajl_gen_beautify, 1);
    yajl_gen_map_open(g);
    JSON_FIELD(g, RUNNOTE_COMMAND, put_text(g, note->command));
    JSON_FIELD(g, RUNNOTE_PROGRAM, json_text(g, note->program));
    JSON_FIELD(g, RUNNOTE_MACHINE, json_text(g, note->machine));
    JSON_FIELD(g, RUNNOTE_STARTED, json_text(g, now));
    yajl_gen_map_close(g);
    yajl_gen_get_buf(g, &text, &len);
    struct commit_part part = {text, len};
    beneath_remove(folder, part_name); /* left by a killed run, perhaps */
    if (commit_file(COMMIT_RENAME, folder, file, &part, 1, false))
        beneath_remove(folder, file);
    yajl_gen_free(g);
}
