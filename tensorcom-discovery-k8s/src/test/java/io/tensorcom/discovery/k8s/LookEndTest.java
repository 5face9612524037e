// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s;

import static io.tensorcom.discovery.k8s.sim.Answers.addresses;
import static io.tensorcom.discovery.k8s.sim.Answers.nodata;
import static io.tensorcom.discovery.k8s.sim.Answers.nxdomain;
import static io.tensorcom.discovery.k8s.sim.Answers.with;
import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.discovery.AddressFamily;
import io.tensorcom.discovery.DiscoveryException;
import io.tensorcom.discovery.ServiceName;
import io.tensorcom.discovery.Watch;
import io.tensorcom.discovery.k8s.net.Exchange;
import io.tensorcom.discovery.k8s.sim.Answers;
import io.tensorcom.discovery.k8s.sim.FaultServers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xbill.DNS.Message;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Section;

/** Every look ends, tells what it came to, and says whom it asked. */
final class LookEndTest {
  private static final ServiceName SERVICE = new ServiceName("_zmq._tcp.bigdata19.", 0, null);
  private static final String ONE_SERVER = "nameserver 10.0.0.1\n";

  private final Path folder;

  LookEndTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private SimulatedDns dns(String conf, AddressFamily family) {
    return new SimulatedDns(folder, conf, family, settings -> settings);
  }

  /** A service at a.x, whose addresses of one family come along. */
  private static void service(FaultServers.Query query, String glue) {
    if (query.type().equals("SRV")) {
      Message answer = with(query, Rcode.NOERROR);
      answer.addRecord(Answers.service(query.name(), 5, 0, 50, 7880, "a.x."), Section.ANSWER);
      answer.addRecord(Answers.address("a.x.", 5, glue), Section.ADDITIONAL);
      query.answer(answer);
    } else {
      query.answer(nodata(query));
    }
  }

  @Test
  void shouldTellNotFoundWhenServiceHasAddressesOfTheOtherFamilyAlone() {
    SimulatedDns ipv6 = dns(ONE_SERVER, AddressFamily.IPV6);
    ipv6.servers.script(query -> service(query, "10.1.0.1"));
    ipv6.watch(SERVICE);
    assertThat(ipv6.errors.get(0).reason()).isEqualTo(DiscoveryException.Reason.NOT_FOUND);
    assertThat(ipv6.errors.get(0)).hasMessageContaining("not found: NODATA");

    SimulatedDns ipv4 = dns(ONE_SERVER, AddressFamily.IPV4);
    ipv4.servers.script(query -> service(query, "fd00::1"));
    ipv4.watch(SERVICE);
    assertThat(ipv4.errors.get(0).reason()).isEqualTo(DiscoveryException.Reason.NOT_FOUND);
  }

  @Test
  void shouldAskServersWhenHostsFileKnowsTheOtherFamilyAlone() throws Exception {
    Path hosts = Files.writeString(folder.resolve("hosts"), "10.9.9.9 shards.bigdata19\n");
    SimulatedDns dns =
        new SimulatedDns(
            folder, SimulatedDns.POD, AddressFamily.IPV6, settings -> settings.withHosts(hosts));
    dns.servers.script(query -> query.answer(addresses(query, 5, "fd00::1")));

    dns.watch("shards.bigdata19");

    assertThat(dns.endpoints()).containsExactly("[fd00:0:0:0:0:0:0:1]:7880");
  }

  @Test
  void shouldNameTheHostsFileWhenItKnewTheName() throws Exception {
    Path hosts = Files.writeString(folder.resolve("hosts"), "10.9.9.9 shards.bigdata19\n");
    SimulatedDns dns =
        new SimulatedDns(
            folder, SimulatedDns.POD, AddressFamily.AUTO, settings -> settings.withHosts(hosts));

    Watch watch = dns.watch("shards.bigdata19");

    assertThat(watch.explain()).contains("1 endpoint from the hosts file");
  }

  @Test
  void shouldSayWhomItAskedWhenAllServersAreSilentToTheEnd() {
    SimulatedDns dns = dns(SimulatedDns.POD, AddressFamily.AUTO);

    dns.watch("shards.bigdata19");
    dns.advance(SimulatedDns.DEADLINE);

    assertThat(dns.errors).hasSize(1);
    assertThat(dns.errors.get(0))
        .hasMessageContaining("A    @10.0.0.1 UDP TIMEOUT")
        .hasMessageContaining("AAAA @10.0.0.2 UDP TIMEOUT")
        .hasMessageContaining("hint: a DNS server did not answer");
    assertThat(dns.discovery.counters()).containsKey("query.A.UDP.TIMEOUT");
  }

  @Test
  void shouldCallItATimeoutWhenServersAreSilentAboutAService() {
    SimulatedDns dns = dns(ONE_SERVER, AddressFamily.AUTO);

    dns.watch(SERVICE);
    dns.advance(SimulatedDns.DEADLINE);

    assertThat(dns.errors.get(0).reason()).isEqualTo(DiscoveryException.Reason.TIMEOUT);
    assertThat(dns.errors.get(0)).hasMessageContaining("SRV  @10.0.0.1 UDP TIMEOUT");
  }

  @Test
  void shouldUseTargetsThatAnsweredWhenOthersAreSilentToTheEnd() {
    SimulatedDns dns = dns(ONE_SERVER, AddressFamily.IPV4);
    dns.servers.script(
        query -> {
          if (query.type().equals("SRV")) {
            Message answer = with(query, Rcode.NOERROR);
            for (String target : List.of("a.x.", "b.x.")) {
              answer.addRecord(
                  Answers.service(query.name(), 5, 0, 50, 7880, target), Section.ANSWER);
            }
            query.answer(answer);
          } else if (query.name().equals("a.x.")) {
            query.answer(addresses(query, 5, "10.1.0.1"));
          }
        });

    dns.watch(SERVICE);
    dns.advance(SimulatedDns.DEADLINE);

    assertThat(dns.endpoints()).containsExactly("10.1.0.1:7880");
    assertThat(dns.last().degraded()).isTrue();
  }

  @Test
  void shouldFreeEverythingWhenCancelledInTheMiddle() {
    SimulatedDns dns = dns(SimulatedDns.POD, AddressFamily.BOTH);
    Watch watch = dns.watch("shards.bigdata19");
    dns.advance(Duration.ofMillis(100));
    assertThat(dns.servers.open()).isEqualTo(2);

    watch.close();
    dns.thread.settle();

    assertThat(dns.servers.open()).isZero();
    dns.advance(Duration.ofMinutes(1));
    assertThat(dns.errors).isEmpty();
    assertThat(dns.servers.log()).hasSize(2);
  }

  @Test
  void shouldTellAFailureAndGoOnWhenALookBreaks() {
    SimulatedDns dns = dns(ONE_SERVER, AddressFamily.AUTO);

    // More nanoseconds than a long holds: the thread of this test refuses it.
    dns.discovery.watch(
        ServiceName.of("shards.", 7880), Duration.ofSeconds(Long.MAX_VALUE / 2), dns);
    dns.thread.settle();

    assertThat(dns.errors.get(0).reason()).isEqualTo(DiscoveryException.Reason.FAILED);
    assertThat(dns.servers.open()).isZero();
    dns.advance(Duration.ofSeconds(30));
    assertThat(dns.errors).hasSizeBetween(6, 12);
  }

  @Test
  void shouldNotBlameTcpWhenItIsUsedForEverything() {
    SimulatedDns dns = dns(ONE_SERVER + "options use-vc\n", AddressFamily.AUTO);
    dns.servers.script(query -> query.fail(Exchange.Failure.UNREACHABLE));

    dns.watch("shards.");
    dns.advance(Duration.ofSeconds(1));

    assertThat(dns.errors.get(0))
        .hasMessageContaining("hint: a DNS server did not answer")
        .hasMessageNotContaining("too long for UDP");
  }

  @Test
  void shouldAskNobodyTwiceWhenQuestionsOnlyWaitForTheirTurn() {
    SimulatedDns dns = dns(SimulatedDns.POD, AddressFamily.IPV4);
    dns.servers.mostAtOnce(2);
    dns.servers.script(
        query -> query.answerAfter(Duration.ofMillis(300), addresses(query, 5, "10.1.0.1")));

    for (int i = 0; i < 20; i++) {
      dns.watch("n" + i + ".bigdata19");
    }
    dns.advance(Duration.ofMillis(3100));

    assertThat(dns.snapshots).hasSize(20);
    assertThat(dns.servers.log()).allMatch(query -> query.contains("@1"));
  }

  @Test
  void shouldTryEdnsAgainWhenAServerRefusedItLongAgo() {
    SimulatedDns dns = dns(ONE_SERVER, AddressFamily.IPV4);
    dns.servers.script(
        query ->
            query.answer(
                query.message().getOPT() != null
                    ? with(query, Rcode.NOTIMP)
                    : addresses(query, 5, "10.1.0.1")));
    dns.watch("shards.");
    assertThat(dns.discovery.counters()).containsEntry("query.A.UDP.REFUSED", 1L);
    dns.advance(Duration.ofMinutes(9));
    assertThat(dns.discovery.counters()).containsEntry("query.A.UDP.REFUSED", 1L);

    dns.advance(Duration.ofMinutes(2));

    assertThat(dns.discovery.counters()).containsEntry("query.A.UDP.REFUSED", 2L);
    assertThat(dns.states()).containsExactly("10.1.0.1:7880 FRESH");
  }

  @Test
  void shouldDropAnswersWhenTheyAreToAnotherQuestion() {
    SimulatedDns dns = dns(ONE_SERVER, AddressFamily.IPV4);
    dns.servers.script(
        query -> {
          Message other = nxdomain(query, 5, 5);
          other.removeAllRecords(Section.QUESTION);
          other.addRecord(Answers.address("other.", 0, "0.0.0.0"), Section.QUESTION);
          query.raw(other.toWire());
          query.answer(addresses(query, 5, "10.1.0.1"));
        });

    dns.watch("shards.");

    assertThat(dns.endpoints()).containsExactly("10.1.0.1:7880");
    assertThat(dns.discovery.counters()).containsEntry("dropped", 1L);
  }
}
