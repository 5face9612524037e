# SPDX-License-Identifier: Apache-2.0
"""libzmq as a peer of the tests, through pyzmq.

usage: zmq_peer.py push|pub|pull|sub bind|connect ENDPOINT COUNT [HEX_TOPIC]

Prints "ready", and the port it is bound to. A receiver then prints one JSON list of frames (length, sha256) per message. A
sender reads one JSON list of frames per line from standard input, sends each as a message, and
lingers until all are written: a frame is hexadecimal text, or the length of a known pattern.
Environment: ZMQ_PEER_HEARTBEAT_MS sends PING so often, ZMQ_PEER_PAUSE_MS waits before each receive.
"""
import hashlib
import json
import os
import sys
import time

import zmq

ROLES = {"push": zmq.PUSH, "pub": zmq.PUB, "pull": zmq.PULL, "sub": zmq.SUB}
PATTERN = bytes(range(251))


def frame(told):
    if isinstance(told, str):
        return bytes.fromhex(told)
    return (PATTERN * (told // len(PATTERN) + 1))[:told]


def main():
    role, attach, endpoint, count = sys.argv[1:4] + [int(sys.argv[4])]
    socket = zmq.Context().socket(ROLES[role])
    heartbeat = int(os.environ.get("ZMQ_PEER_HEARTBEAT_MS", "0"))
    pause = int(os.environ.get("ZMQ_PEER_PAUSE_MS", "0")) / 1000
    if heartbeat:
        socket.heartbeat_ivl = heartbeat
        socket.heartbeat_timeout = 20 * heartbeat
        socket.heartbeat_ttl = 20 * heartbeat
    if role == "sub":
        socket.subscribe(bytes.fromhex(sys.argv[5] if len(sys.argv) > 5 else ""))
    getattr(socket, attach)(endpoint)
    bound = socket.getsockopt(zmq.LAST_ENDPOINT).decode().rstrip("\0") if attach == "bind" else ""
    print("ready", bound.rsplit(":", 1)[1] if bound.startswith("tcp") else "", flush=True)
    if role in ("push", "pub"):
        for line in sys.stdin:
            socket.send_multipart([frame(told) for told in json.loads(line)])
    else:
        for _ in range(count):
            time.sleep(pause)
            frames = socket.recv_multipart()
            print(json.dumps([
                {"length": len(f), "sha256": hashlib.sha256(f).hexdigest()} for f in frames
            ]), flush=True)


if __name__ == "__main__":
    main()
