// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.pods;

import io.tensorcom.MembershipListener;
import io.tensorcom.TensorReceiver;
import io.tensorcom.TensorcomConfig;
import io.tensorcom.discovery.Endpoint;
import io.tensorcom.stream.StreamStats;
import io.tensorcom.tensor.BatchOrigin;
import io.tensorcom.tensor.TensorBatch;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A receiver that runs in a pod, and prints what came, when and from whom, until its standard input
 * ends. {@link ProbeLog} reads it.
 */
public final class BatchProbe {
  private static final Duration SLICE = Duration.ofMillis(100);

  private final Set<Long> streams = new HashSet<>();
  private final AtomicBoolean ending = new AtomicBoolean();

  private BatchProbe() {}

  /** Receives from a URL. */
  public static void main(String[] args) throws InterruptedException {
    new BatchProbe().receive(args[0]);
  }

  private void receive(String url) throws InterruptedException {
    Thread end = new Thread(this::awaitEnd, "end");
    end.setDaemon(true);
    end.start();
    TensorcomConfig config = TensorcomConfig.builder().membershipListener(new Tell()).build();
    try (TensorReceiver receiver = TensorReceiver.open(config, url)) {
      boolean finishing = false;
      while (true) {
        try (TensorBatch batch = receiver.poll(SLICE)) {
          if (batch != null) {
            print(receiver, batch);
          } else if (finishing) {
            break;
          }
        }
        if (ending.get() && !finishing) {
          finishing = true;
          receiver.finish();
        }
      }
      for (StreamStats stream : receiver.stats().streams()) {
        System.out.printf(
            "stream %016x %d %d %d %d %d%n",
            stream.streamId(),
            stream.received(),
            stream.first(),
            stream.last(),
            stream.missing(),
            stream.duplicates());
      }
      System.out.println("leased " + receiver.pool().stats().leases());
    }
  }

  private void awaitEnd() {
    try {
      System.in.transferTo(java.io.OutputStream.nullOutputStream());
    } catch (IOException e) {
      // As at the end.
    }
    ending.set(true);
  }

  private void print(TensorReceiver receiver, TensorBatch batch) {
    long now = System.nanoTime();
    BatchOrigin origin = Objects.requireNonNull(batch.origin());
    if (streams.add(origin.streamId())) {
      receiver.stats().streams().stream()
          .filter(each -> each.streamId() == origin.streamId())
          .forEach(each -> System.out.printf("from %016x %s%n", each.streamId(), each.peer()));
    }
    String samples =
        IntStream.range(0, (int) batch.get(0).dim(0))
            .mapToObj(i -> Integer.toString(NumberedShards.number(batch.get(0), i)))
            .collect(Collectors.joining(","));
    System.out.printf(
        "batch %d %016x %d %d %b %s%n",
        now, origin.streamId(), origin.sequence(), origin.epoch(), origin.isLastOfEpoch(), samples);
  }

  private static final class Tell implements MembershipListener {
    @Override
    public void endpointAdded(Endpoint endpoint) {
      System.out.println("added " + endpoint + " " + System.nanoTime());
    }

    @Override
    public void endpointUnreachable(Endpoint endpoint, String reason) {
      System.out.println("unreachable " + endpoint + " " + reason);
    }
  }
}
