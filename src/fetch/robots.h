/*
 * What a robots.txt allows to one crawler (RFC 9309). Parsing and matching
 * alone: fetching the file, and what follows when there is none, is the caller's.
 *
 * Where the RFC leaves a choice: a line needs its colon, and its words are not
 * guessed at when misspelt; a token is taken with digits, and ends before anything
 * else ("imgfetch/1.0" is imgfetch, "imgfetch-news" is not); what is no line of the
 * RFC, Crawl-delay included, neither begins nor ends a group (a Crawl-delay holds for
 * the agents named before it).
 *
 * Always true: any bytes are good input. Memory is at most some eight times
 * ROBOTS_SIZE_MAX. A question takes some tenths of a second at worst, however the file
 * was made: no pattern makes the matching go back, and ROBOTS_WORK_MAX limits the rest.
 * A struct robots never changes, so it may be read by any number of threads.
 */
#ifndef FETCH_ROBOTS_H
#define FETCH_ROBOTS_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes that are looked at (section 2.5: at least 500 KiB). */
enum { ROBOTS_SIZE_MAX = 500 * 1024 };

struct robots;

/*
 * The rules for the product token `agent`, or else those for all ("*"). A text
 * longer than ROBOTS_SIZE_MAX is read up to the last line that ends before it; hand
 * in one byte more than that, at least, for half a line not to be taken for a whole one.
 * The text is not kept. NULL: no memory.
 */
struct robots *robots_parse(const char *text, size_t len, const char *agent);

/* path: with the query, as it is asked for ("/a%20b?c"); "" is "/". Also false when there
 * is no memory, or when rules with `*` times bytes of the path is beyond ROBOTS_WORK_MAX,
 * which no honest file comes near. */
enum { ROBOTS_WORK_MAX = 16 << 20 };
bool robots_allows(const struct robots *, const char *path);

/* Seconds between two requests (not in the RFC): the largest the group asks for, at
 * most ROBOTS_DELAY_MAX. 0: it does not. */
enum { ROBOTS_DELAY_MAX = 86400 };
double robots_crawl_delay(const struct robots *);

void robots_free(struct robots *);

#endif
