# SPDX-License-Identifier: Apache-2.0
"""Receives batches with the Python tensorcom, and keeps the images of the first ones in a file.
usage: receive.py URL BATCHES [KEPT FILE.npy]
"""
import sys

import numpy as np
from tensorcom import Connection

connection = Connection(sys.argv[1])
kept = []
for i in range(int(sys.argv[2])):
    images, labels = connection.recv()
    if len(sys.argv) > 3 and i < int(sys.argv[3]):
        kept.append(images.copy())
if kept:
    np.save(sys.argv[4], np.concatenate(kept))
