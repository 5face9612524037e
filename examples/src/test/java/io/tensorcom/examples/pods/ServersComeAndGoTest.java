// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.pods;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/**
 * The servers of the manifests are scaled, killed and cut off while what they serve is received by
 * PUB and SUB and by PUSH and PULL, and trained with.
 */
@EnabledIf("io.tensorcom.examples.pods.PodNetwork#isAvailable")
@Timeout(180)
@SuppressWarnings("NullAway.Init") // Before each test, and in its course.
final class ServersComeAndGoTest {
  private static final int MOST_SERVERS = 4;
  private static final String PUSH = "zrpush://0.0.0.0:7881";

  // Another program may hold the processors for so long.
  private static final Duration BUSY = Duration.ofSeconds(4);

  // For the connection, and for the batch after the first, which is held back until there is one.
  private static final Duration MOST_SINCE_KNOWN = Duration.ofSeconds(1);

  // Batches that are under way; what a JVM and an engine still gain by code and malloc.
  private static final long SLACK_LIVE = 16L << 20;
  private static final long SLACK_OUTSIDE = 64L << 20;

  private static final long SECOND = Duration.ofSeconds(1).toNanos();
  private static final int DELAY_MILLIS = 10;
  private static final double LOSS_PERCENT = 1;
  private static final int MOST_AHEAD = 20;

  private final List<TestPod> servers = new ArrayList<>();
  private final List<Container> running = new ArrayList<>();
  private final Map<String, Footprint> footprints = new TreeMap<>();
  private final List<Duration> sinceKnown = new ArrayList<>();
  private PodNetwork network;
  private HeadlessService service;
  private ProbeLog sub;
  private ProbeLog pull;
  private TestPod clientPod;
  private Container client;
  private Container training;

  @BeforeEach
  void start(@TempDir Path folder) throws IOException, InterruptedException {
    network = PodNetwork.start(folder.resolve("network"));
    network.mount(NumberedShards.write(folder.resolve("shards")), NumberedShards.FOLDER);
    service = new HeadlessService(Manifests.service(""), network.dns());
  }

  @AfterEach
  void stop() {
    network.close();
  }

  /** A pod of the Deployment that knows its index, and serves by PUSH, too. */
  private static PodManifest server(int index) throws IOException {
    return NumberedShards.servedBy(Manifests.pod("", "Deployment", "shards"))
        .with("JOB_COMPLETION_INDEX", Integer.toString(index))
        .with("TENSORCOM_SHARD_COUNT", Integer.toString(MOST_SERVERS))
        .with("TENSORCOM_EPOCHS", "1000")
        .withArgument(PUSH);
  }

  private ProbeLog probe(String url) throws IOException, InterruptedException {
    PodManifest manifest = new PodManifest(Map.of(), "probe", "", List.of(), Map.of(), 0);
    return new ProbeLog(network.add(manifest), url);
  }

  /** Lists servers once they are ready, and measures how long their batches take to come. */
  private void list(TestPod... servers) throws IOException, InterruptedException {
    for (TestPod server : servers) {
      network.awaitReady(server);
    }
    service.ready(servers);
    long listed = System.nanoTime();
    Duration allowed = Duration.ofSeconds(HeadlessService.TTL_SECONDS + 1);
    for (TestPod server : servers) {
      for (ProbeLog probe : List.of(sub, pull)) {
        long first = probe.awaitBatch(server, 0);
        long learnt = probe.learnt(server);
        within("a new server is known", allowed, Duration.ofNanos(learnt - listed));
        within("a new server is heard", allowed, Duration.ofNanos(first - listed));
        sinceKnown.add(Duration.ofNanos(first - learnt));
      }
    }
  }

  private static void within(String what, Duration allowed, Duration taken) {
    System.out.printf("%s after %d ms of %d%n", what, taken.toMillis(), allowed.toMillis());
    assertThat(taken).as(what).isLessThan(allowed.plus(BUSY.dividedBy(2)));
  }

  /** Checks that servers have gone on since something happened to another. */
  private void assertUndisturbed(String what, long since, TestPod... servers)
      throws InterruptedException {
    for (ProbeLog probe : List.of(sub, pull)) {
      long before = 0;
      long after = 0;
      for (TestPod server : servers) {
        probe.awaitBatch(server, since + 5 * SECOND);
        List<Long> times = probe.batches(server).stream().map(ProbeLog.Batch::nanos).toList();
        // An epoch takes 4 s: reading goes on, but the first batches of each come late.
        long own = between(times, since - 4 * SECOND, since);
        long ownAfter = between(times, since + SECOND, since + 5 * SECOND);
        // Of one rate, but for what else the machine does.
        assertThat(2 * ownAfter).as("%s: %s", what, server.address()).isGreaterThanOrEqualTo(own);
        before += own;
        after += ownAfter;
      }
      System.out.printf("%s: %d batches in 4 s before, %d after 1 s%n", what, before, after);
      assertThat(4 * after).as(what).isGreaterThanOrEqualTo(3 * before);
    }
  }

  private static long between(List<Long> times, long from, long to) {
    return times.stream().filter(at -> at > from && at <= to).count();
  }

  /**
   * Waits for a line about training that was not there before; it has one at every twelfth step.
   */
  private void assertTrainingGoesOn() throws InterruptedException {
    var unused =
        training.await("step", training.log().size(), line -> line.contains(" per sample loss "));
  }

  @Test
  void shouldAccountForEveryBatchWhenServersAreScaledKilledAndCutOff()
      throws IOException, InterruptedException {
    startWithOne();
    scaleToFour();
    // What every one of them waits for is not the machine's other work.
    assertThat(Collections.min(sinceKnown)).as("%s", sinceKnown).isLessThan(MOST_SINCE_KNOWN);
    footprints.putAll(footprints());
    assertTrainingGoesOn();
    killOne();
    assertTrainingGoesOn();
    cutOneOff();
    assertTrainingGoesOn();
    scaleToOne();
    assertTrainingGoesOn();
    assertHoldOnToNoMore();
    stopAll();
    account();
  }

  private Map<String, Footprint> footprints() throws IOException, InterruptedException {
    return Map.of(
        "server", running.get(0).footprint(),
        "client", client.footprint(),
        "training", training.footprint());
  }

  private void assertHoldOnToNoMore() throws IOException, InterruptedException {
    footprints()
        .forEach(
            (name, last) -> {
              Footprint first = Objects.requireNonNull(footprints.get(name));
              System.out.printf("%s: %s; at the end %s%n", name, first, last);
              assertThat(last.live()).as(name).isLessThan(first.live() + SLACK_LIVE);
              assertThat(last.outside()).as(name).isLessThan(first.outside() + SLACK_OUTSIDE);
            });
  }

  private void startWithOne() throws IOException, InterruptedException {
    servers.add(network.add(server(0)));
    running.add(servers.get(0).start());
    // Listed, and nobody listens there.
    TestPod refusing = network.add(server(1));
    service.ready(refusing);
    training = network.add(Manifests.pod("cpu", "Job", "training")).start();
    clientPod = network.add(Manifests.pod("", "Deployment", "client"));
    client = clientPod.start();
    sub = probe("zsub://shards.bigdata19:7880");
    pull = probe("zrpull://shards.bigdata19:7881");
    assertThat(sub.awaitUnreachable(refusing)).contains("refused");
    assertThat(pull.awaitUnreachable(refusing)).contains("refused");
    list(servers.get(0));
    training.await("a first batch", line -> line.contains("first batch after"));
  }

  private void scaleToFour() throws IOException, InterruptedException {
    servers.add(network.addByBadLink(server(1), DELAY_MILLIS, LOSS_PERCENT));
    servers.add(network.add(server(2)));
    servers.add(network.add(server(3)));
    for (TestPod server : servers.subList(1, MOST_SERVERS)) {
      running.add(server.start());
    }
    list(servers.get(1), servers.get(2), servers.get(3));
    // The port has a name in the production form.
    assertThat(clientPod.exec("tensorcom-resolve", "_zmq._tcp.bigdata19"))
        .filteredOn(line -> line.contains("endpoint 10."))
        .map(line -> line.replaceAll(".*endpoint (\\S+).*", "$1"))
        .containsAll(servers.stream().map(server -> server.address() + ":7880").toList());
    long all = System.nanoTime();
    for (ProbeLog probe : List.of(sub, pull)) {
      probe.awaitBatch(servers.get(1), all + Duration.ofSeconds(3).toNanos());
    }
  }

  private void killOne() throws IOException, InterruptedException {
    long killed = System.nanoTime();
    running.get(2).kill();
    assertUndisturbed("one killed", killed, servers.get(0), servers.get(1), servers.get(3));
    service.gone(servers.get(2));
  }

  private void cutOneOff() throws IOException, InterruptedException {
    network.cut(servers.get(3));
    long cut = System.nanoTime();
    assertUndisturbed("one cut off", cut, servers.get(0), servers.get(1));
    long mended = System.nanoTime();
    network.mend(servers.get(3));
    for (ProbeLog probe : List.of(sub, pull)) {
      long heard = probe.awaitBatch(servers.get(3), mended);
      System.out.printf("heard %d ms after it was back%n", (heard - mended) / 1_000_000);
      assertThat(probe.batches(servers.get(3)))
          .noneMatch(each -> each.nanos() > cut + SECOND && each.nanos() < mended);
      // What was dropped meanwhile is known to be lost when something newer has come.
      probe.awaitBatch(servers.get(3), mended + 3 * SECOND);
    }
  }

  private void scaleToOne() throws IOException, InterruptedException {
    service.gone(servers.get(1), servers.get(3));
    for (int leaving : new int[] {1, 3}) {
      running.get(leaving).terminate();
    }
    for (int leaving : new int[] {1, 3}) {
      assertThat(running.get(leaving).awaitEnd()).isEqualTo(Container.SIGTERM);
    }
    long alone = System.nanoTime();
    for (ProbeLog probe : List.of(sub, pull)) {
      probe.awaitBatch(servers.get(0), alone);
    }
  }

  private void stopAll() throws InterruptedException {
    running.get(0).terminate();
    assertThat(running.get(0).awaitEnd()).isEqualTo(Container.SIGTERM);
    for (Container receiver : List.of(client, training)) {
      receiver.terminate();
      receiver.awaitEnd();
    }
  }

  private void account() throws IOException, InterruptedException {
    Map<String, ProbeLog.Total> published = sub.end();
    Map<String, ProbeLog.Total> pushed = pull.end();
    System.out.println("PUB and SUB: " + published.values());
    System.out.println("PUSH and PULL: " + pushed.values());
    for (Container receiver : List.of(client, training)) {
      Reckoning.report(receiver).forEach(System.out::println);
    }
    for (ProbeLog probe : List.of(sub, pull)) {
      System.out.println("longest time without a batch: " + probe.longestGap());
      assertThat(probe.longestGap()).as("the stream stops").isLessThan(BUSY);
    }
    Reckoning.assertCountedRight(sub, published);
    Reckoning.assertCountedRight(pull, pushed);
    int images = NumberedShards.SHARDS * NumberedShards.IMAGES_PER_SHARD / MOST_SERVERS;
    Reckoning.assertEachImageOnce(sub, published, images);
    Reckoning.assertEachImageOnce(pull, pushed, images);
    for (int survivor : new int[] {0, 1, 3}) {
      ProbeLog.Total heard = total(published, sub, servers.get(survivor));
      ProbeLog.Total pulled = total(pushed, pull, servers.get(survivor));
      assertThat(pulled.first()).isZero();
      assertThat(pulled.missing()).as("pushed, and lost").isZero();
      assertThat(heard.last() + 1 + pulled.last() + 1)
          .as("sent by server %d", survivor)
          .isEqualTo(Reckoning.sentBy(running.get(survivor)));
    }
    assertThat(Reckoning.cameTo(client)).isEqualTo(Reckoning.total(client));
    // What was under way to the network when it was stopped is not trained with.
    assertThat(Reckoning.cameTo(training))
        .isBetween(Reckoning.total(training), Reckoning.total(training) + MOST_AHEAD);
  }

  private static ProbeLog.Total total(
      Map<String, ProbeLog.Total> totals, ProbeLog probe, TestPod server) {
    return Objects.requireNonNull(totals.get(probe.streamOf(server)));
  }
}
