/* resolv.conf(5) as it is found; what users write is tested in resolver_test.c. */
#include "net/resolver_servers.h"

#include "base/addr.h"
#include "base/test.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* "A:PORT A:PORT ..." of a file with this text. */
static const char *read_file(const char *text)
{
    static char found[300];
    char path[] = "/tmp/resolver_servers_XXXXXX";
    int fd = mkstemp(path);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    struct resolver_servers s;
    resolver_servers_read(&s, path);
    unlink(path);
    found[0] = '\0';
    for (size_t i = 0; i < s.n; i++) {
        char name[ADDR_TEXT_SIZE];
        struct addr a;
        ck_assert(addr_from_sockaddr((struct sockaddr *)&s.at[i], &a));
        addr_format(&a, name);
        bool has_scope = a.family == 6 && ((struct sockaddr_in6 *)&s.at[i])->sin6_scope_id;
        snprintf(found + strlen(found), sizeof found - strlen(found), "%s%s:%u%s", i ? " " : "",
            name, ntohs(((struct sockaddr_in *)&s.at[i])->sin_port), has_scope ? "%" : "");
    }
    resolver_servers_fini(&s);
    return found;
}

START_TEST(the_system_s_servers_are_read)
{
    static const char *const cases[][2] = {
        {"nameserver 192.0.2.1\n", "192.0.2.1:53"},
        {"# nameserver 192.0.2.9\n;nameserver 192.0.2.8\nsearch example.org\n"
         "\t nameserver\t192.0.2.1 \r\nnameserver 2001:db8::1\noptions edns0\n",
            "192.0.2.1:53 2001:db8::1:53"},
        {"nameserver 192.0.2.1", "192.0.2.1:53"},
        {"nameserver [2001:db8::1]:5353\n", "2001:db8::1:5353"},
        {"nameserver fe80::1%lo\nnameserver 192.0.2.1\n", "fe80::1:53% 192.0.2.1:53"},
        {"nameserver\nnameserver nonsense\nnameservers 192.0.2.1\n", "127.0.0.1:53"},
        {"nameserver x%y\nnameserver 192.0.2.2 192.0.2.3\n", "192.0.2.2:53"},
        {"", "127.0.0.1:53"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_str_eq(read_file(cases[i][0]), cases[i][1]);
}
END_TEST

START_TEST(without_the_file_this_machine_is_asked)
{
    struct resolver_servers s;
    resolver_servers_read(&s, "/nonexistent");
    ck_assert_uint_eq(s.n, 1);
    ck_assert_uint_eq(((struct sockaddr_in *)&s.at[0])->sin_addr.s_addr, htonl(INADDR_LOOPBACK));
    resolver_servers_fini(&s);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, the_system_s_servers_are_read);
    tcase_add_test(t, without_the_file_this_machine_is_asked);
}

int main(void)
{
    return test_main("resolver_servers", add);
}
