/*
 * All options, once. The command line and files of options (options.c), --help and, by way of
 * --options, the completions and check.sh's look at the manual page (options_help.c), and what
 * a run may not change in a directory (shape.c) follow from this table.
 *
 * A new option is a row here and a paragraph in the manual page.
 */
#ifndef CMD_OPTIONS_TABLE_H
#define CMD_OPTIONS_TABLE_H

#include "cmd/imgfetch/options/choice.h"
#include "cmd/imgfetch/options/layoutopts.h"

enum options_kind {
    KIND_ON,
    KIND_OFF,      /* bool */
    KIND_ACTION,   /* enum options_action: min */
    KIND_NUMBER,   /* unsigned, from min to max */
    KIND_LARGE,    /* uint64_t, from min */
    KIND_SIZE,     /* uint64_t, bytes, from min to max */
    KIND_PIXELS,   /* uint64_t */
    KIND_SECONDS,  /* uint64_t, in ms */
    KIND_REAL,     /* double, from min to max */
    KIND_TEXT,     /* const char * */
    KIND_WORD,     /* an enum, whose values are the places in `words` */
    KIND_COLUMN,   /* struct column */
    KIND_CHOICE,   /* `choice` alone */
    KIND_OPTIONAL, /* likewise; without a value it gets NULL */
    KIND_CONFIG,   /* a file of options; read before the others are set */
};

enum options_topic {
    TOPIC_LIST,
    TOPIC_FETCHING,
    TOPIC_THUMBNAILS,
    TOPIC_OUTPUT,
    TOPIC_HIDDEN, /* of the program itself and of its tests: users are not told */
};

/* What the command line says replaces what files say: options of a group say, together, one thing.
 * An option of no group replaces itself, or adds to itself if it is repeatable. */
enum options_group { GROUP_SIZES = 1, GROUP_FAMILY = 2, GROUP_PAST = 4 };

/* Does it shape what comes out (shape.h)? SHAPE_BY_LIMIT: it decides which images are taken. */
enum options_shape { SHAPE_NOT, SHAPE_ALWAYS, SHAPE_BY_LIMIT };

struct options_row {
    enum options_topic topic;
    char letter; /* 0: none */
    const char *name;
    const char *value;   /* what help calls it: "N"; NULL: the words, or there is none */
    const char *initial; /* the value that holds without the option; NULL: none does */
    const char *help;
    enum options_kind kind;
    size_t field; /* its offset in struct options */
    uint64_t min, max;
    choice_set *choice;       /* called last; NULL: `kind` is all */
    const char *const *words; /* values, for completion at least; behind ":" come those that may
                                 follow a colon. Ends with NULL; NULL: none */
    const char *otherwise;    /* what holds without it, where that is no value */
    bool names_backends;      /* the backends are values, too */
    bool repeatable;
    bool typed_only;          /* no file may say it */
    enum options_group group; /* 0: of none */
    enum options_shape shape;
    layoutopts_print *print; /* NULL: as `kind` has it */
};

/* Ends with a row without a name. */
enum { OPTIONS_MAX_ROWS = 128 };
extern const struct options_row options_table[];

/* NULL: there is none. */
const struct options_row *options_row_named(const char *name);

/* As getopt_long(3) calls it: no_argument, ... */
int options_argument(const struct options_row *);

#endif
