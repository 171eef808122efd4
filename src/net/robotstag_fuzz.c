#include "net/robotstag.h"
#include "base/fuzz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const char list[] = "noai,noimageai,noindex,none";
    char word[ROBOTSTAG_WORD_SIZE], *value = strndup((const char *)data, len);
    fuzz_expect(value != NULL);
    if (robotstag_refuses(value, list, word))
        fuzz_expect(strstr(list, word) != NULL);
    robotstag_is_list(value);
    free(value);
    return 0;
}
