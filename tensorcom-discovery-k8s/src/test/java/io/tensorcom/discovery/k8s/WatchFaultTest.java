// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s;

import static io.tensorcom.discovery.k8s.sim.Answers.addresses;
import static io.tensorcom.discovery.k8s.sim.Answers.nodata;
import static io.tensorcom.discovery.k8s.sim.Answers.nxdomain;
import static io.tensorcom.discovery.k8s.sim.Answers.with;
import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.discovery.Endpoint;
import io.tensorcom.discovery.ServiceName;
import io.tensorcom.discovery.Watch;
import io.tensorcom.discovery.k8s.sim.Answers;
import io.tensorcom.discovery.k8s.sim.FaultServers;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xbill.DNS.Message;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Section;

/** A name that is followed while servers and records change, in virtual time. */
final class WatchFaultTest {
  private static final String FIRST = "shards.bigdata19.default.svc.cluster.local.";

  private final Path folder;
  private List<String> ipv4 = List.of();
  private List<String> ipv6 = List.of();
  private long ttl = 5;

  WatchFaultTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private void zone(FaultServers.Query query) {
    if (!query.name().equals(FIRST) || (ipv4.isEmpty() && ipv6.isEmpty())) {
      query.answer(nxdomain(query, ttl, ttl));
      return;
    }
    List<String> literals = query.type().equals("A") ? ipv4 : ipv6;
    query.answer(
        literals.isEmpty()
            ? nodata(query)
            : addresses(query, ttl, literals.toArray(String[]::new)));
  }

  private SimulatedDns dns() {
    SimulatedDns dns = new SimulatedDns(folder, SimulatedDns.POD);
    dns.servers.script(this::zone);
    return dns;
  }

  @Test
  void shouldAskTwiceALookWhenNameIsPinned() {
    SimulatedDns dns = new SimulatedDns(folder, SimulatedDns.POD);
    String full = "shards.default.svc.cluster.local";
    dns.servers.script(
        query ->
            query.answer(
                query.name().equals(full + ".") && query.type().equals("A")
                    ? addresses(query, 5, "10.1.0.1")
                    : nxdomain(query, 5, 5)));
    dns.watch(full);
    assertThat(dns.servers.log()).hasSize(8);
    dns.servers.forget();

    dns.advance(Duration.ofSeconds(5));

    assertThat(dns.servers.asked()).contains(full + ". A", full + ". AAAA");
    assertThat(dns.servers.asked()).allMatch(each -> each.startsWith(full + ". "));
    dns.servers.forget();
    dns.advance(Duration.ofSeconds(60));
    assertThat(dns.servers.asked())
        .as("all names are walked again once a minute")
        .filteredOn(each -> !each.startsWith(full + ". "))
        .hasSize(6);
  }

  @Test
  void shouldTellAdditionsAndRemovalsWithinATtlWhenRecordsChange() {
    SimulatedDns dns = dns();
    ipv4 = List.of("10.1.0.1", "10.1.0.2");
    dns.watch("shards.bigdata19");
    assertThat(dns.endpoints()).containsExactly("10.1.0.1:7880", "10.1.0.2:7880");

    ipv4 = List.of("10.1.0.3", "10.1.0.1", "10.1.0.2");
    dns.advance(Duration.ofSeconds(6));
    assertThat(dns.endpoints()).containsExactly("10.1.0.1:7880", "10.1.0.2:7880", "10.1.0.3:7880");

    ipv4 = List.of("10.1.0.3", "10.1.0.2");
    dns.advance(Duration.ofSeconds(6));
    assertThat(dns.endpoints()).containsExactly("10.1.0.2:7880", "10.1.0.3:7880");
    assertThat(dns.snapshots).hasSize(3);
  }

  @Test
  void shouldTellRemovalsWithinASecondAfterTheTtlWhenItIsOneSecond() {
    SimulatedDns dns = dns();
    ttl = 1;
    ipv4 = List.of("10.1.0.1", "10.1.0.2");
    dns.watch("shards.bigdata19");
    for (int i = 0; i < 20; i++) {
      ipv4 = i % 2 == 0 ? List.of("10.1.0.2") : List.of("10.1.0.1", "10.1.0.2");
      dns.advance(Duration.ofSeconds(2));
      assertThat(dns.endpoints()).hasSize(ipv4.size());
    }
  }

  @Test
  void shouldFindAllWhenTheHostsFileOfThisMachineKnowsTheName() {
    SimulatedDns dns = dns();
    // Every /etc/hosts has this name, as a pod's has the pod's own.
    dns.servers.script(query -> query.answer(addresses(query, 5, "10.1.0.1", "10.1.0.2")));

    Watch watch = dns.watch("localhost.");

    assertThat(dns.endpoints()).containsExactly("10.1.0.1:7880", "10.1.0.2:7880");
    assertThat(watch.explain()).contains("hint: /etc/hosts gives localhost. the address ");
  }

  @Test
  void shouldUseTheNewServerForAllNamesWhenResolvConfIsReplaced() throws Exception {
    SimulatedDns dns = dns();
    dns.watch("shards.bigdata19");
    dns.watch("others.bigdata19");
    Files.writeString(dns.resolvConf, SimulatedDns.POD.replace("10.0.0.", "10.0.17."));
    dns.advance(Duration.ofSeconds(1));
    dns.servers.forget();

    dns.advance(Duration.ofSeconds(10));

    assertThat(dns.servers.addresses()).isNotEmpty().allMatch(each -> each.startsWith("10.0.17."));
    assertThat(dns.servers.asked())
        .anyMatch(each -> each.startsWith("shards."))
        .anyMatch(each -> each.startsWith("others."));
    assertThat(dns.discovery.counters()).containsEntry("event.CONFIG_CHANGED", 1L);
  }

  @Test
  void shouldTellNothingWhenOnlyTheOrderChanges() {
    SimulatedDns dns = dns();
    List<String> addresses = new ArrayList<>(List.of("10.1.0.1", "10.1.0.2", "10.1.0.3"));
    ipv4 = addresses;
    dns.watch("shards.bigdata19");

    for (int i = 0; i < 20; i++) {
      Collections.shuffle(addresses, new Random(i));
      dns.advance(Duration.ofSeconds(5));
    }

    assertThat(dns.snapshots).hasSize(1);
  }

  @Test
  void shouldKeepAFamilyWhenOnlyItsQuestionsFail() {
    SimulatedDns dns = dns();
    ipv4 = List.of("10.1.0.1");
    ipv6 = List.of("fd00::1");
    dns.watch("shards.bigdata19");

    dns.servers.script(
        query -> {
          if (query.type().equals("A")) {
            zone(query);
          } else {
            query.answer(with(query, Rcode.SERVFAIL));
          }
        });
    dns.advance(Duration.ofSeconds(6));

    assertThat(dns.states())
        .containsExactly("10.1.0.1:7880 FRESH", "[fd00:0:0:0:0:0:0:1]:7880 STALE");
    ipv6 = List.of();
    dns.servers.script(this::zone);
    dns.advance(Duration.ofSeconds(6));
    assertThat(dns.states()).containsExactly("10.1.0.1:7880 FRESH");
  }

  @Test
  void shouldNotRemoveTheLastWhenAllAreGoneForAMoment() {
    SimulatedDns dns = dns();
    ipv4 = List.of("10.1.0.1");
    dns.watch("shards.bigdata19");
    ipv4 = List.of();
    while (dns.servers.asked().size() < 12) {
      dns.advance(Duration.ofMillis(100));
    }

    ipv4 = List.of("10.1.0.1");
    dns.advance(Duration.ofSeconds(20));

    assertThat(dns.snapshots).hasSize(1);
  }

  @Test
  void shouldRemoveTheLastWhenAllAreGoneForGood() {
    SimulatedDns dns = dns();
    ipv4 = List.of("10.1.0.1");
    dns.watch("shards.bigdata19");
    ipv4 = List.of();

    dns.advance(Duration.ofMillis(7500));

    assertThat(dns.snapshots).hasSize(2);
    assertThat(dns.endpoints()).isEmpty();
  }

  @Test
  void shouldKeepEndpointsWhenServersAreSilentAndCatchUpAtOnce() {
    SimulatedDns dns = dns();
    ipv4 = List.of("10.1.0.1", "10.1.0.2");
    dns.watch("shards.bigdata19");
    dns.servers.script(query -> {});
    dns.advance(Duration.ofSeconds(60));
    assertThat(dns.states()).containsExactly("10.1.0.1:7880 STALE", "10.1.0.2:7880 STALE");
    assertThat(dns.snapshots).hasSize(2);

    ipv4 = List.of("10.1.0.2", "10.1.0.3");
    dns.servers.script(this::zone);
    dns.advance(Duration.ofSeconds(11));

    assertThat(dns.states()).containsExactly("10.1.0.2:7880 FRESH", "10.1.0.3:7880 FRESH");
    assertThat(dns.snapshots).hasSize(3);
  }

  @Test
  void shouldTellExpiredWhenNothingWasHeardForTooLong() {
    SimulatedDns dns = dns();
    ipv4 = List.of("10.1.0.1");
    dns.watch("shards.bigdata19");
    dns.servers.script(query -> query.answer(with(query, Rcode.SERVFAIL)));

    dns.advance(Duration.ofMinutes(59));
    assertThat(dns.states()).containsExactly("10.1.0.1:7880 STALE");
    dns.advance(Duration.ofMinutes(2));

    assertThat(dns.states()).containsExactly("10.1.0.1:7880 EXPIRED");
  }

  @Test
  void shouldNeverAskMoreThanOnceASecondWhenFailureIsSteady() {
    for (FaultServers.Script script :
        List.<FaultServers.Script>of(
            query -> query.answer(nxdomain(query, 0, 0)),
            query -> query.answer(nxdomain(query, 30, 30)),
            query -> query.answer(with(query, Rcode.NXDOMAIN)),
            query -> query.answer(with(query, Rcode.SERVFAIL)),
            query -> query.answer(with(query, Rcode.REFUSED)),
            query -> query.answer(addresses(query, 0, "10.1.0.1")))) {
      SimulatedDns dns = new SimulatedDns(folder, "nameserver 10.0.0.1\n");
      dns.servers.script(
          query -> {
            if (query.type().equals("A")) {
              script.onQuery(query);
            } else {
              query.answer(nodata(query));
            }
          });
      dns.watch("shards.bigdata19.");
      dns.advance(Duration.ofSeconds(10));
      dns.servers.forget();

      dns.advance(Duration.ofSeconds(60));

      assertThat(dns.servers.asked().stream().filter(each -> each.endsWith(" A")))
          .hasSizeBetween(6, 60);
    }
  }

  @Test
  void shouldFindALateServerSoonWhenNegativeAnswersLiveLong() {
    SimulatedDns dns = dns();
    ttl = 30;
    dns.watch("shards.bigdata19");
    dns.advance(Duration.ofSeconds(60));
    assertThat(dns.snapshots).isEmpty();

    ipv4 = List.of("10.1.0.1");
    dns.advance(Duration.ofSeconds(6));

    assertThat(dns.endpoints()).containsExactly("10.1.0.1:7880");
  }

  @Test
  void shouldLookAgainWithinTenSecondsWhenOnlyTheAliasIsShortLived() {
    SimulatedDns dns = new SimulatedDns(folder, "nameserver 10.0.0.1\n");
    dns.servers.script(
        query -> {
          Message answer = with(query, Rcode.NOERROR);
          answer.addRecord(Answers.alias("web.local.", 2, "x.example."), Section.ANSWER);
          answer.addRecord(Answers.address("x.example.", 86_400, "10.1.0.1"), Section.ANSWER);
          query.answer(query.type().equals("A") ? answer : nodata(query));
        });
    dns.watch("web.local.");
    dns.servers.forget();

    dns.advance(Duration.ofSeconds(10));

    assertThat(dns.servers.asked().stream().filter(each -> each.endsWith(" A")))
        .hasSizeGreaterThanOrEqualTo(5);
  }

  @Test
  void shouldLookEarlyButOnlyOnceASecondWhenEndpointsAreReportedUnreachable() throws Exception {
    SimulatedDns dns = dns();
    ttl = 3600;
    ipv4 = List.of("10.1.0.1");
    Watch watch = dns.watch("shards.bigdata19");
    dns.advance(Duration.ofSeconds(9));
    dns.servers.forget();
    Endpoint endpoint = Endpoint.of(InetAddress.getByName("10.1.0.1"), 7880);

    for (int i = 0; i < 100; i++) {
      watch.reportUnreachable(endpoint);
      dns.advance(Duration.ofMillis(10));
    }

    assertThat(dns.servers.asked().stream().filter(each -> each.endsWith(" A")))
        .hasSizeBetween(1, 2);
  }

  @Test
  void shouldUseTheNewServerWhenResolvConfIsReplaced() throws Exception {
    SimulatedDns dns = dns();
    ipv4 = List.of("10.1.0.1");
    dns.watch("shards.bigdata19");
    Path fresh =
        Files.writeString(folder.resolve("new"), SimulatedDns.POD.replace("10.0.0.", "10.0.7."));
    Files.move(fresh, dns.resolvConf, StandardCopyOption.REPLACE_EXISTING);
    dns.servers.forget();

    dns.advance(Duration.ofSeconds(6));

    assertThat(dns.servers.addresses()).isNotEmpty().allMatch(each -> each.startsWith("10.0.7."));
    Files.writeString(dns.resolvConf, "");
    dns.servers.forget();
    dns.advance(Duration.ofSeconds(6));
    assertThat(dns.servers.addresses())
        .as("an empty file changes nothing")
        .isNotEmpty()
        .allMatch(each -> each.startsWith("10.0.7."));
  }

  @Test
  void shouldTellNothingWhenWatchIsClosed() {
    SimulatedDns dns = dns();
    ipv4 = List.of("10.1.0.1");
    Watch watch = dns.watch("shards.bigdata19");
    watch.close();
    dns.thread.settle();
    dns.servers.forget();
    ipv4 = List.of("10.1.0.2");

    dns.advance(Duration.ofSeconds(30));

    assertThat(dns.servers.log()).isEmpty();
    assertThat(dns.snapshots).hasSize(1);
  }

  @Test
  void shouldAskTargetsWhenServiceRecordsComeWithoutAddresses() {
    SimulatedDns dns = new SimulatedDns(folder, SimulatedDns.POD);
    String service = "_zmq._tcp.bigdata19.default.svc.cluster.local.";
    dns.servers.script(
        query -> {
          if (query.type().equals("SRV") && query.name().equals(service)) {
            Message answer = with(query, Rcode.NOERROR);
            answer.addRecord(Answers.service(service, 5, 0, 50, 7880, "a.x."), Section.ANSWER);
            answer.addRecord(Answers.service(service, 5, 1, 60, 7881, "b.x."), Section.ANSWER);
            answer.addRecord(Answers.address("a.x.", 5, "10.1.0.1"), Section.ADDITIONAL);
            query.answer(answer);
          } else if (query.name().equals("b.x.") && query.type().equals("A")) {
            query.answer(addresses(query, 5, "10.1.0.2"));
          } else {
            query.answer(nxdomain(query, 5, 5));
          }
        });

    dns.watch(new ServiceName("_zmq._tcp.bigdata19", 0, null));

    assertThat(
            dns.last().endpoints().stream()
                .map(each -> each + " " + each.priority() + " " + each.weight()))
        .containsExactly("10.1.0.1:7880 0 50", "10.1.0.2:7881 1 60");
    assertThat(dns.servers.asked()).containsExactly(service + " SRV", "b.x. A", "b.x. AAAA");
  }

  @Test
  void shouldFindServiceWhenPortIsGivenByName() {
    SimulatedDns dns = new SimulatedDns(folder, SimulatedDns.POD);
    dns.servers.script(query -> query.answer(nxdomain(query, 5, 5)));

    dns.watch(new ServiceName("bigdata19", 0, "zmq"));

    assertThat(dns.servers.asked().get(0))
        .isEqualTo("_zmq._tcp.bigdata19.default.svc.cluster.local. SRV");
    assertThat(dns.errors.get(0)).hasMessageContaining("the port of the service needs a name");
  }

  @Test
  void shouldTellEmptyWhenServiceIsDecidedlyNotThere() {
    SimulatedDns dns = new SimulatedDns(folder, "nameserver 10.0.0.1\n");
    dns.servers.script(
        query -> {
          Message answer = with(query, Rcode.NOERROR);
          answer.addRecord(Answers.service(query.name(), 5, 0, 0, 0, "."), Section.ANSWER);
          query.answer(answer);
        });

    dns.watch(new ServiceName("_zmq._tcp.bigdata19.", 0, null));

    assertThat(dns.errors.get(0).reason().name()).isEqualTo("NOT_FOUND");
    assertThat(dns.servers.asked()).hasSize(1);
  }
}
