#!/usr/bin/python3
"""Runs a command in a terminal that is looked at: terminal.py COLUMNSxROWS ACTION... -- COMMAND...

Actions, one after another:
  await:REGEX      until a line of the screen matches
  size:COLUMNSxROWS    the terminal gets another size
  press:TEXT       keys, with \\x03 for Ctrl-C
  show:FILE        writes the screen, and before it what has scrolled away
  colours:FILE     writes the texts that have a colour, as "red failed 3", a line each
  once:REGEX       from now on no more than one line matches, whenever the command has written
                   something; what has scrolled away counts, too
  end              until the command has ended; the actions after it look at what is left

RAW=FILE gets all bytes that the command has written. The status is that of the command; 99: an
action waited in vain or did not hold.
"""
import codecs
import fcntl
import os
import pty
import re
import select
import struct
import sys
import termios
import time

import pyte

PATIENCE_S = 60


def set_size(fd, size):
    columns, rows = map(int, size.split("x"))
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    return columns, rows


class Terminal:
    def __init__(self, size, command):
        pid, self.fd = pty.fork()
        if pid == 0:
            set_size(0, size)
            os.execvp(command[0], command)
        self.pid = pid
        self.screen = pyte.HistoryScreen(*set_size(self.fd, size), history=100000)
        self.stream = pyte.ByteStream(self.screen)
        self.raw = open(os.environ.get("RAW", os.devnull), "wb")
        self.once = []

    def text(self, line):
        return "".join(line[x].data for x in range(self.screen.columns)).rstrip()

    def lines(self):
        scrolled = [self.text(line) for line in self.screen.history.top]
        return scrolled + [line.rstrip() for line in self.screen.display]

    def hold(self):
        for regex in self.once:
            found = [line for line in self.lines() if re.search(regex, line)]
            if len(found) > 1:
                self.fail("more than once: " + regex)

    def fail(self, why):
        print(why, *self.lines(), sep="\n", file=sys.stderr)
        os.kill(self.pid, 9)
        sys.exit(99)

    def read(self):
        """False: the command has ended."""
        if not select.select([self.fd], [], [], 0.1)[0]:
            return True
        try:
            some = os.read(self.fd, 65536)
        except OSError:  # EIO: nobody has it open any more
            return False
        self.raw.write(some)
        self.stream.feed(some)
        # A drawing may come in pieces.
        if not select.select([self.fd], [], [], 0.02)[0]:
            self.hold()
        return True

    def wait(self, holds, what):
        until = time.monotonic() + PATIENCE_S
        while not holds():
            if time.monotonic() > until:
                self.fail("waited in vain for " + what)
            if not self.read() and not holds():
                self.fail("ended without " + what)

    def show(self, name):
        with open(name, "w", encoding="utf-8") as out:
            print(*self.lines(), sep="\n", file=out)

    def colours(self, name):
        with open(name, "w", encoding="utf-8") as out:
            for y in range(self.screen.lines):
                row, text, before = self.screen.buffer[y], "", "default"
                for x in range(self.screen.columns + 1):
                    colour = row[x].fg if x < self.screen.columns else "default"
                    if colour != before and text:
                        print(before, text, file=out)
                        text = ""
                    before = colour
                    text += row[x].data if colour != "default" else ""

    def act(self, action):
        kind, _, value = action.partition(":")
        if kind == "await":
            self.wait(lambda: any(re.search(value, line.rstrip()) for line in self.screen.display), value)
        elif kind == "size":
            while select.select([self.fd], [], [], 0)[0] and self.read():
                pass  # what was drawn for the old size
            columns, rows = set_size(self.fd, value)
            self.screen.resize(rows, columns)
        elif kind == "press":
            os.write(self.fd, codecs.decode(value, "unicode_escape").encode())
        elif kind == "show":
            self.show(value)
        elif kind == "colours":
            self.colours(value)
        elif kind == "once":
            self.once.append(value)
        else:
            sys.exit("unknown action: " + action)

    def end(self):
        while self.read():
            pass
        self.hold()
        self.raw.close()
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def main():
    at = sys.argv.index("--")
    terminal = Terminal(sys.argv[1], sys.argv[at + 1:])
    actions = sys.argv[2:at]
    ending = actions.index("end") if "end" in actions else len(actions)
    for action in actions[:ending]:
        terminal.act(action)
    code = terminal.end()
    for action in actions[ending + 1:]:
        terminal.act(action)
    sys.exit(code if code >= 0 else 128 - code)


main()
