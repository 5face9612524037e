// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.benchmarks.peers;

import io.aeron.Aeron;
import io.aeron.ExclusivePublication;
import io.aeron.FragmentAssembler;
import io.aeron.Publication;
import io.aeron.Subscription;
import io.aeron.driver.MediaDriver;
import io.aeron.driver.ThreadingMode;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.agrona.BitUtil;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Aeron over shared memory: an exclusive publication, the media driver within the sender, fragments
 * assembled to one message again by the receiver. WHERE is the driver's directory.
 *
 * <p>A message has at most an eighth of a term, and 16 MiB.
 */
public final class AeronPeer {
  private static final int STREAM = 10;
  private static final int MTU = 65504;
  private static final long PATIENCE = 60_000_000_000L;
  private static final int FRAGMENTS = Integer.getInteger("fragments", 64);

  private final String directory;
  private final int count;
  private final int bytes;
  private final int term;

  private AeronPeer(String directory, int count, int bytes) {
    this.directory = directory;
    this.count = count;
    this.bytes = bytes;
    term = Math.max(4 << 20, BitUtil.findNextPositivePowerOfTwo(8 * bytes));
  }

  /** Runs one side; ends with 1 if a batch is missing or has another size. */
  public static void main(String[] args) {
    int images = Integer.parseInt(args[3]);
    int side = Integer.parseInt(args[4]);
    AeronPeer peer =
        new AeronPeer(args[1], Integer.parseInt(args[2]), images * (side * side * 3 + 4));
    if (args[0].equals("send")) {
      peer.send();
    } else {
      System.out.printf(
          "mode: Aeron %s IPC, term %d, MTU %d, exclusive publication, backoff idling%n",
          Aeron.class.getPackage().getImplementationVersion(), peer.term, MTU);
      peer.receive();
    }
    System.exit(0);
  }

  private static IdleStrategy idling() {
    return new BackoffIdleStrategy(100, 10, 1_000, TimeUnit.MICROSECONDS.toNanos(100));
  }

  private Aeron connect() {
    return Aeron.connect(new Aeron.Context().aeronDirectoryName(directory));
  }

  private void send() {
    MediaDriver.Context driver =
        new MediaDriver.Context()
            .aeronDirectoryName(directory)
            .dirDeleteOnStart(true)
            .dirDeleteOnShutdown(true)
            .threadingMode(ThreadingMode.SHARED)
            .ipcMtuLength(MTU);
    try (MediaDriver running = MediaDriver.launch(driver);
        Aeron aeron = connect();
        ExclusivePublication publication =
            aeron.addExclusivePublication("aeron:ipc?term-length=" + term, STREAM)) {
      UnsafeBuffer batch = new UnsafeBuffer(ByteBuffer.allocateDirect(bytes));
      batch.putByte(bytes - 1, (byte) 7);
      IdleStrategy idle = idling();
      for (int i = 0; i < count; i++) {
        offer(publication, batch, idle);
      }
      long deadline = System.nanoTime() + PATIENCE;
      while (publication.isConnected() && System.nanoTime() < deadline) {
        idle.idle();
      }
    }
  }

  private void offer(ExclusivePublication publication, UnsafeBuffer batch, IdleStrategy idle) {
    long deadline = System.nanoTime() + PATIENCE;
    long position = publication.offer(batch, 0, bytes);
    while (position < 0) {
      if (position == Publication.CLOSED || position == Publication.MAX_POSITION_EXCEEDED) {
        throw new IllegalStateException("not sent: " + Publication.errorString(position));
      }
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException("nobody takes: " + Publication.errorString(position));
      }
      idle.idle();
      position = publication.offer(batch, 0, bytes);
    }
    idle.reset();
  }

  private void receive() {
    int[] received = {0};
    FragmentAssembler assembler =
        new FragmentAssembler(
            (buffer, offset, length, header) -> {
              if (length != bytes || buffer.getByte(offset + bytes - 1) != 7) {
                throw new IllegalStateException("altered: " + received[0]);
              }
              received[0]++;
              Marks.received(received[0], count);
            },
            bytes,
            true);
    try (Aeron aeron = connect();
        Subscription subscription = aeron.addSubscription("aeron:ipc", STREAM)) {
      IdleStrategy idle = idling();
      while (received[0] < count) {
        idle.idle(subscription.poll(assembler, FRAGMENTS));
      }
    }
  }
}
