/*
 * What may stand in a word of a command line, for the completions of shells. The table of options
 * says it, so completions do not go stale; columns come from the lists on the line.
 *
 * A shell runs `imgfetch --options=N -- WORD...` with the words of the line as they would be passed
 * to the program, word 0 being the program. Word N is the one to be completed; of it only what is
 * before the cursor. The answer on standard output begins with a line
 *
 *     KIND <tab> PREFIX
 *
 * PREFIX is the part of the word that stays. KIND says what follows it:
 *
 *     words   one of the words below
 *     more    likewise, and more may follow the word: no space after it
 *     files   a file
 *     dirs    a directory
 *
 * Each other line is a word that begins as the rest of word N does, a tab, and a text about it,
 * which may be empty. No space follows a word that ends with "=".
 */
#ifndef CMD_COMPLETE_H
#define CMD_COMPLETE_H

#include "cmd/imgfetch/options/options.h"

void complete_print(const struct options *);

#endif
