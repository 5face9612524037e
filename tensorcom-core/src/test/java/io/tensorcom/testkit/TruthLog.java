// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.tensor.TensorPool;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * What was sent and what came, written down outside of what is tested: a batch is entered before it
 * is sent, and checked against what was entered when it comes. Thread-safe.
 */
public final class TruthLog {
  /** A batch that came. */
  public record Arrival(int server, long number) {}

  private final List<Long> sent = new ArrayList<>();
  private final List<List<Arrival>> receivers = new ArrayList<>();

  /** Makes a log of so many servers and receivers. */
  public TruthLog(int servers, int receivers) {
    for (int i = 0; i < servers; i++) {
      sent.add(0L);
    }
    for (int i = 0; i < receivers; i++) {
      this.receivers.add(new ArrayList<>());
    }
  }

  /** Enters a server's next batch and makes it; its content follows from its number. */
  public TensorBatch next(TensorPool pool, int server) {
    long number;
    synchronized (this) {
      number = sent.get(server);
      sent.set(server, number + 1);
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
    synchronized (this) {
      assertThat(number).as("of server %d, sent before it came", server).isLessThan(sent(server));
    }
    TensorPool scratch = TensorPool.ofBudget(1 << 20);
    try (Tensor expected = body(scratch, server, number)) {
      assertThat(batch.get(1).data())
          .as("content of %d of server %d", number, server)
          .isEqualTo(expected.data());
    }
    synchronized (this) {
      receivers.get(receiver).add(new Arrival(server, number));
    }
  }

  /** {@return how many batches a server has sent} */
  public synchronized long sent(int server) {
    return sent.get(server);
  }

  /** {@return the numbers of a server's batches that came to one receiver, in order of coming} */
  public synchronized List<Long> arrivals(int receiver, int server) {
    return receivers.get(receiver).stream()
        .filter(arrival -> arrival.server == server)
        .map(Arrival::number)
        .toList();
  }

  /** {@return the number of the server's batch that came last to a receiver, -1 if none did} */
  public long lastArrival(int receiver, int server) {
    List<Long> numbers = arrivals(receiver, server);
    return numbers.isEmpty() ? -1 : numbers.get(numbers.size() - 1);
  }

  /** {@return the numbers of a server's batches that came to anybody; each came once} */
  public Set<Long> arrivalsAnywhere(int server) {
    Set<Long> all = new HashSet<>();
    for (int i = 0; i < receivers.size(); i++) {
      for (long number : arrivals(i, server)) {
        assertThat(all.add(number)).as("%d of server %d came twice", number, server).isTrue();
      }
    }
    return all;
  }
}
