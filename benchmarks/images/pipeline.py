# SPDX-License-Identifier: Apache-2.0
"""The image server of the Python tensorcom, with Pillow or OpenCV, in one process as it has it.

Reads shards with tarfile, decodes, scales the middle square, fills a numpy batch, and sends it by
the Python tensorcom. Both libraries run in their fastest way that a user could know: the crop is
part of Pillow's resize, OpenCV decodes to RGB itself and has one thread.
usage: pipeline.py serve|stages pillow|opencv triangle|area|linear SIZE SCALED BATCH EPOCHS URL SHARD...
"""
import io
import json
import sys
import tarfile
import time

import numpy as np
import zmq
from tensorcom import Connection


def samples(shards):
    for shard in shards:
        with tarfile.open(shard) as tar:
            members = {}
            for member in tar:
                key, _, extension = member.name.partition(".")
                members[extension] = tar.extractfile(member).read()
                if len(members) == 2:
                    yield members["jpg"], int(members["cls"])
                    members = {}


class Pillow:
    def __init__(self, kernel, size, scaled):
        from PIL import Image

        assert kernel == "triangle", kernel
        self.open, self.filter = Image.open, Image.Resampling.BILINEAR
        self.size, self.scaled = size, scaled

    def decode(self, file):
        image = self.open(io.BytesIO(file))
        if self.scaled:
            image.draft("RGB", (self.size, self.size))
        image.load()
        return image if image.mode == "RGB" else image.convert("RGB")

    def resize(self, image):
        side = min(image.size)
        x, y = (image.width - side) // 2, (image.height - side) // 2
        box = (x, y, x + side, y + side)
        return np.asarray(image.resize((self.size, self.size), self.filter, box=box))


class OpenCv:
    def __init__(self, kernel, size, scaled):
        import cv2

        cv2.setNumThreads(1)
        self.cv2, self.size = cv2, size
        self.filter = {"area": cv2.INTER_AREA, "linear": cv2.INTER_LINEAR}[kernel]
        assert not scaled

    def decode(self, file):
        return self.cv2.imdecode(np.frombuffer(file, np.uint8), self.cv2.IMREAD_COLOR_RGB)

    def resize(self, image):
        side = min(image.shape[:2])
        y, x = (image.shape[0] - side) // 2, (image.shape[1] - side) // 2
        crop = image[y : y + side, x : x + side]
        return self.cv2.resize(crop, (self.size, self.size), interpolation=self.filter)


def batches(library, shards, size, count):
    images, labels = np.empty((count, size, size, 3), np.uint8), np.empty(count, np.int32)
    at = 0
    for file, label in samples(shards):
        images[at], labels[at] = library.resize(library.decode(file)), label
        at += 1
        if at == count:
            yield images, labels
            # What was sent may still be on its way.
            images, labels = np.empty_like(images), np.empty_like(labels)
            at = 0


def end(connection):
    # Waits until all is sent: closing alone would not. The connection has a context of its own.
    connection.context.term()


def serve(library, shards, size, count, epochs, connection):
    for _ in range(epochs):
        for images, labels in batches(library, shards, size, count):
            connection.send([images, labels])


def stages(library, shards, size, count, epochs, connection):
    clock, spent = time.thread_time, dict.fromkeys(("read", "decode", "resize", "batch"), 0.0)
    number = 0
    for epoch in range(epochs):
        stream = samples(shards)
        images = np.empty((count, size, size, 3), np.uint8)
        while True:
            marks = [clock()]
            sample = next(stream, None)
            if sample is None:
                break
            marks.append(clock())
            decoded = library.decode(sample[0])
            marks.append(clock())
            resized = library.resize(decoded)
            marks.append(clock())
            images[number % count] = resized
            marks.append(clock())
            number += 1
            for name, a, b in zip(spent, marks, marks[1:]):
                spent[name] += b - a
    labels = np.zeros(count, np.int32)
    times = 100
    before = time.process_time()
    for _ in range(times):
        connection.send([images, labels])
    connection.socket.close(linger=-1)
    end(connection)
    told = {name: 1e6 * value / number for name, value in spent.items()}
    told["send"] = 1e6 * (time.process_time() - before) / times / count
    print("stages: " + json.dumps(told))


def main():
    role, library, kernel = sys.argv[1:4]
    size, scaled, count, epochs = map(int, sys.argv[4:8])
    made = {"pillow": Pillow, "opencv": OpenCv}[library](kernel, size, scaled)
    connection = Connection(sys.argv[8])
    work = {"serve": serve, "stages": stages}[role]
    work(made, sys.argv[9:], size, count, epochs, connection)
    if role == "serve":
        connection.socket.close(linger=-1)
        end(connection)


if __name__ == "__main__":
    main()
