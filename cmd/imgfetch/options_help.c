#include "cmd/imgfetch/options.h"

#include <stdio.h>

static const char text[] =
    "usage: imgfetch [OPTION]... LIST...\n"
    "\n"
    "Downloads the images of a list of URLs (one a line; \"-\" is standard input, .gz\n"
    "is read as it is), makes thumbnails while the downloads go on, and writes one\n"
    "manifest row for every URL. The same command again goes on where it stopped.\n"
    "\n"
    "Fetching\n"
    "  -b, --backend=NAME      async threads procs coro serial null auto [async]\n"
    "  -c, --concurrency=N     requests in flight                 [the backend's]\n"
    "      --per-host=N        of them to one host; 0: no limit               [8]\n"
    "      --host-rate=R       requests a second to one host               [none]\n"
    "      --retries=N         more attempts where they may help              [2]\n"
    "      --retry-max-wait=S  before one, also if the server asks for more  [60]\n"
    "      --connect-timeout=S --timeout=S --stall-timeout=S         [10, 60, 15]\n"
    "      --max-size=SIZE     of a body                                    [64M]\n"
    "      --max-redirects=N                                                  [5]\n"
    "      --memory=SIZE       bodies in flight                            [512M]\n"
    "      --allow-net=CIDR    let a private network through (repeatable)\n"
    "      --dns-servers=A[:PORT],...   --resolve=HOST:PORT:ADDR   -4   -6\n"
    "  -H, --header=LINE   -A, --user-agent=TEXT   -e, --referer=URL\n"
    "      --cacert=FILE   -k, --insecure\n"
    "      --robots-tag=LIST|off                refused: [noai,noimageai,noindex,\n"
    "                                                               noimageindex]\n"
    "Thumbnails\n"
    "  -t, --thumb=SPEC        256 512x x512 256x192, then :fit :cover :pad\n"
    "                          :exact :short; repeatable                    [256]\n"
    "      --no-thumbs   --no-originals   --upscale   --strict\n"
    "      --thumb-format=jpg|png   --quality=N   --background=COLOR\n"
    "      --max-pixels=N   --min-side=N   --max-aspect=R         [100M, 0, none]\n"
    "      --pool=NAME         procs; or threads, inline: no sandbox        [procs]\n"
    "      --workers=N   --decode-timeout=S   --decode-memory=SIZE\n"
    "      --decode-order=fifo|largest                                     [fifo]\n"
    "Output\n"
    "  -o, --output=DIR                                                  [images]\n"
    "      --shard-size=N      URLs a shard                               [10000]\n"
    "      --limit=N           stop after N rows\n"
    "      --shuffle[=SEED]    work in an order of chance\n"
    "  -q, --quiet   -v, --verbose   --json   --fail-under=PCT\n"
    "      --compare[=NAME,...|=pools]   --repeat=N   --report=FILE.html\n"
    "                          which backend suits this list?\n"
    "  -h, --help   -V, --version   --list-backends\n"
    "\n"
    "Exit: 0 all rows succeeded, 1 some failed, 2 usage, 3 could not go on,\n"
    "130 interrupted. More: man imgfetch\n";

void options_print_help(void)
{
    fputs(text, stdout);
}
