# SPDX-License-Identifier: Apache-2.0
# The Python tensorcom, unchanged, as sender or receiver.
# usage: tensorcom_py.py send|recv URL MESSAGES [IMAGES SIDE]
import os, sys, time, numpy as np, zmq
from tensorcom import Connection
role, url, n = sys.argv[1], sys.argv[2], int(sys.argv[3])
images, side = (int(sys.argv[4]), int(sys.argv[5])) if len(sys.argv) > 5 else (96, 224)
con = Connection()
if images * side * side > 1 << 18:  # of 1,000 it would queue gigabytes; before it binds, or never
    con.context.setsockopt(zmq.SNDHWM, 4)
    con.context.setsockopt(zmq.RCVHWM, 4)
con.connect(url)
if role == "send":
    img = np.ones((images, side, side, 3), np.uint8); cls = np.arange(images, dtype=np.int32)
    if url.startswith("zpub"): time.sleep(1.0)
    i = 0
    while n < 0 or i < n:
        con.send([img, cls]); i += 1
    con.socket.setsockopt(zmq.LINGER, -1)  # or it loses what it has queued
    con.close()
else:
    t0 = total = 0
    mark = int(os.environ.get("MARK_AT", -1))
    for i in range(n):
        xs, ys = con.recv()
        assert xs.shape == (images, side, side, 3) and ys.shape == (images,), (xs.shape, ys.shape)
        if i == 9: t0 = time.time()
        elif i > 9: total += xs.nbytes + ys.nbytes
        if mark > 0 and i + 1 in (mark, n): print("mark", flush=True)
    print("%.3f GB/s" % (total / (time.time() - t0) / 1e9))
