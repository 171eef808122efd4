#include "input/url.h"
#include "base/fuzz.h"

#include <string.h>

/* Normalising is idempotent: parsing the result gives the same text. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct url url, again;
    const char *why = NULL;
    bool is_normal = url_is_normal((const char *)data, len);
    if (url_parse((const char *)data, len, &url, &why)) {
        fuzz_expect(why != NULL && !is_normal);
        return 0;
    }
    fuzz_expect(url.host && *url.host && url_host_hash(&url));
    if (is_normal)
        fuzz_expect(strlen(url.text) == len && !memcmp(url.text, data, len));
    if (strlen(url.text) <= URL_MAX) {
        fuzz_expect(url_parse(url.text, strlen(url.text), &again, &why) == ERR_OK);
        fuzz_expect(strcmp(url.text, again.text) == 0 && url_is_same_site(&url, &again));
        url_fini(&again);
    }
    url_fini(&url);
    return 0;
}
