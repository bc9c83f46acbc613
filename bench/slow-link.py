"""A link between this machine and a network namespace that loses and delays packets, where the
kernel has no netem: two TUN devices, and this program between them.

usage: slow-link.py NAMESPACE MILLISECONDS_EACH_WAY LOSS_EACH_WAY
Prints `ready` once packets pass; ends when its standard input does.
"""

import ctypes
import fcntl
import heapq
import os
import random
import select
import struct
import subprocess
import sys
import time

CLONE_NEWNET = 0x40000000
TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
NEAR, FAR = "10.231.90.1", "10.231.90.2"


def ip(*words):
    subprocess.run(["ip", *words], check=True)


def open_tun(name):
    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN | IFF_NO_PI))
    return tun


def enter(path):
    with open(path) as namespace:
        if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")


def main(namespace, delay, loss):
    ip("netns", "add", namespace)
    try:
        near = open_tun("hfslow0")
        home = os.open("/proc/self/ns/net", os.O_RDONLY)
        enter(f"/var/run/netns/{namespace}")
        far = open_tun("hfslow1")
        enter(f"/proc/self/fd/{home}")
        for inside, device, own, other in (
            ((), "hfslow0", NEAR, FAR),
            (("-n", namespace), "hfslow1", FAR, NEAR),
        ):
            ip(*inside, "addr", "add", own, "peer", other, "dev", device)
            ip(*inside, "link", "set", device, "txqueuelen", "1000", "up")
        ip("-n", namespace, "link", "set", "lo", "up")
        print("ready", flush=True)
        forward(near, far, delay, loss)
    finally:
        ip("netns", "del", namespace)


def forward(near, far, delay, loss):
    waiting, number = [], 0
    while True:
        wait = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
        readable, _, _ = select.select([near, far, sys.stdin], [], [], wait)
        if sys.stdin in readable and not sys.stdin.readline():
            return
        for source, target in ((near, far), (far, near)):
            while source in readable:
                try:
                    packet = os.read(source, 65536)
                except BlockingIOError:
                    break
                if random.random() >= loss:
                    number += 1
                    heapq.heappush(waiting, (time.monotonic() + delay, number, target, packet))
        while waiting and waiting[0][0] <= time.monotonic():
            _, _, target, packet = heapq.heappop(waiting)
            try:
                os.write(target, packet)
            except OSError:
                pass


main(sys.argv[1], float(sys.argv[2]) / 1000, float(sys.argv[3]))
