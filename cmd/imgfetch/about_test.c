#include "cmd/imgfetch/about.h"

#include "base/test.h"

#include <stdlib.h>
#include <string.h>

static struct options options;

static void give(const char *name, const char *value)
{
    settings_add(&options.given, name, value, NULL);
}

static void expect_command(const char *text)
{
    char *is = about_command(&options);
    ck_assert_str_eq(is, text);
    free(is);
    settings_fini(&options.given);
}

START_TEST(a_command_is_what_a_shell_takes)
{
    static const char *lists[] = {"urls.txt", "it's a list.csv", ""};
    options = (struct options){.pipeline.lists = lists, .pipeline.n_lists = 3};
    give("thumb", "256x192:cover");
    give("no-originals", NULL);
    give("user-agent", "a $HOME `b`");
    give("name", "{key}");
    expect_command("imgfetch --thumb=256x192:cover --no-originals --user-agent='a $HOME `b`' "
                   "--name='{key}' urls.txt 'it'\\''s a list.csv' ''");
}
END_TEST

START_TEST(nothing_secret_is_in_a_command)
{
    options = (struct options){0};
    give("header", "Authorization: Bearer secret");
    give("header", "X-Gone;");
    give("header", "Cookie:secret");
    give("proxy", "http://me:secret@proxy.example:3128");
    give("proxy", "me:sec@ret@proxy.example");
    give("proxy", "socks5h://proxy.example");
    expect_command(
        "imgfetch --header='Authorization: ...' --header='X-Gone;' --header='Cookie: ...' "
        "--proxy=http://...@proxy.example:3128 --proxy=...@proxy.example "
        "--proxy=socks5h://proxy.example");
}
END_TEST

START_TEST(a_machine_has_cores_and_memory)
{
    char text[ABOUT_MACHINE_SIZE];
    about_machine(text);
    ck_assert_msg(strstr(text, " cores, ") && strstr(text, " GB of memory, Linux "), "%s", text);
}
END_TEST

START_TEST(a_program_has_versions)
{
    char text[ABOUT_PROGRAM_SIZE];
    ck_assert_ptr_nonnull(strstr(about_program(text), "imgfetch " IMGFETCH_VERSION ", libcurl/"));
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, a_program_has_versions);
    tcase_add_test(t, a_command_is_what_a_shell_takes);
    tcase_add_test(t, nothing_secret_is_in_a_command);
    tcase_add_test(t, a_machine_has_cores_and_memory);
}

int main(void)
{
    return test_main("about", add);
}
