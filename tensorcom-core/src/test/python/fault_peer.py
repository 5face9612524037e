# SPDX-License-Identifier: Apache-2.0
"""What io.tensorcom.FaultyPeer is in Java: fault_peer.py send|recv URL[,URL] LOG INCARNATION [PACE]"""

import hashlib
import pathlib
import sys
import threading
import time

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[4] / "examples" / "python"))
import tensorcom_stream as ts  # noqa: E402

role, urls, log, incarnation = sys.argv[1], sys.argv[2].split(","), open(sys.argv[3], "w"), int(sys.argv[4])
pace = int(sys.argv[5]) / 1000 if len(sys.argv) > 5 else 0.005
ending = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(1), ending.set()), daemon=True).start()


def note(*words) -> None:
    log.write(" ".join(map(str, words)) + "\n")
    log.flush()


def digest(tensor) -> str:
    return hashlib.sha256(tensor.tobytes()).hexdigest()


def send(sender, number: int, last: bool) -> None:
    rng = np.random.default_rng([incarnation, number])
    body = rng.integers(0, 256, 200_000 if rng.integers(4) == 0 else 1 + rng.integers(5000), np.uint8)
    note(number, digest(body), time.time_ns())
    sender.send([np.array([incarnation, number]), body], 120, last_of_stream=last)


if role == "send":
    with ts.StreamSender(*urls, slow=1.0, drain=10) as sender:
        print("ready", sender.endpoints[0].rsplit(":", 1)[1], flush=True)
        number = 0
        while not ending.wait(pace):
            send(sender, number, False)
            number += 1
        send(sender, number, True)
else:
    with ts.StreamReceiver(*urls) as receiver:
        print("ready", flush=True)
        heard = time.monotonic()
        while not ending.is_set() or time.monotonic() < heard + 3:
            batch = receiver.poll(0.1)
            if batch:
                heard = time.monotonic()
                o = receiver.origin
                note(f"{o.stream_id:016x}", *map(int, batch[0]), digest(batch[1]), o.sent_at)
        for stream, a in receiver.streams.items():
            note("report", f"{stream:016x}", a.received, a.missing, str(a.ended).lower())
