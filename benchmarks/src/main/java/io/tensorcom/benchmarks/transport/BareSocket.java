// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.benchmarks.transport;

import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.Locale;
import java.util.zip.CRC32C;

/**
 * One side of a stream as large as that of {@link Stream}, over a bare Unix-domain socket, with the
 * CRC32C of all bytes or without: what checksums cost at least. Each side sums a window while the
 * caches hold it, the sender just before it writes, the receiver when it has read.
 *
 * <p>Arguments: {@code send|recv PATH BATCHES SKIP [sums]}. The sender binds; the receiver prints
 * the rate from batch SKIP on, in GB/s.
 */
public final class BareSocket {
  private static final int BATCH_BYTES = 96 * 224 * 224 * 3 + 96 * Integer.BYTES;
  private static final int WINDOW = 64 << 10;

  private final SocketChannel socket;
  private final ByteBuffer batch = ByteBuffer.allocateDirect(BATCH_BYTES);
  private final boolean summing;
  private final CRC32C sum = new CRC32C();

  private BareSocket(SocketChannel socket, boolean summing) {
    this.socket = socket;
    this.summing = summing;
  }

  /** Runs one side. */
  public static void main(String[] args) throws IOException {
    UnixDomainSocketAddress address = UnixDomainSocketAddress.of(Path.of(args[1]));
    int batches = Integer.parseInt(args[2]);
    int skip = Integer.parseInt(args[3]);
    boolean summing = args.length > 4;
    if (args[0].equals("send")) {
      try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
        server.bind(address);
        try (SocketChannel socket = server.accept()) {
          new BareSocket(socket, summing).send(batches);
        }
      }
    } else {
      try (SocketChannel socket = SocketChannel.open(address)) {
        new BareSocket(socket, summing).receive(batches, skip);
      }
    }
  }

  private void send(int batches) throws IOException {
    for (int i = 0; i < batches; i++) {
      for (int at = 0; at < BATCH_BYTES; at += WINDOW) {
        int end = Math.min(BATCH_BYTES, at + WINDOW);
        addToSum(at, end);
        batch.limit(end).position(at);
        while (batch.hasRemaining()) {
          socket.write(batch);
        }
      }
    }
  }

  private void receive(int batches, int skip) throws IOException {
    long start = System.nanoTime();
    for (int i = 0; i < batches; i++) {
      if (i == skip) {
        start = System.nanoTime();
      }
      for (int at = 0; at < BATCH_BYTES; at = batch.position()) {
        if (socket.read(batch.limit(Math.min(BATCH_BYTES, at + WINDOW)).position(at)) < 0) {
          throw new EOFException("the sender has gone: batch=" + i);
        }
        addToSum(at, batch.position());
      }
    }
    double nanos = System.nanoTime() - start;
    double rate = (batches - skip) * (double) BATCH_BYTES / nanos;
    System.out.printf(Locale.ROOT, "checksum %d%n%.3f GB/s%n", sum.getValue(), rate);
  }

  private void addToSum(int from, int to) {
    if (summing) {
      // Leaves the buffer's position at the end, as a read does.
      sum.update(batch.limit(to).position(from));
    }
  }
}
