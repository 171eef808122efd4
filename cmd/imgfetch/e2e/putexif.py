"""Writes a copy of a JPEG or PNG with the EXIF of a camera: 1/250 s, f/2.8, ISO 400, in Paris."""

import struct
import sys
import zlib

ASCII, SHORT, LONG, RATIONAL = 2, 3, 4, 5


def directory(at, tags):
    """Returns a directory that lies at that offset, and its values."""
    head, values = struct.pack("<H", len(tags)), b""
    values_at = at + 2 + 12 * len(tags) + 4
    for tag, kind, value in tags:
        count, data = {
            ASCII: lambda v: (len(v) + 1, v.encode() + b"\0"),
            SHORT: lambda v: (1, struct.pack("<H", v)),
            LONG: lambda v: (1, struct.pack("<I", v)),
            RATIONAL: lambda v: (len(v) // 2, struct.pack("<%dI" % len(v), *v)),
        }[kind](value)
        head += struct.pack("<HHI", tag, kind, count)
        if len(data) > 4:
            head += struct.pack("<I", values_at + len(values))
            values += data
        else:
            head += data.ljust(4, b"\0")
    return head + b"\0\0\0\0" + values


def block():
    picture = directory(8, [
        (0x829A, RATIONAL, (1, 250)), (0x829D, RATIONAL, (28, 10)), (0x8827, SHORT, 400),
        (0x9003, ASCII, "2024:05:01 12:34:56"), (0x920A, RATIONAL, (35, 1))])
    place_at = 8 + len(picture)
    place = directory(place_at, [
        (1, ASCII, "N"), (2, RATIONAL, (48, 1, 51, 1, 30, 1)),
        (3, ASCII, "W"), (4, RATIONAL, (2, 1, 30, 1, 0, 1))])
    first_at = place_at + len(place)
    first = directory(first_at, [
        (0x010F, ASCII, "Acme"), (0x0110, ASCII, "Snap\x1b[31m"),
        (0x8769, LONG, 8), (0x8825, LONG, place_at)])
    return b"II*\0" + struct.pack("<I", first_at) + picture + place + first


def main():
    with open(sys.argv[1], "rb") as file:
        image = file.read()
    if image.startswith(b"\xff\xd8"):
        data = b"Exif\0\0" + block()
        at, part = 2, b"\xff\xe1" + struct.pack(">H", 2 + len(data)) + data
    else:
        chunk = b"eXIf" + block()
        at, part = 33, struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    with open(sys.argv[2], "wb") as file:
        file.write(image[:at] + part + image[at:])


main()
