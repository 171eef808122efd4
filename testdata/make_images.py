#!/usr/bin/python3
"""Makes testdata/images and testdata/lists. Needs Pillow (Debian: python3-pil) and avifenc (libavif-bin).

Run twice it gives the same bytes; another version of Pillow or of the libraries
under it may give others, which is why the images are committed.
"""
import io
import random
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw

sys.dont_write_bytecode = True
import makelists
import rawformats as raw

HERE = Path(__file__).resolve().parent
W, H = 160, 120
RED, GREEN, BLUE, WHITE, BLACK = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (0, 0, 0)
MAGENTA = (255, 0, 255)
PALETTE = [RED, GREEN, BLUE, WHITE, BLACK]
# For files where index 3 is transparent: magenta in a thumbnail is a bug.
PALETTE_HIDDEN = [RED, GREEN, BLUE, MAGENTA, BLACK]

# Pillow's way from the upright picture to the one stored with each orientation.
STORED = {
    2: Image.FLIP_LEFT_RIGHT, 3: Image.ROTATE_180, 4: Image.FLIP_TOP_BOTTOM, 5: Image.TRANSPOSE,
    6: Image.ROTATE_90, 7: Image.TRANSVERSE, 8: Image.ROTATE_270,
}

expected = []  # the rows of expected.tsv


def add(name, data, fmt="-", width=0, height=0, orientation=1, error="", truncated=0):
    (HERE / "images" / name).write_bytes(data)
    expected.append((name, fmt, width, height, orientation, error, truncated))


def add_picture(name, data, fmt, **more):
    add(name, data, fmt, W, H, **more)


def encode(image, fmt, **options):
    out = io.BytesIO()
    image.save(out, fmt, **options)
    return out.getvalue()


# The pictures


def f_mask(size=(W, H)):
    """A bitmap with an F in the middle: 1 inside the F."""
    mask = Image.new("1", (W, H))
    draw = ImageDraw.Draw(mask)
    for box in ((56, 24, 67, 95), (68, 24, 103, 35), (68, 52, 91, 63)):
        draw.rectangle(box, fill=1)
    return mask.resize(size)


def quadrants(size=(W, H), palette=PALETTE):
    """Four quadrants, indices 0, 1 / 2, 3 into the palette."""
    width, height = size
    image = Image.new("P", size)
    image.putpalette(bytes(c for colour in palette for c in colour))
    draw = ImageDraw.Draw(image)
    for i in range(4):
        x, y = i % 2 * (width // 2), i // 2 * (height // 2)
        draw.rectangle((x, y, x + width // 2 - 1, y + height // 2 - 1), fill=i)
    return image


def indices(size=(W, H), palette=PALETTE):
    """The picture: red, green / blue, white, with a black F on them."""
    image = quadrants(size, palette)
    image.paste(4, mask=f_mask(size))
    return image


def picture(size=(W, H)):
    return indices(size).convert("RGB")


def stored(orientation):
    image = picture()
    return image.transpose(STORED[orientation]) if orientation in STORED else image


def soft_alpha():
    """The picture, its white quadrant fading from magenta to nothing within 16 pixels. Where
    alpha is 0 the magenta is still there, and must not come through."""
    image = picture().convert("RGBA")
    px = image.load()
    for y in range(H // 2, H):
        for x in range(W // 2, W):
            if px[x, y][:3] == WHITE:
                depth = min(x - W // 2, y - H // 2)
                px[x, y] = MAGENTA + (max(0, 255 - 16 * (depth + 1)),)
    return image


def photo(width, height, seed, grain):
    """Clouds, discs, a gradient and some grain: compresses about as photos do."""
    rng = random.Random(seed)

    def noise(w, h, low, high, bands):
        data = bytes(rng.randrange(low, high) for _ in range(w * h * bands))
        return Image.frombytes("RGB" if bands == 3 else "L", (w, h), data)

    sky = Image.linear_gradient("L").resize((width, height))
    image = Image.merge("RGB", (sky, sky.point(lambda v: 200 - v // 2), sky.point(lambda v: 255 - v)))
    image = Image.blend(image, noise(24, 18, 0, 256, 3).resize((width, height), Image.BICUBIC), 0.5)
    draw = ImageDraw.Draw(image)
    for _ in range(25):
        x, y, r = rng.randrange(width), rng.randrange(height), rng.randrange(height // 40, height // 8)
        draw.ellipse((x - r, y - r, x + r, y + r), fill=tuple(rng.randrange(256) for _ in range(3)))
    texture = noise(width // 4, height // 4, 128 - grain, 128 + grain, 1)
    texture = texture.resize((width, height), Image.BICUBIC)
    return ImageChops.add(image, texture.convert("RGB"), 1, -128)


# The files


def jpeg_with_restarts():
    rows = [picture().crop((0, y, W, y + 8)) for y in range(0, H, 8)]
    strips = [encode(row, "JPEG", quality=90, subsampling=0) for row in rows]
    return raw.jpeg_from_strips(strips, H, W // 8)


def jpegs():
    pic = picture()
    base = encode(pic, "JPEG", quality=90)
    add_picture("jpeg_420.jpg", base, "jpeg")
    add_picture("jpeg_444.jpg", encode(pic, "JPEG", quality=90, subsampling=0), "jpeg")
    add_picture("jpeg_progressive.jpg", encode(pic, "JPEG", quality=90, progressive=True), "jpeg")
    add_picture("jpeg_grey.jpg", encode(pic.convert("L"), "JPEG", quality=90), "jpeg")
    add_picture("jpeg_cmyk_adobe.jpg", encode(pic.convert("CMYK"), "JPEG", quality=90), "jpeg")
    add_picture("jpeg_restart.jpg", jpeg_with_restarts(), "jpeg")
    add_picture("jpeg_trailing_bytes.jpg", base + b"\r\n<!-- served by a CMS -->\r\n" * 4, "jpeg")

    for n in range(1, 9):
        file = raw.jpeg_with_exif(encode(stored(n), "JPEG", quality=90), raw.exif_tiff(n, n % 2 == 0))
        add_picture("orientation_%d.jpg" % n, file, "jpeg", orientation=n)
    turned = encode(stored(6), "JPEG", quality=90)
    file = raw.jpeg_with_exif(turned, raw.exif_tiff(6), keep_jfif=True)
    add_picture("jpeg_jfif_and_exif.jpg", file, "jpeg", orientation=6)
    # Readers ignore an orientation that is invalid or outside the block: they use 1.
    add_picture("jpeg_exif_orientation_9.jpg", raw.jpeg_with_exif(base, raw.exif_tiff(9)), "jpeg")
    add_picture("jpeg_exif_bad_offset.jpg", raw.jpeg_with_exif(base, b"II*\0\xf0\xff\xff\xff"), "jpeg")

    add("photo_1200x900.jpg", encode(photo(1200, 900, 1, 8), "JPEG", quality=85), "jpeg", 1200, 900)
    add("photo_640x480.jpg", encode(photo(640, 480, 2, 3), "JPEG", quality=60), "jpeg", 640, 480)


def pngs():
    pic, grey, index = picture(), picture().convert("L"), indices()
    add_picture("png_rgb.png", encode(pic, "PNG"), "png")
    add_picture("png_rgba.png", encode(soft_alpha(), "PNG"), "png")
    add_picture("png_palette.png", encode(index, "PNG"), "png")
    add_picture("png_palette_trns.png", encode(indices(palette=PALETTE_HIDDEN), "PNG", transparency=3), "png")
    add_picture("png_grey.png", encode(grey, "PNG"), "png")
    add_picture("png_grey_alpha.png", encode(soft_alpha().convert("LA"), "PNG"), "png")

    rgb, luma, ix = pic.load(), grey.load(), quadrants().load()
    # Black are the red quadrant and the F outside it, white the rest and the F inside it.
    f = f_mask().load()
    one_bit = raw.png(W, H, 1, 0, lambda x, y: (int((ix[x, y] != 0) != bool(f[x, y])),))
    add_picture("png_1bit.png", one_bit, "png")
    # The low bytes differ much from the high ones, so that a swapped pair is visible.
    rgb16 = raw.png(W, H, 16, 2, lambda x, y: [v * 256 + 255 - v for v in rgb[x, y]])
    add_picture("png_rgb16.png", rgb16, "png")
    grey16 = raw.png(W, H, 16, 0, lambda x, y: (luma[x, y] * 256 + 255 - luma[x, y],))
    add_picture("png_grey16.png", grey16, "png")
    interlaced = raw.png(W, H, 8, 2, lambda x, y: rgb[x, y], interlaced=True)
    add_picture("png_interlaced.png", interlaced, "png")
    turned = stored(6).load()
    exif = raw.png_chunk(b"eXIf", raw.exif_tiff(6, True))
    file = raw.png(H, W, 8, 2, lambda x, y: turned[x, y], chunks=exif)
    add_picture("png_exif_orientation_6.png", file, "png", orientation=6)
    add("png_1x1.png", encode(Image.new("RGB", (1, 1), RED), "PNG"), "png", 1, 1)
    add("png_tall_1x400.png", encode(pic.resize((1, 400)), "PNG"), "png", 1, 400)
    add("png_wide_400x1.png", encode(pic.resize((400, 1)), "PNG"), "png", 400, 1)


def gifs():
    index = indices()
    add_picture("gif_static.gif", encode(index, "GIF", interlace=0), "gif")
    hidden = indices(palette=PALETTE_HIDDEN)
    add_picture("gif_transparent.gif", encode(hidden, "GIF", interlace=0, transparency=3), "gif")
    add_picture("gif_interlaced.gif", encode(index, "GIF", interlace=1), "gif")
    later = [Image.new("RGB", (W, H), colour) for colour in (BLACK, MAGENTA)]
    animated = encode(picture(), "GIF", interlace=0, save_all=True, append_images=later, duration=100, loop=0)
    add_picture("gif_animated.gif", animated, "gif")
    add("gif_1x1.gif", encode(Image.new("P", (1, 1), 0), "GIF"), "gif", 1, 1)


def indexed_bmp(**more):
    ix = indices().load()
    return raw.bmp(W, H, 8, lambda x, y: bytes((ix[x, y],)), PALETTE, **more)


def bmps():
    rgb, indexed = picture().load(), indexed_bmp()

    def bgr(x, y):
        return bytes(reversed(rgb[x, y]))

    add_picture("bmp_24bit.bmp", raw.bmp(W, H, 24, bgr), "bmp")
    add_picture("bmp_8bit_palette.bmp", indexed, "bmp")
    rle = raw.bmp_rle8(indexed, W, H)
    add_picture("bmp_rle8.bmp", rle, "bmp")
    ix = indices().load()
    packed = raw.bmp_packed(W, H, 4, lambda x, y: ix[x, y], PALETTE)
    add_picture("bmp_4bit.bmp", packed, "bmp")
    rle = raw.bmp_packed(W, H, 4, lambda x, y: ix[x, y], PALETTE, rle4=True)
    add_picture("bmp_rle4.bmp", rle, "bmp")

    def rgb565(x, y):
        r, g, b = rgb[x, y]
        return r >> 3 << 11 | g >> 2 << 5 | b >> 3

    add_picture("bmp_565.bmp", raw.bmp_masked(W, H, 16, rgb565, (0xF800, 0x07E0, 0x001F, 0)), "bmp")
    soft = soft_alpha().load()

    def abgr(x, y):
        r, g, b, a = soft[x, y]
        return a << 24 | b << 16 | g << 8 | r

    masked = raw.bmp_masked(W, H, 32, abgr, (0xFF, 0xFF00, 0xFF0000, 0xFF000000))
    add_picture("bmp_alpha.bmp", masked, "bmp")
    # The fourth byte is padding, not alpha: zero is opaque.
    add_picture("bmp_32bit.bmp", raw.bmp(W, H, 32, lambda x, y: bgr(x, y) + b"\0"), "bmp")
    add_picture("bmp_top_down.bmp", raw.bmp(W, H, 24, bgr, top_down=True), "bmp")
    # Decoders ignore these two fields.
    lying = indexed_bmp(file_size=26, image_size=0x7FFFFFFF)
    add_picture("bmp_lying_size.bmp", lying, "bmp")


def webps():
    pic = picture()
    add_picture("webp_lossy.webp", encode(pic, "WEBP", quality=90), "webp")
    lossless = encode(soft_alpha(), "WEBP", lossless=True, exact=True)
    add_picture("webp_lossless_alpha.webp", lossless, "webp")
    add_picture("webp_lossy_alpha.webp", encode(soft_alpha(), "WEBP", quality=90, exact=True), "webp")
    later = [Image.new("RGB", (W, H), colour) for colour in (BLACK, MAGENTA)]
    animated = encode(pic, "WEBP", save_all=True, append_images=later, duration=100, lossless=True)
    add_picture("webp_animated.webp", animated, "webp")
    turned = encode(stored(6), "WEBP", quality=90, exif=raw.exif_tiff(6))
    add_picture("webp_exif_orientation_6.webp", turned, "webp", orientation=6)


def icos():
    small = picture((16, 16)).load()
    icon = [(16, 16, raw.bmp(16, 16, 32, lambda x, y: bytes(reversed(small[x, y])) + b"\xff"))]
    icon += [(side, side, encode(picture((side, side)), "PNG")) for side in (32, 64, 48)]
    add("ico_16_32_64_48.ico", raw.ico(icon), "ico", 64, 64)
    # Magenta under the mask.
    ix = indices((64, 64), PALETTE_HIDDEN).load()
    bmp = raw.bmp(64, 64, 8, lambda x, y: bytes((ix[x, y],)), PALETTE_HIDDEN)
    masked = raw.ico([(64, 64, bmp)], lambda x, y: ix[x, y] == 3)
    add("ico_mask.ico", masked, "ico", 64, 64)


def avifs():
    with tempfile.TemporaryDirectory() as folder:

        def avif(image, *options):
            image.save(folder + "/in.png")
            subprocess.run(["avifenc", "-s", "6", "-j", "1", *options, folder + "/in.png", folder + "/out.avif"],
                           check=True, stdout=subprocess.DEVNULL)
            return Path(folder, "out.avif").read_bytes()

        add_picture("avif_420.avif", avif(picture(), "-y", "420"), "avif")
        add_picture("avif_10bit_alpha.avif", avif(soft_alpha(), "-d", "10", "-y", "444"), "avif")
        add_picture("avif_grey.avif", avif(picture().convert("L"), "-y", "400"), "avif")
        # Its irot box turns it by 90 degrees anticlockwise.
        add_picture("avif_irot.avif", avif(picture().transpose(Image.ROTATE_270), "--irot", "1"), "avif",
                    orientation=8)


def with_profiles():
    """Files whose green and blue have changed places, and whose profile says so."""
    r, g, b = picture().split()
    swapped, icc = Image.merge("RGB", (r, b, g)), raw.icc_swapped()
    jpeg = encode(swapped, "JPEG", quality=90, icc_profile=icc)
    add_picture("icc_swapped.jpg", jpeg, "jpeg")
    add_picture("icc_swapped.png", encode(swapped, "PNG", icc_profile=icc), "png")
    add_picture("icc_swapped.webp", encode(swapped, "WEBP", lossless=True, icc_profile=icc), "webp")


def never_decoded():
    add("tiff.tiff", encode(picture(), "TIFF", compression="tiff_lzw"), "tiff", error="unsupported_format")
    svg = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<!-- a picture, too -->\n'
        '<svg xmlns="http://www.w3.org/2000/svg" width="160" height="120">\n'
        '<rect width="80" height="60" fill="red"/>\n</svg>\n'
    )
    add("svg.svg", svg.encode(), "svg", error="unsupported_format")


# Damaged files, and files of another format than their name says


def cut_off():
    error = "decode_error"
    jpeg = encode(picture(), "JPEG", quality=90)
    progressive = encode(picture(), "JPEG", quality=90, progressive=True)
    files = {"": jpeg, "_progressive": progressive, "_restart": jpeg_with_restarts()}
    for name, file in files.items():
        # 60 % of what follows the head, so that there is some of the picture to show.
        head = len(raw.jpeg_head(file))
        add_picture("truncated%s.jpg" % name, file[:head + (len(file) - head) * 6 // 10], "jpeg", truncated=1)
    png = encode(soft_alpha(), "PNG")
    gif = encode(indices(), "GIF", interlace=0)
    add_picture("truncated.png", png[:len(png) * 6 // 10], "png", truncated=1)
    webp = encode(picture(), "WEBP", quality=90)
    add_picture("truncated.webp", webp[:len(webp) * 8 // 10], "webp", truncated=1)
    bmp = indexed_bmp()
    add_picture("truncated.bmp", bmp[:len(bmp) * 6 // 10], "bmp", truncated=1)
    add_picture("truncated.gif", gif[:len(gif) * 6 // 10], "gif", truncated=1)
    head_only = raw.jpeg_head(jpeg, without=(raw.SOS,))
    add_picture("header_only.jpg", head_only, "jpeg", error=error, truncated=1)
    add("empty.jpg", b"", error="truncated_body")


def not_images():
    error = "not_an_image"
    html = (
        "<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head>\n"
        "<body><h1>Not Found</h1><p>No such picture.</p></body></html>\n"
    )
    rng = random.Random(3)
    garbage = b"\xd3" + bytes(rng.randrange(256) for _ in range(2047))
    add("garbage.jpg", garbage, error="unsupported_format")
    add("html.jpg", html.encode(), error=error)
    add("text.jpg", "Sorry, hotlinking is not allowed. Désolé.\n".encode(), error=error)
    add("json.jpg", b'{"error": "not found", "status": 404}\n', error=error)
    add("zip.jpg", b"PK\x03\x04\x14\0\0\0\x08\0" + bytes(20) + b"a.jpg" + bytes(64), error="unsupported_format")


def hostile():
    jpeg, error = encode(picture(), "JPEG", quality=90), "decode_error"
    sof = jpeg.index(b"\xff\xc0")
    no_height = jpeg[:sof + 5] + b"\0\0" + jpeg[sof + 7:]
    add("jpeg_bad_dims.jpg", no_height, "jpeg", error=error)
    # A table with three codes of one bit.
    dht = jpeg.index(b"\xff\xc4")
    add_picture("jpeg_huffman_broken.jpg", jpeg[:dht + 5] + b"\x03" + jpeg[dht + 6:], "jpeg", error=error)
    # Far more codes than the 256 a table can have: they overrun it in old decoders.
    overflow = jpeg[:dht + 5] + bytes(4) + b"\xff" * 12 + jpeg[dht + 21:]
    add_picture("jpeg_huffman_overflow.jpg", overflow, "jpeg", error=error)
    add_picture("wrong_extension.png", jpeg, "jpeg")

    png = encode(picture(), "PNG")
    idat = png.index(b"IDAT")
    end = idat + 4 + struct.unpack(">I", png[idat - 4:idat])[0]
    bad_crc = png[:end] + b"\xde\xad\xbe\xef" + png[end + 4:]
    add_picture("png_bad_crc.png", bad_crc, "png")
    bomb = raw.png_header(60000, 60000, 1, 0) + raw.png_chunk(b"IDAT", b"\x78\xda" + bytes(30))
    add("png_huge_dims.png", bomb + raw.png_chunk(b"IEND", b""), "png", 60000, 60000, error="image_too_large")
    gif = encode(Image.new("P", (1, 1), 0), "GIF")
    screen = gif[:6] + struct.pack("<HH", 65535, 65535) + gif[10:]
    add("gif_huge_screen.gif", screen, "gif", 65535, 65535, error="image_too_large")


def main():
    for folder in ("images", "lists"):
        (HERE / folder).mkdir(exist_ok=True)
        for old in (HERE / folder).iterdir():
            old.unlink()
    for make in (jpegs, pngs, gifs, bmps, webps, icos, avifs, with_profiles, never_decoded, cut_off, not_images, hostile):
        make()
    header = "file\tformat\twidth\theight\torientation\terror\ttruncated\n"
    rows = ("\t".join(map(str, row)) + "\n" for row in expected)
    (HERE / "images" / "expected.tsv").write_text(header + "".join(rows))
    makelists.write(HERE / "lists", [row[0] for row in expected if not row[5]])


if __name__ == "__main__":
    main()
