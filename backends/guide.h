/*
 * The decision guide of README.md as a rule: what a workload is like, judged by a few figures. The
 * backend `auto` and the advice of --compare go by it, and its limits stand in guide.c alone.
 */
#ifndef BACKENDS_GUIDE_H
#define BACKENDS_GUIDE_H

enum guide {
    GUIDE_SMALL_WAITS,    /* many of them: an event loop */
    GUIDE_MIXED,          /* the same, and decoding: an event loop beside processes that decode */
    GUIDE_LONG_TRANSFERS, /* a few: threads */
    GUIDE_CPU_HEAVY,      /* decoding decides: processes that decode */
};

/* body: bytes of one, on average. at_once: requests in flight, at most. decoding: the share of all
 * cores' time that decoders take, 0 to 1; 0 without decoders. Any thread. */
enum guide guide_judge(double body, double at_once, double decoding, unsigned cores);

#endif
