/* Writing the head of an answer: RFC 9112, section 4 and RFC 9110. */
#ifndef IMGSERVE_HEAD_H
#define IMGSERVE_HEAD_H

#include "cmd/imgserve/answer.h"

const char *head_reason(int status); /* "Not Found"; static text */

/* "NAME: VALUE\r\n" */
void head_field(struct buf *, const char *name, struct span value);

/* The status line and the fields that every answer has. */
void head_start(struct buf *, int status, const char *date);

/* The fields that say how long the body is and what becomes of the
 * connection, and the end of the head. */
void head_finish(struct answer *, bool is_http10);

#endif
