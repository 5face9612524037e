# SPDX-License-Identifier: Apache-2.0
"""A network card in a pod, and the other end of its cable in a node's bridge, with delay and loss.

What netem does, where the kernel has none. Runs as root outside, and ends with standard input.
  usage: bad-link.py POD_PID NODE_PID PORT DELAY_MS LOSS_PERCENT SEED
"""
import ctypes
import fcntl
import heapq
import os
import random
import selectors
import struct
import sys
import time

CLONE_NEWNET = 0x40000000
TUNSETIFF = 0x400454CA
IFF_TAP_NO_PI = 0x0002 | 0x1000


def tap(pid, name):
    """A TAP device in the network of a process. Without offloads: every frame is whole."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open(f"/proc/{pid}/ns/net") as there:
        if libc.setns(there.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP_NO_PI))
    return device


def main():
    pod, node, port = sys.argv[1:4]
    delay, loss, seed = float(sys.argv[4]) / 1000, float(sys.argv[5]) / 100, int(sys.argv[6])
    ends = [tap(pod, "eth0"), tap(node, port)]
    chance = random.Random(seed)
    late = []  # (when, number, to, frame)
    number = lost = 0
    selector = selectors.DefaultSelector()
    for end in ends + [sys.stdin.fileno()]:
        selector.register(end, selectors.EVENT_READ)
    print("ready", flush=True)
    while True:
        wait = max(0, late[0][0] - time.monotonic()) if late else None
        for key, _ in selector.select(wait):
            if key.fd == sys.stdin.fileno():
                print(f"frames {number} lost {lost}", flush=True)
                return
            frame = os.read(key.fd, 65536)
            number += 1
            if chance.random() < loss:
                lost += 1
                continue
            to = ends[1 - ends.index(key.fd)]
            heapq.heappush(late, (time.monotonic() + delay, number, to, frame))
        while late and late[0][0] <= time.monotonic():
            _, _, to, frame = heapq.heappop(late)
            try:
                os.write(to, frame)
            except OSError:
                lost += 1  # Down, or its queue is full.


main()
