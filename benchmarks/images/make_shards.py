# SPDX-License-Identifier: Apache-2.0
"""Makes shards of photographs of 500 x 375 from the sample photographs, always the same.

Each is a part of a sample, at least half of it in each direction, brought to size, by chance
mirrored. At quality 95 a file has 58 kB; one of ImageNet of that size has about twice that.
usage: make_shards.py SAMPLES.tar FOLDER PHOTOGRAPHS [SHARDS]
"""
import io
import random
import sys
import tarfile
from pathlib import Path

from PIL import Image, ImageOps

WIDTH, HEIGHT, QUALITY = 500, 375, 95


def samples(shard):
    with tarfile.open(shard) as tar:
        for member in tar:
            if member.name.endswith(".jpg"):
                yield Image.open(io.BytesIO(tar.extractfile(member).read())).convert("RGB")


def part(image, chance):
    """A random part of the shape of the photographs."""
    largest = min(image.width / WIDTH, image.height / HEIGHT)
    scale = largest * chance.uniform(0.5, 1)
    width, height = scale * WIDTH, scale * HEIGHT
    x, y = chance.uniform(0, image.width - width), chance.uniform(0, image.height - height)
    box = (x, y, x + width, y + height)
    made = image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS, box=box)
    return ImageOps.mirror(made) if chance.random() < 0.5 else made


def add(tar, name, content):
    member = tarfile.TarInfo(name)
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))


def make(source, folder, count, shards):
    images = list(samples(source))
    chance = random.Random(1)
    folder.mkdir(parents=True, exist_ok=True)
    size = 0
    for shard in range(shards):
        with tarfile.open(folder / f"photos-{shard:06d}.tar", "w", tarfile.USTAR_FORMAT) as tar:
            for i in range(shard, count, shards):
                file = io.BytesIO()
                part(images[i % len(images)], chance).save(file, "JPEG", quality=QUALITY)
                size += file.tell()
                add(tar, f"{i:06d}.jpg", file.getvalue())
                add(tar, f"{i:06d}.cls", b"%d" % (i % 1000))
    print(f"{count} photographs of {WIDTH} x {HEIGHT}, {size / count / 1000:.0f} kB each")


if __name__ == "__main__":
    more = int(sys.argv[4]) if len(sys.argv) > 4 else 4
    make(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), more)
