/*
 * A URL of a list or of a redirect, checked and in its one normal form.
 *
 * Parsing is curl's (its URL API), so what is checked here is what curl will
 * ask for; versions of curl differ in what they let pass, and this evens them out. On top of it:
 * only http and https, no credentials, no fragment, and spaces and non-ASCII bytes percent-encoded
 * as browsers do (WHATWG URL, "path percent-encode set"); host names through IDNA. A host is a name
 * of letters, digits and "-._" or an address; every spelling of an IPv4 address becomes its usual
 * form, and what ends in a number and is none is refused.
 *
 * IDNA works on the C library's character set: the program calls
 * setlocale(LC_CTYPE, "C.UTF-8") at its start. Any thread.
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
    uint16_t port; /* the scheme's own where the URL says none */
    bool tls;      /* https */
};

/*
 * ERR_OK: ret is filled, url_fini() it. ERR_BAD_URL: *message says why (static text).
 * White space around the URL is not part of it. The text needs no NUL.
 */
enum err url_parse(const char *text, size_t len, struct url *ret, const char **message);

/*
 * Where a redirect leads that was answered to `base`, a url.text (RFC 3986, section 5.2, but for
 * dots in the path, which url_parse() removes). Not checked: url_parse() it. free() it. NULL:
 * nowhere, the reference is empty.
 */
char *url_resolve(const char *base, const char *reference);

/* Scheme, host and port. */
bool url_is_same_site(const struct url *, const struct url *);

/* A number for the host, to divide hosts among workers: FNV-1a, 32 bit
 * (draft-eastlake-fnv), and never 0. */
unsigned url_host_hash(const struct url *);

void url_fini(struct url *); /* zeroes it; a zeroed one is fine */

#endif
