/* For tests of --verify: a directory as a run leaves it, and what is found there. */
#ifndef AUDIT_TEST_VERIFY_H
#define AUDIT_TEST_VERIFY_H

#include "audit/verify.h"
#include "store/outdir.h"
#include "store/store_flat.h"
#include "store/store_tar.h"
#include "store/test_store.h"

static const char manifest[] = "manifest/00000.jsonl", stats[] = "00000_stats.json";
static const char tarred[] = "00000.jsonl", tar[] = "00000.tar";
static const char image[] = "images/00000/000000000.png";

enum { IMAGE_SIZE = 100, BLOCK = 512, TAR_END = 1024 };

/* ---- a directory as a run leaves it ---- */

static inline void make_lock(void)
{
    scratch_mkdir(".imgfetch");
    scratch_write(".imgfetch/lock", "", 0);
}

/* A shard of a picture with its thumbnail, and of a failure. */
static inline void make_shard(const struct layout *layout)
{
    make_lock();
    conf.layout = layout;
    conf.n_specs = 1;
    open_store();
    store_shard_begin(store, 0, &no_resume);
    struct job *j = make_image(0, 0, IMAGE_SIZE);
    add_thumb(j, "thumb");
    submit(j);
    submit_failure(0, 1, ERR_TIMEOUT);
    store_shard_end(store, 0, 2, fingerprint);
    wait_for(2);
    wait_until_closed();
    close_store();
}

/* ---- what is found ---- */

static struct verify_counts counts;
static char faults[4000]; /* "where: what", a line each */

static inline void note_fault(void *arg, const char *where, const char *what)
{
    ck_assert_ptr_eq(arg, faults);
    size_t len = strlen(faults);
    snprintf(faults + len, sizeof faults - len, "%s: %s\n", where, what);
}

static inline int verify(char *why)
{
    struct verify_conf how = {.path = scratch_path, .threads = 1, .on_fault = note_fault};
    how.arg = faults;
    faults[0] = '\0';
    return verify_dir(&how, &counts, why);
}

static inline void expect_faults(const char *expected)
{
    char why[VERIFY_MESSAGE_SIZE] = "";
    unsigned n = 0;
    ck_assert_msg(!verify(why), "%s", why);
    ck_assert_str_eq(faults, expected);
    for (const char *line = faults; (line = strchr(line, '\n')); line++)
        n++;
    ck_assert_uint_eq(counts.faults, n);
}

#endif
