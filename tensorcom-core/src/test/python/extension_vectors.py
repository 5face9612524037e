# SPDX-License-Identifier: Apache-2.0
"""Writes the golden vectors of the header extension, and of ends for pullers: extension_vectors.py FOLDER"""

import dataclasses
import json
import pathlib
import struct
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[4] / "examples" / "python"))
import tensorcom_stream as ts  # noqa: E402

BATCH = [np.arange(24, dtype=np.uint8).reshape(2, 3, 4), np.array([1, -2], np.int32)]
INFOS = ["images", "classes"]
START = 3 + BATCH[0].ndim  # of the extension, in words of the first header
ORIGINS = {
    "first": ts.Origin(0x0123456789ABCDEF, 0, sent_at=1_700_000_000_000_000_000),
    "ends": ts.Origin(2**64 - 1, 41, 2, 13, 5, 6, 7, ts.LAST_OF_EPOCH | ts.LAST_OF_STREAM, 1),
    "checksum": ts.Origin(1, 2**62, 3, 4, flags=ts.CHECKSUM, sent_at=2),
    "unknown-flags": ts.Origin(2, 3, 4, 5, flags=1 << 40 | ts.LAST_OF_EPOCH, sent_at=6),
}
END = b"X-TENSORCOM-END"
ENDS = {
    "end-of-epoch": {
        "stream_id": 0x0123456789ABCDEF, "last_sequence": 41, "epoch": 2, "batches": 14, "last_of_stream": False,
    },
    "end-of-stream": {
        "stream_id": 2**64 - 1, "last_sequence": 2**62, "epoch": 2**33, "batches": 2**34, "last_of_stream": True,
    },
}  # fmt: skip


def write(folder: pathlib.Path, name: str, frames) -> None:
    parts = (struct.pack("<q", len(frame)) + bytes(frame) for frame in frames)
    (folder / f"{name}.frames").write_bytes(b"".join(parts))


def altered(frames, at: int, value: int, count: int = ts.EXTENSION_WORDS) -> list:
    """The frames with one word of the extension changed and so many words in it; a thirteenth is 99."""
    words = [*np.frombuffer(frames[0], "<i8").tolist(), 99]
    words[START + at] = value
    return [np.array(words[: START + count], "<i8").tobytes(), *frames[1:]]


def write_altered(folder: pathlib.Path) -> dict:
    """Writes what no sender of this version sends, and returns what is to be read of it."""
    first = ts.encode(BATCH, ORIGINS["first"], INFOS)
    summed = ts.encode(BATCH, ORIGINS["checksum"], INFOS)
    (checksum,) = struct.unpack("<q", summed[0][-8:])
    write(folder, "later-word", altered(first, 1, 13, 13))
    write(folder, "other-magic", altered(first, 0, ts.EXTENSION + 1))
    write(folder, "eleven-words", altered(first, 1, 11, 11))
    write(folder, "negative-sequence", altered(first, 3, -1))
    write(folder, "wrong-checksum", altered(summed, 11, checksum ^ 1))
    ignored = dict.fromkeys(["other-magic", "eleven-words", "negative-sequence"])
    return {"later-word": described(ORIGINS["first"]), **ignored, "wrong-checksum": "refused"}


def described(origin: ts.Origin) -> dict:
    return dataclasses.asdict(origin) | {"stream_id": f"{origin.stream_id:016x}"}


def main() -> None:
    folder = pathlib.Path(sys.argv[1])
    manifest = {}
    for name, origin in ORIGINS.items():
        write(folder, name, ts.encode(BATCH, origin, INFOS))
        manifest[name] = described(origin)
    manifest |= write_altered(folder)
    for name, end in ENDS.items():
        words = struct.pack("<Q4q", *end.values())
        (folder / f"{name}.command").write_bytes(bytes([len(END)]) + END + words)
        manifest[name] = end | {"stream_id": f"{end['stream_id']:016x}"}
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")


if __name__ == "__main__":
    main()
