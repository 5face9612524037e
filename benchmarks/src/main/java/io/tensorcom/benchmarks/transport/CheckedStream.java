// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.benchmarks.transport;

import com.sun.management.ThreadMXBean;
import io.tensorcom.TensorReceiver;
import io.tensorcom.TensorSender;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.tensor.TensorPool;
import io.tensorcom.transport.SendResult;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.zip.CRC32C;

/**
 * One side of a stream of batches whose contents differ from one to the next and are checked.
 *
 * <p>Usage: {@code send|recv COUNT IMAGES SIDE URL...}; with several URLs as many senders or
 * receivers, each with a thread and an event loop of its own. A batch is IMAGES x SIDE x SIDE x 3
 * bytes and IMAGES int32.
 */
public final class CheckedStream {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** A sender may be stopped for long, while others have their turn. */
  private static final Duration STOPPED = Duration.ofHours(1);

  private static final int CONTENTS = Integer.getInteger("contents", 8);
  private static final int CHECKED_ONE_IN = 100;
  private static final int WARM_UP = Integer.getInteger("warmup", 300);

  private final AtomicBoolean told = new AtomicBoolean();
  private volatile long allocatedWhenWarm;
  private volatile int done;
  private final int count;
  private final int images;
  private final int side;
  private final String url;

  private CheckedStream(int count, int images, int side, String url) {
    this.count = count;
    this.images = images;
    this.side = side;
    this.url = url;
  }

  /** Runs one side; ends with 1 if a batch is missing or altered. */
  public static void main(String[] args) throws InterruptedException {
    int count = Integer.parseInt(args[1]);
    List<Thread> threads = new ArrayList<>();
    List<Throwable> failures = new ArrayList<>();
    for (int i = 4; i < args.length; i++) {
      CheckedStream stream =
          new CheckedStream(count, Integer.parseInt(args[2]), Integer.parseInt(args[3]), args[i]);
      Thread thread = new Thread(() -> stream.run(args[0]));
      thread.setUncaughtExceptionHandler((where, failure) -> failures.add(failure));
      thread.start();
      threads.add(thread);
    }
    for (Thread thread : threads) {
      thread.join();
    }
    failures.forEach(failure -> System.err.println(failure));
    System.exit(failures.isEmpty() ? 0 : 1);
  }

  private void run(String role) {
    // One that goes on until it is told to end has something to tell, too.
    Runtime.getRuntime().addShutdownHook(new Thread(() -> report(role)));
    try {
      if (role.equals("send")) {
        send();
      } else {
        receive();
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private TensorBatch batch(TensorPool pool, int content) {
    Tensor pixels = Tensor.allocate(pool, DType.UINT8, images, side, side, 3);
    fill(pixels.data(), content);
    return TensorBatch.of(pixels, Tensor.copyOf(pool, DType.INT32, new int[images], images));
  }

  private static void fill(ByteBuffer data, int content) {
    for (int i = 0; i < data.limit(); i++) {
      data.put(i, (byte) (i * 31 + i / 257 + content * 7));
    }
  }

  private void send() throws InterruptedException {
    try (TensorSender sender = TensorSender.open(url);
        TensorPool pool = TensorPool.ofBudget(Long.getLong("pool", 1L << 30))) {
      TensorBatch[] batches = new TensorBatch[CONTENTS];
      for (int i = 0; i < CONTENTS; i++) {
        batches[i] = batch(pool, i);
      }
      if (!sender.awaitPeers(Integer.getInteger("peers", 1), PATIENCE)) {
        throw new IllegalStateException("nobody came");
      }
      for (int i = 0; i < count; i++) {
        count(i);
        if (sender.send(batches[i % CONTENTS], STOPPED) != SendResult.SENT) {
          throw new IllegalStateException("not sent: " + i);
        }
      }
      report("send");
      sender.close(PATIENCE);
      for (TensorBatch batch : batches) {
        batch.close();
      }
    }
  }

  private void receive() throws InterruptedException {
    long[] expected = new long[CONTENTS];
    ByteBuffer scratch = ByteBuffer.allocateDirect(images * side * side * 3);
    for (int i = 0; i < CONTENTS; i++) {
      fill(scratch, i);
      expected[i] = crc(scratch);
    }
    try (TensorReceiver receiver = TensorReceiver.open(url)) {
      for (int i = 0; i < count; i++) {
        try (TensorBatch batch = receiver.receive()) {
          if (i % CHECKED_ONE_IN == 0 && crc(batch.get(0).data()) != expected[i % CONTENTS]) {
            throw new IllegalStateException("altered: " + i);
          }
        }
        Marks.received(i + 1, count);
        count(i);
      }
      report("recv");
    }
  }

  private static long crc(ByteBuffer data) {
    CRC32C crc = new CRC32C();
    crc.update(data.duplicate().clear());
    return crc.getValue();
  }

  private void count(int batch) {
    if (batch == WARM_UP) {
      allocatedWhenWarm = allocated();
    }
    done = batch;
  }

  private void report(String side) {
    int batches = done - WARM_UP;
    if (batches > 0 && told.compareAndSet(false, true)) {
      long each = (allocated() - allocatedWhenWarm) / batches;
      System.out.printf(Locale.ROOT, "%s: allocated %d B a batch%n", side, each);
    }
  }

  /** Of all threads, the event loop's among them. */
  private static long allocated() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long sum = 0;
    for (long bytes : threads.getThreadAllocatedBytes(threads.getAllThreadIds())) {
      sum += Math.max(0, bytes);
    }
    return sum;
  }
}
