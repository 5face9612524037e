// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.discovery.AddressFamily;
import io.tensorcom.discovery.DiscoveryContext;
import io.tensorcom.discovery.ServiceName;
import io.tensorcom.discovery.Watch;
import io.tensorcom.testkit.KnotServer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/** Names of a real DNS server that holds a cluster's zone. */
@EnabledIf("io.tensorcom.testkit.KnotServer#isAvailable")
@Timeout(120)
final class KnotDiscoveryTest {
  private static final Duration DEADLINE = Duration.ofSeconds(5);
  private static final String SHARDS = "shards.bigdata19.default.svc.cluster.local.";
  private static final Duration TTL_AND_A_SECOND = Duration.ofSeconds(6);
  private static @Nullable KnotServer knot;
  private static @Nullable Path conf;

  private final Following following = new Following();
  private @Nullable DnsDiscovery discovery;

  @BeforeAll
  static void startKnot(@TempDir Path folder) throws IOException, InterruptedException {
    knot = KnotServer.start(folder);
    conf = knot.podResolvConf();
  }

  @AfterAll
  static void stopKnot() {
    knot().close();
  }

  private static KnotServer knot() {
    return Objects.requireNonNull(knot);
  }

  @BeforeEach
  void openDiscovery() {
    discovery =
        DnsDiscovery.open(
            DnsSettings.DEFAULT
                .withResolvConf(Objects.requireNonNull(conf))
                .withServer(knot().address()),
            new DiscoveryContext(following.thread(), "", AddressFamily.AUTO));
  }

  @AfterEach
  void closeDiscovery() {
    discovery().close();
    following.close();
  }

  private DnsDiscovery discovery() {
    return Objects.requireNonNull(discovery);
  }

  private Watch watch(String host) {
    return discovery().watch(ServiceName.of(host, 7880), DEADLINE, following);
  }

  private long queries() {
    return discovery().counters().entrySet().stream()
        .filter(each -> each.getKey().startsWith("query."))
        .mapToLong(Map.Entry::getValue)
        .sum();
  }

  @Test
  void shouldFindPodsBehindHostNameOfASubdomain() throws InterruptedException {
    watch("shards.bigdata19");

    assertThat(following.endpoints()).containsExactly("127.0.2.1:7880", "127.0.2.2:7880");
    assertThat(queries()).isEqualTo(2);
  }

  @Test
  void shouldFindServiceOfAnotherNamespaceWhenFirstCandidateIsDenied() throws InterruptedException {
    try (Watch watch = watch("other.models")) {
      assertThat(following.endpoints()).containsExactly("127.0.2.9:7880");
      assertThat(watch.explain())
          .contains("other.models.default.svc.cluster.local.")
          .contains("NXDOMAIN")
          .contains("other.models.svc.cluster.local.  <- chosen");
    }
  }

  @Test
  void shouldSearchForNothingWhenNameIsFull() throws InterruptedException {
    watch("nobody.default.svc.cluster.local.");

    assertThat(following.error()).hasMessageContaining("NXDOMAIN").hasMessageContaining("hint: no");
    assertThat(queries()).isEqualTo(2);
  }

  @Test
  void shouldFindAllWhenAnswerJustFitsADatagramAndWhenItDoesNot() throws InterruptedException {
    watch("full");
    assertThat(following.endpoints()).hasSize(73);
    assertThat(discovery().counters()).doesNotContainKey("tcpFallback");

    watch("over");
    assertThat(following.endpoints()).hasSize(74);
    assertThat(discovery().counters()).containsEntry("tcpFallback", 1L);

    watch("many");
    assertThat(following.endpoints()).hasSize(120);
    assertThat(discovery().counters().get("tcpFallback")).isGreaterThanOrEqualTo(2L);
  }

  @Test
  void shouldFindAThousandWhenSoManyStandBehindOneName() throws Exception {
    watch("thousand");

    assertThat(following.endpoints()).hasSize(1000).contains("10.2.3.250:7880");
    knot().update("add thousand.default.svc.cluster.local. 5 A 10.9.9.9");
    assertThat(following.endpoints()).hasSize(1001);
    knot().update("del thousand.default.svc.cluster.local. A 10.9.9.9");
    assertThat(following.endpoints()).hasSize(1000);
  }

  @Test
  void shouldFollowAlias() throws InterruptedException {
    watch("outside");

    assertThat(following.endpoints()).hasSize(120);
  }

  @Test
  void shouldTakePortsFromServiceRecords() throws InterruptedException {
    discovery().watch(new ServiceName("_zmq._tcp.shards", 0, null), DEADLINE, following);
    assertThat(following.endpoints()).containsExactly("127.0.2.1:7880", "127.0.2.2:7880");

    discovery().watch(new ServiceName("shards", 0, "zmq"), DEADLINE, following);

    assertThat(following.endpoints()).containsExactly("127.0.2.1:7880", "127.0.2.2:7880");
  }

  @Test
  void shouldTellOneAdditionAndOneRemovalWhenAPodComesAndGoes() throws Exception {
    watch("shards.bigdata19");
    assertThat(following.endpoints()).hasSize(2);

    knot().update("add " + SHARDS + " 5 A 127.0.2.3");
    long start = System.nanoTime();
    assertThat(following.endpoints()).hasSize(3).contains("127.0.2.3:7880");
    Duration added = Duration.ofNanos(System.nanoTime() - start);
    knot().update("del " + SHARDS + " A 127.0.2.3");
    start = System.nanoTime();
    assertThat(following.endpoints()).containsExactly("127.0.2.1:7880", "127.0.2.2:7880");
    Duration removed = Duration.ofNanos(System.nanoTime() - start);

    System.out.printf(
        "records of 5 s: added after %d ms, removed after %d ms%n",
        added.toMillis(), removed.toMillis());
    // Exact times are for virtual time; another program may hold the processor meanwhile.
    assertThat(added).isLessThan(TTL_AND_A_SECOND.plusSeconds(4));
    assertThat(removed).isLessThan(TTL_AND_A_SECOND.plusSeconds(4));
    assertThat(following.events).isEmpty();
    assertThat(queries())
        .as("two a look")
        .isBetween(6L, 2 + 2 * (added.plus(removed).toSeconds() + 2));
  }

  @Test
  void shouldTellNothingWhenOnlyTheOrderOfAnswersChanges() throws Exception {
    String name = "rotated.default.svc.cluster.local. ";
    knot().update("add " + name + "1 A 127.0.2.1", "add " + name + "1 A 127.0.2.2");
    watch("rotated");
    assertThat(following.endpoints()).containsExactly("127.0.2.1:7880", "127.0.2.2:7880");

    while (queries() < 2 + 2 * 4) {
      assertThat(following.next(Duration.ofMillis(100))).isNull();
    }
  }

  @Test
  void shouldAskForAFullNameAloneWhenItHasItsDot() throws Exception {
    watch(SHARDS);

    assertThat(following.endpoints()).hasSize(2);
    assertThat(queries()).isEqualTo(2);
  }

  @Test
  void shouldAskForFourNamesAndThenForOneWhenAFullNameLacksItsDot() throws Exception {
    watch("n7.default.svc.cluster.local");

    assertThat(following.endpoints()).containsExactly("10.3.0.8:7880");
    assertThat(queries()).isEqualTo(8);
    while (queries() < 10) {
      assertThat(following.next(Duration.ofMillis(20))).isNull();
    }
    assertThat(queries()).isEqualTo(10);
  }

  @Test
  void shouldFindANameWhenItComesToExistAndTellWhenItIsGone() throws Exception {
    String late = "late.bigdata19.default.svc.cluster.local.";
    watch("late.bigdata19");
    assertThat(following.error()).hasMessageContaining("not found");
    knot().update("add " + late + " 5 A 127.0.2.7");
    Object event = following.next(Duration.ofSeconds(20));
    while (event instanceof RuntimeException) {
      event = following.next(Duration.ofSeconds(20));
    }
    assertThat(event).hasToString(Objects.toString(event)).asString().contains("127.0.2.7:7880");

    knot().update("del " + late);

    assertThat(following.endpoints()).isEmpty();
  }

  @Test
  void shouldAnswerAllOnOneThreadWhenAThousandNamesAreFollowedAtOnce() throws Exception {
    for (int i = 0; i < 1000; i++) {
      watch("n" + i);
    }

    Set<String> found = new HashSet<>();
    while (found.size() < 1000) {
      found.addAll(following.endpoints());
    }
    assertThat(found).contains("10.3.0.1:7880", "10.3.3.250:7880");
    assertThat(
            Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.startsWith("tensorcom-")))
        .as("the discovery's thread, and that of the callbacks")
        .hasSize(2);
  }
}
