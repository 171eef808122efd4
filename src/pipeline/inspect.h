/* Recognises the image in a body, reads its header and checks it against the limits. */
#ifndef PIPELINE_INSPECT_H
#define PIPELINE_INSPECT_H

#include "image/image.h"
#include "input/job.h"

/* Fills job->image, or fails the job: first of all by its format. strict: an image that ends early
 * is an error. */
void inspect_body(struct job *, const struct image_limits *, bool strict);

/* Where the body ends. */
enum inspect_ending {
    INSPECT_WHOLE, /* where the image does, or behind that */
    INSPECT_EARLY, /* before the image does */
    INSPECT_NO_IMAGE,
};
enum inspect_ending inspect_ending(const struct buf *body);

#endif
