# SPDX-License-Identifier: Apache-2.0
"""Writes the golden vectors of the header extension: extension_vectors.py FOLDER"""

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
ORIGINS = {
    "first": ts.Origin(0x0123456789ABCDEF, 0, sent_at=1_700_000_000_000_000_000),
    "ends": ts.Origin(2**64 - 1, 41, 2, 13, 5, 6, 7, ts.LAST_OF_EPOCH | ts.LAST_OF_STREAM, 1),
    "checksum": ts.Origin(1, 2**62, 3, 4, flags=ts.CHECKSUM, sent_at=2),
    "unknown-flags": ts.Origin(2, 3, 4, 5, flags=1 << 40 | ts.LAST_OF_EPOCH, sent_at=6),
}


def write(folder: pathlib.Path, name: str, frames) -> None:
    parts = (struct.pack("<q", len(frame)) + bytes(frame) for frame in frames)
    (folder / f"{name}.frames").write_bytes(b"".join(parts))


def main() -> None:
    folder = pathlib.Path(sys.argv[1])
    manifest = {}
    for name, origin in ORIGINS.items():
        frames = ts.encode(BATCH, origin, INFOS)
        write(folder, name, frames)
        manifest[name] = dataclasses.asdict(origin) | {"stream_id": f"{origin.stream_id:016x}"}
        if name == "first":
            words = np.frombuffer(frames[0], "<i8").copy()
            words[7] = 13
            write(folder, "later-word", [np.append(words, 99).tobytes(), *frames[1:]])
            manifest["later-word"] = manifest[name]
            words[6] += 1
            write(folder, "other-magic", [words.tobytes(), *frames[1:]])
            manifest["other-magic"] = None
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")


if __name__ == "__main__":
    main()
