/*
 * X-Robots-Tag: a response header with a site's directives for robots. There is no standard; this
 * follows what search engines document
 * (https://developers.google.com/search/docs/crawling-indexing/robots-meta-tag#xrobotstag), and
 * DeviantArt's "noai" and "noimageai".
 *
 * A field value is a list of directives ("noindex, nofollow"); "none" means these two. An agent's
 * name and a colon before a directive ("somebot: noindex") limit it and the following ones to that
 * agent; "imgfetch" and "*" concern us. Some directives have a value ("max-snippet: 5"); one value
 * is a date with commas and colons.
 *
 * Letter case does not matter. No call allocates. Any thread.
 */
#ifndef NET_ROBOTSTAG_H
#define NET_ROBOTSTAG_H

#include <stdbool.h>

enum { ROBOTSTAG_WORD_SIZE = 48 };

/* True if `list` is a valid list of directives to refuse: "noai,noindex". */
bool robotstag_is_list(const char *list);

/* True if a field value has a directive that concerns us and is in the list. Then `ret` is that
 * directive as the list spells it, or "none". */
bool robotstag_refuses(const char *value, const char *list, char ret[ROBOTSTAG_WORD_SIZE]);

#endif
