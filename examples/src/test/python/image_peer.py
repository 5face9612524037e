# SPDX-License-Identifier: Apache-2.0
"""The Python tensorcom, unmodified, as a server of images: dark ones of class 0, bright ones of class 1.

usage: image_peer.py URL BATCHES

Prints "ready" and its port once bound, sends, and waits for the end of standard input, because the
package drops what is queued when it exits.
"""
import sys

import numpy as np
import zmq
from tensorcom import Connection

connection = Connection(sys.argv[1])
place = connection.socket.getsockopt(zmq.LAST_ENDPOINT).decode()
print("ready", place.rstrip("\0").rsplit(":", 1)[1], flush=True)
classes = np.arange(8, dtype=np.int32) % 2
images = np.repeat(np.where(classes == 0, 20, 230).astype(np.uint8), 16 * 16 * 3).reshape(8, 16, 16, 3)
for _ in range(int(sys.argv[2])):
    connection.send([images, classes])
sys.stdin.read()
