/*
 * What a camera noted in an image (EXIF 2.3): the tags that a row may have.
 *
 * Plain data that crosses a process boundary: the receiver checks it by exiftags_are_sound().
 */
#ifndef INPUT_EXIFTAGS_H
#define INPUT_EXIFTAGS_H

#include <stdbool.h>
#include <stdint.h>

enum { EXIFTAGS_TEXT_SIZE = 128, EXIFTAGS_DATE_SIZE = sizeof "2024:12:31 23:59:59" };

/* Zeroed: none is known. */
struct exiftags {
    char make[EXIFTAGS_TEXT_SIZE], model[EXIFTAGS_TEXT_SIZE]; /* UTF-8; "": not known */
    char datetime_original[EXIFTAGS_DATE_SIZE];               /* likewise; the camera's own time */
    double exposure_time; /* in s; 0: not known, as for the next two */
    double f_number;
    double focal_length;        /* in mm */
    uint32_t iso;               /* 0: not known */
    uint32_t has_gps;           /* 1: the next two are known; else 0 */
    double latitude, longitude; /* in degrees; south and west are negative */
};

/* The largest of the positive numbers. */
#define EXIFTAGS_NUMBER_MAX 1e6

/* True for a date as cameras write it, "2024:12:31 23:59:59": digits where digits belong. */
bool exiftags_is_date(const char *text);

/* True if each text ends within its array and is UTF-8 without control characters, and each number
 * is in its range. */
bool exiftags_are_sound(const struct exiftags *);

#endif
