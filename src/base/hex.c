#include "base/hex.h"

#include <string.h>

void hex_print(const uint8_t *bytes, size_t len, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        *out++ = digits[bytes[i] >> 4];
        *out++ = digits[bytes[i] & 15];
    }
    *out = '\0';
}

static int digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int hex_byte(const char digits[2])
{
    int high = digit_value(digits[0]), low = high < 0 ? -1 : digit_value(digits[1]);
    return low < 0 ? -1 : high << 4 | low;
}

bool hex_read(const char *text, uint8_t *ret, size_t len)
{
    if (!text || strlen(text) != 2 * len)
        return false;
    for (size_t i = 0; i < len; i++) {
        int byte = hex_byte(text + 2 * i);
        if (byte < 0)
            return false;
        ret[i] = (uint8_t)byte;
    }
    return true;
}
