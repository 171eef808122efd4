#include "fetch/robots.h"
#include "base/fuzz.h"

#include <string.h>

/* Uses the bytes as a robots.txt and, after the first NUL, a path. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const uint8_t *end = memchr(data, '\0', len);
    size_t rules = end ? (size_t)(end - data) : len, rest = end ? len - rules - 1 : 0;
    struct robots *robots = robots_parse((const char *)data, rules, "imgfetch");
    char *path = strndup(end ? (const char *)end + 1 : "", rest);
    fuzz_expect(robots && path);
    robots_allows(robots, path);
    robots_allows(robots, "/a%20b/c.jpg?d=e");
    double delay = robots_crawl_delay(robots);
    fuzz_expect(delay >= 0 && delay <= ROBOTS_DELAY_MAX);
    robots_free(robots);
    free(path);
    return 0;
}
