# SPDX-License-Identifier: Apache-2.0
"""libzmq as a peer of the tests, through pyzmq.

usage: zmq_peer.py push|pub|pull|sub bind|connect ENDPOINT COUNT [HEX_TOPIC]

Prints "ready". A receiver then prints one JSON list of frames (length, sha256) per message. A
sender reads one JSON list of hexadecimal frames per line from standard input, sends each as a
message, and lingers until all are written.
"""
import hashlib
import json
import sys

import zmq

ROLES = {"push": zmq.PUSH, "pub": zmq.PUB, "pull": zmq.PULL, "sub": zmq.SUB}


def main():
    role, attach, endpoint, count = sys.argv[1:4] + [int(sys.argv[4])]
    socket = zmq.Context().socket(ROLES[role])
    if role == "sub":
        socket.subscribe(bytes.fromhex(sys.argv[5] if len(sys.argv) > 5 else ""))
    getattr(socket, attach)(endpoint)
    print("ready", flush=True)
    if role in ("push", "pub"):
        for line in sys.stdin:
            socket.send_multipart([bytes.fromhex(frame) for frame in json.loads(line)])
    else:
        for _ in range(count):
            frames = socket.recv_multipart()
            print(json.dumps([
                {"length": len(f), "sha256": hashlib.sha256(f).hexdigest()} for f in frames
            ]), flush=True)


if __name__ == "__main__":
    main()
