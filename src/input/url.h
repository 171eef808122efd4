/*
 * A URL of a list or of a redirect, read as browsers read it and written in one normal form.
 *
 * The rules are those of the WHATWG URL standard (https://url.spec.whatwg.org/) for http and https:
 * "\\" is "/", tabs and line ends vanish, any number of slashes may follow the scheme, path and
 * query are percent-encoded by its sets, dot segments are removed, hosts are as input/url_host.h
 * says. The fragment is dropped. On purpose these differ from the standard, and are refused: other
 * schemes, a user name or a password, port 0, a name that the DNS cannot have, more than URL_MAX
 * bytes, and an invisible character in front or at the end.
 *
 * curl parses the normal form once more; a URL in which it finds another host is refused, so the
 * URL that is checked is the URL that curl requests.
 *
 * Any thread.
 */
#ifndef INPUT_URL_H
#define INPUT_URL_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { URL_MAX = 8192 }; /* bytes of a URL as written in a list */

struct url {
    char *text;    /* absolute, normalised; owns this and host */
    char *host;    /* lower case; IPv6 literals in brackets */
    uint16_t port; /* the scheme's default if the URL has none */
    bool tls;      /* https */
};

/*
 * ERR_OK: ret is filled, url_fini() it. ERR_BAD_URL: *message says why (static text). White space
 * and C0 controls around the URL are ignored. The text needs no NUL.
 */
enum err url_parse(const char *text, size_t len, struct url *ret, const char **message);

/* True only if url_parse() would accept the text and leave it as it is. False for a few such texts:
 * those with an address for a host, for instance. Far quicker than url_parse(). */
bool url_is_normal(const char *text, size_t len);

/*
 * Resolves a redirect's target against `base`, a url.text (WHATWG URL, "URL parsing" with a base).
 * The result is not validated: url_parse() it. free() it. NULL: the reference is empty.
 */
char *url_resolve(const char *base, const char *reference);

/* True if scheme, host and port are equal. */
bool url_is_same_site(const struct url *, const struct url *);

/* A hash of the host, to divide hosts among workers: FNV-1a, 32 bit (draft-eastlake-fnv), never
 * 0. */
unsigned url_host_hash(const struct url *);

void url_fini(struct url *); /* zeroes it; a zeroed one is fine */

#endif
