/* For tests of a shard whose rows share files: as store/test_shard.h, with rows that have files. */
#ifndef STORE_TEST_SHARE_H
#define STORE_TEST_SHARE_H

#include "store/bodyhash.h"
#include "store/test_shard.h"

static struct bodyhash *hashes;

static inline void share_set_up(void)
{
    set_up();
    conf.shares = true;
    hashes = bodyhash_new(JOB_HASH_NONE, NULL);
}

static inline void share_tear_down(void)
{
    bodyhash_free(hashes);
    tear_down();
}

static inline struct job *make_picture(uint32_t pos, char body)
{
    struct job *j = make_image(0, pos, 5);
    const char *why;
    ck_assert_int_eq(url_parse("http://a/b.png", 14, &j->request.url, &why), ERR_OK);
    memset(j->response.body.data, body, 5);
    j->started = 1;
    add_thumb(j, (char[]){'t', body, '\0'});
    add_thumb(j, (char[]){'u', body, '\0'});
    bodyhash_take(hashes, j);
    return j;
}

/* Puts a job, and adds the rows that are ready. */
static inline void put_job(struct job *j)
{
    struct job_queue ready = TAILQ_HEAD_INITIALIZER(ready);
    ck_assert_int_eq(output.layout->put(shard->samples, j, &ready), 0);
    while ((j = TAILQ_FIRST(&ready))) {
        TAILQ_REMOVE(&ready, j, link);
        add_job_row(j);
    }
}

static inline void put_picture(uint32_t pos, char body)
{
    put_job(make_picture(pos, body));
}

/* Checks which rows have files of their own, like "0 1 3", and that these files have their bytes.
 */
static inline void expect_owners(const char *should)
{
    char is[64] = "", path[64], *text = scratch_read(manifest), *line = text;
    for (char *end; (end = strchr(line, '\n')); line = end + 1) {
        *end = '\0';
        const char *key = strstr(line, "\"key\":\"") + 7;
        if (strstr(line, "\"duplicate_of\":null"))
            sprintf(is + strlen(is), "%s%.*s", *is ? " " : "", 1, key + 8);
        snprintf(path, sizeof path, "images/00000/%.9s.png", key);
        ck_assert_int_eq(scratch_has(path), strstr(line, "\"duplicate_of\":null") != NULL);
    }
    ck_assert_str_eq(is, should);
    free(text);
}

#endif
