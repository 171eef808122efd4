/*
 * The decision guide of README.md as a function: classifies a workload by a few figures. The
 * backend `auto` and the advice of --compare use it. Only guide.c has its limits.
 */
#ifndef BACKENDS_GUIDE_H
#define BACKENDS_GUIDE_H

enum guide {
    GUIDE_SMALL_WAITS,    /* many of them: an event loop */
    GUIDE_MIXED,          /* the same, and decoding: an event loop beside processes that decode */
    GUIDE_LONG_TRANSFERS, /* a few: threads */
    GUIDE_CPU_HEAVY,      /* decoding decides: processes that decode */
};

/* body: bytes of a body, on average. at_once: most requests in flight. decoding: the share of all
 * cores' time that decoders take, 0 to 1; 0 without decoders. Any thread. */
enum guide guide_judge(double body, double at_once, double decoding, unsigned cores);

#endif
