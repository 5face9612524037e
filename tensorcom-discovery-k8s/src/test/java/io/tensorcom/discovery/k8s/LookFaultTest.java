// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s;

import static io.tensorcom.discovery.k8s.sim.Answers.addresses;
import static io.tensorcom.discovery.k8s.sim.Answers.nodata;
import static io.tensorcom.discovery.k8s.sim.Answers.nxdomain;
import static io.tensorcom.discovery.k8s.sim.Answers.with;
import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.discovery.AddressFamily;
import io.tensorcom.discovery.DiscoveryException;
import io.tensorcom.discovery.Watch;
import io.tensorcom.discovery.k8s.net.Exchange;
import io.tensorcom.discovery.k8s.sim.Answers;
import io.tensorcom.discovery.k8s.sim.FaultServers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Section;

/** One look at a name, with servers that answer in every way there is. */
final class LookFaultTest {
  private static final String FIRST = "shards.bigdata19.default.svc.cluster.local.";
  private static final String SECOND = "shards.bigdata19.svc.cluster.local.";

  private final Path folder;

  LookFaultTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private SimulatedDns dns(String resolvConf) {
    return new SimulatedDns(folder, resolvConf);
  }

  /** A zone of one name; all others do not exist. */
  private static FaultServers.Script only(String name, Consumer<FaultServers.Query> answer) {
    return query -> {
      if (query.name().equals(name)) {
        answer.accept(query);
      } else {
        query.answer(nxdomain(query, 5, 5));
      }
    };
  }

  private static Consumer<FaultServers.Query> ipv4(String... literals) {
    return query ->
        query.answer(query.type().equals("A") ? addresses(query, 5, literals) : nodata(query));
  }

  @Test
  void shouldTryNameAsItStandsFirstWhenItHasEnoughDots() {
    SimulatedDns dns =
        dns("nameserver 10.0.0.1\nsearch a.local b.local c.local\noptions ndots:1\n");
    dns.servers.script(only("shards.bigdata19.a.local.", ipv4("10.1.0.1")));

    dns.watch("shards.bigdata19");

    assertThat(dns.servers.asked())
        .containsExactly(
            "shards.bigdata19. A",
            "shards.bigdata19. AAAA",
            "shards.bigdata19.a.local. A",
            "shards.bigdata19.a.local. AAAA");
    assertThat(dns.endpoints()).containsExactly("10.1.0.1:7880");
  }

  @Test
  void shouldSearchAfterTheNameItselfWhenNdotsIsZero() {
    SimulatedDns dns = dns("nameserver 10.0.0.1\nsearch local\noptions ndots:0\n");
    dns.servers.script(only("web.local.", ipv4("10.1.0.1")));

    dns.watch("web");

    assertThat(dns.servers.asked())
        .containsExactly("web. A", "web. AAAA", "web.local. A", "web.local. AAAA");
  }

  @Test
  void shouldAskTheRootOnceWhenItIsOnTheSearchList() {
    SimulatedDns dns = dns("nameserver 10.0.0.1\nsearch .\noptions ndots:0\n");
    dns.servers.script(only("nothing.", ipv4()));

    dns.watch("web");

    assertThat(dns.servers.asked()).containsExactly("web. A", "web. AAAA");
  }

  @Test
  void shouldGoOnWhenNameExistsWithoutAddresses() {
    SimulatedDns dns = dns(SimulatedDns.POD);
    dns.servers.script(
        query ->
            query.answer(
                query.name().equals(SECOND) && query.type().equals("A")
                    ? addresses(query, 5, "10.1.0.1")
                    : nodata(query)));

    dns.watch("shards.bigdata19");

    assertThat(dns.endpoints()).containsExactly("10.1.0.1:7880");
    assertThat(dns.servers.log()).hasSize(4);
  }

  @Test
  void shouldStopWhenNameExistsWithoutAddressesAndRulesAreMusl() {
    SimulatedDns dns =
        new SimulatedDns(
            folder, SimulatedDns.POD, AddressFamily.BOTH, settings -> settings.withLibc("musl"));
    dns.servers.script(query -> query.answer(nodata(query)));

    dns.watch("shards.bigdata19");

    assertThat(dns.servers.asked()).containsExactly(FIRST + " A", FIRST + " AAAA");
    assertThat(dns.errors.get(0).reason()).isEqualTo(DiscoveryException.Reason.NOT_FOUND);
  }

  @Test
  void shouldAskTheNextServerWhenOneFails() {
    SimulatedDns dns = dns(SimulatedDns.POD);
    dns.servers.script(
        query -> {
          if (query.server() == 1) {
            query.answer(with(query, Rcode.SERVFAIL));
          } else {
            ipv4("10.1.0.1").accept(query);
          }
        });

    dns.watch("shards.bigdata19");

    assertThat(dns.servers.log())
        .containsExactly(
            FIRST + " A @1 UDP",
            FIRST + " AAAA @1 UDP",
            FIRST + " A @2 UDP",
            FIRST + " AAAA @2 UDP");
    dns.servers.forget();
    dns.advance(Duration.ofSeconds(10));
    assertThat(dns.servers.log())
        .as("the server that failed is asked last for half a minute")
        .isNotEmpty()
        .allMatch(query -> query.contains("@2"));
  }

  @Test
  void shouldMarkAmbiguousWhenAnEarlierNameFailed() {
    SimulatedDns dns = dns(SimulatedDns.POD);
    dns.servers.script(
        query -> {
          if (query.name().equals(FIRST)) {
            query.answer(with(query, Rcode.SERVFAIL));
          } else {
            ipv4("10.1.0.1").accept(query);
          }
        });

    Watch watch = dns.watch("shards.bigdata19");

    assertThat(dns.endpoints()).containsExactly("10.1.0.1:7880");
    assertThat(watch.explain()).contains("AMBIGUOUS").contains("SERVFAIL");
  }

  @Test
  void shouldFailWhenAnEarlierNameFailedAndLookIsStrict() {
    SimulatedDns dns =
        new SimulatedDns(
            folder, SimulatedDns.POD, AddressFamily.BOTH, settings -> settings.withStrict(true));
    dns.servers.script(
        query -> {
          if (query.name().equals(FIRST)) {
            query.answer(with(query, Rcode.SERVFAIL));
          } else {
            ipv4("10.1.0.1").accept(query);
          }
        });

    dns.watch("shards.bigdata19");

    assertThat(dns.snapshots).isEmpty();
    assertThat(dns.errors.get(0).reason()).isEqualTo(DiscoveryException.Reason.REFUSED);
  }

  @Test
  void shouldNotSearchOnWhenOneFamilyIsDenied() {
    SimulatedDns dns = dns(SimulatedDns.POD);
    dns.servers.script(
        query ->
            query.answer(
                query.type().equals("A")
                    ? addresses(query, 5, "10.1.0.1", "10.1.0.2")
                    : nxdomain(query, 5, 5)));

    dns.watch("shards.bigdata19");

    assertThat(dns.servers.asked()).containsExactly(FIRST + " A", FIRST + " AAAA");
    assertThat(dns.endpoints()).containsExactly("10.1.0.1:7880", "10.1.0.2:7880");
  }

  @Test
  void shouldUseIpv4AloneWhenFamilyIsAuto() {
    SimulatedDns dns =
        new SimulatedDns(folder, SimulatedDns.POD, AddressFamily.AUTO, settings -> settings);
    dns.servers.script(
        query ->
            query.answer(addresses(query, 5, query.type().equals("A") ? "10.1.0.1" : "fd00::1")));

    dns.watch("shards.bigdata19");

    assertThat(dns.endpoints()).containsExactly("10.1.0.1:7880");
  }

  @Test
  void shouldUseWhatCameWhenAnswerIsCutAndTcpIsRefused() {
    SimulatedDns dns = dns(SimulatedDns.POD);
    dns.servers.script(
        query -> {
          if (query.protocol() == Exchange.Protocol.TCP) {
            query.fail(Exchange.Failure.UNREACHABLE);
          } else if (query.type().equals("A")) {
            Message cut = addresses(query, 5, "10.1.0.1", "10.1.0.2");
            cut.getHeader().setFlag(Flags.TC);
            query.answer(cut);
          } else {
            query.answer(nodata(query));
          }
        });

    Watch watch = dns.watch("shards.bigdata19");
    dns.advance(Duration.ofSeconds(1));

    assertThat(dns.endpoints()).containsExactly("10.1.0.1:7880", "10.1.0.2:7880");
    assertThat(dns.last().degraded()).isTrue();
    assertThat(watch.explain()).contains("DEGRADED").contains("allow TCP port 53");
  }

  @Test
  void shouldAskWithoutEdnsWhenServerDoesNotKnowIt() {
    SimulatedDns dns = dns("nameserver 10.0.0.1\n");
    dns.servers.script(
        query -> {
          if (query.message().getOPT() != null) {
            query.answer(with(query, Rcode.FORMERR));
          } else {
            ipv4("10.1.0.1").accept(query);
          }
        });

    dns.watch("shards.bigdata19.");

    assertThat(dns.endpoints()).containsExactly("10.1.0.1:7880");
    dns.servers.forget();
    dns.advance(Duration.ofSeconds(6));
    assertThat(dns.servers.log()).as("it is remembered").hasSizeGreaterThan(1);
    assertThat(dns.servers.log().size() % 2).isZero();
  }

  @Test
  void shouldWaitOnWhenStrangeDatagramsComeFirst() {
    SimulatedDns dns = dns("nameserver 10.0.0.1\n");
    dns.servers.script(
        query -> {
          Message right =
              query.type().equals("A") ? addresses(query, 5, "10.1.0.1") : nodata(query);
          Message wrongId = right.clone();
          wrongId.getHeader().setID((right.getHeader().getID() + 1) & 0xffff);
          Message echo = right.clone();
          echo.getHeader().unsetFlag(Flags.QR);
          Message wrongName = with(query, Rcode.NOERROR);
          wrongName.removeAllRecords(Section.QUESTION);
          query.raw(wrongId.toWire());
          query.raw(echo.toWire());
          query.raw(wrongName.toWire());
          query.raw(new byte[11]);
          query.raw(new byte[0]);
          query.answer(right);
        });

    dns.watch("shards.bigdata19.");

    assertThat(dns.endpoints()).containsExactly("10.1.0.1:7880");
    assertThat(dns.discovery.counters()).containsEntry("dropped", 10L);
  }

  @Test
  void shouldPassOverRecordsWhenTheyBelongToOthers() {
    SimulatedDns dns = dns("nameserver 10.0.0.1\n");
    dns.servers.script(
        query -> {
          Message answer =
              query.type().equals("A") ? addresses(query, 5, "10.1.0.1") : nodata(query);
          answer.addRecord(Answers.address("evil.example.", 5, "6.6.6.6"), Section.ANSWER);
          query.answer(answer);
        });

    dns.watch("shards.bigdata19.");

    assertThat(dns.endpoints()).containsExactly("10.1.0.1:7880");
  }

  @Test
  void shouldFollowAliasWhenServerLeavesItOpen() {
    SimulatedDns dns = dns("nameserver 10.0.0.1\n");
    dns.servers.script(
        query -> {
          if (query.name().equals("web.local.")) {
            Message answer = with(query, Rcode.NOERROR);
            answer.addRecord(Answers.alias("web.local.", 2, "outside.example."), Section.ANSWER);
            query.answer(answer);
          } else {
            ipv4("10.1.0.1").accept(query);
          }
        });

    dns.watch("web.local.");

    assertThat(dns.endpoints()).containsExactly("10.1.0.1:7880");
    assertThat(dns.servers.asked()).contains("outside.example. A");
  }

  @Test
  void shouldGiveUpWhenAliasesLeadInACircle() {
    SimulatedDns dns = dns("nameserver 10.0.0.1\n");
    dns.servers.script(
        query -> {
          Message answer = with(query, Rcode.NOERROR);
          answer.addRecord(Answers.alias("a.local.", 5, "b.local."), Section.ANSWER);
          answer.addRecord(Answers.alias("b.local.", 5, "a.local."), Section.ANSWER);
          query.answer(answer);
        });

    dns.watch("a.local.");

    assertThat(dns.errors.get(0)).hasMessageContaining("LOOP");
  }

  @Test
  void shouldGiveUpWhenThereAreMoreThanSixteenAliases() {
    SimulatedDns dns = dns("nameserver 10.0.0.1\n");
    dns.servers.script(
        query -> {
          Message answer = with(query, Rcode.NOERROR);
          for (int i = 0; i < 17; i++) {
            answer.addRecord(
                Answers.alias("n" + i + ".local.", 5, "n" + (i + 1) + ".local."), Section.ANSWER);
          }
          answer.addRecord(Answers.address("n17.local.", 5, "10.1.0.1"), Section.ANSWER);
          query.answer(answer);
        });

    dns.watch("n0.local.");

    assertThat(dns.errors.get(0)).hasMessageContaining("LOOP");
  }

  @Test
  void shouldEndAtTheDeadlineWhenAllServersAreSilent() {
    SimulatedDns dns = dns(SimulatedDns.POD);

    Watch watch =
        dns.discovery.watch(
            io.tensorcom.discovery.ServiceName.of("shards.bigdata19", 7880),
            Duration.ofMillis(300),
            dns);
    dns.advance(Duration.ofMillis(299));
    assertThat(dns.errors).isEmpty();
    dns.advance(Duration.ofMillis(1));

    assertThat(dns.errors.get(0).reason()).isEqualTo(DiscoveryException.Reason.TIMEOUT);
    assertThat(dns.errors.get(0)).hasMessageContaining("no answer");
    watch.close();
    dns.thread.settle();
    assertThat(dns.servers.open()).as("queries after close").isZero();
  }

  @Test
  void shouldAskTheNextServerWhenOneIsSilentForAWhile() {
    SimulatedDns dns = dns(SimulatedDns.POD);
    dns.servers.script(
        query -> {
          if (query.server() == 2) {
            ipv4("10.1.0.1").accept(query);
          }
        });

    dns.watch("shards.bigdata19");
    dns.advance(Duration.ofMillis(399));
    assertThat(dns.snapshots).isEmpty();
    dns.advance(Duration.ofMillis(1));

    assertThat(dns.endpoints()).containsExactly("10.1.0.1:7880");
  }

  @Test
  void shouldNotFailTheSearchWhenOnlyTheNameItselfIsRefused() {
    SimulatedDns dns = dns(SimulatedDns.POD);
    dns.servers.script(
        query ->
            query.answer(
                query.name().equals("shards.bigdata19.")
                    ? with(query, Rcode.REFUSED)
                    : nxdomain(query, 5, 5)));

    dns.watch("shards.bigdata19");

    assertThat(dns.errors.get(0).reason()).isEqualTo(DiscoveryException.Reason.NOT_FOUND);
  }

  @Test
  void shouldAskNobodyWhenHostsFileKnowsTheNameAndIsToBeReadFirst() throws Exception {
    Path hosts = Files.writeString(folder.resolve("hosts"), "10.9.9.9 a shards.bigdata19\n");
    SimulatedDns first =
        new SimulatedDns(
            folder, SimulatedDns.POD, AddressFamily.BOTH, settings -> settings.withHosts(hosts));

    first.watch("shards.bigdata19");

    assertThat(first.endpoints()).containsExactly("10.9.9.9:7880");
    assertThat(first.servers.log()).isEmpty();
  }

  @Test
  void shouldSkipCandidateWhenItIsTooLong() {
    String label = "x".repeat(63);
    String name = String.join(".", List.of(label, label, label, "x".repeat(50)));
    SimulatedDns dns = dns(SimulatedDns.POD);
    dns.servers.script(query -> query.answer(nxdomain(query, 5, 5)));

    dns.watch(name);

    assertThat(dns.servers.asked()).containsExactly(name + ". A", name + ". AAAA");
  }
}
