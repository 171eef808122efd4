#include "input/listparquet_inside.h"

#include "base/mem.h"

#include <string.h>

void listparquet_put(struct buf *sql, const char *text)
{
    mem_must(buf_append(sql, text, strlen(text)));
}

void listparquet_put_quoted(struct buf *sql, struct span text, char quote)
{
    mem_must(buf_append(sql, &quote, 1));
    for (; text.len; text.at++, text.len--) {
        if (*text.at == quote)
            mem_must(buf_append(sql, &quote, 1));
        mem_must(buf_append(sql, text.at, 1));
    }
    mem_must(buf_append(sql, &quote, 1));
}

static bool is_nested(const char *type)
{
    static const char *const words[] = {"STRUCT(", "MAP(", "UNION(", "VARIANT"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strncmp(type, words[i], strlen(words[i])))
            return true;
    return *type && type[strlen(type) - 1] == ']';
}

/* Of a list of lists the elements are numbers, which have no text in which NaN could stand. */
static bool is_float_list(const char *type)
{
    size_t len = strcspn(type, "[");
    return (len == 6 && !strncmp(type, "DOUBLE", len)) ||
           (len == 5 && !strncmp(type, "FLOAT", len));
}

void listparquet_put_value(struct buf *sql, const char *column, const char *type)
{
    static const struct {
        const char *type, *parts[4]; /* between them stands the column */
    } forms[] = {
        {"DOUBLE", {"CASE WHEN isfinite(", ") THEN to_json(", ")::VARCHAR END"}},
        {"FLOAT", {"CASE WHEN isfinite(", ") THEN to_json(", ")::VARCHAR END"}},
        {"DECIMAL(", {"", "::VARCHAR"}},
        {"BOOLEAN", {"", "::VARCHAR"}},
        {"TINYINT", {"", "::VARCHAR"}},
        {"SMALLINT", {"", "::VARCHAR"}},
        {"INTEGER", {"", "::VARCHAR"}},
        {"BIGINT", {"", "::VARCHAR"}},
        {"HUGEINT", {"", "::VARCHAR"}},
        {"UTINYINT", {"", "::VARCHAR"}},
        {"USMALLINT", {"", "::VARCHAR"}},
        {"UINTEGER", {"", "::VARCHAR"}},
        {"UBIGINT", {"", "::VARCHAR"}},
        {"UHUGEINT", {"", "::VARCHAR"}},
        {"BLOB", {"to_json(coalesce(TRY(decode(", ")), ", "::VARCHAR))::VARCHAR"}},
        {"JSON", {"CASE WHEN json_valid(", "::VARCHAR) THEN translate(",
                     "::VARCHAR, e'\\n\\r', '  ') ELSE to_json(", "::VARCHAR)::VARCHAR END"}},
        {"[", {"regexp_replace(to_json(", ")::VARCHAR, '-?(NaN|Infinity)', 'null', 'g')"}},
        {"{", {"to_json(", ")::VARCHAR"}},
        {"", {"to_json(", "::VARCHAR)::VARCHAR"}},
    };
    const char *form = is_nested(type) ? (is_float_list(type) ? "[" : "{") : type;
    size_t i = 0;
    while (strncmp(form, forms[i].type, strlen(forms[i].type)) != 0)
        i++;
    for (size_t k = 0; k < 4 && forms[i].parts[k]; k++) {
        if (k)
            listparquet_put_quoted(sql, span_of(column), '"');
        listparquet_put(sql, forms[i].parts[k]);
    }
}

bool listparquet_may_be_url(const char *type)
{
    return !strcmp(type, "VARCHAR") || !strcmp(type, "BLOB") || !strncmp(type, "ENUM(", 5);
}

/* In a list or struct they would be other texts than SQL has for them. */
static bool has_odd_part(const char *type)
{
    static const char *const odd[] = {"MAP(", "UNION(", "ENUM(", "VARIANT", "BLOB", "BIT",
        "HUGEINT", "INTERVAL", "DECIMAL(", "GEOM"};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        if (strstr(type, odd[i]))
            return true;
    return false;
}

const char *listparquet_kept_type(const char *type)
{
    static const char *const texts[] = {
        "BLOB", "ENUM(", "HUGEINT", "UHUGEINT", "INTERVAL", "BIT", "UUID"};
    if (is_nested(type))
        return has_odd_part(type) ? "JSON" : type;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (!strncmp(type, texts[i], strlen(texts[i])))
            return "VARCHAR";
    return type;
}
