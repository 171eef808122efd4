"""lossylink.py MS LOSS SEED FAR NEAR

Runs two shell commands at the ends of a long line: FAR, a server, in a network namespace with the
address 10.77.0.2, and NEAR in another with 10.77.0.1. Every IP packet from one to the other takes
MS/2 ms, so a round trip takes MS. A share of LOSS, from 0 to 1, is lost. Which ones those are is
drawn by a generator of random numbers that begins with SEED. So TCP and QUIC do what they do on a
real line; the kernel needs no netem.

NEAR begins when FAR listens on TCP. FAR is killed when NEAR ends, whose exit status is ours.
Needs root and /dev/net/tun.
"""

import collections
import ctypes
import fcntl
import os
import random
import select
import signal
import struct
import subprocess
import sys
import time

CLONE_NEWNET = 0x40000000
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000  # linux/if_tun.h


def enter_new_namespace(address):
    """This process and those it starts from now on are there. The TUN device that leads out of it
    is open until we end, wherever we go."""
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET):
        sys.exit(f"lossylink: unshare: {os.strerror(ctypes.get_errno())}")
    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", b"line", IFF_TUN | IFF_NO_PI))
    for words in ("link set lo up", f"addr add {address}/24 dev line", "link set line up"):
        subprocess.run(["ip", *words.split()], check=True)
    return tun


def await_listener(server):
    while server.poll() is None:
        with open("/proc/self/net/tcp", encoding="ascii") as sockets:
            if any(line.split()[3] == "0A" for line in sockets):  # TCP_LISTEN
                return
        time.sleep(0.02)
    sys.exit("lossylink: the server has ended")


def read_packets(tun):
    while True:
        try:
            yield os.read(tun, 65536)
        except BlockingIOError:
            return


def carry(ends, delay, loss, seed, client):
    """Passes packets on until the client ends."""
    other = {ends[0]: ends[1], ends[1]: ends[0]}
    drawn = random.Random(seed)
    under_way = collections.deque()  # (when it arrives, where, the packet), in this order
    ended = os.pidfd_open(client.pid)
    ready = []
    while ended not in ready:
        wait = max(0, under_way[0][0] - time.monotonic()) if under_way else None
        ready = select.select([*ends, ended], [], [], wait)[0]
        for tun in other.keys() & set(ready):
            for packet in read_packets(tun):
                if drawn.random() >= loss:
                    under_way.append((time.monotonic() + delay, other[tun], packet))
        while under_way and under_way[0][0] <= time.monotonic():
            _, tun, packet = under_way.popleft()
            os.write(tun, packet)


def main(ms, loss, seed, far, near):
    ends = [enter_new_namespace("10.77.0.2")]
    server = subprocess.Popen(["bash", "-c", far], start_new_session=True)
    try:
        await_listener(server)
        ends.append(enter_new_namespace("10.77.0.1"))
        client = subprocess.Popen(["bash", "-c", near])
        carry(ends, float(ms) / 2000, float(loss), int(seed), client)
        return client.wait()
    finally:
        os.killpg(server.pid, signal.SIGKILL)


sys.exit(main(*sys.argv[1:]))
