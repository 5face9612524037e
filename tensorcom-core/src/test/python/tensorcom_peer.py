# SPDX-License-Identifier: Apache-2.0
"""The Python tensorcom, unmodified, as a peer of the tests: only Connection.send and recv are used.

usage: tensorcom_peer.py send|recv URL COUNT [single]

Prints "ready" and its port once bound or connected, then one JSON line per batch with dtype, shape
and the sha256 of each tensor's data. A sender waits for the line "go" on standard input before the
first batch, and for its end after the last, because the package drops what is queued when it exits.
Before that, the line "probe" makes it send a batch of rank 9 that counts for nothing: so a subscriber
knows that it is heard.
"""
import hashlib
import json
import sys

import numpy as np
import zmq
from tensorcom import Connection

# uint32 is missing: the package's table misspells its name.
DTYPES = "float16 float32 float64 int8 int16 int32 int64 uint8 uint16 uint64".split()
SHAPES = [(3,), (4, 5), (2, 3, 4), (1, 2, 3, 4), (16, 32, 32, 3), (0, 7)]


def describe(arrays):
    return json.dumps([
        {
            "dtype": str(a.dtype),
            "shape": list(a.shape),
            "sha256": hashlib.sha256(np.ascontiguousarray(a).tobytes()).hexdigest(),
        }
        for a in arrays
    ])


def batch(index):
    random = np.random.RandomState(index)
    arrays = []
    for k in range(1 + index % 4):
        dtype = DTYPES[(index + 3 * k) % len(DTYPES)]
        shape = SHAPES[(index + k) % len(SHAPES)]
        size = int(np.prod(shape)) * np.dtype(dtype).itemsize
        arrays.append(np.frombuffer(random.bytes(size), dtype=dtype).reshape(shape))
    return arrays


def numpy_of(tensor):
    return tensor if isinstance(tensor, np.ndarray) else tensor.numpy()


def main():
    role, url, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    connection = Connection(url, multipart="single" not in sys.argv[4:])
    place = connection.socket.getsockopt(zmq.LAST_ENDPOINT).decode().rstrip("\0")
    print("ready", place.rsplit(":", 1)[1] if place.startswith("tcp") else "", flush=True)
    if role == "send":
        while sys.stdin.readline().strip() == "probe":
            connection.send([np.zeros((1,) * 9, np.uint8)])
        for i in range(count):
            arrays = batch(i)
            print(describe(arrays), flush=True)
            connection.send(arrays, allow64=True)
        sys.stdin.read()
    else:
        for _ in range(count):
            print(describe([numpy_of(t) for t in connection.recv()]), flush=True)


if __name__ == "__main__":
    main()
