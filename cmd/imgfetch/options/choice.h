/*
 * The options whose value is one of a set, or a small language of its own. Each call
 * takes the value and answers like value.h.
 */
#ifndef CMD_CHOICE_H
#define CMD_CHOICE_H

#include "cmd/imgfetch/options/options.h"

typedef const char *choice_set(struct options *, const char *value);

choice_set choice_dedupe, choice_shuffle, choice_decode_order, choice_compare, choice_report;
choice_set choice_url_col, choice_caption_col, choice_hash_col, choice_keep_cols;
choice_set choice_backend, choice_format, choice_layout, choice_shard, choice_pool;
choice_set choice_originals, choice_no_originals, choice_retry_failed;
choice_set choice_header, choice_robots_tag, choice_proxy, choice_resolve, choice_allow_net;
const char *choice_filter_name(enum resize_filter);
choice_set choice_thumb, choice_filter, choice_thumb_format, choice_background;

#endif
