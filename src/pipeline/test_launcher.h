/* For tests of deliveries: a helper whose program is a shell with the test's script. $1 is the
 * shard, and the scratch directory is its working directory. */
#ifndef PIPELINE_TEST_LAUNCHER_H
#define PIPELINE_TEST_LAUNCHER_H

#include "base/mem.h"
#include "base/test_scratch.h"
#include "exec/launcher.h"

static struct launcher *launcher;
static const char *script;

/* In the helper. */
static inline char **script_words(void *arg, const uint32_t numbers[2])
{
    char number[16];
    char **words = mem_array(5, sizeof *words);
    snprintf(number, sizeof number, "%05u", numbers[0]);
    (void)arg;
    words[0] = mem_dup("-c");
    words[1] = mem_dup(script);
    words[2] = mem_dup("script");
    words[3] = mem_dup(number);
    return words;
}

static inline void launch(const char *text, unsigned timeout_s)
{
    struct launcher_conf conf = {"/bin/sh", 2, timeout_s, script_words, NULL};
    int err;
    script = text;
    ck_assert_int_eq(chdir(scratch_path), 0);
    launcher = launcher_start(&conf, &err);
    ck_assert_ptr_nonnull(launcher);
    ck_assert_int_eq(chdir("/"), 0);
}

#endif
