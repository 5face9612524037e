// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s;

import static io.tensorcom.discovery.k8s.sim.Answers.addresses;
import static io.tensorcom.discovery.k8s.sim.Answers.nodata;
import static io.tensorcom.discovery.k8s.sim.Answers.nxdomain;
import static io.tensorcom.discovery.k8s.sim.Answers.with;
import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.discovery.AddressFamily;
import io.tensorcom.discovery.Endpoint;
import io.tensorcom.discovery.ServiceName;
import io.tensorcom.discovery.Watch;
import io.tensorcom.discovery.k8s.explain.Explanation;
import io.tensorcom.discovery.k8s.net.Exchange;
import io.tensorcom.discovery.k8s.sim.Answers;
import io.tensorcom.discovery.k8s.sim.FaultServers;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Section;

/** What is believed of a name when servers fail, lie or cut their answers short. */
final class WatchBeliefTest {
  private static final String FIRST = "shards.bigdata19.default.svc.cluster.local.";
  private static final String SECOND = "shards.bigdata19.svc.cluster.local.";
  private static final ServiceName SERVICE = new ServiceName("_zmq._tcp.bigdata19.", 0, null);

  private final Path folder;

  WatchBeliefTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private SimulatedDns dns(String conf, AddressFamily family) {
    return new SimulatedDns(folder, conf, family, settings -> settings);
  }

  private SimulatedDns pod() {
    return dns(SimulatedDns.POD, AddressFamily.IPV4);
  }

  private static void two(FaultServers.Query query, int firstRcode) {
    if (query.name().equals(FIRST)) {
      query.answer(
          firstRcode == Rcode.NOERROR
              ? addresses(query, 5, "10.1.0.1")
              : firstRcode == Rcode.NXDOMAIN ? nxdomain(query, 5, 5) : with(query, firstRcode));
    } else if (query.name().equals(SECOND)) {
      query.answer(addresses(query, 5, "10.2.0.2"));
    } else {
      query.answer(nxdomain(query, 5, 5));
    }
  }

  @Test
  void shouldKeepTheServiceWhenItFailsWhileAnotherHasALaterName() {
    SimulatedDns dns = pod();
    dns.servers.script(query -> two(query, Rcode.NOERROR));
    Watch watch = dns.watch("shards.bigdata19");

    dns.servers.script(query -> two(query, Rcode.SERVFAIL));
    dns.advance(Duration.ofMinutes(3));

    assertThat(dns.states()).containsExactly("10.1.0.1:7880 STALE");
    assertThat(watch.explain()).contains("no answer: SERVFAIL");
    dns.servers.script(query -> two(query, Rcode.NOERROR));
    dns.advance(Duration.ofSeconds(6));
    assertThat(dns.states()).containsExactly("10.1.0.1:7880 FRESH");
  }

  @Test
  void shouldTakeTheLaterNameWhenTheEarlierIsDenied() {
    SimulatedDns dns = pod();
    dns.servers.script(query -> two(query, Rcode.NOERROR));
    dns.watch("shards.bigdata19");

    dns.servers.script(query -> two(query, Rcode.NXDOMAIN));
    dns.advance(Duration.ofSeconds(6));

    assertThat(dns.states()).containsExactly("10.2.0.2:7880 FRESH");
  }

  @Test
  void shouldRemoveTheLastWhenItsNameIsDeniedThoughAnotherNameFails() {
    SimulatedDns dns = pod();
    dns.servers.script(
        query ->
            query.answer(
                query.name().equals(FIRST)
                    ? addresses(query, 5, "10.1.0.1")
                    : nxdomain(query, 5, 5)));
    dns.watch("shards.bigdata19");
    dns.servers.script(
        query ->
            query.answer(
                query.name().equals("shards.bigdata19.")
                    ? with(query, Rcode.SERVFAIL)
                    : nxdomain(query, 5, 5)));

    while (!dns.servers.asked().contains(SECOND + " A")) {
      dns.advance(Duration.ofMillis(10));
    }
    assertThat(dns.snapshots).as("said once is not enough").hasSize(1);
    dns.advance(Duration.ofMillis(1100));

    assertThat(dns.endpoints()).isEmpty();
  }

  /** Answers of which the last must not be taken for whole. */
  private static void cut(FaultServers.Query query, String... literals) {
    Message answer = addresses(query, 5, literals);
    answer.getHeader().setFlag(Flags.TC);
    query.answer(answer);
  }

  @Test
  void shouldOnlyAddWhenAnswerIsCutEvenByTcp() {
    SimulatedDns dns = dns("nameserver 10.0.0.1\n", AddressFamily.IPV4);
    dns.servers.script(
        query -> query.answer(addresses(query, 5, "10.1.0.1", "10.1.0.2", "10.1.0.3")));
    Watch watch = dns.watch("shards.");
    dns.servers.script(query -> cut(query, "10.1.0.1"));

    dns.advance(Duration.ofSeconds(20));

    assertThat(dns.endpoints()).hasSize(3);
    assertThat(dns.last().degraded()).isTrue();
    assertThat(watch.explain()).contains("truncated even by TCP").contains("DEGRADED");
  }

  @Test
  void shouldKeepAllOfManyWhenAFewComeAndTcpIsRefused() {
    String[] many =
        IntStream.rangeClosed(1, 120).mapToObj(i -> "10.1.0." + i).toArray(String[]::new);
    SimulatedDns dns = dns("nameserver 10.0.0.1\n", AddressFamily.IPV4);
    dns.servers.script(query -> query.answer(addresses(query, 5, many)));
    dns.watch("shards.");
    String[] few = List.of(many).subList(0, 29).toArray(String[]::new);
    dns.servers.script(
        query -> {
          if (query.protocol() == Exchange.Protocol.TCP) {
            query.fail(Exchange.Failure.UNREACHABLE);
          } else {
            cut(query, few);
          }
        });

    dns.advance(Duration.ofMinutes(2));

    assertThat(dns.endpoints()).hasSize(120);
    assertThat(dns.last().degraded()).isTrue();
    assertThat(dns.discovery.counters()).doesNotContainKey("event.REMOVED");
  }

  private static void service(FaultServers.Query query, int rcodeOfA) {
    if (query.type().equals("SRV")) {
      Message answer = with(query, Rcode.NOERROR);
      answer.addRecord(Answers.service(query.name(), 5, 0, 50, 7880, "a.x."), Section.ANSWER);
      query.answer(answer);
    } else if (query.type().equals("AAAA")) {
      query.answer(addresses(query, 5, "fd00::1"));
    } else {
      query.answer(
          rcodeOfA == Rcode.NOERROR ? addresses(query, 5, "10.1.0.1") : with(query, rcodeOfA));
    }
  }

  @Test
  void shouldKeepAFamilyOfAServiceWhenOnlyItsQuestionsFail() {
    SimulatedDns dns = dns("nameserver 10.0.0.1\n", AddressFamily.BOTH);
    dns.servers.script(query -> service(query, Rcode.NOERROR));
    dns.watch(SERVICE);
    assertThat(dns.endpoints()).hasSize(2);

    dns.servers.script(query -> service(query, Rcode.SERVFAIL));
    dns.advance(Duration.ofSeconds(6));

    assertThat(dns.states())
        .containsExactly("10.1.0.1:7880 STALE", "[fd00:0:0:0:0:0:0:1]:7880 FRESH");
  }

  @Test
  void shouldAddAFamilyLaterAndKeepItWhenItsQuestionsAreNotAnswered() {
    SimulatedDns dns = dns("nameserver 10.0.0.1\n", AddressFamily.BOTH);
    FaultServers.Script ipv4 = query -> query.answer(addresses(query, 5, "10.1.0.1"));
    dns.servers.script(
        query -> {
          if (query.type().equals("A")) {
            ipv4.onQuery(query);
          } else {
            query.answer(with(query, Rcode.SERVFAIL));
          }
        });
    dns.watch("shards.");
    assertThat(dns.states()).containsExactly("10.1.0.1:7880 FRESH");

    dns.servers.script(
        query ->
            query.answer(addresses(query, 5, query.type().equals("A") ? "10.1.0.1" : "fd00::1")));
    dns.advance(Duration.ofSeconds(6));
    assertThat(dns.endpoints()).hasSize(2);

    dns.servers.script(
        query -> {
          if (query.type().equals("A")) {
            ipv4.onQuery(query);
          }
        });
    dns.advance(Duration.ofSeconds(8));
    assertThat(dns.states())
        .containsExactly("10.1.0.1:7880 FRESH", "[fd00:0:0:0:0:0:0:1]:7880 STALE");
  }

  @Test
  void shouldBeStaleAtOnceAndAskLessAndLessOftenWhenServersFail() {
    SimulatedDns dns = dns("nameserver 10.0.0.1\n", AddressFamily.IPV4);
    dns.servers.script(query -> query.answer(addresses(query, 5, "10.1.0.1")));
    dns.watch("shards.");
    List<Long> asked = new ArrayList<>();
    dns.servers.script(
        query -> {
          asked.add(dns.thread.nanoTime());
          query.answer(with(query, Rcode.SERVFAIL));
        });
    while (asked.isEmpty()) {
      dns.advance(Duration.ofMillis(10));
    }
    assertThat(dns.states()).containsExactly("10.1.0.1:7880 STALE");
    assertThat(dns.discovery.counters()).containsEntry("stale", 1L);

    dns.advance(Duration.ofSeconds(60));

    double[] waits = {0.25, 0.5, 1, 2, 4, 5, 5, 5};
    for (int i = 0; i < waits.length; i++) {
      assertThat((asked.get(i + 1) - asked.get(i)) / 1e9)
          .as("wait %d", i)
          .isBetween(0.89 * waits[i], waits[i] + 0.001);
    }
    assertThat(dns.discovery.counters().get("ageMillis")).isGreaterThan(60_000L);
  }

  @Test
  void shouldNeverAskMoreThanOnceASecondWhenServersAreSilent() throws Exception {
    for (String options : List.of("timeout:1 attempts:5", "timeout:5 attempts:2")) {
      SimulatedDns dns =
          dns(
              "nameserver 10.0.0.1\nnameserver 10.0.0.2\nnameserver 10.0.0.3\noptions "
                  + options
                  + "\n",
              AddressFamily.IPV4);
      Watch watch = dns.watch("shards.");
      dns.advance(Duration.ofSeconds(30));
      dns.servers.forget();

      Endpoint endpoint = Endpoint.of(InetAddress.getByName("10.1.0.1"), 7880);
      for (int i = 0; i < 600; i++) {
        watch.reportUnreachable(endpoint);
        dns.advance(Duration.ofMillis(100));
      }

      assertThat(dns.servers.log()).as(options).hasSizeBetween(18, 60);
    }
  }

  @Test
  void shouldAskAServerLastForHalfAMinuteWhenItFailed() {
    SimulatedDns dns = pod();
    dns.servers.script(
        query ->
            query.answer(
                query.server() == 1
                    ? with(query, Rcode.SERVFAIL)
                    : addresses(query, 5, "10.1.0.1")));
    dns.watch("shards.");
    dns.servers.forget();

    dns.advance(Duration.ofSeconds(29));
    assertThat(dns.servers.log()).isNotEmpty().allMatch(query -> query.contains("@2"));
    dns.advance(Duration.ofSeconds(7));

    assertThat(dns.servers.log()).anyMatch(query -> query.contains("@1"));
  }

  @Test
  void shouldLookAgainSoonWhenTheHighestBitOfATtlIsSet() {
    SimulatedDns dns = dns("nameserver 10.0.0.1\n", AddressFamily.IPV4);
    dns.servers.script(
        query -> {
          byte[] bytes = addresses(query, 0x01020304, "10.1.0.1").toWire();
          for (int i = 0; i + 4 <= bytes.length; i++) {
            if (bytes[i] == 1 && bytes[i + 1] == 2 && bytes[i + 2] == 3 && bytes[i + 3] == 4) {
              bytes[i] = (byte) 0x80;
              bytes[i + 1] = 0;
              bytes[i + 2] = 0;
              bytes[i + 3] = 1;
            }
          }
          query.raw(bytes);
        });
    dns.watch("shards.");
    assertThat(dns.endpoints()).hasSize(1);
    dns.servers.forget();

    dns.advance(Duration.ofSeconds(60));

    assertThat(dns.servers.log()).hasSizeBetween(6, 60);
  }

  @Test
  void shouldTellWhoeverWantsToKnowWhyWhenOnlyTheDoubtsChange() {
    SimulatedDns dns = dns("nameserver 10.0.0.1\nsearch a b\n", AddressFamily.IPV4);
    List<Explanation> told = new ArrayList<>();
    int[] rcode = {Rcode.NXDOMAIN};
    dns.servers.script(
        query ->
            query.answer(
                query.name().equals("shards.b.")
                    ? addresses(query, 5, "10.1.0.1")
                    : rcode[0] == Rcode.NXDOMAIN ? nxdomain(query, 5, 5) : with(query, rcode[0])));
    dns.discovery.follow(ServiceName.of("shards", 7880), SimulatedDns.DEADLINE, told::add);
    dns.advance(Duration.ofSeconds(30));
    assertThat(told).hasSize(1);

    rcode[0] = Rcode.SERVFAIL;
    dns.advance(Duration.ofSeconds(62));

    assertThat(told.stream().map(Explanation::ambiguous)).startsWith(false, true);
  }

  @Test
  void shouldCountWhatHappenedAndHowLongItTook() {
    SimulatedDns dns = dns("nameserver 10.0.0.1\n", AddressFamily.IPV4);
    dns.servers.script(
        query ->
            query.answerAfter(Duration.ofMillis(3), addresses(query, 5, "10.1.0.1", "10.1.0.2")));
    dns.watch("shards.");
    dns.advance(Duration.ofMillis(10));
    assertThat(dns.discovery.counters())
        .containsEntry("micros.A.UDP", 3000L)
        .containsEntry("event.ADDED", 2L)
        .containsEntry("stale", 0L);

    dns.servers.script(query -> query.answer(addresses(query, 5, "10.1.0.2", "10.1.0.3")));
    dns.advance(Duration.ofSeconds(6));

    assertThat(dns.discovery.counters())
        .containsEntry("event.ADDED", 3L)
        .containsEntry("event.REMOVED", 1L);
    assertThat(dns.discovery.counters().get("ageMillis")).isLessThanOrEqualTo(6000L);
  }

  @Test
  void shouldStayWithTheEarlierAnswersWhenNoFamilyIsThereAnyMore() {
    SimulatedDns dns = dns("nameserver 10.0.0.1\n", AddressFamily.BOTH);
    dns.servers.script(query -> query.answer(addresses(query, 5, "10.1.0.1")));
    dns.watch("shards.");

    dns.servers.script(
        query ->
            query.answer(query.type().equals("A") ? nodata(query) : with(query, Rcode.SERVFAIL)));
    dns.advance(Duration.ofMinutes(2));

    assertThat(dns.states()).containsExactly("10.1.0.1:7880 STALE");
  }
}
