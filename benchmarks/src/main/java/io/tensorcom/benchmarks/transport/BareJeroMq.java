// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.benchmarks.transport;

import java.nio.ByteBuffer;
import java.util.Locale;
import org.zeromq.SocketType;
import org.zeromq.ZContext;
import org.zeromq.ZMQ;

/**
 * The baseline: the frames of the same batch over JeroMQ on its own, without encoding or decoding.
 *
 * <p>Arguments: {@code send|recv ENDPOINT BATCHES SKIP bytes|direct}; {@code -Dbytes=N} for images
 * of another size.
 */
public final class BareJeroMq {
  private static final int IMAGES = Integer.getInteger("bytes", 96 * 224 * 224 * 3);
  private static final int CLASSES = 96 * 4;

  /** Of small batches a mebibyte, as ours queues. */
  private static final int HWM = Math.max(4, (1 << 20) / IMAGES);

  private BareJeroMq() {}

  /** Runs one side. */
  public static void main(String[] args) {
    int batches = Integer.parseInt(args[2]);
    try (ZContext context = new ZContext()) {
      if (args[0].equals("send")) {
        send(context, args[1], batches, args[4].equals("direct"));
      } else {
        receive(context, args[1], batches, Integer.parseInt(args[3]));
      }
    }
  }

  private static void send(ZContext context, String endpoint, int batches, boolean direct) {
    ZMQ.Socket socket = context.createSocket(SocketType.PUSH);
    socket.setHWM(HWM);
    socket.setLinger(10_000);
    context.setLinger(10_000);
    socket.bind(endpoint);
    byte[] images = new byte[IMAGES];
    ByteBuffer directImages = ByteBuffer.allocateDirect(IMAGES);
    for (int i = 0; i < batches; i++) {
      socket.sendMore(new byte[56]);
      if (direct) {
        directImages.clear();
        socket.sendByteBuffer(directImages, ZMQ.SNDMORE);
      } else {
        socket.send(images, ZMQ.SNDMORE);
      }
      socket.sendMore(new byte[32]);
      socket.send(new byte[CLASSES], 0);
    }
  }

  private static void receive(ZContext context, String endpoint, int batches, int skip) {
    ZMQ.Socket socket = context.createSocket(SocketType.PULL);
    socket.setHWM(HWM);
    socket.connect(endpoint);
    long start = System.nanoTime();
    long bytes = 0;
    for (int i = 0; i < batches; i++) {
      do {
        int length = socket.recv(0).length;
        bytes += i >= skip ? length : 0;
      } while (socket.hasReceiveMore());
      Marks.received(i + 1, batches);
      if (i == skip - 1) {
        start = System.nanoTime();
      }
    }
    System.out.printf(Locale.ROOT, "%.3f GB/s%n", bytes / (double) (System.nanoTime() - start));
  }
}
