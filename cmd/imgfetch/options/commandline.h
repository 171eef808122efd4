/*
 * The words of a command line one after another, by getopt_long(3): which option or list each one
 * is. Does not know what values mean. One thread, one command line at a time.
 */
#ifndef CMD_COMMANDLINE_H
#define CMD_COMMANDLINE_H

#include "cmd/imgfetch/options/options_table.h"

enum commandline_kind {
    COMMANDLINE_OPTION,
    COMMANDLINE_LIST,
    COMMANDLINE_UNKNOWN,
    COMMANDLINE_AMBIGUOUS,
    COMMANDLINE_TAKES_NO_VALUE,
    COMMANDLINE_NEEDS_VALUE, /* and no word follows */
    COMMANDLINE_ONE_DASH,    /* "-output": as letters it would mean something else */
    COMMANDLINE_END,
};

struct commandline_item {
    enum commandline_kind kind;
    const struct options_row *row; /* NULL: a list, or no option */
    const char *word;              /* where it stands; the option may be a letter within it */
    const char *value;             /* of the option, or NULL; may be another word */
    char letter;                   /* 0: a long option */
};

/* The words are borrowed. */
void commandline_begin(int argc, char **argv);
struct commandline_item commandline_next(void);

/* Prints a usage error about an item that is neither option nor list. Always returns false. */
bool commandline_refuse(const struct commandline_item *);

/* The text about a name that no option has; `len` bytes, without dashes. Valid until the next
 * call. */
const char *commandline_unknown(const char *name, size_t len);

/* Likewise, about an option without its value: "needs a value: --output=DIR". */
const char *commandline_needs_value(const struct options_row *);

#endif
