"""Image files put together byte by byte: variants that Pillow cannot write."""
import itertools
import struct
import zlib

# PNG (https://www.w3.org/TR/png-3/)

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
PNG_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by colour type
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def png_chunk(kind, data, crc=None):
    if crc is None:
        crc = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)


def png_header(width, height, depth, colour, interlaced=False):
    fields = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)
    return PNG_SIGNATURE + png_chunk(b"IHDR", fields)


def png_row(samples, depth):
    """One row of samples, packed, after filter type 0."""
    if depth == 16:
        return b"\0" + struct.pack(">%dH" % len(samples), *samples)
    if depth == 8:
        return b"\0" + bytes(samples)
    bits = "".join(format(s, "0%db" % depth) for s in samples)
    bits += "0" * (-len(bits) % 8)
    return b"\0" + int(bits, 2).to_bytes(len(bits) // 8, "big")


def png(width, height, depth, colour, pixel, interlaced=False, chunks=b""):
    """pixel(x, y) gives a tuple of samples; `chunks` go before IDAT."""
    rows = []
    for x0, y0, dx, dy in ADAM7 if interlaced else [(0, 0, 1, 1)]:
        for y in range(y0, height, dy):
            samples = [s for x in range(x0, width, dx) for s in pixel(x, y)]
            if samples:
                rows.append(png_row(samples, depth))
    idat = png_chunk(b"IDAT", zlib.compress(b"".join(rows), 9))
    return png_header(width, height, depth, colour, interlaced) + chunks + idat + png_chunk(b"IEND", b"")


# BMP (BITMAPINFOHEADER)


def bmp(width, height, bits, pixel, palette=(), top_down=False, file_size=None, image_size=None):
    """pixel(x, y) gives the bytes of one pixel: an index, or blue, green, red (and a padding byte)."""
    order = range(height) if top_down else range(height - 1, -1, -1)
    rows = b""
    for y in order:
        row = b"".join(pixel(x, y) for x in range(width))
        rows += row + b"\0" * (-len(row) % 4)
    table = b"".join(bytes((b, g, r, 0)) for r, g, b in palette)
    offset = 14 + 40 + len(table)
    if file_size is None:
        file_size = offset + len(rows)
    if image_size is None:
        image_size = len(rows)
    head = b"BM" + struct.pack("<IHHI", file_size, 0, 0, offset)
    info = struct.pack("<IiiHHIIiiII", 40, width, -height if top_down else height, 1, bits, 0,
                       image_size, 2835, 2835, len(palette), 0)
    return head + info + table + rows


def bmp_rle8(file, width, height):
    """An 8-bit BMP of bmp(), run-length encoded (BI_RLE8)."""
    offset = struct.unpack("<I", file[10:14])[0]
    stride = (width + 3) // 4 * 4
    data = b""
    for y in range(height):
        row = file[offset + y * stride:offset + y * stride + width]
        for index, run in itertools.groupby(row):
            data += bytes((len(list(run)), index))
        data += b"\0\0"
    data += b"\0\1"
    sizes = struct.pack("<II", 1, len(data))  # biCompression, biSizeImage
    return b"BM" + struct.pack("<I", offset + len(data)) + file[6:30] + sizes + file[38:offset] + data


def bmp_masked(width, height, bits, pixel, masks):
    """pixel(x, y) gives a pixel as a number; masks: red, green, blue, alpha. BITMAPV4HEADER, BI_BITFIELDS."""
    rows = b""
    for y in range(height - 1, -1, -1):
        row = b"".join(pixel(x, y).to_bytes(bits // 8, "little") for x in range(width))
        rows += row + b"\0" * (-len(row) % 4)
    info = struct.pack("<IiiHHIIiiII", 108, width, height, 1, bits, 3, len(rows), 2835, 2835, 0, 0)
    info += struct.pack("<IIIII", *masks, 0) + bytes(48)  # the colour space and its end points
    return b"BM" + struct.pack("<IHHI", 14 + 108 + len(rows), 0, 0, 14 + 108) + info + rows


def bmp_packed(width, height, bits, index, palette, rle4=False):
    """index(x, y) into the palette, 1 or 4 bits each. rle4: as BI_RLE4, a code for each run of a row."""
    rows = b""
    for y in range(height - 1, -1, -1):
        row = [index(x, y) for x in range(width)]
        if rle4:
            for i, run in itertools.groupby(row):
                rows += bytes((len(list(run)), i << 4 | i))
            rows += b"\0\0"
        else:
            digits = "".join(format(i, "0%db" % bits) for i in row)
            digits += "0" * (-len(digits) % 32)
            rows += int(digits, 2).to_bytes(len(digits) // 8, "big")
    rows += b"\0\1" if rle4 else b""
    table = b"".join(bytes((b, g, r, 0)) for r, g, b in palette)
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, 2 if rle4 else 0, len(rows), 2835, 2835,
                       len(palette), 0)
    offset = 14 + 40 + len(table)
    return b"BM" + struct.pack("<IHHI", offset + len(rows), 0, 0, offset) + info + table + rows


# ICC.1:2001-04


def icc_swapped():
    """A profile of RGB like sRGB's with a gamma of 2.2, in which green and blue have changed places."""

    def xyz(*values):
        return b"XYZ \0\0\0\0" + b"".join(struct.pack(">i", round(v * 65536)) for v in values)

    red, green, blue = xyz(0.4361, 0.2225, 0.0139), xyz(0.3851, 0.7169, 0.0971), xyz(0.1431, 0.0606, 0.7141)
    curve = b"curv\0\0\0\0" + struct.pack(">IHH", 1, 0x0233, 0)
    tags = [(b"wtpt", xyz(0.9642, 1, 0.8249)), (b"rXYZ", red), (b"gXYZ", blue), (b"bXYZ", green),
            (b"rTRC", curve), (b"gTRC", curve), (b"bTRC", curve)]
    offset = 128 + 4 + 12 * len(tags)
    table, data = struct.pack(">I", len(tags)), b""
    for name, content in tags:
        table += name + struct.pack(">II", offset + len(data), len(content))
        data += content
    size = offset + len(data)
    head = struct.pack(">I4sI4s4s4s12s4s28sIII", size, b"\0" * 4, 0x02100000, b"mntr", b"RGB ", b"XYZ ", b"\0" * 12,
                       b"acsp", b"\0" * 28, 0x0000F6D6, 0x00010000, 0x0000D32D)
    return head.ljust(128, b"\0") + table + data


# ICO


def ico(entries, masked=lambda x, y: False):
    """entries: (width, height, file), the file a PNG or a BMP; of a BMP the icon keeps
    all but the file header, doubles the height and adds a mask, whose rows are upside down, too."""
    offset = 6 + 16 * len(entries)
    directory, bodies = b"", b""
    for width, height, file in entries:
        if file.startswith(b"BM"):
            mask = b""
            for y in range(height - 1, -1, -1):
                digits = "".join(str(int(masked(x, y))) for x in range(width)).ljust((width + 31) // 32 * 32, "0")
                mask += int(digits, 2).to_bytes(len(digits) // 8, "big")
            file = file[14:22] + struct.pack("<i", 2 * height) + file[26:] + mask
        directory += struct.pack("<BBBBHHII", width, height, 0, 0, 1, 32, len(file), offset)
        bodies += file
        offset += len(file)
    return struct.pack("<HHH", 0, 1, len(entries)) + directory + bodies


# JPEG (ITU-T T.81); files are cut at their markers and put together again

SOI, EOI, SOS, SOF0, DHT, DRI, APP0, APP1 = 0xD8, 0xD9, 0xDA, 0xC0, 0xC4, 0xDD, 0xE0, 0xE1


def jpeg_segment(marker, data):
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


def jpeg_segments(file):
    """(marker, whole segment) of each segment up to and with the first SOS."""
    at = 2
    while True:
        marker = file[at + 1]
        end = at + 2 + struct.unpack(">H", file[at + 2:at + 4])[0]
        yield marker, file[at:end]
        if marker == SOS:
            return
        at = end


def jpeg_head(file, without=()):
    """The file up to and with the first SOS segment, without the segments of some kinds."""
    return b"\xff\xd8" + b"".join(s for m, s in jpeg_segments(file) if m not in without)


def jpeg_scan(file):
    """What follows the first SOS segment, with the EOI."""
    return file[len(jpeg_head(file)):]


def jpeg_with_exif(file, tiff, keep_jfif=False):
    """Adds an Exif segment: first, as cameras write it, or after the JFIF segment."""
    exif = jpeg_segment(APP1, b"Exif\0\0" + tiff)
    jfif = next(s for m, s in jpeg_segments(file) if m == APP0) if keep_jfif else b""
    return b"\xff\xd8" + jfif + exif + jpeg_head(file, without=(APP0,))[2:] + jpeg_scan(file)


def jpeg_from_strips(strips, height, blocks):
    """One JPEG of strips one MCU high and `blocks` MCUs wide, with a restart marker after each:
    a scan that starts and ends on its own is just what lies between two markers."""
    head = jpeg_head(strips[0])
    sof = head.index(b"\xff\xc0")
    head = head[:sof + 5] + struct.pack(">H", height) + head[sof + 7:]
    sos = head.index(b"\xff\xda")
    head = head[:sos] + jpeg_segment(DRI, struct.pack(">H", blocks)) + head[sos:]
    scans = [jpeg_scan(s)[:-2] for s in strips]
    body = b"".join(s + bytes((0xFF, 0xD0 + i % 8)) for i, s in enumerate(scans[:-1]))
    return head + body + scans[-1] + b"\xff\xd9"


# The TIFF block of EXIF


def exif_tiff(orientation, big_endian=False):
    """An IFD with Make and Orientation, in the order in which cameras write them."""
    e = ">" if big_endian else "<"
    make = b"testdata\0"
    entries = struct.pack(e + "HHII", 0x010F, 2, len(make), 8 + 2 + 2 * 12 + 4)
    entries += struct.pack(e + "HHIHH", 0x0112, 3, 1, orientation, 0)
    order = b"MM" if big_endian else b"II"
    return order + struct.pack(e + "HIH", 42, 8, 2) + entries + struct.pack(e + "I", 0) + make
