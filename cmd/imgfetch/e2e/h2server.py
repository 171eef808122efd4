"""h2server.py PORT CERTIFICATE KEY IMAGE

An HTTP/2 server over TLS at 127.0.0.1:PORT that breaks the rules, with frames made by hand. How is
the first label of the name that the client asks for (SNI): a key of SCRIPTS or FLOODS, or `good`,
which sends the image. With "-N" behind it, the first N streams of that name get this, and the
later ones the image; with "-later", the first stream of each connection gets the image, and the
later ones this. It never looks at the request.

A line on standard output says that it is ready; then there is one for each connection and each
stream, with its name.
"""

import asyncio
import collections
import gzip
import ssl
import struct
import sys

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS = range(5)
PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(5, 10)
END_STREAM, ACK, END_HEADERS, PADDED = 1, 1, 4, 8
NO_ERROR, INTERNAL_ERROR = 0, 2
REFUSED_STREAM, CANCEL, ENHANCE_YOUR_CALM, HTTP_1_1_REQUIRED = 7, 8, 11, 13
MAX_FRAME = 16384
LAST = 2**31 - 1
CLOSE = object()  # the connection ends there

image = open(sys.argv[4], "rb").read()
half = image[: len(image) // 2]
elsewhere = f"https://good.h2.test:{sys.argv[1]}/"


# ---- frames ----


def frame(kind, stream, payload=b"", flags=0):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def text(s):
    raw = s.encode("latin-1")
    return (bytes([len(raw)]) if len(raw) < 127 else b"\x7f" + number(len(raw) - 127)) + raw


def number(n):
    """The rest of an integer of HPACK (RFC 7541, section 5.1)."""
    out = b""
    while n >= 128:
        out += bytes([n % 128 + 128])
        n //= 128
    return out + bytes([n])


def fields(*pairs):
    """Literals without indexing."""
    return b"".join(b"\0" + text(name) + text(value) for name, value in pairs)


def head(stream, *pairs, status="200", end=False):
    return block(stream, fields((":status", status), *pairs), end)


def block(stream, hpack, end=False):
    return frame(HEADERS, stream, hpack, END_HEADERS | (END_STREAM if end else 0))


def body(stream, data, end=True):
    parts = [data[i : i + MAX_FRAME] for i in range(0, len(data), MAX_FRAME)] or [b""]
    return b"".join(
        frame(DATA, stream, part, END_STREAM if end and i == len(parts) - 1 else 0)
        for i, part in enumerate(parts)
    )


def length(n):
    return ("content-length", str(n))


def rst(stream, code):
    return frame(RST_STREAM, stream, struct.pack(">I", code))


def goaway(last, code=NO_ERROR):
    return frame(GOAWAY, 0, struct.pack(">II", last, code) + b"debug")


def setting(key, value):
    return frame(SETTINGS, 0, struct.pack(">HI", key, value))


def update(stream, n):
    return frame(WINDOW_UPDATE, stream, struct.pack(">I", n))


def whole(s):
    return head(s, ("content-type", "image/jpeg"), length(len(image))) + body(s, image)


def begun(s):
    return head(s, length(len(image))) + body(s, half, end=False)


def bomb(s):
    """A field of 4 kB is put into the table once, and then named again and again."""
    first = b"\x40" + text("x") + text("y" * 4000)
    blocks = ok + first + b"\xbe" * 60000
    parts = [blocks[i : i + MAX_FRAME] for i in range(0, len(blocks), MAX_FRAME)]
    out = frame(HEADERS, s, parts[0])
    for part in parts[1:-1]:
        out += frame(CONTINUATION, s, part)
    return out + frame(CONTINUATION, s, parts[-1], END_HEADERS)


request = (":method", "GET"), (":path", "/"), (":scheme", "https"), (":authority", "x.h2.test")
ok = fields((":status", "200"))

# Responses to one stream, by name.
SCRIPTS = {
    # Streams that are refused or reset
    "refused": lambda s: [rst(s, REFUSED_STREAM)],
    "reset": lambda s: [rst(s, INTERNAL_ERROR)],
    "cancel": lambda s: [rst(s, CANCEL)],
    "calm": lambda s: [rst(s, ENHANCE_YOUR_CALM)],
    "noerror": lambda s: [rst(s, NO_ERROR)],
    "wants11": lambda s: [rst(s, HTTP_1_1_REQUIRED)],
    "resethalf": lambda s: [begun(s), rst(s, INTERNAL_ERROR)],
    "refusedhalf": lambda s: [begun(s), rst(s, REFUSED_STREAM)],
    "resetend": lambda s: [whole(s), rst(s, NO_ERROR)],
    "reset0": lambda s: [rst(0, CANCEL)],
    "resetidle": lambda s: [rst(s + 100, CANCEL)],
    # Connections that end
    "goaway": lambda s: [goaway(0), CLOSE],
    "goawayopen": lambda s: [goaway(0)],
    "goawayerror": lambda s: [goaway(0, ENHANCE_YOUR_CALM), CLOSE],
    "goawaythis": lambda s: [goaway(s, INTERNAL_ERROR), CLOSE],
    "goawayhalf": lambda s: [begun(s), goaway(s), CLOSE],
    "goawaytwice": lambda s: [goaway(LAST), goaway(s), whole(s)],
    "goawayafter": lambda s: [goaway(s), whole(s), CLOSE],
    "goawayup": lambda s: [goaway(0), goaway(LAST), whole(s)],
    "goaway11": lambda s: [goaway(0, HTTP_1_1_REQUIRED), CLOSE],
    "goawaystream": lambda s: [frame(GOAWAY, s, struct.pack(">II", 0, 0))],
    "close": lambda s: [CLOSE],
    "closehalf": lambda s: [begun(s), CLOSE],
    "closeunknown": lambda s: [head(s) + body(s, half, end=False), CLOSE],
    "silent": lambda s: [],
    "silenthalf": lambda s: [begun(s)],
    "text": lambda s: [b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", CLOSE],
    # Windows, lengths
    "window0": lambda s: [setting(4, 0), whole(s)],
    "windowmax": lambda s: [setting(4, LAST), whole(s)],
    "windowover": lambda s: [setting(4, 2**31), whole(s)],
    "update0": lambda s: [update(0, 0), whole(s)],
    "updates0": lambda s: [update(s, 0), whole(s)],
    "updateover": lambda s: [update(0, LAST), update(0, LAST), whole(s)],
    "updatesover": lambda s: [update(s, LAST), update(s, LAST), whole(s)],
    "streams0": lambda s: [setting(3, 0), whole(s)],
    "streams1": lambda s: [setting(3, 1), whole(s)],
    "table": lambda s: [setting(1, 2**32 - 1), whole(s)],
    "framemin": lambda s: [setting(5, 1), whole(s)],
    "headmax0": lambda s: [setting(6, 0), whole(s)],
    "pushon": lambda s: [setting(2, 1), whole(s)],
    "badack": lambda s: [frame(SETTINGS, 0, b"\0" * 6, ACK), whole(s)],
    "badsettings": lambda s: [frame(SETTINGS, 0, b"\0" * 5), whole(s)],
    "large": lambda s: [head(s, length(len(image))), frame(DATA, s, image * 2, END_STREAM)],
    "beyond": lambda s: [head(s, length(len(image) - 100)), body(s, image)],
    "beyondend": lambda s: [head(s, length(len(image))), body(s, image + b"trailing garbage")],
    "short": lambda s: [head(s, length(len(image) + 100)), body(s, image)],
    "lengths": lambda s: [head(s, length(len(image)), length(len(image))), body(s, image)],
    "twolengths": lambda s: [head(s, length(len(image)), length(5)), body(s, image)],
    "badlength": lambda s: [head(s, ("content-length", "-1")), body(s, image)],
    "nolength": lambda s: [head(s), body(s, image)],
    "noend": lambda s: [head(s, length(len(image))), body(s, image, end=False)],
    "noendunknown": lambda s: [head(s), body(s, image, end=False)],
    "emptyend": lambda s: [head(s), body(s, image, end=False), frame(DATA, s, b"", END_STREAM)],
    "nobody": lambda s: [head(s, end=True)],
    "padded": lambda s: [
        head(s, length(len(image))),
        *[frame(DATA, s, b"\xff" + image[i : i + 100] + bytes(255), PADDED) for i in range(0, len(image), 100)],
        frame(DATA, s, b"", END_STREAM),
    ],
    "overpadded": lambda s: [head(s), frame(DATA, s, b"\xffabc", PADDED)],
    "overpaddedhead": lambda s: [frame(HEADERS, s, b"\xff" + ok, PADDED | END_HEADERS)],
    # Frames on a stream or in a state that forbids them
    "data0": lambda s: [frame(DATA, 0, b"x"), whole(s)],
    "dataidle": lambda s: [frame(DATA, s + 100, b"x"), whole(s)],
    "datafirst": lambda s: [body(s, image)],
    "headers0": lambda s: [head(0), whole(s)],
    "headeven": lambda s: [head(2), whole(s)],
    "headafter": lambda s: [whole(s), head(s)],
    "dataafter": lambda s: [whole(s), body(s, b"x")],
    "push": lambda s: [
        frame(PUSH_PROMISE, s, struct.pack(">I", 2) + fields(*request), END_HEADERS),
        head(2) + body(2, image),
        whole(s),
    ],
    "between": lambda s: [frame(HEADERS, s, ok), frame(PING, 0, bytes(8)), frame(CONTINUATION, s, b"", END_HEADERS), body(s, image)],
    "continued": lambda s: [frame(HEADERS, s, ok[:5]), frame(CONTINUATION, s, ok[5:], END_HEADERS), body(s, image)],
    "lone": lambda s: [frame(CONTINUATION, s, ok, END_HEADERS), body(s, image)],
    "unknown": lambda s: [frame(0xBB, s, b"what"), frame(0xBB, 0, b"what"), whole(s)],
    "altsvc": lambda s: [frame(10, 0, b"\0\x14https://evil.h2.testh3=\":1\""), whole(s)],
    "badping": lambda s: [frame(PING, 0, bytes(7)), whole(s)],
    "selfdependent": lambda s: [frame(PRIORITY, s, struct.pack(">IB", s, 0)), whole(s)],
    # Fields
    "upper": lambda s: [head(s, ("Content-Type", "image/jpeg")), body(s, image)],
    "pseudotwice": lambda s: [head(s, (":status", "200")), body(s, image)],
    "pseudolate": lambda s: [block(s, fields(("a", "b"), (":status", "200"))), body(s, image)],
    "pseudoother": lambda s: [head(s, (":path", "/")), body(s, image)],
    "nostatus": lambda s: [block(s, fields(("content-type", "image/jpeg"))), body(s, image)],
    "status0": lambda s: [head(s, status="0"), body(s, image)],
    "status099": lambda s: [head(s, status="099"), body(s, image)],
    "status1000": lambda s: [head(s, status="1000"), body(s, image)],
    "status2000": lambda s: [head(s, status="2000"), body(s, image)],
    "statusabc": lambda s: [head(s, status="abc"), body(s, image)],
    "statusempty": lambda s: [head(s, status=""), body(s, image)],
    "statusspace": lambda s: [head(s, status="200 OK"), body(s, image)],
    "status101": lambda s: [head(s, status="101"), body(s, image)],
    "status600": lambda s: [head(s, status="600"), body(s, image)],
    "status421": lambda s: [head(s, length(0), status="421", end=True)],
    "status425": lambda s: [head(s, length(0), status="425", end=True)],
    "status503": lambda s: [head(s, length(0), status="503", end=True)],
    "newline": lambda s: [head(s, ("a", "b\r\nx-robots-tag: noai")), body(s, image)],
    "nul": lambda s: [head(s, ("a", "b\0c")), body(s, image)],
    "spaces": lambda s: [head(s, ("a", " b ")), body(s, image)],
    "emptyname": lambda s: [head(s, ("", "b")), body(s, image)],
    "colon": lambda s: [head(s, ("a:b", "c")), body(s, image)],
    "connection": lambda s: [head(s, ("connection", "close")), body(s, image)],
    "keepalive": lambda s: [head(s, ("keep-alive", "timeout=5")), body(s, image)],
    "chunked": lambda s: [head(s, ("transfer-encoding", "chunked")), body(s, image)],
    "upgrade": lambda s: [head(s, ("upgrade", "h2c")), body(s, image)],
    "manyfields": lambda s: [head(s, *[("a%d" % i, "b" * 20) for i in range(400)]), body(s, image)],
    "bigfield": lambda s: [head(s, ("a", "b" * 16000)), body(s, image)],
    "bomb": lambda s: [bomb(s), body(s, image)],
    "index0": lambda s: [block(s, b"\x80"), body(s, image)],
    "index200": lambda s: [block(s, b"\xff\x49"), body(s, image)],
    "overflow": lambda s: [block(s, b"\xff" + b"\xff" * 10 + b"\x7f"), body(s, image)],
    "tablesize": lambda s: [block(s, b"\x3f\xff\xff\x7f" + ok), body(s, image)],
    "huffman": lambda s: [block(s, b"\0" + text(":status") + b"\x82\xff\xff"), body(s, image)],
    "cut": lambda s: [block(s, ok[:-1]), body(s, image)],
    "indexed": lambda s: [block(s, b"\x88"), body(s, image)],
    "trailer": lambda s: [head(s), body(s, image, end=False), block(s, fields(("x", "y")), end=True)],
    "trailerlength": lambda s: [head(s, length(len(image))), body(s, image, end=False), block(s, fields(("x", "y")), end=True)],
    "traileropen": lambda s: [head(s), body(s, image, end=False), block(s, fields(("x", "y")))],
    "trailerpseudo": lambda s: [head(s), body(s, image, end=False), head(s, end=True)],
    "info": lambda s: [head(s, status="100") + head(s, ("link", "</a>"), status="103"), whole(s)],
    "infoend": lambda s: [head(s, status="103", end=True)],
    "infodata": lambda s: [head(s, status="103") + body(s, image)],
    "twoheads": lambda s: [head(s), head(s), body(s, image)],
    "relocated": lambda s: [head(s, ("location", elsewhere), status="302", end=True)],
    "gzip": lambda s: [head(s, ("content-encoding", "gzip")), body(s, gzip.compress(image))],
}

# Floods: the bytes sent first, and those repeated for ever.
FLOODS = {
    "settings": lambda s: (b"", setting(4, 65535)),
    "settingsack": lambda s: (b"", frame(SETTINGS, 0, b"", ACK)),
    "pings": lambda s: (b"", frame(PING, 0, bytes(8))),
    "pingacks": lambda s: (b"", frame(PING, 0, bytes(8), ACK)),
    "updates": lambda s: (b"", update(0, 1)),
    "priorities": lambda s: (b"", frame(PRIORITY, s, struct.pack(">IB", 0, 9))),
    "unknowns": lambda s: (b"", frame(0xBB, 0, bytes(1000))),
    "resets": lambda s: (b"", rst(s, CANCEL)),
    "goaways": lambda s: (b"", goaway(LAST)),
    "continuation": lambda s: (frame(HEADERS, s, ok), frame(CONTINUATION, s, fields(("a", "b")))),
    "continuation0": lambda s: (frame(HEADERS, s, ok), frame(CONTINUATION, s)),
    "infos": lambda s: (b"", head(s, status="103")),
    "emptydata": lambda s: (head(s), frame(DATA, s)),
    "emptydata8": lambda s: (begun(s), frame(DATA, s)),
    "paddeddata": lambda s: (head(s), frame(DATA, s, b"\xff" + bytes(255), PADDED)),
    "pingshalf": lambda s: (begun(s), frame(PING, 0, bytes(8))),
    "unknownshalf": lambda s: (begun(s), frame(0xBB, 0, bytes(1000))),
    "settingshalf": lambda s: (begun(s), setting(4, 65535)),
    "trailers": lambda s: (head(s) + body(s, image, end=False) + frame(HEADERS, s, b"", END_STREAM), frame(CONTINUATION, s, fields(("a", "b")))),
    "endless": lambda s: (head(s), frame(DATA, s, bytes(1000))),
    "byte": lambda s: (head(s), frame(DATA, s, b"x")),
}

# ---- the server ----

streams = collections.Counter()  # of a name, on all of its connections


def say(*words):
    print(*words, flush=True)


async def flood(writer, first, again):
    writer.write(first)
    again *= 65536 // len(again) + 1
    while True:
        writer.write(again)
        await writer.drain()
        await asyncio.sleep(0)  # drain() may not wait, not even when the connection is lost


async def answer(writer, name, s, tasks):
    streams[name] += 1
    mode, _, when = name.split(".")[0].partition("-")
    is_good = mode == "good" or (s == 1 if when == "later" else when and streams[name] > int(when))
    if mode in FLOODS and not is_good:
        tasks.append(asyncio.create_task(flood(writer, *FLOODS[mode](s))))
        return
    script = [whole(s)] if is_good else SCRIPTS[mode](s)
    for part in script:
        if writer.is_closing():
            return
        if part is CLOSE:
            await writer.drain()
            writer.close()
            return
        writer.write(part)
    await writer.drain()


async def serve_http1(reader, writer):
    while True:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(image) + image)


async def serve_http2(reader, writer, name, tasks):
    await reader.readexactly(24)  # the preface
    writer.write(frame(SETTINGS, 0))
    while True:
        start = await reader.readexactly(9)
        kind, flags, s = struct.unpack(">BBI", start[3:])
        payload = await reader.readexactly(int.from_bytes(start[:3], "big"))
        if kind == SETTINGS and not flags & ACK:
            writer.write(frame(SETTINGS, 0, b"", ACK))
        elif kind == PING and not flags & ACK:
            writer.write(frame(PING, 0, payload, ACK))
        elif kind == HEADERS:
            say("stream", name, s)
            await answer(writer, name, s, tasks)


async def take(reader, writer):
    tls = writer.get_extra_info("ssl_object")
    name = getattr(tls, "asked_name", "good")
    tasks = []
    say("connection", name, tls.selected_alpn_protocol())
    try:
        if tls.selected_alpn_protocol() == "h2":
            await serve_http2(reader, writer, name, tasks)
        else:
            await serve_http1(reader, writer)
    except (asyncio.IncompleteReadError, OSError):
        pass
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    writer.close()


def note_name(tls, name, _):
    tls.asked_name = name or "good"


async def main(port, certificate, key):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    tls.set_alpn_protocols(["h2", "http/1.1"])
    tls.sni_callback = note_name
    server = await asyncio.start_server(take, ["127.0.0.1", "127.0.0.2"], port, ssl=tls, backlog=1000)
    say("ready")
    await server.serve_forever()


asyncio.run(main(int(sys.argv[1]), *sys.argv[2:4]))
