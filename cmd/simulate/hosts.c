#include "cmd/simulate/hosts.h"

#include "base/mem.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* So many ranks are added one by one; the sum of the others is an integral. */
enum { EXACT = 1000 };

/* The sum of 1 / r^s for the ranks 1 to n. The error of the midpoint rule is below 1e-7 of it. */
static double zeta(double s, size_t n)
{
    double sum = 0;
    size_t exact = n < EXACT ? n : EXACT;
    for (size_t r = 1; r <= exact; r++)
        sum += pow((double)r, -s);
    if (n <= EXACT)
        return sum;
    double from = EXACT + 0.5, to = (double)n + 0.5;
    return sum +
           (fabs(s - 1) < 1e-9 ? log(to / from) : (pow(to, 1 - s) - pow(from, 1 - s)) / (1 - s));
}

/* The exponent with which the first of n hosts has this share, by bisection. */
static double find_exponent(size_t n, double share)
{
    double low = 0, high = 64;
    for (int i = 0; i < 60; i++) {
        double s = (low + high) / 2;
        if (1 / zeta(s, n) < share)
            low = s;
        else
            high = s;
    }
    return (low + high) / 2;
}

const char *hosts_zipf(struct hosts *ret, double rows, size_t n, double largest)
{
    if (n < 1 || n > HOSTS_MOST)
        return "hosts: 1 to 50000000";
    if (!(rows >= (double)n))
        return "rows: at least one for each host";
    if (!(largest <= 1) || !(largest * (double)n >= 1 - 1e-9))
        return "largest: at least 1 / hosts, at most 1";
    double s = find_exponent(n, largest), sum = zeta(s, n);
    *ret = (struct hosts){.rows = mem_array(n, sizeof *ret->rows), .n = n, .total = rows};
    for (size_t i = 0; i < n; i++)
        ret->rows[i] = rows * pow((double)(i + 1), -s) / sum;
    return NULL;
}

/* Reads the count at the end of a line. False: there is none. */
static bool read_count(const char *line, double *ret)
{
    size_t name = strcspn(line, " \t\n");
    char *end;
    double count = strtod(line + name, &end);
    if (!name || end == line + name || end[strspn(end, " \t\r\n")] ||
        !(count >= 1 && count <= 1e15))
        return false;
    *ret = floor(count);
    return true;
}

const char *hosts_read(struct hosts *ret, FILE *file, size_t *line)
{
    struct hosts h = {0};
    const char *why = NULL;
    size_t room = 0, size = 0;
    char *text = NULL;
    for (*line = 1; !why && getline(&text, &size, file) > 0; ++*line) {
        if (h.n == HOSTS_MOST) {
            why = "too many hosts: at most 50000000";
            break;
        }
        if (h.n == room) {
            room = room ? 2 * room : 1024;
            h.rows = mem_grow(h.rows, room * sizeof *h.rows);
        }
        if (!read_count(text, &h.rows[h.n])) {
            why = "not HOST COUNT";
            break;
        }
        h.total += h.rows[h.n];
        if (h.rows[h.n] > h.rows[h.widest])
            h.widest = h.n;
        h.n++;
    }
    free(text);
    if (!why && (ferror(file) || h.n == 0))
        why = ferror(file) ? "cannot be read" : "no hosts";
    if (why)
        hosts_fini(&h);
    else
        *ret = h;
    return why;
}

void hosts_fini(struct hosts *h)
{
    free(h->rows);
    *h = (struct hosts){0};
}

/* xorshift64*, seeded by a constant: the same order in each run. */
static uint64_t next_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545f4914f6cdd1dU;
}

uint32_t *hosts_sample(const struct hosts *h, size_t size)
{
    uint32_t *sample = mem_array(size, sizeof *sample);
    double step = h->total / (double)size, before = h->rows[0];
    uint32_t host = 0;
    for (size_t i = 0; i < size; i++) {
        while (before <= step * ((double)i + 0.5) && host + 1 < h->n)
            before += h->rows[++host];
        sample[i] = host;
    }
    uint64_t random = 0x9e3779b97f4a7c15U;
    for (size_t i = size; i > 1; i--) {
        size_t other = next_random(&random) % i;
        uint32_t kept = sample[i - 1];
        sample[i - 1] = sample[other];
        sample[other] = kept;
    }
    return sample;
}

double hosts_lookups(const struct hosts *h, unsigned tasks)
{
    double sum = 0, without = log1p(-1.0 / tasks);
    for (size_t i = 0; i < h->n; i++)
        sum += tasks == 1 ? 1 : -expm1(h->rows[i] * without) * tasks;
    return sum;
}
