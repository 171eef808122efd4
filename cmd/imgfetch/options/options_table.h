/*
 * The table of all options. Generated from it: the command line and files of options (options.c),
 * --help (options_help.c), from which check.sh's check of the manual page follows, the completions
 * (complete.c), and the options that a run may not change in a directory (layoutopts.c).
 *
 * To add an option, add a row here, and a paragraph to the manual page, in the section of its
 * topic.
 */
#ifndef CMD_OPTIONS_TABLE_H
#define CMD_OPTIONS_TABLE_H

#include "cmd/imgfetch/options/choice.h"
#include "cmd/imgfetch/options/layoutopts.h"

enum options_kind {
    KIND_ON,
    KIND_OFF,      /* bool */
    KIND_COUNT,    /* unsigned: how often it was given */
    KIND_VALUE,    /* an enum, set to min */
    KIND_ACTION,   /* enum options_action: min; with `choice` it may have a value */
    KIND_NUMBER,   /* unsigned, from min to max */
    KIND_LARGE,    /* uint64_t, from min */
    KIND_SIZE,     /* uint64_t, bytes, from min to max */
    KIND_SPEED,    /* uint64_t, bytes a second, from min to max */
    KIND_PIXELS,   /* uint64_t */
    KIND_TIME,     /* uint64_t, in ms */
    KIND_REAL,     /* double, from min to max */
    KIND_PERCENT,  /* double */
    KIND_TEXT,     /* const char * */
    KIND_WORD,     /* an enum, whose values are the indexes in `words` */
    KIND_WORDS,    /* unsigned, a set: a bit for each index in `words` */
    KIND_COLUMN,   /* struct column */
    KIND_CHOICE,   /* only `choice` is called */
    KIND_OPTIONAL, /* likewise; without a value it gets NULL */
    KIND_CONFIG,   /* a file of options; read before the others are set */
};

enum options_topic {
    TOPIC_LIST,
    TOPIC_FETCHING,
    TOPIC_NETWORK,
    TOPIC_THUMBNAILS,
    TOPIC_OUTPUT,
    TOPIC_RUNS,
    TOPIC_PRINTING,
    TOPIC_COMPARING,
    TOPIC_GENERAL,
    TOPIC_ALL,                /* for --help */
    TOPIC_HIDDEN = TOPIC_ALL, /* for the program itself and its tests: not in --help */
};
/* For --help=TOPIC; that of TOPIC_ALL is "all". Ends with NULL. */
extern const char *const options_topics[];

/* The command line replaces what files say. Options of one group set one thing together, so one on
 * the command line replaces all of its group in files. An option without a group replaces itself,
 * or adds to itself if it is repeatable. */
enum options_group {
    GROUP_SIZES = 1,
    GROUP_FAMILY = 2,
    GROUP_RERUN = 4,
    GROUP_HTTP = 8,
    GROUP_SCALING = 16,
};

/* What a shell offers as its value (complete.h). */
enum options_completion {
    COMPLETES_WORDS, /* `words`, and backends */
    COMPLETES_LIST,  /* several of them, with commas between */
    COMPLETES_CODES, /* error codes, likewise */
    COMPLETES_COLUMN,
    COMPLETES_COLUMNS,
    COMPLETES_NAME, /* fields of a template */
    COMPLETES_SIZE, /* `words`, and behind ":" a mode */
    COMPLETES_FILE,
    COMPLETES_DIR,
};

/* Whether the option determines rows and files (layoutopts.h). SHAPE_BY_LIMIT: it determines which
 * images are accepted. SHAPE_READS: it determines which rows the list has. SHAPE_TRIES:
 * it may let a row succeed that has failed. */
enum options_shape { SHAPE_NOT, SHAPE_ALWAYS, SHAPE_BY_LIMIT, SHAPE_READS, SHAPE_TRIES };

struct options_row {
    enum options_topic topic;
    char letter; /* 0: none */
    const char *name;
    const char *value;   /* its name in --help: "N"; NULL: the words, or it has no value */
    const char *initial; /* the default; NULL: none */
    const char *help;
    enum options_kind kind;
    size_t field; /* its offset in struct options */
    uint64_t min, max;
    choice_set *choice;       /* called last; NULL: only `kind` matters */
    const char *const *words; /* values, at least for completion. Ends with NULL; NULL: none */
    const char *otherwise;    /* the default as --help says it, if that is not a value */
    bool names_backends;      /* the backends are values, too */
    enum options_completion completes;
    bool repeatable;
    bool typed_only;          /* not allowed in a file */
    enum options_group group; /* 0: none */
    enum options_shape shape;
    layoutopts_print *print;     /* NULL: printed by `kind` */
    layoutopts_matters *matters; /* NULL: in every run */
};

/* Ends with a row without a name. */
enum { OPTIONS_MAX_ROWS = 128 };
extern const struct options_row options_table[];

/* NULL: there is no such option. */
const struct options_row *options_row_named(const char *name);

/* Fills out with the words and backends that the option takes, and NULL. */
enum { OPTIONS_MAX_VALUES = 24 };
void options_values(const struct options_row *, const char *out[OPTIONS_MAX_VALUES]);

/* True if its value may be a password, so it is neither told nor noted. */
bool options_is_secret(const char *name);

/* Returns no_argument, required_argument or optional_argument: getopt_long(3). */
int options_argument(const struct options_row *);

/* Fills out with "=N", "[=SEED]", "=jpg|png|webp", or nothing, and returns its length. */
enum { OPTIONS_ARGUMENT_SIZE = 160 };
int options_print_argument(const struct options_row *, char out[OPTIONS_ARGUMENT_SIZE]);

#endif
