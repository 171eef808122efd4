/* For tests of the survey: an output directory with manifests that the test writes. */
#ifndef AUDIT_TEST_SURVEY_H
#define AUDIT_TEST_SURVEY_H

#include "audit/survey.h"
#include "base/test_scratch.h"

#include <stdarg.h>

static inline void set_up(void)
{
    scratch_make();
    scratch_mkdir(".imgfetch");
    scratch_write(".imgfetch/lock", "", 0);
    scratch_mkdir("manifest");
    scratch_mkdir("images");
    scratch_mkdir("thumbs");
    scratch_mkdir("thumbs/256");
}

static struct survey *survey; /* after look() */

static inline void look(void)
{
    char message[SURVEY_MESSAGE_SIZE] = "";
    survey = survey_dir(scratch_path, message);
    ck_assert_msg(survey, "%s", message);
}

static inline void tear_down(void)
{
    survey_free(survey);
    scratch_remove();
}

static struct buf manifest; /* being written */

static inline void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

static inline void say(const char *format, ...)
{
    char *text;
    va_list args;
    va_start(args, format);
    int len = vasprintf(&text, format, args);
    va_end(args);
    ck_assert(buf_append(&manifest, text, (size_t)len));
    free(text);
}

/* `more`: more fields, beginning with a comma. */
static inline void put_row(unsigned shard, unsigned pos, const char *error, const char *more)
{
    say("{\"key\":\"%05u%04u\",\"url\":\"http://h%u.test/%u.jpg\",\"error\":%s%s%s,"
        "\"duplicate_of\":null%s%s}\n",
        shard, pos, pos % 3, pos, *error ? "\"" : "null", error, *error ? "\"" : "", more,
        strstr(more, "\"thumbs\"") ? "" : ",\"thumbs\":[]");
}

static inline void end_manifest(const char *name)
{
    scratch_write(name, manifest.data, manifest.len);
    buf_fini(&manifest);
}

#endif
