// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.discovery.AddressFamily;
import io.tensorcom.discovery.ServiceName;
import io.tensorcom.discovery.k8s.sim.OpenSockets;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is left of a discovery that is closed while it waits for answers. */
@Timeout(60)
final class CloseTest {
  private static long threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(each -> each.getName().startsWith("tensorcom-dns-"))
        .count();
  }

  @Test
  void shouldLeaveNoSocketAndNoThreadWhenClosedBeforeTheAnswer() throws Exception {
    try (DatagramSocket silent = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
      int socketsBefore = OpenSockets.count();
      long threadsBefore = threads();
      DnsDiscovery discovery =
          DnsDiscovery.open(
              DnsSettings.DEFAULT.withServer(
                  new InetSocketAddress(InetAddress.getLoopbackAddress(), silent.getLocalPort())),
              AddressFamily.BOTH);
      for (int i = 0; i < 10; i++) {
        discovery.follow(ServiceName.of("n" + i + ".", 1), Duration.ofSeconds(50), found -> {});
      }
      for (int i = 0; i < 20; i++) {
        silent.receive(new DatagramPacket(new byte[512], 512));
      }
      assertThat(OpenSockets.count() - socketsBefore).isGreaterThanOrEqualTo(20);

      long start = System.nanoTime();
      discovery.close();
      OpenSockets.awaitAtMost(socketsBefore);
      while (threads() > threadsBefore) {
        assertThat(System.nanoTime() - start).isLessThan(TimeUnit.SECONDS.toNanos(30));
        Thread.onSpinWait();
      }
      System.out.printf("closed after %d ms%n", (System.nanoTime() - start) / 1_000_000);
    }
  }
}
