/* Text as a word that can be pasted into a shell. Any thread. */
#ifndef CMD_SHELLWORD_H
#define CMD_SHELLWORD_H

/* As it is if no shell finds anything in it, else in quotes: '...', or the $'...' of bash and zsh
 * if it holds a character that a terminal would obey, or malformed UTF-8. free() it. */
char *shellword(const char *text);

/* The same of a path. One that begins with "-" begins with "./" then, so that it is no option. */
char *shellword_path(const char *path);

#endif
