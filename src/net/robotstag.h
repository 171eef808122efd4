/*
 * X-Robots-Tag: what a site asks of robots, in the head of an answer. There is no standard; this
 * is what search engines document
 * (https://developers.google.com/search/docs/crawling-indexing/robots-meta-tag#xrobotstag), with
 * "noai" and "noimageai" of DeviantArt.
 *
 * A field value is a list of directives ("noindex, nofollow"); "none" is these two. An agent's
 * name and a colon in front of a directive ("somebot: noindex") say whom it and those behind it
 * concern; we are "imgfetch" and "*". Some directives have a value ("max-snippet: 5"), one a
 * date with commas and colons in it.
 *
 * Letter case does not matter. No call allocates. Any thread.
 */
#ifndef NET_ROBOTSTAG_H
#define NET_ROBOTSTAG_H

#include <stdbool.h>

enum { ROBOTSTAG_WORD_SIZE = 48 };

/* Whether `list` is one of directives, to be refused: "noai,noindex". */
bool robotstag_is_list(const char *list);

/* Whether a field value has a directive that concerns us and is in the list. Then `ret` is that
 * directive, as the list spells it ("none" stands for itself). */
bool robotstag_refuses(const char *value, const char *list, char ret[ROBOTSTAG_WORD_SIZE]);

#endif
