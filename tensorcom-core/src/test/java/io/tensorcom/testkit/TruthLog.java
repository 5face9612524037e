// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.tensor.TensorPool;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * What was sent and what came, written down outside of what is tested: a batch is entered before it
 * is sent, and checked against what was entered when it comes. Thread-safe.
 */
public final class TruthLog {
  private final long[] sent;
  private final List<List<List<Long>>> arrivals = new ArrayList<>();
  private final List<BitSet> cameAnywhere = new ArrayList<>();

  /** Makes a log of so many servers and receivers. */
  public TruthLog(int servers, int receivers) {
    sent = new long[servers];
    for (int i = 0; i < servers; i++) {
      cameAnywhere.add(new BitSet());
    }
    for (int i = 0; i < receivers; i++) {
      List<List<Long>> perServer = new ArrayList<>();
      for (int k = 0; k < servers; k++) {
        perServer.add(new ArrayList<>());
      }
      arrivals.add(perServer);
    }
  }

  /** Enters a server's next batch and makes it; its content follows from its number. */
  public TensorBatch next(TensorPool pool, int server) {
    long number;
    synchronized (this) {
      number = sent[server]++;
    }
    Tensor name = Tensor.allocate(pool, DType.INT64, 2);
    name.data().putLong(server).putLong(number);
    return TensorBatch.of(name, body(pool, server, number));
  }

  private static Tensor body(TensorPool pool, int server, long number) {
    Random random = new Random(31 * number + server);
    int bytes = random.nextInt(4) == 0 ? 200_000 : 1 + random.nextInt(5000);
    byte[] content = new byte[bytes];
    random.nextBytes(content);
    Tensor body = Tensor.allocate(pool, DType.UINT8, bytes);
    body.data().put(content);
    return body;
  }

  /** Enters a batch that came; it must have been sent, and be whole and unaltered. */
  public void arrived(int receiver, TensorBatch batch) {
    ByteBuffer name = batch.get(0).data();
    int server = (int) name.getLong(0);
    long number = name.getLong(8);
    assertThat(number).as("of server %d, sent before it came", server).isLessThan(sent(server));
    TensorPool scratch = TensorPool.ofBudget(1 << 20);
    try (Tensor expected = body(scratch, server, number)) {
      assertThat(batch.get(1).data())
          .as("content of %d of server %d", number, server)
          .isEqualTo(expected.data());
    }
    synchronized (this) {
      arrivals.get(receiver).get(server).add(number);
      cameAnywhere.get(server).set(Math.toIntExact(number));
      notifyAll();
    }
  }

  /** Waits until something is so that can only become so by an arrival; false if it never did. */
  public synchronized boolean await(BooleanSupplier condition, Duration timeout)
      throws InterruptedException {
    long deadline = System.nanoTime() + timeout.toNanos();
    while (!condition.getAsBoolean()) {
      long left = deadline - System.nanoTime();
      if (left <= 0) {
        return false;
      }
      TimeUnit.NANOSECONDS.timedWait(this, left);
    }
    return true;
  }

  /** {@return how many batches a server has sent} */
  public synchronized long sent(int server) {
    return sent[server];
  }

  /** {@return the numbers of a server's batches that came to one receiver, in order of coming} */
  public synchronized List<Long> arrivals(int receiver, int server) {
    return List.copyOf(arrivals.get(receiver).get(server));
  }

  /** {@return the number of the server's batch that came last to a receiver, -1 if none did} */
  public synchronized long lastArrival(int receiver, int server) {
    List<Long> numbers = arrivals.get(receiver).get(server);
    return numbers.isEmpty() ? -1 : numbers.get(numbers.size() - 1);
  }

  /** {@return whether all of a server's batches from one number on came to somebody} */
  public synchronized boolean allCame(int server, long from) {
    return cameAnywhere.get(server).nextClearBit(Math.toIntExact(from)) >= sent[server];
  }

  /** {@return the numbers of a server's batches that came to anybody; each came once} */
  public Set<Long> arrivalsAnywhere(int server) {
    Set<Long> all = new HashSet<>();
    for (int i = 0; i < arrivals.size(); i++) {
      for (long number : arrivals(i, server)) {
        assertThat(all.add(number)).as("%d of server %d came twice", number, server).isTrue();
      }
    }
    return all;
  }
}
