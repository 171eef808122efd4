/* Writing the head of a response: RFC 9112, section 4 and RFC 9110. */
#ifndef IMGSERVE_HEAD_H
#define IMGSERVE_HEAD_H

#include "cmd/imgserve/response.h"

const char *head_reason(int status); /* "Not Found"; static text */

/* "NAME: VALUE\r\n" */
void head_field(struct buf *, const char *name, struct span value);

/* The status line and the fields of every response. */
void head_start(struct buf *, int status, const char *date);

/* The fields for the length of the body and for the connection, and the end of
 * the head. */
void head_finish(struct response *, bool is_http10);

#endif
