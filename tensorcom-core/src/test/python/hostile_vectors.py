# SPDX-License-Identifier: Apache-2.0
"""Writes messages that are not batches, for every implementation to refuse: hostile_vectors.py FOLDER"""

import json
import pathlib
import struct
import sys

import numpy as np

HUGE = 1 << 62
F4, U1 = (int.from_bytes(code, "little") for code in (b"f4", b"u1"))
CHUNK = b"~TenBin~"


def header(*words, dtype=F4, info=0, rank=None):
    rank = len(words) if rank is None else rank
    return struct.pack(f"<{3 + len(words)}q", dtype, info, rank, *words)


def chunk(payload, length=None):
    length = len(payload) if length is None else length
    return CHUNK + struct.pack("<q", length) + payload + b"\0" * (-len(payload) % 64)


GOOD = [header(2), np.ones(2, "<f4").tobytes()]
REFUSED = {
    "no-bytes": [b""],
    "two-empty-frames": [b"", b""],
    "odd-frames": [*GOOD, header(2)],
    "too-many-tensors": GOOD * 129,
    "header-not-of-words": [header(2) + b"x", GOOD[1]],
    "header-short": [header(2)[:16], GOOD[1]],
    "header-long": [header(2, *[0] * 600, rank=1), GOOD[1]],
    "dtype-unknown": [header(2, dtype=0x7A7A), GOOD[1]],
    "info-not-ascii": [header(2, info=0xFF), GOOD[1]],
    "info-after-nul": [header(2, info=0x6100), GOOD[1]],
    "rank-negative": [header(2, rank=-1), GOOD[1]],
    "rank-ten": [header(*[1] * 10), b"1234"],
    "rank-beyond-header": [header(2, rank=2), GOOD[1]],
    "rank-huge": [header(2, rank=HUGE), GOOD[1]],
    "dimension-negative": [header(-2), GOOD[1]],
    "dimensions-negative-twice": [header(-1, -2), GOOD[1]],
    "size-wraps-to-0": [header(HUGE), b""],
    "size-wraps-to-4": [header(HUGE, 4, 1), b"1234"],
    "size-2-gib": [header(1 << 31, dtype=U1), b""],
    "data-short": [header(3), GOOD[1]],
    "data-long": [header(1), GOOD[1]],
    "chunk-magic": [b"~TenBon~" + chunk(GOOD[0])[8:]],
    "chunk-length-negative": [chunk(GOOD[0], -64)],
    "chunk-length-64-bits": [chunk(GOOD[0], (1 << 63) - 1)],
    "chunk-beyond-end": [chunk(GOOD[0], 100)],
    "chunk-alone": [chunk(GOOD[0])],
    "chunk-head-cut": [chunk(GOOD[0]) + CHUNK],
}
# No bytes, of a shape that some languages have no array for.
EITHER = {
    "empty-beyond-memory": [header(0, HUGE, 4), b""],
    "empty-beyond-words": [header((1 << 63) - 1, (1 << 63) - 1, 0), b""],
}


def main() -> None:
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(exist_ok=True)
    for name, frames in (REFUSED | EITHER).items():
        parts = (struct.pack("<q", len(frame)) + frame for frame in frames)
        (folder / f"{name}.frames").write_bytes(b"".join(parts))
    manifest = {name: "refused" for name in REFUSED} | {name: "either" for name in EITHER}
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")


if __name__ == "__main__":
    main()
