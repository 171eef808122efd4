/*
 * What a robots.txt allows to one crawler (RFC 9309). It only parses and matches. The caller
 * fetches the file and decides what a missing file means.
 *
 * Where the RFC leaves a choice:
 * - A line needs its colon, and misspelt keywords are ignored.
 * - A product token may have digits and ends before any other character: "imgfetch/1.0" is
 *   imgfetch, "imgfetch-news" is not.
 * - Lines that the RFC does not define, such as Crawl-delay, neither begin nor end a group. A
 *   Crawl-delay applies to the agents named before it.
 *
 * Always true: any bytes are valid input. Memory is at most about eight times ROBOTS_SIZE_MAX. A
 * query takes some tenths of a second at worst, even for a hostile file: matching never backtracks,
 * and ROBOTS_WORK_MAX limits the rest. A struct robots never changes, so any number of threads may
 * read it.
 */
#ifndef FETCH_ROBOTS_H
#define FETCH_ROBOTS_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes that are parsed (section 2.5: at least 500 KiB). */
enum { ROBOTS_SIZE_MAX = 500 * 1024 };

struct robots;

/*
 * Parses the rules for the product token `agent`, or else those for all ("*"). A text longer than
 * ROBOTS_SIZE_MAX is read up to the last line that ends within it; to cut off a longer text, pass
 * at least one byte more than that, or half a line may count as a whole one. The text is not kept.
 * NULL: no memory.
 */
struct robots *robots_parse(const char *text, size_t len, const char *agent);

/* True if the path may be fetched. path: with the query, as requested ("/a%20b?c"); "" is "/".
 * Also false without memory, and if the number of rules with `*` times the length of the path is
 * beyond ROBOTS_WORK_MAX, which no honest file comes near. */
enum { ROBOTS_WORK_MAX = 16 << 20 };
bool robots_allows(const struct robots *, const char *path);

/* The Crawl-delay (not in the RFC): seconds between two requests, the largest in the group, at most
 * ROBOTS_DELAY_MAX. 0: none. */
enum { ROBOTS_DELAY_MAX = 86400 };
double robots_crawl_delay(const struct robots *);

void robots_free(struct robots *);

#endif
