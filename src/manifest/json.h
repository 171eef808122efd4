/* Writes JSON by yajl (yajl/yajl_gen.h). */
#ifndef MANIFEST_JSON_H
#define MANIFEST_JSON_H

#include <string.h>
#include <yajl/yajl_gen.h>

/* Text in UTF-8. NULL becomes null. */
static inline void json_text(yajl_gen g, const char *text)
{
    if (text)
        yajl_gen_string(g, (const unsigned char *)text, strlen(text));
    else
        yajl_gen_null(g);
}

/* A field of an object: its name, and the call that writes the value. */
#define JSON_FIELD(g, name, put) (json_text(g, name), put)

#endif
