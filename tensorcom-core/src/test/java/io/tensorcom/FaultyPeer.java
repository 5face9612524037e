// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import io.tensorcom.stream.BatchMark;
import io.tensorcom.stream.StreamStats;
import io.tensorcom.tensor.BatchOrigin;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.testkit.Batches;
import io.tensorcom.testkit.TruthLog;
import io.tensorcom.transport.SendResult;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * A process that sends or receives until its standard input says something or ends, and that may be
 * killed before; {@code epoch} only ends an epoch of a sender. A sender writes a line before each
 * batch: number, digest, time. A receiver writes one for each that came (stream, incarnation,
 * number, digest, time of sending), and at the end its account of each stream. Arguments: {@code
 * send} or {@code recv}, URLs, the log, a sender's number, and its milliseconds between batches.
 */
final class FaultyPeer {
  private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(3);

  private final BufferedWriter log;
  private final AtomicInteger epochsToEnd = new AtomicInteger();
  private volatile boolean ending;

  private FaultyPeer(BufferedWriter log) {
    this.log = log;
    Thread ear = new Thread(this::waitForTheEnd, "ear");
    ear.setDaemon(true);
    ear.start();
  }

  private void waitForTheEnd() {
    try {
      BufferedReader in =
          new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
      while ("epoch".equals(in.readLine())) {
        epochsToEnd.incrementAndGet();
      }
    } catch (IOException e) {
      // Whoever started this is gone.
    }
    ending = true;
  }

  private void note(String line) throws IOException {
    log.write(line + "\n");
    log.flush();
  }

  private void send(String url, int incarnation, Duration pace) throws Exception {
    TruthLog content = new TruthLog(incarnation + 1, 0);
    try (TensorSender sender = TensorSender.open(url + "?pool=64M&slow=1s")) {
      String bound = sender.boundEndpoints().get(0);
      System.out.println("ready " + bound.substring(bound.lastIndexOf(':') + 1));
      for (boolean last = false; !last; ) {
        last = ending;
        long number = content.sent(incarnation);
        try (TensorBatch batch = content.next(sender.pool(), incarnation)) {
          Instant now = Instant.now();
          note(number + " " + Batches.sha256(batch.get(1)) + " " + nanos(now));
          boolean ends = last || epochsToEnd.getAndUpdate(n -> Math.max(0, n - 1)) > 0;
          BatchMark mark = ends ? BatchMark.endOfEpoch(last) : BatchMark.NONE;
          if (sender.send(batch, Duration.ofMinutes(2), mark) != SendResult.SENT) {
            throw new IllegalStateException("nobody took a batch");
          }
        }
        LockSupport.parkNanos(pace.toNanos());
      }
    }
  }

  static long nanos(Instant instant) {
    return TimeUnit.SECONDS.toNanos(instant.getEpochSecond()) + instant.getNano();
  }

  private void receive(String... urls) throws Exception {
    try (TensorReceiver receiver = TensorReceiver.open(urls)) {
      System.out.println("ready");
      long heard = System.nanoTime();
      while (!ending || System.nanoTime() - heard < QUIET_NANOS) {
        try (TensorBatch batch = receiver.poll(Duration.ofMillis(100))) {
          if (batch != null) {
            heard = System.nanoTime();
            BatchOrigin origin = Objects.requireNonNull(batch.origin());
            note(
                "%016x %d %d %s %d"
                    .formatted(
                        origin.streamId(),
                        batch.get(0).data().getLong(0),
                        batch.get(0).data().getLong(8),
                        Batches.sha256(batch.get(1)),
                        origin.sentAtNanos()));
          }
        }
      }
      for (StreamStats each : receiver.stats().streams()) {
        note(
            "report %016x %d %d %b"
                .formatted(each.streamId(), each.received(), each.missing(), each.streamEnded()));
      }
    }
  }

  public static void main(String[] args) throws Exception {
    try (BufferedWriter log = Files.newBufferedWriter(Path.of(args[2]))) {
      FaultyPeer peer = new FaultyPeer(log);
      if (args[0].equals("send")) {
        Duration pace = Duration.ofMillis(args.length > 4 ? Integer.parseInt(args[4]) : 5);
        peer.send(args[1], Integer.parseInt(args[3]), pace);
      } else {
        peer.receive(args[1].split(",", -1));
      }
    }
  }
}
