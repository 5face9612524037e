// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.MembershipListener;
import io.tensorcom.ReceiveTimeoutException;
import io.tensorcom.TensorReceiver;
import io.tensorcom.TensorSender;
import io.tensorcom.TensorcomConfig;
import io.tensorcom.discovery.Endpoint;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.testkit.KnotServer;
import io.tensorcom.transport.SendResult;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/**
 * One name of a real DNS server, servers on 127.0.2.1 to 5 behind it, and a stream all the while.
 */
@EnabledIf("io.tensorcom.testkit.KnotServer#isAvailable")
@Timeout(120)
final class KnotStreamTest {
  private static final Duration SHORT = Duration.ofMillis(50);
  private static final Duration SOON = Duration.ofSeconds(20);
  private static final int TTL_SECONDS = 1;
  // Another program may hold the processor for so long; exact times are for virtual time.
  private static final Duration BUSY = Duration.ofSeconds(4);
  private static final Duration LINGER = Duration.ofSeconds(5);
  private static @Nullable KnotServer knot;
  private static @Nullable Path conf;

  private final List<Server> servers = new ArrayList<>();
  private final Map<Integer, Integer> next = new HashMap<>();
  private final Map<Integer, Long> removedAt = new ConcurrentHashMap<>();
  private int port;

  @BeforeAll
  static void startKnot(@TempDir Path folder) throws IOException, InterruptedException {
    knot = KnotServer.start(folder);
    conf = knot.podResolvConf();
  }

  @AfterAll
  static void stopKnot() {
    knot().close();
  }

  @AfterEach
  void stopServers() throws InterruptedException {
    for (Server server : servers) {
      server.kill();
    }
  }

  private static KnotServer knot() {
    return Objects.requireNonNull(knot);
  }

  /** Pushes numbered batches, from 0 on, until it is killed. */
  private final class Server {
    private final int id;
    private final TensorSender sender;
    private final AtomicBoolean stopped = new AtomicBoolean();
    private final Thread thread = new Thread(this::serve);

    Server(int id) {
      this.id = id;
      sender =
          TensorSender.open(
              TensorcomConfig.builder().poolBytes(32 << 20).build(),
              "zrpush://127.0.2." + id + ":" + port);
      String place = sender.boundEndpoints().get(0);
      port = Integer.parseInt(place.substring(place.lastIndexOf(':') + 1));
      servers.add(this);
      thread.start();
    }

    private void serve() {
      try {
        for (int i = 0; !stopped.get(); ) {
          int[] values = {id, i};
          try (TensorBatch batch =
              TensorBatch.of(Tensor.copyOf(sender.pool(), DType.INT32, values, 2))) {
            i += sender.send(batch, SHORT) == SendResult.SENT ? 1 : 0;
          }
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    /** Goes on living, and says nothing any more. */
    void fallSilent() throws InterruptedException {
      stopped.set(true);
      thread.join();
    }

    int peers() {
      return sender.stats().socket().peers();
    }

    void kill() throws InterruptedException {
      fallSilent();
      sender.close(Duration.ZERO);
    }
  }

  private TensorReceiver follow(String name, String options) {
    return TensorReceiver.open(
        TensorcomConfig.builder()
            .poolBytes(32 << 20)
            .receiveTimeout(SHORT)
            .membershipListener(
                new MembershipListener() {
                  @Override
                  public void endpointRemoved(Endpoint endpoint) {
                    removedAt.put((int) endpoint.address().getAddress()[3], System.nanoTime());
                  }
                })
            .build(),
        "zrpull://%s:%d?discovery=dns:resolv-conf=%s,server=%s%s"
            .formatted(name, port, conf, knot().place(), options));
  }

  private static void record(String change, String name, int... ids) throws Exception {
    String host = name + ".default.svc.cluster.local. ";
    String[] lines = new String[ids.length];
    for (int i = 0; i < ids.length; i++) {
      lines[i] =
          change
              + " "
              + host
              + (change.equals("add") ? TTL_SECONDS + " " : "")
              + "A 127.0.2."
              + ids[i];
    }
    knot().update(lines);
  }

  /** Receives, everything in order, until each of these servers was heard so many times. */
  private Duration hear(TensorReceiver receiver, int times, Server... wanted)
      throws InterruptedException {
    Map<Integer, Integer> left = new HashMap<>();
    for (Server server : wanted) {
      left.put(server.id, times);
    }
    long start = System.nanoTime();
    while (left.values().stream().anyMatch(count -> count > 0)) {
      assertThat(System.nanoTime() - start).as("heard from %s", left).isLessThan(SOON.toNanos());
      try (TensorBatch batch = receiver.poll(SHORT)) {
        if (batch != null) {
          int id = batch.get(0).data().getInt(0);
          int number = batch.get(0).data().getInt(4);
          assertThat(number).as("next of %s", id).isEqualTo(next.getOrDefault(id, 0));
          next.put(id, number + 1);
          left.computeIfPresent(id, (key, count) -> count - 1);
        }
      }
    }
    return Duration.ofNanos(System.nanoTime() - start);
  }

  @Test
  void shouldLoseNothingOfThoseThatStayWhenServersBehindANameComeAndGo() throws Exception {
    Server first = new Server(1);
    Server second = new Server(2);
    record("add", "stream", 1, 2);
    try (TensorReceiver receiver = follow("stream", "&start=20s")) {
      hear(receiver, 50, first, second);

      Server third = new Server(3);
      record("add", "stream", 3);
      within("a new pod is heard", Duration.ofSeconds(TTL_SECONDS + 1), hear(receiver, 1, third));
      hear(receiver, 50, first, second, third);

      second.kill();
      hear(receiver, 100, first, third);
      record("del", "stream", 2);
      Server fourth = new Server(4);
      Server fifth = new Server(5);
      record("add", "stream", 4, 5);
      within(
          "two new pods are heard",
          Duration.ofSeconds(TTL_SECONDS + 1),
          hear(receiver, 1, fourth, fifth));
      hear(receiver, 100, first, third, fourth, fifth);

      assertThat(receiver.stats().membership().known()).isEqualTo(4);
      assertThat(receiver.stats().membership().connected()).isEqualTo(4);
    }
  }

  /** Says how long something took, which must not be longer than allowed. */
  private static void within(String what, Duration allowed, Duration taken) {
    System.out.printf("%s after %d ms of %d%n", what, taken.toMillis(), allowed.toMillis());
    assertThat(taken).as(what).isLessThan(allowed.plus(BUSY));
  }

  /** Waits until servers are removed, and then until they have lost their receiver. */
  private void awaitLeaving(String what, Duration allowed, TensorReceiver receiver, Server... left)
      throws Exception {
    long start = System.nanoTime();
    int connected = left.length;
    while (connected > 0) {
      assertThat(System.nanoTime() - start).as(what).isLessThan(SOON.toNanos());
      TensorBatch batch = receiver.poll(SHORT);
      if (batch != null) {
        batch.close();
      }
      connected = Arrays.stream(left).mapToInt(Server::peers).sum();
    }
    Duration gone = Duration.ofNanos(System.nanoTime() - start);
    for (Server server : left) {
      Long at = removedAt.get(server.id);
      assertThat(at).as("told of the removal").isNotNull();
      within(what + " is left", allowed, Duration.ofNanos(at - start));
    }
    within(what + " is disconnected", allowed.plus(LINGER), gone);
  }

  @Test
  void shouldEndTheConnectionToAPodWhenItIsRemovedAndToTheLastToo() throws Exception {
    Server first = new Server(1);
    Server second = new Server(2);
    record("add", "shrinking", 1, 2);
    try (TensorReceiver receiver = follow("shrinking", "&start=20s")) {
      hear(receiver, 50, first, second);
      second.fallSilent();

      record("del", "shrinking", 2);
      awaitLeaving("a removed pod", Duration.ofSeconds(TTL_SECONDS + 1), receiver, second);
      assertThat(first.peers()).isOne();
      first.fallSilent();

      record("del", "shrinking", 1);
      awaitLeaving("the last pod", Duration.ofMillis(1000 * TTL_SECONDS + 2500), receiver, first);
      assertThat(receiver.stats().membership().known()).isZero();
    }
  }

  @Test
  void shouldStreamOnWhenManyBehindTheNameRefuse() throws Exception {
    Server first = new Server(1);
    int[] refusing = new int[40];
    for (int i = 0; i < refusing.length; i++) {
      refusing[i] = 100 + i;
    }
    record("add", "mixed", 1);
    record("add", "mixed", refusing);
    try (TensorReceiver receiver = follow("mixed", "&start=20s")) {
      long start = System.nanoTime();
      while (receiver.stats().membership().unreachable() < refusing.length) {
        assertThat(System.nanoTime() - start).isLessThan(SOON.toNanos());
        hear(receiver, 10, first);
      }

      assertThat(receiver.stats().membership().connected()).isOne();
    }
  }

  @Test
  void shouldPickTheServiceUpWhenTheClientIsFirst() throws Exception {
    Server first = new Server(1);
    try (TensorReceiver receiver = follow("later", "")) {
      String said = "";
      while (!said.contains("NXDOMAIN")) {
        try {
          receiver.receive().close();
        } catch (ReceiveTimeoutException e) {
          said = Objects.toString(e.getMessage());
        }
      }
      assertThat(said).contains("later.default.svc.cluster.local.");

      record("add", "later", 1);

      Duration negative = Duration.ofSeconds(5);
      within("the first pod is heard", negative.plusSeconds(1), hear(receiver, 1, first));
      hear(receiver, 10, first);
    }
  }
}
