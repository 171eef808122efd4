/* Command lines to type next, like the one that was typed. */
#ifndef CMD_COMMANDLINE_H
#define CMD_COMMANDLINE_H

#include "base/buf.h"
#include "cmd/imgfetch/options/options.h"

/* True to leave an option out. */
typedef bool commandline_drops(const char *option);

/* Appends a command for a shell, without its lists and a NUL: the options of the command line that
 * `drops` (NULL: none) leaves, and the words `added` (each ended by a NUL, and an empty one; NULL:
 * none). What may be a password is shown as "...". */
void commandline_options(
    const struct options *, commandline_drops *drops, const char *added, struct buf *ret);

/* Appends the lists, each after a space. */
void commandline_lists(const struct options *, struct buf *ret);

/* Appends one word, quoted as a shell needs it. */
void commandline_word(const char *word, struct buf *ret);

#endif
