// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.discovery.k8s.sim.Answers;
import io.tensorcom.discovery.k8s.sim.FaultServers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.xbill.DNS.Message;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Section;

/** Answers that somebody has tampered with. */
final class HostileAnswerTest {
  private static final int CHANGES = 6;

  /** Makes an answer with every kind of record that is read. */
  private static Message rich(FaultServers.Query query) {
    Message answer = Answers.with(query, Rcode.NOERROR);
    String name = query.name();
    answer.addRecord(Answers.alias(name, 5, "b.local."), Section.ANSWER);
    answer.addRecord(Answers.address("b.local.", 5, "10.1.0.1"), Section.ANSWER);
    answer.addRecord(Answers.address("b.local.", 5, "fd00::1"), Section.ANSWER);
    answer.addRecord(Answers.service(name, 5, 0, 1, 7880, "b.local."), Section.ANSWER);
    answer.addRecord(Answers.address("b.local.", 5, "10.1.0.2"), Section.ADDITIONAL);
    return answer;
  }

  @Property(tries = 3000)
  void shouldFollowOnWhenAnswersAreTamperedWith(@ForAll long seed) throws Exception {
    Path folder = Files.createTempDirectory("hostile");
    SimulatedDns dns = new SimulatedDns(folder, "nameserver 10.0.0.1\n");
    Random random = new Random(seed);
    dns.servers.script(
        query -> {
          byte[] bytes = rich(query).toWire();
          for (int i = random.nextInt(CHANGES); i >= 0; i--) {
            // The first two bytes are the ID, without which it would not even be read.
            bytes[2 + random.nextInt(bytes.length - 2)] = (byte) random.nextInt();
          }
          byte[] cut =
              new byte[random.nextInt(4) == 0 ? random.nextInt(bytes.length) : bytes.length];
          System.arraycopy(bytes, 0, cut, 0, cut.length);
          query.raw(cut);
        });

    dns.watch("web.local.");
    dns.advance(Duration.ofSeconds(20));

    assertThat(dns.snapshots.size() + dns.errors.size()).isPositive();
    dns.servers.script(query -> query.answer(Answers.addresses(query, 5, "10.1.0.7")));
    dns.advance(Duration.ofSeconds(20));
    assertThat(dns.endpoints()).contains("10.1.0.7:7880");
    Files.delete(dns.resolvConf);
    Files.delete(folder);
  }
}
