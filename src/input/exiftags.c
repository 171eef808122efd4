#include "input/exiftags.h"

#include "base/utf8.h"

#include <math.h>
#include <string.h>

bool exiftags_is_date(const char *text)
{
    static const char shape[] = "0000:00:00 00:00:00";
    if (strlen(text) != sizeof shape - 1)
        return false;
    for (size_t i = 0; i < sizeof shape - 1; i++) {
        bool is_digit = text[i] >= '0' && text[i] <= '9';
        if (shape[i] == '0' ? !is_digit : text[i] != shape[i])
            return false;
    }
    return true;
}

static bool is_text(const char *text, size_t size)
{
    size_t len = strnlen(text, size);
    if (len == size || !utf8_is_valid(text, len))
        return false;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7F)
            return false;
    return true;
}

/* Nothing compares with what is no number. */
static bool is_number(double n)
{
    return n >= 0 && n <= EXIFTAGS_NUMBER_MAX;
}

bool exiftags_are_sound(const struct exiftags *t)
{
    if (!is_text(t->make, sizeof t->make) || !is_text(t->model, sizeof t->model) ||
        !is_text(t->datetime_original, sizeof t->datetime_original))
        return false;
    if (*t->datetime_original && !exiftags_is_date(t->datetime_original))
        return false;
    if (!is_number(t->exposure_time) || !is_number(t->f_number) || !is_number(t->focal_length))
        return false;
    if (!t->has_gps)
        return true;
    return t->has_gps == 1 && fabs(t->latitude) <= 90 && fabs(t->longitude) <= 180;
}
