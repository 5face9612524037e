# SPDX-License-Identifier: Apache-2.0
"""Prints by how many grey levels images differ on average. usage: differences.py A.npy B.npy"""
import sys

import numpy as np

one, other = (np.load(file) for file in sys.argv[1:3])
assert one.shape == other.shape, (one.shape, other.shape)
print(np.mean([np.abs(a.astype(np.int16) - b).mean() for a, b in zip(one, other)]))
