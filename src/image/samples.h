/* The smallest pictures of formats that this program does not write, for thumbmake_warm_up(). */
#ifndef IMAGE_SAMPLES_H
#define IMAGE_SAMPLES_H

/* One black pixel each. */
static const char samples_gif[] = "GIF89a\1\0\1\0\x80\0\0\0\0\0\0\0\0,\0\0\0\0\1\0\1\0\0\2\2D\1\0;";
static const char samples_bmp[] = "BM:\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\1\0\0\0\1\0\0\0\1\0\x18\0"
                                  "\0\0\0\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

/* 16x16, grey; a box to a line. Of 8 and of 12 bits: dav1d has code for each depth. */
/* clang-format off */
#define SAMPLES_AVIF(pixi, av1c, data)                                                             \
    "\0\0\0 ftypavif\0\0\0\0avifmif1miafMA1B"                                                     \
    "\0\0\0\xF2meta\0\0\0\0"                                                                      \
    "\0\0\0(hdlr\0\0\0\0\0\0\0\0pict\0\0\0\0\0\0\0\0\0\0\0\0libavif\0"                           \
    "\0\0\0\x0Epitm\0\0\0\0\0\1"                                                                 \
    "\0\0\0\x1Eiloc\0\0\0\0D\0\0\1\0\1\0\0\0\1\0\0\1\x1A\0\0\0\x18"                               \
    "\0\0\0(iinf\0\0\0\0\0\1\0\0\0\x1Ainfe\2\0\0\0\0\1\0\0av01Color\0"                            \
    "\0\0\0jiprp"                                                                                  \
    "\0\0\0Kipco"                                                                                  \
    "\0\0\0\x14ispe\0\0\0\0\0\0\0\x10\0\0\0\x10"                                                   \
    "\0\0\0\x10pixi\0\0\0\0" pixi                                                                \
    "\0\0\0\x0C\x61v1C" av1c                                                                       \
    "\0\0\0\x13\x63olrnclx\0\1\0\x0D\0\6\x80"                                                     \
    "\0\0\0\x17ipma\0\0\0\0\0\0\0\1\0\1\4\1\2\x83\4"                                              \
    "\0\0\0 mdat" data
static const char samples_avif[] = SAMPLES_AVIF("\3\x08\x08\x08", "\x81\0\x0C\0",
    "\x12\0\x0A\x09\x18\x0C\xFF\xD8 !\xA0\xD0\x80\x32\x09\x1F@\x3F\xFF\xFF\xC4\0\6\xCC");
static const char samples_avif_12[] = SAMPLES_AVIF("\3\x0C\x0C\x0C", "\x81@`\0",
    "\x12\0\x0A\x09X\x0C\xFF\xD8\xD0\x10\xD0h\x80\x32\x09\x18\0\x0E\x38\xE3\x84\0\6\xCC");
/* clang-format on */

#endif
