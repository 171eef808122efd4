/*
 * A URL of a list or of a redirect, validated and normalised.
 *
 * curl's URL API does the parsing, so the URL that is checked is the URL that curl requests.
 * Versions of curl accept different URLs; this module accepts the same ones with each. Beyond that,
 * only http and https are accepted, without credentials; the fragment is dropped; spaces and
 * non-ASCII bytes are percent-encoded as in browsers (WHATWG URL, "path percent-encode set"); host
 * names go through IDNA. A host is an address, or a name of letters, digits and "-._". Every
 * spelling of an IPv4 address becomes dotted decimal; any other host that ends in a number is
 * refused.
 *
 * IDNA uses the locale's character set: the program calls setlocale(LC_CTYPE, "C.UTF-8") at start.
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
 * around the URL is ignored. The text needs no NUL.
 */
enum err url_parse(const char *text, size_t len, struct url *ret, const char **message);

/*
 * Resolves a redirect's target against `base`, a url.text (RFC 3986, section 5.2, but dot segments
 * stay: url_parse() removes them). The result is not validated: url_parse() it. free() it. NULL:
 * the reference is empty.
 */
char *url_resolve(const char *base, const char *reference);

/* True if scheme, host and port are equal. */
bool url_is_same_site(const struct url *, const struct url *);

/* A hash of the host, to divide hosts among workers: FNV-1a, 32 bit (draft-eastlake-fnv), never
 * 0. */
unsigned url_host_hash(const struct url *);

void url_fini(struct url *); /* zeroes it; a zeroed one is fine */

#endif
