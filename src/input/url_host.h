/*
 * The host of a URL in its normal form, as browsers read it (WHATWG URL, 3.5 "host parsing").
 *
 * A host is an IPv6 address in brackets, an IPv4 address in any spelling that browsers know, or a
 * name. A name goes through percent-decoding and IDNA. Where the standard allows more characters in
 * a name than the DNS has host names for, such a name is refused: letters, digits and "-._" remain.
 *
 * Any thread.
 */
#ifndef INPUT_URL_HOST_H
#define INPUT_URL_HOST_H

#include <stddef.h>

/* The normal form: lower case, an IPv4 address as dotted decimal, an IPv6 address compressed in
 * brackets. free() it. NULL: *message says why (static text). */
char *url_host_parse(const char *text, size_t len, const char **message);

#endif
