// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.benchmarks.transport;

import io.tensorcom.benchmarks.Worker;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** As {@link Streams}, with bare sockets, which are read in turn. */
final class RawStreams {
  private final RawSockets sockets;
  private final List<Worker> workers = new ArrayList<>();
  private final ByteBuffer target;
  private int next;

  RawStreams(String medium, int count, int bytes) throws IOException {
    this.sockets = new RawSockets(medium, count);
    this.target = ByteBuffer.allocateDirect(bytes);
    for (int i = 0; i < count; i++) {
      int pair = i;
      ByteBuffer source = ByteBuffer.allocateDirect(bytes);
      workers.add(new Worker("raw sender", () -> sockets.write(pair, source)));
    }
  }

  long receive() throws IOException {
    next = (next + 1) % workers.size();
    workers.get(next).check();
    return sockets.read(next, target);
  }

  void close() throws IOException, InterruptedException {
    workers.forEach(Worker::stop);
    sockets.close();
    for (Worker worker : workers) {
      worker.close();
    }
  }
}
