// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import static io.tensorcom.testkit.TestDiscovery.at;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tensorcom.discovery.DiscoveryException;
import io.tensorcom.discovery.Endpoint;
import io.tensorcom.discovery.Endpoint.State;
import io.tensorcom.discovery.ServiceName;
import io.tensorcom.testkit.TestDiscovery;
import io.tensorcom.testkit.VirtualTime;
import io.tensorcom.transport.TransportAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

final class MembershipTest {
  private static final Endpoint ONE = at("127.0.2.1", 7880);
  private static final Endpoint TWO = at("127.0.2.2", 7880);
  private static final Endpoint SIX = at("fd00::1", 7880);

  private final VirtualTime time = new VirtualTime();
  private final TestDiscovery discovery = new TestDiscovery(time);
  private final RecordingSocket socket = new RecordingSocket();
  private final List<String> events = new ArrayList<>();
  private final Membership membership =
      new Membership(
          socket,
          discovery,
          true,
          Duration.ofSeconds(5),
          new MembershipListener() {
            @Override
            public void endpointAdded(Endpoint endpoint) {
              events.add("+" + endpoint);
            }

            @Override
            public void endpointRemoved(Endpoint endpoint) {
              events.add("-" + endpoint);
            }

            @Override
            public void endpointUnreachable(Endpoint endpoint, String reason) {
              events.add("!" + endpoint + " " + reason);
            }
          },
          Runnable::run);

  private void set(String name, Endpoint... endpoints) {
    discovery.set(name, endpoints);
    time.run();
  }

  private static Endpoint ranked(Endpoint endpoint, int priority) {
    return new Endpoint(endpoint.address(), endpoint.port(), priority, 0, State.FRESH);
  }

  @Test
  void shouldConnectAndLeaveWhenEndpointsComeAndGo() {
    membership.follow(ServiceName.of("shards", 7880));

    set("shards", ONE, TWO);
    set("shards", TWO, ONE);
    set("shards", TWO, SIX);

    assertThat(socket.calls)
        .containsExactly(
            "+tcp://127.0.2.1:7880",
            "+tcp://127.0.2.2:7880",
            "+tcp://[fd00:0:0:0:0:0:0:1]:7880",
            "-tcp://127.0.2.1:7880");
    assertThat(events).containsExactly("+" + ONE, "+" + TWO, "+" + SIX, "-" + ONE);
    assertThat(membership.stats()).isEqualTo(new MembershipStats(2, 0, 3, 1, 0, 0));
  }

  @Test
  void shouldDoNothingWhenOnlyStatesAndOrderChange() {
    membership.follow(ServiceName.of("shards", 7880));
    set("shards", ONE, TWO);
    socket.calls.clear();

    set("shards", TWO.withState(State.STALE), ONE.withState(State.STALE));
    set("shards", ONE.withState(State.EXPIRED), TWO.withState(State.EXPIRED));
    set("shards", ONE, TWO);

    assertThat(socket.calls).isEmpty();
  }

  @Test
  void shouldCountWhatNoNameConfirmsWhenLooksFail() {
    membership.follow(ServiceName.of("a", 7880));
    membership.follow(ServiceName.of("b", 7880));
    set("a", ONE, TWO);
    assertThat(membership.stats().stale()).isZero();

    set("a", ONE.withState(State.STALE), TWO.withState(State.STALE));
    assertThat(membership.stats().stale()).isEqualTo(2);
    set("b", ONE);
    assertThat(membership.stats().stale()).isEqualTo(1);
    set("a", ONE, TWO.withState(State.EXPIRED));
    assertThat(membership.stats().stale()).isEqualTo(1);
    set("a", ONE, TWO);
    assertThat(membership.stats().stale()).isZero();
  }

  @Test
  void shouldNotConnectWhenEndpointIsExpiredFromTheFirst() {
    membership.follow(ServiceName.of("shards", 7880));

    set("shards", ONE.withState(State.EXPIRED), TWO);
    assertThat(socket.connected).containsExactly("tcp://127.0.2.2:7880");

    set("shards", ONE, TWO);
    assertThat(socket.connected).hasSize(2);
  }

  @Test
  void shouldUseTheLowestPriorityWhenThereAreSeveral() {
    membership.follow(new ServiceName("_zmq._tcp.shards", 0, null));

    set("_zmq._tcp.shards", ranked(ONE, 10), ranked(TWO, 20));
    assertThat(socket.connected).containsExactly("tcp://127.0.2.1:7880");

    set("_zmq._tcp.shards", ranked(TWO, 20));
    assertThat(socket.connected).containsExactly("tcp://127.0.2.2:7880");
  }

  @Test
  void shouldConnectOnceWhenTwoNamesLeadToOneEndpoint() {
    membership.follow(ServiceName.of("a", 7880));
    membership.follow(ServiceName.of("b", 7880));

    set("a", ONE, TWO);
    set("b", ONE);
    set("a", TWO);
    assertThat(socket.connected).contains("tcp://127.0.2.1:7880");
    assertThat(membership.stats().known()).isEqualTo(2);

    set("b");
    assertThat(socket.connected).containsExactly("tcp://127.0.2.2:7880");
  }

  @Test
  void shouldLeaveAnAddressAloneWhenItsUrlIsLiteral() {
    membership.exclude(TransportAddress.tcp("127.0.2.1", 7880));
    membership.follow(ServiceName.of("a", 7880));

    set("a", ONE);
    set("a");

    assertThat(socket.calls).isEmpty();
    assertThat(events).containsExactly("+" + ONE, "-" + ONE);
  }

  @Test
  void shouldReportEachTimeAndTellOnceWhenAnEndpointIsUnreachable() {
    membership.follow(ServiceName.of("a", 7880));
    set("a", ONE, TWO);
    TransportAddress address = TransportAddress.tcp("127.0.2.1", 7880);
    events.clear();

    socket.listener.unreachable(address, "refused");
    socket.listener.unreachable(address, "refused");
    assertThat(discovery.unreachable()).containsExactly(ONE, ONE);
    assertThat(events).containsExactly("!" + ONE + " refused");
    assertThat(membership.stats()).isEqualTo(new MembershipStats(2, 0, 2, 0, 1, 0));

    socket.listener.connected(address);
    assertThat(membership.stats()).isEqualTo(new MembershipStats(2, 1, 2, 0, 0, 0));
    socket.listener.disconnected(address);
    socket.listener.unreachable(address, "no answer");
    assertThat(events).hasSize(2);
    assertThat(membership.stats()).isEqualTo(new MembershipStats(2, 0, 2, 0, 1, 0));
  }

  @Test
  void shouldCountALeftConnectionAgainWhenItsEndpointComesBack() {
    TransportAddress address = TransportAddress.tcp("127.0.2.1", 7880);
    membership.follow(ServiceName.of("a", 7880));
    set("a", ONE);
    socket.listener.connected(address);
    set("a");
    assertThat(membership.stats().connected()).isZero();

    set("a", ONE);

    assertThat(membership.stats().connected()).isOne();
  }

  @Test
  void shouldExplainWhenNothingIsFoundInTime() {
    membership.follow(ServiceName.of("a", 7880));
    assertThatThrownBy(() -> membership.awaitFirst(Duration.ofMillis(1)))
        .isInstanceOf(DiscoveryException.class)
        .hasMessage("no endpoint within 1 ms: a:7880 has not been answered yet");

    discovery.fail("a", DiscoveryException.Reason.REFUSED, "a: asked 10.0.0.10: REFUSED");
    time.run();
    assertThatThrownBy(() -> membership.awaitFirst(Duration.ofMillis(1)))
        .hasMessageEndingWith("a: asked 10.0.0.10: REFUSED")
        .extracting(e -> ((DiscoveryException) e).reason())
        .isEqualTo(DiscoveryException.Reason.REFUSED);

    discovery.explain("three candidates were denied");
    assertThat(membership.explainMissing()).isEqualTo("three candidates were denied");
    set("a", ONE);
    membership.awaitFirst(Duration.ofMillis(1));
    assertThat(membership.explainMissing()).isEmpty();
  }

  @Test
  void shouldFollowNoMoreWhenClosed() {
    membership.follow(ServiceName.of("a", 7880));
    discovery.set("a", ONE);

    membership.close();
    time.run();

    assertThat(socket.calls).isEmpty();
    assertThat(discovery.isClosed()).isTrue();
    assertThat(discovery.watched()).isEmpty();
  }

  @Test
  void shouldConnectOnWhenTheListenerBlocks() throws Exception {
    CountDownLatch release = new CountDownLatch(1);
    BlockingQueue<String> threads = new LinkedBlockingQueue<>();
    RecordingSocket other = new RecordingSocket();
    Membership following =
        new Membership(
            other,
            discovery,
            false,
            Duration.ZERO,
            new MembershipListener() {
              @Override
              public void endpointAdded(Endpoint endpoint) {
                threads.add(Thread.currentThread().getName());
                awaitQuietly(release);
              }
            });
    following.follow(ServiceName.of("a", 7880));

    set("a", ONE);
    assertThat(threads.poll(30, TimeUnit.SECONDS)).startsWith("tensorcom-listener-");
    set("a", ONE, TWO);

    assertThat(other.connected).hasSize(2);
    assertThat(threads).isEmpty();
    release.countDown();
    assertThat(threads.poll(30, TimeUnit.SECONDS)).startsWith("tensorcom-listener-");
    following.close();
    while (Thread.getAllStackTraces().keySet().stream()
        .anyMatch(each -> each.getName().startsWith("tensorcom-listener-"))) {
      Thread.onSpinWait();
    }
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void shouldRunWhatComesLaterWhenAnActionEndsInAnError() {
    Mailbox mailbox = new Mailbox();
    List<String> ran = new ArrayList<>();

    mailbox.post(
        () -> {
          throw new StackOverflowError("on purpose");
        });
    mailbox.post(() -> ran.add("later"));

    assertThat(ran).containsExactly("later");
  }

  /** Any stream of snapshots of three names leaves what the last snapshots say. */
  @Property(tries = 100)
  void shouldEqualTheSnapshotsWhenTheyComeInAnyOrder(@ForAll long seed) {
    Random random = new Random(seed);
    Map<String, Set<String>> model = new HashMap<>();
    for (String name : List.of("a", "b", "c")) {
      membership.follow(ServiceName.of(name, 7880));
      model.put(name, Set.of());
    }
    for (int step = 0; step < 60; step++) {
      String name = List.of("a", "b", "c").get(random.nextInt(3));
      List<Endpoint> endpoints = randomEndpoints(random);
      discovery.set(name, endpoints);
      if (random.nextInt(3) > 0) {
        time.run();
      }
      model.put(name, used(endpoints, model.getOrDefault(name, Set.of())));
    }
    time.run();

    Set<String> expected = new TreeSet<>();
    model.values().forEach(expected::addAll);
    assertThat(socket.connected).isEqualTo(expected);
    MembershipStats stats = membership.stats();
    assertThat(stats.known()).isEqualTo(expected.size());
    assertThat(stats.added() - stats.removed()).isEqualTo(expected.size());
    assertThat(events).hasSize((int) (stats.added() + stats.removed()));
  }

  private static List<Endpoint> randomEndpoints(Random random) {
    List<Endpoint> endpoints = new ArrayList<>();
    for (int i = 1; i <= 6; i++) {
      if (random.nextInt(3) > 0) {
        State state =
            List.of(State.FRESH, State.FRESH, State.STALE, State.EXPIRED).get(random.nextInt(4));
        endpoints.add(ranked(at("127.0.2." + i, 7880), random.nextInt(2)).withState(state));
      }
    }
    Collections.shuffle(endpoints, random);
    return endpoints;
  }

  private static Set<String> used(List<Endpoint> endpoints, Set<String> before) {
    for (int priority = 0; priority < 2; priority++) {
      Set<String> chosen = new TreeSet<>();
      for (Endpoint each : endpoints) {
        String address = "tcp://" + each;
        boolean believed = each.state() != State.EXPIRED || before.contains(address);
        if (each.priority() == priority && believed) {
          chosen.add(address);
        }
      }
      if (!chosen.isEmpty()) {
        return chosen;
      }
    }
    return Set.of();
  }
}
