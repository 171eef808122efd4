"""The URL lists: testdata/lists. PORT stands where a test puts its server's port."""
import random

SERVER = "http://127.0.0.1:PORT/"

# (what is bad, line): each is one row with the error bad_url.
BAD = [
    ("no scheme", b"example.com/a.jpg"),
    ("no scheme, but the slashes", b"//example.com/a.jpg"),
    ("not a URL at all", b"Lorem ipsum dolor sit amet"),
    ("quoted", b'"http://127.0.0.1:PORT/png_1x1.png"'),
    ("HTML", b'<img src="http://127.0.0.1:PORT/png_1x1.png">'),
    ("ftp", b"ftp://example.com/a.jpg"),
    ("a local file", b"file:///etc/passwd"),
    ("a local file with a host", b"FILE://localhost/etc/passwd"),
    ("data", b"data:image/gif;base64,R0lGODlhAQABAAAAACw="),
    ("javascript", b"javascript:alert(1)"),
    ("a scheme that begins like http", b"httpx://example.com/a.jpg"),
    ("no host", b"http://"),
    ("no host, but a path", b"http:///a.jpg"),
    ("no host, but a port", b"http://:80/a.jpg"),
    ("one slash", b"http:/example.com/a.jpg"),
    ("no slash", b"http:example.com/a.jpg"),
    ("name and password", b"http://user:password@127.0.0.1:PORT/png_1x1.png"),
    ("a name alone", b"http://user@127.0.0.1:PORT/png_1x1.png"),
    ("a port beyond 65535", b"http://127.0.0.1:99999/a.jpg"),
    ("port 0", b"http://127.0.0.1:0/a.jpg"),
    ("a negative port", b"http://127.0.0.1:-80/a.jpg"),
    ("a port of letters", b"http://127.0.0.1:abc/a.jpg"),
    ("a control character in the path", b"http://127.0.0.1:PORT/a\x01b.jpg"),
    ("DEL in the path", b"http://127.0.0.1:PORT/a\x7fb.jpg"),
    ("an escape sequence for terminals", b"http://127.0.0.1:PORT/\x1b[2J\x1b]0;pwned\x07.jpg"),
    ("a carriage return inside: a header of its own", b"http://127.0.0.1:PORT/a\rX-Evil: 1"),
    ("a space in the host", b"http://exam ple.com/a.jpg"),
    ("a backslash in the host", b"http://127.0.0.1\\@example.com/a.jpg"),
    ("a percent sign in the host", b"http://exa%zzmple.com/a.jpg"),
    ("a host name that is not UTF-8", b"http://b\xfccher.example/a.jpg"),
    ("IPv6 without its bracket", b"http://[::1/a.jpg"),
    ("not IPv6", b"http://[zz::1]/a.jpg"),
    ("IPv6 with a zone", b"http://[fe80::1%25eth0]/a.jpg"),
    ("over 8 KiB", b"http://127.0.0.1:PORT/" + b"x" * 8192),
]

# (line, its normal form)
ODD = [
    ("http://127.0.0.1:PORT/png_1x1.png#fragment", "http://127.0.0.1:PORT/png_1x1.png"),
    ("http://127.0.0.1:PORT/png_1x1.png#", "http://127.0.0.1:PORT/png_1x1.png"),
    ("HTTP://127.0.0.1:PORT/png_1x1.png", "http://127.0.0.1:PORT/png_1x1.png"),
    ("  \thttp://127.0.0.1:PORT/png_1x1.png \t", "http://127.0.0.1:PORT/png_1x1.png"),
    ("http://127.0.0.1:PORT/./x/../png_1x1.png", "http://127.0.0.1:PORT/png_1x1.png"),
    ("http://127.0.0.1:PORT/png_1x1.png?a,b;c='d'", "http://127.0.0.1:PORT/png_1x1.png?a,b;c='d'"),
    ("http://127.0.0.1:PORT/png_1x1.png?size=1 x 1", "http://127.0.0.1:PORT/png_1x1.png?size=1%20x%201"),
    ("http://127.0.0.1:PORT", "http://127.0.0.1:PORT/"),
    ("http://127.0.0.1:PORT?q", "http://127.0.0.1:PORT/?q"),
    ("http://127.0.0.1:PORT/a picture.jpg", "http://127.0.0.1:PORT/a%20picture.jpg"),
    ("http://127.0.0.1:PORT/a%20picture.jpg", "http://127.0.0.1:PORT/a%20picture.jpg"),
    ("http://127.0.0.1:PORT/%7euser/%e4%zz%", "http://127.0.0.1:PORT/%7euser/%e4%zz%"),
    ("http://127.0.0.1:PORT/bücher/日本.jpg", "http://127.0.0.1:PORT/b%C3%BCcher/%E6%97%A5%E6%9C%AC.jpg"),
    ("http://127.0.0.1:PORT/\udce4.jpg", "http://127.0.0.1:PORT/%E4.jpg"),  # Latin-1
    ('http://127.0.0.1:PORT/"<a>`.jpg', "http://127.0.0.1:PORT/%22%3Ca%3E%60.jpg"),
    ("http://127.0.0.1:PORT//a//b.jpg", "http://127.0.0.1:PORT//a//b.jpg"),
    ("http://2130706433:PORT/png_1x1.png", "http://127.0.0.1:PORT/png_1x1.png"),
    ("http://0x7f.1:PORT/png_1x1.png", "http://127.0.0.1:PORT/png_1x1.png"),
    ("http://LocalHost:PORT/png_1x1.png", "http://localhost:PORT/png_1x1.png"),
    ("http://Example.COM:80/A.jpg", "http://example.com/A.jpg"),
    ("https://example.com:443/a.jpg", "https://example.com/a.jpg"),
    ("https://example.com:80/a.jpg", "https://example.com:80/a.jpg"),
    ("http://bücher.example/a.jpg", "http://xn--bcher-kva.example/a.jpg"),
    ("http://BÜCHER.example/a.jpg", "http://xn--bcher-kva.example/a.jpg"),
    ("http://[::FFFF:127.0.0.1]:PORT/a.jpg", "http://[::ffff:127.0.0.1]:PORT/a.jpg"),
    ("http://example.com/a.jpg@b:c", "http://example.com/a.jpg@b:c"),
]


def garbage(size):
    """Random bytes. Each line begins above ASCII, so that it is neither blank nor a comment."""
    rng = random.Random(8)
    data = bytearray(rng.randrange(256) for _ in range(size))
    for at in range(0, size - 1):
        if at and rng.randrange(40) == 0:
            data[at] = ord("\n")
        if at == 0 or data[at - 1] == ord("\n"):
            data[at] |= 0x80
    data[-1] |= 0x80
    return bytes(data)


def write(folder, good_images):
    """good_images: the names of the images that give a thumbnail."""
    lists = {
        "good.txt": "".join(SERVER + name + "\n" for name in good_images).encode(),
        "garbage.bin": garbage(8192),
        "bad_urls.txt": b"".join(b"# %s\n%s\n" % (what.encode(), line) for what, line in BAD),
        "nul.txt": (
            b"http://127.0.0.1:PORT/png_1x1.png\0.jpg\n"
            b"\0\n"
            b"\0http://127.0.0.1:PORT/png_1x1.png\n"
            b"http://127.0.0.1\0.example.com/a.jpg\n"
            b"http://127.0.0.1:PORT/gif_1x1.gif\n"
        ),
        "crlf_bom.txt": (
            b"\xef\xbb\xbfhttp://127.0.0.1:PORT/jpeg_420.jpg\r\n"
            b"# a comment\r\n"
            b"\r\n"
            b"  \thttp://127.0.0.1:PORT/png_rgb.png  \r\n"
            b" \t \r\n"
            b"#http://127.0.0.1:PORT/commented_out.png\r\n"
            b"http://127.0.0.1:PORT/gif_static.gif\n"
            b"\n"
            b"http://127.0.0.1:PORT/bmp_24bit.bmp"
        ),
    }
    for name, data in lists.items():
        (folder / name).write_bytes(data)
    odd = [(line.encode(errors="surrogateescape"), normal.encode()) for line, normal in ODD]
    (folder / "odd_but_good.txt").write_bytes(b"".join(line + b"\n" for line, _ in odd))
    (folder / "odd_but_good.tsv").write_bytes(b"line\tnormal\n" + b"".join(
        b"%d\t%s\n" % (i + 1, normal) for i, (_, normal) in enumerate(odd)))
