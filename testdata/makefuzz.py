#!/usr/bin/python3
"""Makes testdata/fuzz: what the fuzz targets of the same names start from. Running it twice gives
the same bytes. Parts are those of src/base/fuzz.h."""
import gzip
import io
import os
import struct
import tarfile
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(HERE, "fuzz")


def image(name):
    with open(os.path.join(HERE, "images", name), "rb") as f:
        return f.read()


def write(target, name, data):
    folder = os.path.join(OUT, target)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "wb") as f:
        f.write(data)


def part(kind, data=b""):
    return struct.pack("<BH", kind, len(data)) + data


PNG = image("png_1x1.png")
GIF = image("gif_1x1.gif")


def response(body, *fields, status=b"200 OK"):
    return b"\r\n".join((b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body)) + fields + (b"", body))


# ---- the whole program: cmd/imgfetch/run_fuzz.c ----

SEND, END, READ, YIELD = 2, 3, 4, 5
TARS, ROBOTS, STRICT, ORIGINALS, NO_THUMBS, DEDUPE, AGAIN, JSONL = (1 << i for i in range(8))


def run(name, bits, backend, text, *script):
    write("cmd/imgfetch/run", name, part(0, bytes((bits, backend))) + part(1, text) + b"".join(script))


def answer(data):
    return part(READ) + part(SEND, data)


def close(data):
    return answer(data) + part(END)


URLS = b"http://a/1\nhttp://b/2\nhttp://a/1\n# no row\nftp://c/\n"
VALIDATORS = (b'ETag: "1"', b"Last-Modified: Sat, 21 Nov 2026 09:05:31 GMT")
run("images", 0, 0, URLS, close(response(PNG, b"Content-Type: image/png")), close(response(GIF)))
run("kept", ORIGINALS, 4, URLS, answer(response(PNG)), answer(response(GIF)), answer(response(PNG)))
run("refresh", AGAIN, 5, URLS, answer(response(PNG, *VALIDATORS)), close(response(b"", status=b"304 x")))
run("tar", TARS | ORIGINALS | DEDUPE, 2, URLS, close(response(PNG)), close(response(b"no image")))
run("robots", ROBOTS | NO_THUMBS, 1, URLS,
    close(response(b"User-agent: *\nDisallow: /1\nCrawl-delay: 1\n", b"Content-Type: text/plain")),
    close(response(PNG, b"X-Robots-Tag: noai")), close(response(GIF)))
run("redirects", 0, 3, b"http://a/1\n", close(response(b"", b"Location: /2?x#y", status=b"302 Found")),
    close(response(b"", b"Location: https://b/3", status=b"301 x")), close(b"HTTP/1.1 200 x\r\n\r\n\x16\x03\x01"))
run("chunks", STRICT, 0, b"http://a/1\n",
    close(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n") + part(YIELD, b"." * 9),
    close(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"%x;a=b\r\n" % len(PNG) + PNG +
          b"\r\n0\r\nTrailer: x\r\n\r\n"))
run("gzip", 0, 1, b"http://a/1\nhttp://a/2\n",
    close(response(gzip.compress(PNG, mtime=0), b"Content-Encoding: gzip")),
    close(response(zlib.compress(GIF), b"Content-Encoding: deflate")))
run("errors", 0, 0, b"http://a/1\nhttp://a/2\nhttp://b/3\nhttp://c/4\nhttp://d/5\n",
    close(response(b"", b"Retry-After: 1", status=b"429 x")), close(response(PNG)[:-20]),
    close(b"HTTP/1.1 100 Continue\r\n\r\n" + response(PNG)), close(b"\0\xff\r\n"), part(END))
run("columns", JSONL, 0, b'{"url":"http://a/\\u00e4"}\n{"url":7}\n[]\n{"url":"http://b/1","x":{"y":[1]}}\n',
    close(response(PNG)), close(response(GIF)))

# ---- other targets ----

for i, text in enumerate((
        b'# a comment\nmax-size = 20M # more\n--header: "Accept: image/jpeg"\nrobots-txt\r\n\tthumb\tx512\n',
        b"\xef\xbb\xbfname={host}/{basename}\nconfig=other\nresolve=a:80:127.0.0.1\nallow-net=::1/128\nthumb=1x\n",
        b'user-agent "\\t\\"\\\\\\q"\nproxy=socks5h://a:b@[::1]:1\ncaption-col=c\nkeep-cols=a,b\ncompare\n',
        b"shard=1/3\nhttp3\nrobots-tag=off\nlimit-rate=1k\nverify\nretry-failed=timeout,dns_failure\nreport=x\n")):
    write("cmd/imgfetch/options/config", str(i), text)

LINES = b"http://a/1.jpg\nhttp://b/2.jpg\n"
ZSTD = bytes.fromhex("28b52ffd2000") # a frame without content: RFC 8878
write("input/liststream", "gzip", gzip.compress(LINES, mtime=0) + gzip.compress(b"http://c/\n", mtime=0))
write("input/liststream", "zstd", ZSTD + bytes.fromhex("010000") + ZSTD + bytes.fromhex("190000") + b"abc")
write("input/liststream", "parts", part(1, LINES) + part(9, b"a" * 300) + part(0))

# The first byte chooses an encoding: see listtext_fuzz.c.
for i, (bits, text) in enumerate((
        (0, "url,2\r\nhttp://a/\u00e4\U0001f389,\n".encode("utf-16le")), (1, b"\xff\xfeu\0r\0l\0\n\0\x3d\xd8"),
        (2, "\ufeffurl\n".encode("utf-32be")), (3, b"\xef\xbb\xbfcaf\xe9\n"), (12, b"\x83\x65\x83\x58\x83"),
        (5, b"+AOk-+2DzeAA-\n"), (14, b"\x88\x62\x88\x66\x88"), (7, b"\x1b$B$F\x1b(B\n"), (3, b"[\n {\"url\": 1}"),
        (0, b"<?xml version"), (0, b"PK\3\4" + bytes(26) + b"xl/"), (0, b"\0\0\0\x20ftypavif"), (0, b"BZh91AY&SY"),
        (0, bytes(257) + b"ustar"), (0, b"\1\2 no text"), (0, gzip.compress(b"\xfd7zXZ\0", mtime=0)))):
    write("input/listtext", str(i), bytes((bits,)) + text)
for i, text in enumerate((
        b'url,2\nhttp://a/,"b\n""c"""\nhttp://b/\n', b'"URL";"2"\nhttp://a/;"b;"\n', b"2\tUrl\nb\thttp://a/\r\n",
        b'{"URL":"http://a/","2":[1,{}]}\n{"url":null}\n[]\n', b"# txt\nhttp://a/\nhttp://b/\n", b"URL,2,url,Url\n,,,\n",
        "\ufeffurl|2\nhttp://a/|b\n".encode("utf-16le"), b'{"uri":1}\n{"a":2}\n', b"no|2\n", b"url\n",
        gzip.compress(b"url,2\nhttp://a/,\n", mtime=0))):
    write("input/urllist", str(i), text)

IMAGE_ROW = (b'{"key":"000000000","index":0,"line":1,"url":"http://a/","final_url":"http://a/","status":"success",'
             b'"error":null,"message":null,"http_status":200,"attempts":1,"ip":"1.2.3.4","content_type":null,'
             b'"etag":null,"last_modified":null,"format":"png","bytes":3,"sha256":"ba7816bf8f01cfea414140de5dae2223'
             b'b00361a396177a9cb410ff61f20015ad","width":1,"height":1,"orientation":null,"truncated":false,'
             b'"path":"images/00000/000000000.jpg","thumbs":[{"spec":"256","path":'
             b'"thumbs/256/00000/000000000.jpg","width":1,"height":1,"bytes":3,"sha256":null}],'
             b'"duplicate_of":null,"started":null,"finished":null,"ms":{}}\n')
STATS = (b'{"count":1,"successes":1,"failed_to_download":0,"failed_to_resize":0,"status_dict":{"success":1},'
         b'"list_sha256":"%s"}\n' % (b"0" * 64))


def tar(**members):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name.replace("_", "."))
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()[:4096]


TAR_ROW = IMAGE_ROW.replace(b"images/00000/", b"00000.tar/").replace(b"thumbs/256/00000/", b"00000.tar/")
write("audit/verify", "files", part(0, IMAGE_ROW) + part(1, STATS) + part(7, b"abc") + part(8, b"abc"))
write("audit/verify", "open", part(0, IMAGE_ROW * 2 + b'{"key"') + part(6, b"%020d\n" % 10) + part(9, b"x"))
write("audit/verify", "tar", part(2, TAR_ROW) + part(1, STATS) +
      part(3, tar(**{"000000000_jpg": b"abc", "000000000_json": IMAGE_ROW[:-1]})))
write("audit/verify", "part", part(2, TAR_ROW) + part(4, tar(**{"000000000_jpg": b"abc"})[:1536]) +
      part(5, b"x" * 20))

for i, (flags, head) in enumerate((
        (0, response(PNG, b"Content-Type: image/png", *VALIDATORS)),
        (1, response(b"", *VALIDATORS, status=b"304 Not Modified")),
        (2, response(PNG, b"X-Robots-Tag: bot: x, noai", b"Content-Encoding: identity")),
        (0, response(b"", b"Location: ../c?d#e", b"Retry-After: 7", status=b"307 x")),
        (0, response(gzip.compress(PNG, mtime=0), b"Content-Encoding: gzip")),
        (0, b"HTTP/1.1 103 x\r\nLink: y\r\n\r\nHTTP/1.1 200\nTransfer-Encoding: chunked\n\n3\nabc\n0\nA: b\n\n"),
        (3, b"HTTP/1.0 503 x\r\nRetry-After: Sat, 21 Nov 2026 09:05:31 GMT\r\n\r\nbody"))):
    write("net/transfer", str(i), bytes((flags,)) + head)

FETCHED = struct.Struct("<iiIIII6Q120s46s2xQ5I4x") # struct reply of backends/procs_wire.c
for name, asking, err, status, message, texts, body in (
        ("image", 0, 0, 200, b"", (b"image/png", b"", b'"1"', b"today"), PNG),
        ("redirect", 0, 0, 302, b"", (b"", b"http://b/", b"", b""), b""),
        ("unchanged", 1, 0, 304, b"", (b"", b"", b"", b""), b""),
        ("failed", 0, 5, 0, b"why", (b"", b"", b"", b""), b""),
        ("silent", 0, 5, 0, b"", (b"", b"", b"", b""), b""),
        ("status", 0, 9, 503, b"HTTP 503", (b"text/html", b"", b"", b""), b"")):
    head = FETCHED.pack(err, status, 1, 7, 0, asking, 0, 1, 2, 3, 4, 0, message, b"192.0.2.1", 300,
                        *map(len, texts), len(body))
    write("backends/procs_wire", name, bytes((asking,)) + head + b"".join(texts) + body)

REPLY = struct.Struct("<iIIIQ120s" + "IIII" * 16) # of an odd length: with a hash
for name, err, count, sizes, files in (("good", 0, 2, (3, 4), b"abcdefg"), ("failed", 20, 0, (0, 0), b"abcdefg"),
                                       ("overlap", 0, 2, (3, 9), b"abcdefg"), ("plain", 0, 2, (3, 5), b"abcdefgh")):
    numbers = (16, 9, 0, sizes[0], 8, 8, sizes[0], sizes[1]) + (0,) * 56
    hashed = len(files) % 2
    write("pipeline/thumb", name, REPLY.pack(err, count, 0, hashed, hashed * 0x0123456789abcdef, b"why", *numbers) + files)
write("pipeline/thumb", "silent", REPLY.pack(25, 0, 0, 0, 0, b"", *(0,) * 64))
