#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes WebDataset shards of PNG images and class numbers from the Fashion-MNIST IDX files.

The files are those of the Debian package dataset-fashion-mnist. Running it again gives the same
bytes. Needs nothing but Python.
"""
import argparse
import gzip
import io
import os
import struct
import tarfile
import zlib


def read_idx(path):
    with gzip.open(path) as stream:
        data = stream.read()
    rank = data[3]
    dims = struct.unpack(">%dI" % rank, data[4:4 + 4 * rank])
    return dims, data[4 + 4 * rank:]


def png(pixels, width, height):
    def chunk(kind, body):
        return (struct.pack(">I", len(body)) + kind + body
                + struct.pack(">I", zlib.crc32(kind + body)))

    def encode(filter_type):
        rows = bytearray()
        previous = bytes(width)
        for y in range(height):
            row = pixels[y * width:(y + 1) * width]
            rows.append(filter_type)
            if filter_type == 0:
                rows += row
            else:
                rows += bytes((a - b) & 255 for a, b in zip(row, previous))
            previous = row
        return zlib.compress(bytes(rows), 9)

    body = min((encode(0), encode(2)), key=len)
    return (b"\x89PNG\r\n\x1a\n"
            + chunk(b"IHDR", struct.pack(">2I5B", width, height, 8, 0, 0, 0, 0))
            + chunk(b"IDAT", body) + chunk(b"IEND", b""))


def add(tar, name, data):
    info = tarfile.TarInfo(name)
    info.size = len(data)
    info.mode = 0o644
    tar.addfile(info, io.BytesIO(data))


def write_shard(path, images, labels, first, count, height, width):
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        size = height * width
        for i in range(first, first + count):
            add(tar, "%06d.png" % i, png(images[i * size:(i + 1) * size], width, height))
            add(tar, "%06d.cls" % i, b"%d" % labels[i])
    with open(path, "wb") as stream:
        with gzip.GzipFile("", "wb", 9, stream, mtime=0) as packed:
            packed.write(plain.getvalue())


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", default="/usr/share/datasets/fashion-mnist")
    parser.add_argument("--out", default=os.path.join(here, "fashion-mnist"))
    options = parser.parse_args()
    for part, prefix, shards, per_shard in (("train", "train", 6, 1000), ("test", "t10k", 2, 750)):
        (_, height, width), images = read_idx(
            os.path.join(options.source, prefix + "-images-idx3-ubyte.gz"))
        _, labels = read_idx(os.path.join(options.source, prefix + "-labels-idx1-ubyte.gz"))
        for shard in range(shards):
            path = os.path.join(options.out, "fashion-mnist-%s-%06d.tgz" % (part, shard))
            write_shard(path, images, labels, shard * per_shard, per_shard, height, width)


if __name__ == "__main__":
    main()
