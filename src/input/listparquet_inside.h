/*
 * The parts of a Parquet list: listparquet.c asks for columns and rows, listparquet_types.c knows
 * DuckDB's types and how it writes each as JSON. Only these include it.
 */
#ifndef INPUT_LISTPARQUET_INSIDE_H
#define INPUT_LISTPARQUET_INSIDE_H

#include "base/buf.h"
#include "base/span.h"
#include "input/listparquet.h"

void listparquet_put(struct buf *sql, const char *text);

/* In quotes, which are doubled in it. */
void listparquet_put_quoted(struct buf *sql, struct span text, char quote);

/* Writes the column as JSON, or NULL. A number keeps its digits, since its text does not go through
 * DuckDB's JSON. There are no line breaks: in the text of JSON they are white space. */
void listparquet_put_value(struct buf *sql, const char *column, const char *type);

/* True if URLs can be in a column of the type. */
bool listparquet_may_be_url(const char *type);

/* The type in which that JSON can be read back. */
const char *listparquet_kept_type(const char *type);

#endif
