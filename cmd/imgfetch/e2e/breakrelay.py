"""breakrelay.py PORT TO N HOW

Takes TCP connections at 127.0.0.1:PORT to 127.0.0.1:TO, but breaks the first N off when their first
bytes have come. HOW: `close`, `reset`, or `alert`, with the internal error of TLS. If N is `resumed`,
those are broken off that offer a session of TLS 1.3. A line on standard output says that it is ready,
and one each that a connection was broken off.
"""

import socket
import struct
import sys
import threading

port, to, how = int(sys.argv[1]), int(sys.argv[2]), sys.argv[4]
resumed = sys.argv[3] == "resumed"
left = 0 if resumed else int(sys.argv[3])


def offers_session(hello):
    """True if a ClientHello has the extension pre_shared_key (RFC 8446, section 4.2.11)."""
    at = 43  # behind record, message, version and random number
    at += 1 + hello[at]
    at += 2 + int.from_bytes(hello[at : at + 2], "big")
    at += 1 + hello[at] + 2
    while at + 4 <= len(hello):
        kind, size = struct.unpack(">HH", hello[at : at + 4])
        if kind == 41:
            return True
        at += 4 + size
    return False


def pass_on(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        sink.close()


def break_off(client):
    client.recv(65536)
    if how == "alert":
        client.sendall(b"\x15\3\3\0\2\2\x50")  # 80, fatal
    if how == "reset":
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
    print("broken off", flush=True)


here = socket.create_server(("127.0.0.1", port))
print("ready", flush=True)
while True:
    client, _ = here.accept()
    if left or (resumed and offers_session(client.recv(65536, socket.MSG_PEEK))):
        left -= left > 0
        break_off(client)
        continue
    server = socket.create_connection(("127.0.0.1", to))
    for pair in (client, server), (server, client):
        threading.Thread(target=pass_on, args=pair, daemon=True).start()
