"""udprelay.py PORT TO [MODE]

Takes datagrams at 127.0.0.1:PORT to 127.0.0.1:TO and back. A line on standard output says that it
is ready, and later ones tell of each client. MODE:

  lose=N             every N-th datagram of each client is lost, in both directions
  mute=FILE          while FILE exists, all are lost
  flood=N            each answer is followed by N datagrams that are no QUIC
  client-moves=FILE  when FILE appears, it is removed, and those who are clients then have another
                     address and port for the server from then on, as when a NAT forgets
  server-moves=FILE  likewise, but their answers come from another port
"""

import os
import select
import socket
import sys

port, to = int(sys.argv[1]), int(sys.argv[2])
mode, _, value = (sys.argv[3] if len(sys.argv) > 3 else "").partition("=")

here = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
here.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
here.bind(("127.0.0.1", port))
elsewhere = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
elsewhere.bind(("127.0.0.1", 0))
clients = {}  # by address: the socket to the server
moved = set()  # of clients
counts = {}  # of datagrams, by address


def is_lost(client):
    counts[client] = counts.get(client, 0) + 1
    if mode == "mute":
        return os.path.exists(value)
    return mode == "lose" and counts[client] % int(value) == 0


def open_socket(client, address):
    clients[client] = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    clients[client].setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    clients[client].bind((address, 0))
    clients[client].connect(("127.0.0.1", to))


def socket_of(client):
    if client not in clients:
        print("client", client[1], flush=True)
        open_socket(client, "127.0.0.1")
    return clients[client]


def move():
    if mode.endswith("-moves") and os.path.exists(value):
        os.remove(value)
        moved.update(clients)
        for client in clients if mode == "client-moves" else []:
            clients[client].close()
            open_socket(client, "127.0.0.2")


def answer(data, client):
    has_left = mode == "server-moves" and client in moved
    (elsewhere if has_left else here).sendto(data, client)
    for i in range(int(value) if mode == "flood" else 0):
        here.sendto(bytes([i % 256]) * 1200, client)


print("ready", flush=True)
while True:
    move()
    for ready in select.select([here, *clients.values()], [], [])[0]:
        try:
            if ready is here:
                data, client = here.recvfrom(65536)
                server = socket_of(client)
                if not is_lost(client):
                    server.send(data)
            else:
                data = ready.recv(65536)
                client = next(c for c, s in clients.items() if s is ready)
                if not is_lost(client):
                    answer(data, client)
        except ConnectionRefusedError:  # one end is closed
            pass
