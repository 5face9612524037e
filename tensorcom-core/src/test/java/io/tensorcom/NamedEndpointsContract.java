// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import static io.tensorcom.testkit.TestDiscovery.at;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tensorcom.discovery.DiscoveryException;
import io.tensorcom.discovery.Endpoint;
import io.tensorcom.tensor.DType;
import io.tensorcom.tensor.Tensor;
import io.tensorcom.tensor.TensorBatch;
import io.tensorcom.testkit.TestDiscovery;
import io.tensorcom.testkit.VirtualTime;
import io.tensorcom.transport.SendResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a user sees of names over real sockets: servers on 127.0.2.x that come and go. */
@Timeout(60)
abstract class NamedEndpointsContract {
  private static final Duration SOON = Duration.ofSeconds(20);
  private static final Duration SHORT = Duration.ofMillis(100);

  private final VirtualTime time = new VirtualTime();
  private final TestDiscovery discovery = new TestDiscovery(time);
  private final List<Server> servers = new ArrayList<>();
  private final List<String> events = new CopyOnWriteArrayList<>();

  /** {@return the value of the URL option} */
  abstract String transport();

  private TensorcomConfig config() {
    return TensorcomConfig.builder()
        .transport(transport())
        .poolBytes(32 << 20)
        .receiveTimeout(SHORT)
        .discovery(discovery)
        .membershipListener(
            new MembershipListener() {
              @Override
              public void endpointUnreachable(Endpoint endpoint, String reason) {
                events.add("unreachable " + endpoint);
              }
            })
        .build();
  }

  /** Pushes numbered batches, from 0 on, until it is stopped. */
  private final class Server {
    private final int id;
    private final TensorSender sender;
    private final Endpoint endpoint;
    private final AtomicBoolean stopped = new AtomicBoolean();
    private final Thread thread = new Thread(this::serve);

    Server(int id) {
      this.id = id;
      sender = TensorSender.open(config(), "zrpush://127.0.2." + id + ":0");
      String place = sender.boundEndpoints().get(0);
      int port = Integer.parseInt(place.substring(place.lastIndexOf(':') + 1));
      endpoint = at("127.0.2." + id, port);
      servers.add(this);
      thread.start();
    }

    private void serve() {
      try {
        for (int i = 0; !stopped.get(); ) {
          try (TensorBatch batch = batch(sender, 1000 * id, i)) {
            i += sender.send(batch, SHORT) == SendResult.SENT ? 1 : 0;
          }
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    void end() throws InterruptedException {
      stopped.set(true);
      thread.join();
      sender.close(Duration.ZERO);
    }
  }

  private static TensorBatch batch(TensorSender sender, int server, int number) {
    return TensorBatch.of(Tensor.copyOf(sender.pool(), DType.INT32, new int[] {server, number}, 2));
  }

  @AfterEach
  void stopServers() throws InterruptedException {
    for (Server server : servers) {
      server.end();
    }
  }

  private void set(Server... behind) {
    Endpoint[] endpoints = new Endpoint[behind.length];
    for (int i = 0; i < behind.length; i++) {
      endpoints[i] = behind[i].endpoint;
    }
    set(endpoints);
  }

  private void set(Endpoint... endpoints) {
    discovery.set("shards", endpoints);
    time.run();
  }

  /** Receives until each of these servers has been heard that many times, all in order. */
  private static void hear(
      TensorReceiver receiver, Map<Integer, Integer> next, int times, Server... wanted)
      throws InterruptedException {
    Map<Integer, Integer> left = new HashMap<>();
    for (Server server : wanted) {
      left.put(1000 * server.id, times);
    }
    long start = System.nanoTime();
    while (left.values().stream().anyMatch(count -> count > 0)) {
      assertThat(System.nanoTime() - start).as("heard from %s", left).isLessThan(SOON.toNanos());
      try (TensorBatch batch = receiver.poll(SHORT)) {
        if (batch != null) {
          int server = batch.get(0).data().getInt(0);
          int number = batch.get(0).data().getInt(4);
          assertThat(number).as("next of %s", server).isEqualTo(next.getOrDefault(server, 0));
          next.put(server, number + 1);
          left.computeIfPresent(server, (key, count) -> count - 1);
        }
      }
    }
  }

  @Test
  void shouldLoseNothingOfThoseThatStayWhenServersComeAndGo() throws Exception {
    Server first = new Server(1);
    Server second = new Server(2);
    try (TensorReceiver receiver = TensorReceiver.open(config(), "zrpull://shards?port=zmq")) {
      Map<Integer, Integer> next = new HashMap<>();
      set(first);
      hear(receiver, next, 50, first);
      set(second, first);
      hear(receiver, next, 50, first, second);
      Server third = new Server(3);
      set(third, first, second);
      hear(receiver, next, 50, first, second, third);

      second.end();
      set(first, third);
      hear(receiver, next, 100, first, third);
      Server fourth = new Server(4);
      set(fourth, third, first);
      hear(receiver, next, 50, first, third, fourth);

      MembershipStats stats = receiver.stats().membership();
      assertThat(stats).isEqualTo(new MembershipStats(3, 3, 4, 1, 0, 0));
    }
    assertThat(discovery.watched()).isEmpty();
    assertThat(discovery.isClosed()).as("a shared discovery stays the caller's").isFalse();
  }

  @Test
  void shouldStreamOnWhenAnEndpointIsUnreachable() throws Exception {
    Server first = new Server(1);
    Server gone = new Server(2);
    gone.end();
    try (TensorReceiver receiver = TensorReceiver.open(config(), "zrpull://shards:1")) {
      Map<Integer, Integer> next = new HashMap<>();
      set(gone.endpoint, first.endpoint);
      while (discovery.unreachable().size() < 2 || events.isEmpty()) {
        hear(receiver, next, 10, first);
      }

      assertThat(discovery.unreachable()).containsOnly(gone.endpoint);
      assertThat(events).containsExactly("unreachable " + gone.endpoint);
      assertThat(receiver.stats().membership()).isEqualTo(new MembershipStats(2, 1, 2, 0, 1, 0));
    }
  }

  @Test
  void shouldSayWhyAndThenReceiveWhenItWasOpenedBeforeAnythingExisted() throws Exception {
    try (TensorReceiver receiver = TensorReceiver.open(config(), "zrpull://shards:1")) {
      discovery.fail("shards", DiscoveryException.Reason.NOT_FOUND, "shards: NXDOMAIN everywhere");
      time.run();
      assertThatThrownBy(receiver::receive)
          .isInstanceOf(ReceiveTimeoutException.class)
          .hasMessageEndingWith("names without endpoints: shards: NXDOMAIN everywhere");

      Server first = new Server(1);
      set(first);
      hear(receiver, new HashMap<>(), 10, first);
    }
  }

  @Test
  void shouldFlushWhatWasAssignedWhenAPushersPeerIsRemoved() throws Exception {
    TensorcomConfig config = config();
    try (TensorReceiver one = TensorReceiver.open(config, "zpull://127.0.2.1:0");
        TensorSender sender = TensorSender.open(config, "zpush://shards:1")) {
      String place = one.boundEndpoints().get(0);
      set(at("127.0.2.1", Integer.parseInt(place.substring(place.lastIndexOf(':') + 1))));
      for (int i = 0; i < 2; i++) {
        try (TensorBatch batch = batch(sender, 0, i)) {
          assertThat(sender.send(batch, SOON)).isEqualTo(SendResult.SENT);
        }
      }
      if (transport().equals("netty")) {
        set(new Endpoint[0]);
      }
      for (int i = 0; i < 2; i++) {
        try (TensorBatch batch = one.poll(SOON)) {
          assertThat(batch).isNotNull();
          assertThat(batch.get(0).data().getInt(4)).isEqualTo(i);
        }
      }
    }
  }

  @Test
  void shouldFollowNothingWhenAddressesAreLiteral() {
    try (TensorReceiver receiver =
        TensorReceiver.open(config(), "zrpull://127.0.2.1:1", "zrpull://[::1%lo]:1")) {
      assertThat(discovery.watched()).isEmpty();
      assertThat(receiver.stats().membership()).isEqualTo(MembershipStats.NONE);
    }
  }

  @Test
  void shouldFailWithTheExplanationWhenNothingIsThereInTime() {
    TensorcomConfig config = config().toBuilder().startTimeout(SHORT).build();
    discovery.explain("asked three candidates: all denied");

    assertThatThrownBy(() -> TensorReceiver.open(config, "zrpull://shards:1"))
        .isInstanceOf(DiscoveryException.class)
        .hasMessage("no endpoint within 100 ms: asked three candidates: all denied");
    assertThatThrownBy(() -> TensorReceiver.open("zrpull://shards:1?discovery=pigeon"))
        .hasMessageContaining("unknown discovery: pigeon");
    for (String literal : List.of("zrpull://127.0.2.1:1", "zpull://127.0.2.1:0")) {
      assertThatThrownBy(() -> TensorReceiver.open(literal + "?discovery=pigeon"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("unknown discovery: pigeon");
    }
    assertThat(discovery.watched()).isEmpty();
  }

  @Test
  void shouldFollowAListWhenTheUrlSaysSo() throws Exception {
    Server first = new Server(1);
    Server second = new Server(2);
    String url =
        "zrpull://any:1?start=20s&transport="
            + transport()
            + "&discovery=static:"
            + first.endpoint
            + ","
            + second.endpoint;
    try (TensorReceiver receiver = TensorReceiver.open(url)) {
      hear(receiver, new HashMap<>(), 10, first, second);
    }
  }
}
