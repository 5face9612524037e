// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s;

import static io.tensorcom.discovery.k8s.sim.Answers.addresses;
import static io.tensorcom.discovery.k8s.sim.Answers.nodata;
import static io.tensorcom.discovery.k8s.sim.Answers.with;
import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.discovery.AddressFamily;
import io.tensorcom.discovery.DiscoveryException;
import io.tensorcom.discovery.ServiceName;
import io.tensorcom.discovery.Watch;
import io.tensorcom.discovery.k8s.net.Exchange;
import io.tensorcom.discovery.k8s.sim.Answers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Section;

/** How questions are asked, as resolv.conf and the RFCs say. */
final class LookOptionsTest {
  private static final String TWO_SERVERS = "nameserver 10.0.0.1\nnameserver 10.0.0.2\n";
  private static final String ONE_SERVER = "nameserver 10.0.0.1\n";

  private final Path folder;

  LookOptionsTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private SimulatedDns dns(String conf, AddressFamily family) {
    return new SimulatedDns(folder, conf, family, settings -> settings);
  }

  private SimulatedDns answering(String conf) {
    SimulatedDns dns = dns(conf, AddressFamily.BOTH);
    dns.servers.script(
        query ->
            query.answer(
                query.type().equals("A") ? addresses(query, 5, "10.1.0.1") : nodata(query)));
    dns.watch("shards.");
    dns.advance(Duration.ofSeconds(60));
    assertThat(dns.states()).containsExactly("10.1.0.1:7880 FRESH");
    return dns;
  }

  @Test
  void shouldAskServersInTurnWhenTheyRotateAndElseTheFirst() {
    List<String> rotating = answering(TWO_SERVERS + "options rotate\n").servers.addresses();
    long first = rotating.stream().filter("10.0.0.1"::equals).count();

    assertThat(2 * first).isBetween(rotating.size() - 1L, rotating.size() + 1L);
    assertThat(answering(TWO_SERVERS).servers.addresses()).containsOnly("10.0.0.1");
  }

  @Test
  void shouldAskByTcpAloneWhenThatIsWanted() {
    assertThat(answering(ONE_SERVER + "options use-vc\n").servers.log())
        .allMatch(query -> query.endsWith(" TCP"));
    assertThat(answering(ONE_SERVER).servers.log()).allMatch(query -> query.endsWith(" UDP"));
  }

  @Test
  void shouldAskForNoIpv6WhenThatIsWanted() {
    assertThat(answering(ONE_SERVER + "options no-aaaa\n").servers.asked())
        .containsOnly("shards. A");
    assertThat(answering(ONE_SERVER).servers.asked()).contains("shards. AAAA");
  }

  @Test
  void shouldGiveUpBeforeTheDeadlineWhenAllAttemptsAreUsedUp() {
    SimulatedDns dns = dns(ONE_SERVER + "options timeout:1 attempts:3\n", AddressFamily.IPV4);

    dns.watch("shards.");
    // The second query goes out after 400 ms, the third a second later, and has a second.
    dns.advance(Duration.ofMillis(2399));
    assertThat(dns.errors).isEmpty();
    dns.advance(Duration.ofMillis(1));

    assertThat(dns.errors.get(0).reason()).isEqualTo(DiscoveryException.Reason.TIMEOUT);
    assertThat(dns.servers.log()).hasSize(3);
  }

  @Test
  void shouldOfferADatagramThatFitsEveryNetworkWhenAsking() {
    SimulatedDns dns = dns(ONE_SERVER, AddressFamily.BOTH);
    dns.servers.script(
        query -> {
          assertThat(Objects.requireNonNull(query.message().getOPT()).getPayloadSize())
              .isEqualTo(1232);
          assertThat(query.message().getHeader().getFlag(Flags.RD)).isTrue();
          query.answer(addresses(query, 5, query.type().equals("A") ? "10.1.0.1" : "fd00::1"));
        });

    dns.watch("shards.");

    assertThat(dns.endpoints()).hasSize(2);
  }

  @Test
  void shouldUseWhatCameAndAskAgainWhenTcpIsSilent() {
    SimulatedDns dns = dns(ONE_SERVER, AddressFamily.IPV4);
    dns.servers.script(
        query -> {
          if (query.protocol() == Exchange.Protocol.UDP) {
            Message cut = addresses(query, 5, "10.1.0.1", "10.1.0.2");
            cut.getHeader().setFlag(Flags.TC);
            query.answer(cut);
          }
        });
    dns.watch("shards.");
    dns.advance(SimulatedDns.DEADLINE.minusMillis(1));
    assertThat(dns.snapshots).isEmpty();
    dns.advance(Duration.ofMillis(1));
    assertThat(dns.endpoints()).hasSize(2);
    assertThat(dns.last().degraded()).isTrue();

    dns.servers.script(
        query -> {
          Message answer = addresses(query, 5, "10.1.0.1", "10.1.0.2", "10.1.0.3");
          if (query.protocol() == Exchange.Protocol.UDP) {
            answer.getHeader().setFlag(Flags.TC);
          }
          query.answer(answer);
        });
    dns.advance(Duration.ofSeconds(6));

    assertThat(dns.endpoints()).hasSize(3);
    assertThat(dns.last().degraded()).isFalse();
  }

  @Test
  void shouldUseTheServicesThatCameWhenTcpIsSilent() {
    SimulatedDns dns = dns(ONE_SERVER, AddressFamily.IPV4);
    dns.servers.script(
        query -> {
          if (query.protocol() == Exchange.Protocol.UDP) {
            Message cut = with(query, Rcode.NOERROR);
            cut.addRecord(Answers.service(query.name(), 5, 0, 1, 7880, "a.x."), Section.ANSWER);
            cut.addRecord(Answers.service(query.name(), 5, 0, 1, 7880, "b.x."), Section.ANSWER);
            cut.addRecord(Answers.address("a.x.", 5, "10.1.0.1"), Section.ADDITIONAL);
            cut.getHeader().setFlag(Flags.TC);
            query.answer(cut);
          }
        });

    Watch watch = dns.watch(new ServiceName("_zmq._tcp.bigdata19.", 0, null));
    dns.advance(SimulatedDns.DEADLINE);

    assertThat(dns.endpoints()).containsExactly("10.1.0.1:7880");
    assertThat(dns.last().degraded()).isTrue();
    assertThat(watch.explain())
        .contains("DEGRADED")
        .contains("allow TCP port 53")
        .doesNotContain("did not answer");
  }

  @Test
  void shouldTellAnEndpointOnceWhenItComesTwice() {
    SimulatedDns dns = dns(ONE_SERVER, AddressFamily.IPV4);
    dns.servers.script(
        query -> query.answer(addresses(query, 5, "10.1.0.2", "10.1.0.1", "10.1.0.2")));

    dns.watch("shards.");

    assertThat(dns.endpoints()).containsExactly("10.1.0.1:7880", "10.1.0.2:7880");
  }

  @Test
  void shouldAskForSixteenTargetsAtATimeWhenAddressesDoNotComeAlong() {
    SimulatedDns dns = dns(ONE_SERVER, AddressFamily.IPV4);
    dns.servers.script(
        query -> {
          if (query.type().equals("SRV")) {
            Message answer = with(query, Rcode.NOERROR);
            IntStream.range(0, 50)
                .mapToObj(i -> Answers.service(query.name(), 5, 0, 1, 7880, "p" + i + ".x."))
                .forEach(record -> answer.addRecord(record, Section.ANSWER));
            // Of no target: nobody's business.
            answer.addRecord(Answers.address("other.x.", 5, "6.6.6.6"), Section.ADDITIONAL);
            query.answer(answer);
          } else {
            assertThat(dns.servers.open()).isLessThanOrEqualTo(16);
            String last = query.name().substring(1, query.name().indexOf('.'));
            query.answerAfter(Duration.ofMillis(10), addresses(query, 5, "10.1.0." + last));
          }
        });

    dns.watch(new ServiceName("_zmq._tcp.bigdata19.", 0, null));
    assertThat(dns.servers.open()).isEqualTo(16);
    dns.advance(Duration.ofMillis(40));

    assertThat(dns.endpoints()).hasSize(50).doesNotContain("6.6.6.6:7880");
  }
}
