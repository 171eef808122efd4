#include "net/resolver_names.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_LEN = 253, LABEL_MAX_LEN = 63 }; /* RFC 1035, 2.3.4, in text form */

bool resolver_names_wants(int family, const struct addr *a)
{
    return family == 0 || a->family == family;
}

static bool is_name_byte(char c)
{
    return isalnum((unsigned char)c) || c == '-' || c == '_';
}

bool resolver_names_is_valid(const char *name, size_t len)
{
    if (len > NAME_MAX_LEN)
        return false;
    size_t label = 0;
    for (size_t i = 0; i < len; i++) {
        if (name[i] == '.' && label > 0)
            label = 0;
        else if (is_name_byte(name[i]) && label < LABEL_MAX_LEN)
            label++;
        else
            return false;
    }
    return label > 0;
}

bool resolver_names_answer_literal(
    const char *name, size_t len, int family, struct resolver_answer *ret)
{
    char text[ADDR_TEXT_SIZE + 2]; /* with brackets */
    /* A quick check first: most names are no literals, and every download gets here. */
    bool may_be = len > 0 && (isdigit((unsigned char)name[len - 1]) || memchr(name, ':', len));
    if (!may_be || len >= sizeof text)
        return false;
    memcpy(text, name, len);
    text[len] = '\0';
    struct addr a;
    if (!addr_parse(text, &a))
        return false;
    *ret = (struct resolver_answer){0};
    if (resolver_names_wants(family, &a)) {
        addr_set_add(&ret->addrs, &a);
    } else {
        ret->err = ERR_DNS_NOT_FOUND;
        ret->message = "the address is not of the requested family (-4, -6)";
    }
    return true;
}

/* True for the name itself and names below it. */
static bool is_at_or_below(const char *name, size_t len, const char *top)
{
    size_t n = strlen(top);
    if (len < n || memcmp(name + len - n, top, n) != 0)
        return false;
    return len == n || name[len - n - 1] == '.';
}

/* RFC 6761, and what hosts files of distributions say besides. */
static bool is_this_host(const char *name, size_t len)
{
    static const char *const names[] = {
        "localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (is_at_or_below(name, len, names[i]))
            return true;
    return false;
}

bool resolver_names_answer_special(
    const char *name, size_t len, int family, struct resolver_answer *ret)
{
    if (is_this_host(name, len)) {
        static const struct addr loopback[] = {{4, {127, 0, 0, 1}}, {6, {[15] = 1}}};
        *ret = (struct resolver_answer){0};
        for (size_t i = 0; i < sizeof loopback / sizeof *loopback; i++)
            if (resolver_names_wants(family, &loopback[i]))
                addr_set_add(&ret->addrs, &loopback[i]);
        return true;
    }
    if (is_at_or_below(name, len, "invalid")) {
        *ret = (struct resolver_answer){
            .err = ERR_DNS_NOT_FOUND, .message = "names below .invalid do not exist (RFC 6761)"};
        return true;
    }
    return false;
}

/* "address name [name...]", and "#" begins a comment: hosts(5). */
static void read_line(char *line, int family, struct resolver_cache *cache)
{
    static const char blanks[] = " \t\r\n";
    line[strcspn(line, "#")] = '\0';
    char *rest;
    char *word = strtok_r(line, blanks, &rest);
    struct addr a;
    if (!word || !addr_parse(word, &a) || !resolver_names_wants(family, &a))
        return;
    while ((word = strtok_r(NULL, blanks, &rest))) {
        size_t len = strlen(word);
        if (word[len - 1] == '.')
            len--;
        for (size_t i = 0; i < len; i++)
            word[i] = (char)tolower((unsigned char)word[i]);
        if (resolver_names_is_valid(word, len))
            resolver_cache_keep(cache, word, len, &a);
    }
}

void resolver_names_read_hosts(const char *path, int family, struct resolver_cache *cache)
{
    FILE *f = fopen(path, "re");
    if (!f)
        return;
    char *line = NULL;
    size_t size = 0;
    while (getline(&line, &size, f) >= 0)
        read_line(line, family, cache);
    free(line);
    fclose(f);
}
