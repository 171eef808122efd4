"""breakrelay.py PORT TO N HOW

Takes TCP connections at 127.0.0.1:PORT to 127.0.0.1:TO, but breaks the first N off when their first
bytes have come. HOW: `close`, or `reset`. A line on standard output says that it is ready.
"""

import socket
import struct
import sys
import threading

port, to, left, how = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]


def pass_on(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        sink.close()


def break_off(client):
    client.recv(65536)
    if how == "reset":
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


here = socket.create_server(("127.0.0.1", port))
print("ready", flush=True)
while True:
    client, _ = here.accept()
    if left:
        left -= 1
        break_off(client)
        continue
    server = socket.create_connection(("127.0.0.1", to))
    for pair in (client, server), (server, client):
        threading.Thread(target=pass_on, args=pair, daemon=True).start()
