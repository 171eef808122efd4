/*
 * Options whose value has its own syntax, or sets more than one thing. Each call takes the value
 * and returns NULL or an error, as in value.h.
 */
#ifndef CMD_CHOICE_H
#define CMD_CHOICE_H

#include "cmd/imgfetch/options/options.h"

typedef const char *choice_set(struct options *, const char *value);

choice_set choice_keep_cols, choice_fallback_cols, choice_shuffle, choice_backend, choice_layout,
    choice_shard;
choice_set choice_concurrency, choice_encoding, choice_per_host, choice_host_rate;
choice_set choice_exif, choice_originals, choice_no_originals, choice_retry_failed;
choice_set choice_header, choice_robots_tag, choice_proxy, choice_resolve, choice_allow_net,
    choice_reuse;
choice_set choice_thumb, choice_thumb_format, choice_background, choice_decode_order;
choice_set choice_compare, choice_report, choice_help, choice_options;

#endif
