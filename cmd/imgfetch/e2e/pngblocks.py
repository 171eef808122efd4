"""Compares pictures with the colours they should have.

Reads lines "NAME PATH COLOURS", separated by tabs: a PNG without interlace and with 8 bits a
sample, and the mean colour of each of its 4x3 parts as hex, row by row. Prints a line for each part
that is more than 3 levels away."""

import struct
import sys
import zlib

CHANNELS = {0: 1, 2: 3, 4: 2, 6: 4}


def paeth(a, b, c):
    p = a + b - c
    return min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]


def read_png(path):
    """Returns rows of bytes and the number of channels (PNG 3, 9.2: the filters)."""
    data = open(path, "rb").read()
    at, packed = 8, b""
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        body = data[at + 8 : at + 8 + size]
        if kind == b"IHDR":
            width, height, _, colour = struct.unpack(">IIBB", body[:10])
        packed += body if kind == b"IDAT" else b""
        at += size + 12
    n = CHANNELS[colour]
    raw, rows, above = zlib.decompress(packed), [], bytearray(width * n)
    for y in range(height):
        kind, *row = raw[y * (width * n + 1) : (y + 1) * (width * n + 1)]
        for i in range(width * n):
            a, b, c = (row[i - n] if i >= n else 0), above[i], (above[i - n] if i >= n else 0)
            row[i] = row[i] + (0, a, b, (a + b) // 2, paeth(a, b, c) if kind == 4 else 0)[kind] & 255
        rows.append(row)
        above = row
    return rows, n


def means(path):
    rows, n = read_png(path)
    height, width = len(rows), len(rows[0]) // n
    for part in range(12):
        x, y = part % 4, part // 4
        lines = rows[y * height // 3 : (y + 1) * height // 3]
        for c in range(3):
            first = x * width // 4 * n + (c if n > 2 else 0)
            samples = [v for line in lines for v in line[first : (x + 1) * width // 4 * n : n]]
            yield sum(samples) / len(samples)


for line in sys.stdin:
    name, path, colours = line.rstrip("\n").split("\t")
    is_, want = list(means(path)), bytes.fromhex(colours)
    for part in range(12):
        here = slice(3 * part, 3 * part + 3)
        if any(abs(i - w) > 3 for i, w in zip(is_[here], want[here])):
            print(name, "part", part, "is", [round(i) for i in is_[here]], "not", list(want[here]))
