"""Types lines into an interactive shell, in a terminal, and looks at what the shell makes of them.

usage: completions.py SHELL... <TRIES

SHELL is the shell's command line; there imgfetch is a function that prints "GOT<its arguments>".
Each line of TRIES is, with tabs between:

    runs TYPED ARGUMENTS   TYPED, the Tab key and Enter run imgfetch with these arguments
    shows TYPED WORD...    TYPED and the Tab key, as often as it takes, show at least these words
"""

import os
import pty
import re
import select
import sys
import time

TAB, ENTER, KILL = "\t", "\r", "\x15"
LIMIT = 60  # seconds in which it does not happen: the shell hangs
AGAIN = 1  # seconds until the Tab key is pressed again


def spawn(words):
    """Returns the terminal of a shell. It is so wide that no line wraps."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.update(TERM="xterm", COLUMNS="400", LINES="100")
        os.system("stty rows 100 cols 400")
        os.execvp(words[0], words)
    return terminal


class Shell:
    def __init__(self, words):
        self.terminal = spawn(words)
        self.raw = ""

    def type(self, text):
        os.write(self.terminal, text.encode())

    def seen(self):
        """What was written since the last thing that was waited for, without escape sequences."""
        return re.sub(r"\x1b(\[[0-9;?>=]*[a-zA-Z]|\][^\a]*\a|[()][A-Z0-9]|[=>])", "", self.raw)

    def read(self):
        data = os.read(self.terminal, 65536).decode(errors="replace")
        if re.search(r"\x1b\[0?c", data):
            self.type("\x1b[?1;2c")  # a shell may ask what terminal this is, and wait
        self.raw += data

    def wait(self, is_there, limit=LIMIT):
        """Reads until it is there, and returns what was seen. None: it is not there yet."""
        end = time.monotonic() + limit
        while not is_there(self.seen()):
            if not select.select([self.terminal], [], [], max(0, end - time.monotonic()))[0]:
                return None
            self.read()
        seen, self.raw = self.seen(), ""
        return seen

    def expect(self, is_there):
        seen = self.wait(is_there)
        if seen is None:
            sys.exit(f"nothing more comes after {self.seen()[-2000:]!r}")
        return seen


def prompt(seen):
    return "READY" in seen


def main():
    shell = Shell(sys.argv[1:])
    shell.expect(prompt)
    faults = 0
    for line in sys.stdin:
        how, typed, *expected = line.rstrip("\n").split("\t")
        if how == "runs":
            shell.type(typed + TAB + ENTER)
            seen = shell.expect(lambda seen: re.search("GOT<.*>.*READY", seen, re.DOTALL))
            # Zsh takes the slash away when a directory is the end of a line.
            got = re.search("GOT<(.*?)/?>", seen).group(1)
            if got != expected[0]:
                print(f"{typed!r}: {got!r}, not {expected[0]!r}")
                faults += 1
        else:
            shell.type(typed)
            for _ in range(LIMIT // AGAIN):
                shell.type(TAB)
                if shell.wait(lambda seen: all(word in seen for word in expected), AGAIN):
                    break
            else:
                sys.exit(f"{typed!r} shows {shell.seen()[-2000:]!r}")
            shell.type(KILL + ENTER)
            shell.expect(prompt)
    sys.exit(faults > 0)


main()
