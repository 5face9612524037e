# SPDX-License-Identifier: Apache-2.0
"""One side of a stream in examples/python: stream_peer.py send|recv URL COUNT [single|checksum]"""

import hashlib
import json
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[4] / "examples" / "python"))
import tensorcom_stream as ts  # noqa: E402

role, url, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
mode = sys.argv[4] if len(sys.argv) > 4 else ""


def describe(batch):
    return [
        {"dtype": t.dtype.name, "shape": list(t.shape), "sha256": hashlib.sha256(t.tobytes()).hexdigest()}
        for t in batch
    ]


def ports(socket):
    return [endpoint.rsplit(":", 1)[1] for endpoint in socket.endpoints]


def say(value) -> None:
    print(json.dumps(value), flush=True)


if role == "send":
    with ts.StreamSender(url, slow=30, drain=30, single=mode == "single", checksum=mode == "checksum") as sender:
        print("ready", *ports(sender), flush=True)
        sys.stdin.readline()
        assert sender.role != "pub" or sender.await_subscriptions(1, 30)
        rng = np.random.default_rng(1)
        dtypes = list(ts.DTYPES.values())
        for i in range(count):
            if i == count // 2 and mode == "gap":
                sender.sequence += 3
            shape = (1 + i % 5, 64, 33)
            batch = [rng.integers(0, 100, shape).astype(dtypes[(i + k) % 11]) for k in range(1 + i % 3)]
            told = {"infos": ["img", "cls"][: len(batch)], "shard": (4, i)} if mode == "shard" else {}
            sender.send(batch, 30, last_of_epoch=i == count // 2 - 1, last_of_stream=i == count - 1, **told)
            say(describe(batch))
        sys.stdin.read()
else:
    with ts.StreamReceiver(url, timeout=30) as receiver:
        print("ready", *ports(receiver), flush=True)
        for _ in range(count):
            say(describe(receiver.receive()))
        account = next(iter(receiver.streams.values()), None)
        say({
            "account": receiver.account(),
            "malformed": receiver.malformed,
            "received": account.received if account else 0,
            "missing": account.missing if account else 0,
            "ended": account.ended if account else False,
            "epochs": account.ended_epochs if account else 0,
        })
        sys.stdin.read()
