/*
 * Ways to answer wrongly, and how each changes a response.
 *
 * For a HEAD request the faults of the body are those of an empty body.
 */
#ifndef IMGSERVE_FAULTS_H
#define IMGSERVE_FAULTS_H

#include "base/span.h"

struct fault;
struct response;

/* By its name in the query; main.c's help describes them. NULL: there is no such fault. */
const struct fault *faults_find(struct span name);

/* Applies the fault to a response whose body is chosen and whose head is not yet written. */
void faults_bend(const struct fault *, struct response *);

#endif
